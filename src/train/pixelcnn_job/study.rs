//! Studying one image: what it costs the model, and how the model would go on from the part of it that is known.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::artist::Artist;
use super::snapshot::{Method, SampleRun, Settings};
use crate::autoregressive::pixelcnn::Config;
use crate::data::load_image;
use crate::train::{Model, Source, TrainError};

/// Number of completions of an image, each from its own noise.
pub const COMPLETIONS: usize = 6;

/// The image that is studied.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A test image of the lesson, by number; numbers go round.
    Test(usize),
    /// An image that was drawn or taken over here.
    Drawn {
        /// Columns.
        cols: usize,
        /// Grey levels that its numbers count in.
        levels: usize,
        /// Level of each pixel, row by row.
        pixels: Vec<u8>,
    },
    /// An image file.
    File(PathBuf),
}

/// What is to be studied.
#[derive(Clone, PartialEq, Debug)]
pub struct StudyOrder {
    /// The image.
    pub subject: Subject,
    /// Which of its pixels are known, `[P]`: the others are drawn. Of another length, or `None`: nothing is completed.
    pub known: Option<Vec<bool>>,
}

/// One image, with its price and its completions.
#[derive(Clone, Debug)]
pub struct Study {
    /// What was asked for.
    pub order: StudyOrder,
    /// With which settings; class and temperature matter.
    pub settings: Settings,
    /// The digit that it is, where that is known.
    pub label: Option<usize>,
    /// The image itself: its levels, the distributions they were looked up in, its nats. Temperature 1, whatever is drawn with.
    pub scored: Arc<SampleRun>,
    /// The completions; empty if nothing was to be completed.
    pub completions: Vec<Arc<SampleRun>>,
}

impl Study {
    /// `-ln p` of the drawn pixels of a completion given all that came before each, nats: the known ones cost nothing.
    pub fn drawn_nats(&self, completion: &SampleRun) -> f64 {
        let known = self.order.known.as_deref().unwrap_or_default();
        completion.price.iter().enumerate().filter(|(i, _)| !known.get(*i).copied().unwrap_or(false)).map(|(_, price)| price).sum()
    }
}

/// Studies an image.
///
/// # Errors
/// A file that is no image, a device that fails.
pub(super) fn study(
    artist: &mut Artist,
    model: &Model,
    config: &Config,
    source: &Source,
    settings: &Settings,
    order: &StudyOrder,
) -> Result<Study, TrainError> {
    let (image, label) = image_of(model, config, source, &order.subject)?;
    let cached = Settings { method: Method::Cached, ..*settings };
    let scored = artist.draw_given(&Settings { temperature: 1.0, ..cached }, |pixel| Some(image[pixel]))?;
    let known = order.known.as_ref().filter(|known| known.len() == image.len());
    let mut completions = Vec::new();
    if let Some(known) = known {
        for stream in 1..=COMPLETIONS as u64 {
            let run = artist.draw_given(&Settings { stream, ..cached }, |pixel| known[pixel].then(|| image[pixel]))?;
            completions.push(Arc::new(run));
        }
    }
    Ok(Study { order: order.clone(), settings: cached, label, scored: Arc::new(scored), completions })
}

/// The levels of an image in the model's size, with the digit that it is.
fn image_of(model: &Model, config: &Config, source: &Source, subject: &Subject) -> Result<(Vec<u8>, Option<usize>), TrainError> {
    match (subject, source) {
        (Subject::Test(number), Source::Images(images)) if !images.test.is_empty() => {
            let test = &images.test;
            let i = number % test.len();
            Ok((test.image(i).to_vec(), test.labels.get(i).map(|&label| usize::from(label))))
        }
        (Subject::Drawn { cols, levels, pixels }, _) => Ok((fitted(config, *cols, *levels, pixels), None)),
        (Subject::File(path), _) => {
            let Model::Pixelcnn { data, .. } = model else { return Err(TrainError::NoData { what: "image" }) };
            let loaded = load_image(path, data.preparation())?;
            Ok((loaded.image(0).to_vec(), None))
        }
        (Subject::Test(_), _) => Err(TrainError::NoData { what: "test image" }),
    }
}

/// An image of another size or with other levels, taken over by nearest pixels.
fn fitted(config: &Config, cols: usize, levels: usize, pixels: &[u8]) -> Vec<u8> {
    let rows = pixels.len() / cols.max(1);
    let brightest = (config.levels - 1) as f64;
    let pixel = |i: usize| {
        let (row, col) = (i / config.width * rows / config.height, i % config.width * cols / config.width);
        let level = pixels.get(row * cols + col).copied().unwrap_or(0);
        if levels == config.levels {
            return level.min(config.levels as u8 - 1);
        }
        (f64::from(level) / (levels.max(2) - 1) as f64 * brightest).round().clamp(0.0, brightest) as u8
    };
    (0..config.pixels()).map(pixel).collect()
}
