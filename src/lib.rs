//! **Tractable** teaches autoregressive and flow-based generative models by running them.
//!
//! A [`graph`] says *what* is computed, an executor in [`exec`] says *how*, models ([`autoregressive`], [`flows`], built from the layers
//! in [`nn`]) are written as graphs, a worker in [`train`] fits them to [`data`], and [`labs`] (drawn with [`ui`]) show them.

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
