use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Adam, ImageData, PointData, RateSchedule, SequenceData, TrainError, Weights};
use crate::autoregressive::{causal_stack, pixelcnn};
use crate::data::{Levels, Preparation};
use crate::flows;
use crate::graph::{Graph, GraphError};

/// Version of the lesson format that this program writes and the newest that it reads.
pub const FORMAT_VERSION: u32 = 1;

/// A lesson, a saved session or a preset: one format, `*.tractable.json`, beside `*.safetensors` weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lesson {
    /// Version of the format.
    pub format_version: u32,
    /// Short name, as on the command line.
    pub name: String,
    /// Title on the screen.
    pub title: String,
    /// Seed of initialisation, batches and noise.
    pub seed: u64,
    /// The model with its data.
    pub model: Model,
    /// How it is trained.
    pub training: Training,
    /// Trained weights, a file beside the lesson; none means untrained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<PathBuf>,
    /// What was open: kept as it is, for the lab to read.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub view: serde_json::Value,
}

/// A model and the data that it is fitted to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Model {
    /// PixelCNN on small images.
    Pixelcnn {
        /// Size and shape.
        config: pixelcnn::Config,
        /// The images.
        data: ImageData,
    },
    /// A stack of dilated causal convolutions on a sequence.
    CausalStack {
        /// Size and shape.
        config: causal_stack::Config,
        /// The sequence.
        data: SequenceData,
    },
    /// A flow of any family on points of the plane or rows of a table; the name in files is that of the first one.
    Realnvp {
        /// Size and shape.
        config: flows::Config,
        /// The points or rows.
        data: PointData,
    },
}

/// How a model is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// Examples in a step.
    pub batch: usize,
    /// Steps of a full run.
    pub steps: u64,
    /// The optimiser.
    pub adam: Adam,
    /// Change of its rate.
    #[serde(default)]
    pub schedule: RateSchedule,
    /// Largest shift of an image in either direction, pixels, or of a melody up or down, semitones: augmentation.
    #[serde(default)]
    pub shift: u32,
    /// Chance that a training image is shown without its class, 0 up to below 1: so that the model also learns images of no class.
    #[serde(default)]
    pub class_dropout: f64,
}

impl Model {
    /// The training graph: inputs, `hyper`, outputs `loss` and `gradient_norm_sq`.
    ///
    /// # Errors
    /// A configuration whose shapes do not fit.
    pub fn training_graph(&self, batch: usize) -> Result<Graph, GraphError> {
        match self {
            Model::Pixelcnn { config, .. } => super::pixelcnn_training(config, batch),
            Model::CausalStack { config, .. } => super::causal_stack_training(config, batch),
            Model::Realnvp { config, .. } => super::realnvp_training(config, batch),
        }
    }

    /// Number of values that make up one example: pixels of an image, symbols of a sequence, coordinates of a point.
    pub fn dimensions(&self) -> usize {
        match self {
            Model::Pixelcnn { config, .. } => config.pixels(),
            Model::CausalStack { config, .. } => config.length,
            Model::Realnvp { config, .. } => config.dim,
        }
    }
}

impl Lesson {
    /// Names of the shipped lessons, in the order of the list.
    pub const PRESETS: [&'static str; 9] = [
        "pixelcnn-small",
        "pixelcnn-binary",
        "pixelcnn",
        "pixelcnn-gated",
        "rain-plain",
        "rain-gated",
        "stack-prelude",
        "realnvp",
        "power",
    ];

