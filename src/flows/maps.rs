//! Small maps in closed form, for the change of variables: `p_Y(y) = p_X(f^-1(y)) |d f^-1 / dy|`.
//!
//! Scalar functions in f64 that a picture may call at every frame. The flows that learn are recorded as graphs; these are what the idea looks
//! like before anything is learned.

mod dense;
mod knots;
mod law;
mod line;
mod plane;
mod pushed;

pub use dense::log_abs_det;
pub use knots::Monotone;
pub use law::Law;
pub use line::{LineMap, Refusal};
pub use plane::{Matrix, PlaneMap, area, det, product};
pub use pushed::Pushed;
