use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::branch::Branch;
use super::frozen::Frozen;
use super::gradient::Gradient;
use super::look::Look;
use super::mask::Mask;
use super::study::Study;
use crate::exec::{BackendChoice, BackendInfo};
use crate::train::{Lesson, Origin, Standing, Weights};

/// How an image is drawn from the model. All three give the same image from the same noise.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Every activation is computed once, when it can be.
    #[default]
    Cached,
    /// One whole forward pass for each pixel.
    Full,
    /// All pixels at once, again and again, until nothing changes.
    Jacobi,
}

impl Method {
    /// All methods, the default first.
    pub const ALL: [Method; 3] = [Method::Cached, Method::Full, Method::Jacobi];

    /// Its name on the screen and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Method::Cached => "cached",
            Method::Full => "full",
            Method::Jacobi => "Jacobi",
        }
    }
}

/// What determines a sample, together with the weights.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Settings {
    /// The class that conditions the image; `None` leaves the class input empty.
    pub class: Option<usize>,
    /// Divides the logits: below 1 likely values become likelier, above 1 all become more alike.
    pub temperature: f64,
    /// Seed of the noise.
    pub seed: u64,
    /// Which image of the seed's noise, from 0.
    pub stream: u64,
    /// How it is drawn.
    pub method: Method,
}

impl Settings {
    /// Whether these draw the same image, by whatever method.
    pub fn same_image(&self, other: &Settings) -> bool {
        Settings { method: other.method, ..*self } == *other
    }
}

/// A whole sample with everything that happened at each pixel: the window only walks through it.
///
/// P pixels row by row, K levels.
#[derive(Clone, Debug)]
pub struct SampleRun {
    /// What it was drawn with.
    pub settings: Settings,
    /// Rows of the image.
    pub rows: usize,
    /// Columns of the image.
    pub cols: usize,
    /// Grey levels K.
    pub levels: usize,
    /// The drawn level of each pixel `[P]`.
    pub pixels: Vec<u8>,
    /// `p(x_i = k | x_<i)` at the temperature, `[P, K]`.
    pub p: Vec<f32>,
    /// The uniform number that chose each level, `[P]`; NaN where the level was given and not drawn.
    pub u: Vec<f32>,
    /// `-ln p` of each drawn level, nats, `[P]`.
    pub price: Vec<f64>,
    /// Sum of the prices of the first i pixels, nats, `[P + 1]`.
    pub sum: Vec<f64>,
    /// Entropy of each pixel's distribution, nats, `[P]`.
    pub entropy: Vec<f64>,
    /// What drawing it cost.
    pub cost: Cost,
    /// Training step of the weights.
    pub step: u64,
}

impl SampleRun {
    /// Number of pixels P.
    pub fn len(&self) -> usize {
        self.pixels.len()
    }

    /// Whether the image has no pixel.
    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// The distribution of pixel `i`, `[K]`.
    pub fn distribution(&self, i: usize) -> &[f32] {
        &self.p[i * self.levels..][..self.levels]
    }

    /// Probability of the level that pixel `i` was given.
    pub fn chosen_p(&self, i: usize) -> f64 {
        (-self.price[i]).exp()
    }

    /// `-ln p(x)` of the whole image, nats.
    pub fn nats(&self) -> f64 {
        self.sum.last().copied().unwrap_or(0.0)
    }
}

/// What one image cost to draw.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Cost {
    /// Wall time.
    pub time: Duration,
    /// Forward passes over the whole image; for the cached sampler 1, spread over the pixels.
    pub passes: usize,
}

/// The cost of a method, measured on this machine for the model that is open.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MethodCost {
    /// The method.
    pub method: Method,
    /// What one image took.
    pub cost: Cost,
    /// How many pixels differ from the cached sampler's image from the same noise; `None` before both were drawn.
    pub differing: Option<usize>,
    /// What was drawn.
    pub settings: Settings,
}

/// One small image of the gallery.
#[derive(Clone, Debug)]
pub struct Thumbnail {
    /// Which image of the seed's noise.
    pub stream: u64,
    /// Level of each pixel `[P]`.
    pub pixels: Vec<u8>,
    /// `-ln p(x)`, nats.
    pub nats: f64,
}

/// Several images from other noise.
#[derive(Clone, Debug, Default)]
pub struct Gallery {
    /// Grows by one each time that an image changes, so that textures are uploaded only then.
    pub version: u64,
    /// What they were drawn with; `stream` means nothing here. `None` before there are any.
    pub settings: Option<Settings>,
    /// The images, oldest first, all of the same weights.
    pub images: Vec<Thumbnail>,
}

/// All that the window draws. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// How many commands the worker had heard.
    pub heard: u64,
    /// Whether something that was asked for is still being drawn.
    pub pending: bool,
    /// The lesson: model, data, training.
    pub lesson: Arc<Lesson>,
    /// Number of trained values.
    pub parameters: usize,
    /// The sample; `None` until the first one is drawn.
    pub sample: Option<Arc<SampleRun>>,
    /// What the layers said to it, a moment later.
    pub look: Option<Arc<Look>>,
    /// What the logits of the pixel that was asked for react to.
    pub gradient: Option<Arc<Gradient>>,
    /// When each pixel froze under Jacobi's sampler, where that was measured.
    pub frozen: Option<Arc<Frozen>>,
    /// The first layer's mask, once it was edited.
    pub mask: Option<Mask>,
    /// What the newest change of a pixel did to the sample.
    pub branch: Option<Arc<Branch>>,
    /// The image that is studied.
    pub study: Option<Arc<Study>>,
    /// What samples are drawn from.
    pub weights: Arc<Weights>,
    /// Other samples.
    pub gallery: Arc<Gallery>,
    /// How training stands.
    pub training: Standing,
    /// Where the weights came from.
    pub origin: Origin,
    /// Costs of the methods that were measured.
    pub costs: Vec<MethodCost>,
    /// What training runs on; `None` before it was asked for.
    pub training_on: Option<BackendInfo>,
    /// What samples are drawn on.
    pub drawing_on: BackendInfo,
    /// What the user asked for.
    pub choice: BackendChoice,
    /// What went wrong last, as a sentence; `None` when the next command worked.
    pub error: Option<String>,
    /// Whether that was training that broke: a lower rate may help.
    pub diverged: bool,
}
