//! Data sets: 2-D toys with known entropies, drawings, digits, and the user's own files.
//!
//! Everything that ships is embedded in the binary, so the program works wherever it is copied. Everything random is a pure function of
//! a seed ([`noise`]), so any run can be replayed. Every error is a sentence that says what was expected, what was found, what to do.

pub mod atomic;
pub mod batches;
pub mod clip;
pub mod csv_points;
mod csv_rows;
pub mod darkness;
pub mod digits;
pub mod drawing;
mod error;
pub mod images;
pub mod melody;
pub mod mixture;
pub mod noise;
pub mod npy;
pub mod npz;
pub mod points;
pub mod rain;
pub mod shipped;
pub mod table;
pub mod toys;

pub use atomic::write_atomic;
pub use batches::{Batches, Chunk, chunks};
pub use csv_points::{LoadedPoints, load_csv, read_csv};
pub use darkness::Darkness;
pub use digits::{Digits, LevelImages, Levels, Preparation};
pub use drawing::{Drawing, Mark, Stroke};
pub use error::DataError;
pub use images::{Sheet, contact_sheet, encode_png, load_darkness, load_image, save_png};
pub use melody::Melody;
pub use mixture::{Entropy, Mixture};
pub use points::{Affine, Points, Thinned};
pub use rain::Rain;
pub use table::Table;
pub use toys::Toy;
