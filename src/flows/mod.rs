//! One file for each flow family: forward (data x to latent z), inverse (z to x) and the log-determinant of both.

mod base;
pub mod realnvp;

pub use base::standard_normal;