    /// A shipped lesson.
    pub fn preset(name: &str) -> Option<Lesson> {
        let text = match name {
            "pixelcnn-small" => include_str!("../../presets/pixelcnn-small.tractable.json"),
            "pixelcnn-binary" => include_str!("../../presets/pixelcnn-binary.tractable.json"),
            "pixelcnn" => include_str!("../../presets/pixelcnn.tractable.json"),
            "pixelcnn-gated" => include_str!("../../presets/pixelcnn-gated.tractable.json"),
            "rain-plain" => include_str!("../../presets/rain-plain.tractable.json"),
            "rain-gated" => include_str!("../../presets/rain-gated.tractable.json"),
            "stack-prelude" => include_str!("../../presets/stack-prelude.tractable.json"),
            "realnvp" => include_str!("../../presets/realnvp.tractable.json"),
            "power" => include_str!("../../presets/power.tractable.json"),
            _ => return None,
        };
        Some(serde_json::from_str(text).expect("a test reads every shipped lesson"))
    }

    /// Reads a lesson file.
    ///
    /// # Errors
    /// An unreadable file, one that is no lesson, one of a newer version.
    pub fn read(path: &Path) -> Result<Lesson, TrainError> {
        let text = std::fs::read_to_string(path).map_err(|e| TrainError::unreadable(path, &e))?;
        let value: serde_json::Value = serde_json::from_str(&text).map_err(|e| TrainError::not_a_lesson(path, &e.to_string()))?;
        match value.get("format_version").and_then(serde_json::Value::as_u64) {
            Some(version) if version > u64::from(FORMAT_VERSION) => {
                return Err(TrainError::NewerLesson { path: path.into(), found: version, known: FORMAT_VERSION });
            }
            Some(_) => {}
            None => return Err(TrainError::not_a_lesson(path, "it has no number `format_version`")),
        }
        let lesson: Lesson = serde_json::from_value(value).map_err(|e| TrainError::not_a_lesson(path, &e.to_string()))?;
        lesson.check().map_err(|why| TrainError::not_a_lesson(path, &why))?;
        Ok(lesson)
    }

    /// The lesson of this name: a preset, else a file.
    ///
    /// # Errors
    /// Neither, or a file that cannot be read.
    pub fn open(name: &str) -> Result<Lesson, TrainError> {
        if let Some(lesson) = Lesson::preset(name) {
            return Ok(lesson);
        }
        let path = Path::new(name);
        if !path.exists() {
            return Err(TrainError::NoSuchLesson { name: name.into(), known: Lesson::PRESETS.join(", ") });
        }
        let mut lesson = Lesson::read(path)?;
        if let (Some(weights), Some(folder)) = (&lesson.weights, path.parent()) {
            lesson.weights = Some(folder.join(weights));
        }
        Ok(lesson)
    }

    /// The shipped weights of a preset; `None` where none are shipped.
    ///
    /// # Errors
    /// Weights that do not fit the lesson, or a file that cannot be read.
    pub fn trained_weights(&self) -> Result<Option<Weights>, TrainError> {
        if let Some(bytes) = super::presets::weights(&self.name) {
            let preset = Lesson::preset(&self.name);
            if preset.is_some_and(|p| p.model == self.model) {
                return Weights::from_bytes(bytes).map(Some);
            }
        }
        if let Some(path) = &self.weights {
            return Weights::read(path).map(Some);
        }
        // A session names the preset whose shipped weights it was left with.
        let named = self.view.get("preset").and_then(serde_json::Value::as_str).and_then(Lesson::preset);
        match named.filter(|named| named.model == self.model && named.name != self.name) {
            Some(named) => named.trained_weights(),
            None => Ok(None),
        }
    }

    /// Whether the model also learns images without a class, so that "no class" means something to it.
    pub fn learns_without_class(&self) -> bool {
        self.training.class_dropout > 0.0
    }

