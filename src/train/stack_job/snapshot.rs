use std::sync::Arc;

use crate::autoregressive::causal_stack::Config;
use crate::exec::BackendInfo;
use crate::train::{Lesson, Origin, Standing};

/// What a sequence is drawn from, beside the weights.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Settings {
    /// Divides the logits; 0 takes the likeliest symbol.
    pub temperature: f64,
    /// Seed of the noise.
    pub seed: u64,
    /// Which of the seed's sequences.
    pub stream: u64,
    /// Steps at the beginning that are given by the melody and not drawn.
    pub prompt: usize,
}

/// One drawn sequence with everything that a picture of it needs. `T` steps, `K` levels, `C` channels; index `[step, ..]`.
#[derive(Clone, PartialEq, Debug)]
pub struct StackRun {
    /// What it was drawn with.
    pub settings: Settings,
    /// The stack that drew it.
    pub config: Config,
    /// Symbol of each step, `[T]`.
    pub symbols: Vec<u8>,
    /// Probability of each level before it was drawn, `[T,K]`.
    pub p: Vec<f32>,
    /// The uniform number of each step, `[T]`.
    pub u: Vec<f32>,
    /// `-ln p` of each symbol, `[T]`, nats.
    pub price: Vec<f64>,
    /// Sum of the prices before each step, `[T+1]`.
    pub sum: Vec<f64>,
    /// Values of the input convolution, then of each layer, each `[T,C]`: as the cached sampler computed them, once each.
    pub values: Vec<Vec<f32>>,
    /// Multiply-adds that each step took, `[T]`.
    pub cached_cost: Vec<u64>,
    /// Multiply-adds of a full forward pass, which a sampler without a cache makes at every step.
    pub full_cost: u64,
    /// Training step of the weights.
    pub step: u64,
}

impl StackRun {
    /// Number of steps T.
    pub fn len(&self) -> usize {
        self.symbols.len()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }

    /// The distribution of a step, `[K]`.
    pub fn distribution(&self, step: usize) -> &[f32] {
        &self.p[step * self.config.levels..(step + 1) * self.config.levels]
    }

    /// The values of a row of nodes (0 is the input convolution, l the l-th layer) at a step, `[C]`.
    pub fn activations(&self, row: usize, step: usize) -> &[f32] {
        &self.values[row][step * self.config.channels..(step + 1) * self.config.channels]
    }
}

/// Everything that the window draws.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The lesson, with the present structure.
    pub lesson: Arc<Lesson>,
    /// The stack.
    pub config: Config,
    /// Number of trained values.
    pub parameters: usize,
    /// The drawn sequence, if the present weights have drawn one.
    pub run: Option<Arc<StackRun>>,
    /// How training stands.
    pub training: Standing,
    /// Nats a symbol of a model that knows only how frequent each symbol is.
    pub unigram: f64,
    /// Where the weights come from.
    pub origin: Origin,
    /// What trains, once it did.
    pub training_on: Option<BackendInfo>,
    /// What draws.
    pub drawing_on: BackendInfo,
    /// What went wrong, and what to do.
    pub error: Option<String>,
    /// Whether training broke.
    pub diverged: bool,
    /// Number of the last request that this answers.
    pub answered: u64,
}
