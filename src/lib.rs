//! **Tractable** teaches autoregressive and flow-based generative models by running them.
//!
//! A [`graph`] says *what* is computed, an executor in [`exec`] says *how*, models ([`autoregressive`], [`flows`], built from the layers
//! in [`nn`]) are written as graphs, a worker in [`train`] fits them to [`data`], and [`labs`] (drawn with [`ui`]) show them.
//!
//! Twenty steps of a flow on two moons:
//!
//! ```
//! use tractable::exec::{BackendChoice, open_session};
//! use tractable::train::{Fit, Lesson, Source};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let lesson = Lesson::preset("realnvp").expect("it ships");
//! let source = Source::open(&lesson)?;
//! let mut fit = Fit::new(lesson, source, open_session(BackendChoice::Cpu, 1)?)?;
//! for _ in 0..20 {
//!     fit.advance()?;
//! }
//! let losses = fit.losses()?;
//! assert!(losses[19].1 < losses[0].1, "-ln p(x) falls: {losses:?}");
//! # Ok(())
//! # }
//! ```

pub mod autoregressive;
pub mod cli;
pub mod data;
pub mod exec;
pub mod flows;
pub mod graph;
pub mod labs;
pub mod nn;
pub mod train;
pub mod ui;