    /// Ranges that the format cannot express.
    pub(super) fn check(&self) -> Result<(), String> {
        let in_range = |name: &str, value: usize, low: usize, high: usize| {
            if (low..=high).contains(&value) { Ok(()) } else { Err(format!("`{name}` must be {low} to {high}, but is {value}")) }
        };
        in_range("batch", self.training.batch, 1, 65_536)?;
        let Adam { rate, beta1, beta2, epsilon, clip, decay } = self.training.adam;
        let unit = |x: f64| (0.0..1.0).contains(&x);
        let sound = rate.is_finite() && rate > 0.0 && unit(beta1) && unit(beta2) && epsilon >= 0.0 && clip >= 0.0 && decay >= 0.0;
        if !sound {
            return Err("`adam` needs a positive `rate`, `beta1` and `beta2` from 0 up to below 1, and no negative number".into());
        }
        if !unit(self.training.class_dropout) {
            return Err(format!("`class_dropout` must be a chance from 0 up to below 1, but is {}", self.training.class_dropout));
        }
        match &self.model {
            Model::Pixelcnn { config, data } => {
                in_range("height", config.height, 1, 128)?;
                in_range("width", config.width, 1, 128)?;
                in_range("levels", config.levels, 2, 256)?;
                in_range("channels", config.channels, 1, 512)?;
                in_range("blocks", config.blocks, 0, 64)?;
                in_range("head", config.head, 1, 1024)?;
                in_range("classes", config.classes, 0, 256)?;
                in_range("shift", self.training.shift as usize, 0, config.height.min(config.width))?;
                // A first kernel of side 1 would see nothing at all: mask A hides its only tap.
                for (name, side, least) in [("first_kernel", config.first_kernel, 3), ("kernel", config.kernel, 1)] {
                    in_range(name, side, least, 31)?;
                    if side % 2 == 0 {
                        return Err(format!("`{name}` must be odd, but is {side}"));
                    }
                }
                if let Some(taps) = &config.first_taps {
                    let reach = (config.first_kernel / 2) as i32;
                    if taps.is_empty() || taps.iter().any(|&(dy, dx)| dy.abs() > reach || dx.abs() > reach) {
                        return Err(format!("`first_taps` must be offsets within {reach} of the centre, at least one"));
                    }
                }
                data.check().map_err(|e| e.to_string())?;
                let Preparation { size, levels } = data.preparation();
                if size != config.height || size != config.width || levels.count() != config.levels {
                    return Err("the data's size and levels must be the model's".into());
                }
                if matches!(data, ImageData::Rain(_)) && (config.classes > 0 || self.training.shift > 0) {
                    // A shift would put black where the law has coins.
                    return Err("rain has no classes and is not shifted: `classes` and `shift` must be 0".into());
                }
                Ok(())
            }
            Model::CausalStack { config, data } => {
                in_range("length", config.length, 2, 4096)?;
                in_range("channels", config.channels, 1, 512)?;
                in_range("front", config.front, 1, 3)?;
                in_range("kernel", config.kernel, 2, 3)?;
                in_range("dilations", config.dilations.len(), 1, 32)?;
                config.dilations.iter().try_for_each(|&d| in_range("a dilation", d, 1, 1024))?;
                in_range("head", config.head, 1, 1024)?;
                in_range("shift", self.training.shift as usize, 0, config.levels)?;
                let levels = data.melody().levels;
                in_range("levels", config.levels, levels, levels)
            }
            Model::Realnvp { config, data } => {
                if config.dim > 2 && !matches!(data, PointData::Table { columns: None, .. }) {
                    return Err(format!("`dim` must be 2 for points of the plane, but is {}; a table has more columns", config.dim));
                }
                config.check()
            }
        }
    }
}

/// A digit's preparation that fits a PixelCNN.
impl From<&pixelcnn::Config> for Preparation {
    fn from(config: &pixelcnn::Config) -> Preparation {
        let levels = if config.levels == 2 { Levels::Binary } else { Levels::Grey(config.levels as u16) };
        Preparation { size: config.height, levels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_lesson_reads_and_keeps_its_name() {
        for name in Lesson::PRESETS {
            let lesson = Lesson::preset(name).expect("listed");
            assert_eq!(lesson.name, name);
            assert_eq!(lesson.check(), Ok(()));
            let graph = lesson.model.training_graph(2).expect("shapes fit");
            assert!(graph.parameter_count() <= 150_000, "{name}: {}", graph.parameter_count());
        }
    }
}
