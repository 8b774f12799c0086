//! PixelCNN on data of any number of images.

use tractable::data::{Digits, LevelImages};
use tractable::exec::cpu::CpuSession;
use tractable::train::{Fit, Lesson, Model, Scorer, Source};

#[test]
fn any_number_of_images_trains_and_scores() {
    let mut lesson = Lesson::preset("pixelcnn-binary").unwrap();
    lesson.training.batch = 32;
    let Model::Pixelcnn { config, data } = &mut lesson.model else { panic!("it is a PixelCNN") };
    (config.channels, config.blocks, config.head) = (4, 1, 4);
    let digits: LevelImages = Digits::shipped().prepare(data.preparation()).unwrap();
    for rows in [1, 2, 511, 512, 513, 4_097] {
        let source = Source::images(digits.range(0..rows));
        let mut fit = Fit::new(lesson.clone(), source.clone(), Box::new(CpuSession::new(1))).unwrap();
        fit.advance().unwrap();
        assert!(fit.losses().unwrap()[0].1.is_finite());
        // In chunks with a padded tail, and one by one: the same price for every image.
        let mut nll = |chunk: usize, limit: usize| {
            let scorer = Scorer::new(fit.session(), &lesson.model, chunk).unwrap();
            scorer.nll(fit.session(), &source, 1, limit).unwrap()
        };
        let chunked = nll(100, usize::MAX);
        assert_eq!(chunked.len(), rows);
        let singly = nll(1, usize::MAX);
        // The padding of a chunk must not touch an image; the order of f32 sums may depend on how many run together.
        for (i, (a, b)) in chunked.iter().zip(&singly).enumerate() {
            assert!((a - b).abs() <= 1e-5 * b.abs(), "image {i} of {rows}: {a} {b}");
        }
        assert_eq!(chunked.len(), singly.len());
    }
}
