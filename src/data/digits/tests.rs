use super::*;

fn prepare(size: usize, levels: Levels) -> LevelImages {
    Digits::shipped().prepare(Preparation { size, levels }).unwrap()
}

#[test]
fn the_sheet_holds_ten_thousand_labelled_digits() {
    let digits = Digits::shipped();
    assert_eq!(digits.len(), TRAIN + TEST);
    assert_eq!(digits.images.len(), 10_000 * 784);
    assert_eq!(digits.labels[..2], [3, 6]);
    for digit in 0..10 {
        let share = digits.labels.iter().filter(|&&l| l == digit).count();
        assert!((850..1150).contains(&share), "{digit}: {share}");
    }
    // A one is the thinnest digit, so its mean ink is the least: labels and cells are in step.
    let ink = |digit: u8| {
        let mine: Vec<_> = (0..10_000).filter(|&i| digits.labels[i] == digit).collect();
        let sum = |&i: &usize| digits.image(i).iter().map(|&v| u64::from(v)).sum::<u64>();
        mine.iter().map(sum).sum::<u64>() / mine.len() as u64
    };
    assert!((0..10).all(|digit| digit == 1 || ink(digit) > ink(1) * 13 / 10));
}

#[test]
fn levels_are_those_of_the_definition() {
    let digits = Digits::shipped();
    for k in [2, 4, 8, 256] {
        let images = prepare(28, Levels::Grey(k));
        for (&v, &level) in digits.images.iter().zip(&images.data).take(7840) {
            let exact = (f64::from(v) * f64::from(k) / 256.0).floor();
            assert_eq!(f64::from(level), exact);
        }
    }
    let (half, binary) = (prepare(14, Levels::Grey(8)), prepare(14, Levels::Binary));
    for i in 0..20 {
        for p in 0..196 {
            let (y, x) = (p / 14 * 2, p % 14 * 2);
            let square = [0, 1, 28, 29].map(|d| f64::from(digits.image(i)[y * 28 + x + d]));
            let mean = square.iter().sum::<f64>() / 4.0;
            assert_eq!(f64::from(half.image(i)[p]), (mean * 8.0 / 256.0).floor());
            assert_eq!(binary.image(i)[p], u8::from(mean > 90.0));
        }
    }
    let binary = prepare(28, Levels::Binary);
    assert!((0..784).all(|p| (binary.image(7)[p] == 1) == (digits.image(7)[p] > 84)));
}

#[test]
fn the_split_is_first_and_last() {
    let preparation = Preparation { size: 14, levels: Levels::Grey(8) };
    let (train, test) = Digits::train_test(preparation).unwrap();
    assert_eq!((train.len(), test.len()), (TRAIN, TEST));
    assert_eq!((train.labels.len(), test.labels.len()), (TRAIN, TEST));
    let all = prepare(14, Levels::Grey(8));
    assert_eq!(test.image(0), all.image(9_000));
    assert_eq!(train.view().dim(), (9_000, 14, 14));
}

#[test]
fn shifts_move_by_one_and_bring_in_black() {
    let image = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    let moved = |dx, dy| {
        let mut out = [9; 9];
        shift(&image, 3, dx, dy, &mut out);
        out
    };
    assert_eq!(moved(0, 0), image);
    assert_eq!(moved(1, 0), [0, 1, 2, 0, 4, 5, 0, 7, 8]);
    assert_eq!(moved(0, -1), [4, 5, 6, 7, 8, 9, 0, 0, 0]);
    assert_eq!(moved(-1, 1), [0, 0, 0, 2, 3, 0, 5, 6, 0]);
    assert_eq!(moved(7, i32::MIN), [0; 9]);
}

#[test]
fn settings_out_of_range_are_sentences() {
    for (size, levels) in [(15, Levels::Binary), (28, Levels::Grey(1)), (14, Levels::Grey(257))] {
        let error = Preparation { size, levels }.check().unwrap_err();
        assert!(error.to_string().starts_with("Expected"), "{error}");
    }
}

#[test]
fn brightness_spans_black_to_white() {
    let images = prepare(14, Levels::Grey(4));
    assert_eq!([0, 1, 2, 3].map(|l| images.grey(l)), [0, 85, 170, 255]);
    assert_eq!(prepare(14, Levels::Binary).grey(1), 255);
    assert_eq!(prepare(28, Levels::Grey(256)).grey(255), 255);
}

#[test]
fn arrays_are_checked() {
    let images = LevelImages::from_array(Array3::zeros((3, 5, 5)), 2, vec![]).unwrap();
    assert_eq!((images.len(), images.size), (3, 5));
    assert!(LevelImages::from_array(Array3::zeros((3, 5, 4)), 2, vec![]).is_err());
    assert!(LevelImages::from_array(Array3::ones((3, 5, 5)), 1, vec![]).is_err());
    assert!(LevelImages::from_array(Array3::zeros((3, 5, 5)), 2, vec![1]).is_err());
}
