//! Claims about the models: flows against their dense Jacobians and against 1, on the CPU executor in f64.

#![allow(missing_docs, reason = "a test binary has no readers of its documentation")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

/// The unit tests of the library use the same one, by the library's own paths.
#[path = "../../src/train/trouble/breakable.rs"]
mod breakable;
mod by_class;
mod chapter_trouble;
mod energies;
mod estimates;
mod families;
mod flow_history;
mod flow_job;
mod flow_lost;
mod flow_places;
mod pixelcnn;
mod portraits;
mod program;
mod rain;
mod realnvp;
mod sessions;
mod stack;
mod taxonomy;

use tractable::{exec, graph};
