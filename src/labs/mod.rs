//! The labs: one folder for each section of the lecture, and the frame around them.
//!
//! A lab is a [`Lab`]; it is listed, with the question that it answers, in [`registry`]. The frame ([`app`]) owns the window, the keys and the five
//! places that never move: chapter rail, controls, canvas, explain panel, transport bar. The window never computes: a lab draws the newest
//! snapshot that its worker published.

pub mod app;
pub mod blindspot;
pub mod change;
pub mod code;
pub mod command;
pub mod document;
pub mod estimates;
pub mod explain;
pub mod files;
pub mod flow;
pub mod frame_log;
pub mod frame_times;
mod history;
pub mod keep;
pub mod keys;
pub mod lab;
mod pace;
mod picker;
pub mod pixelcnn;
pub mod posterior;
pub mod registry;
pub mod render;
mod scrubber;
pub mod shared;
pub mod stack;
pub mod stage;
pub mod state;
pub mod table;
pub mod taxonomy;
mod times;
mod training;
mod trouble;
mod walk;
mod weights;
pub mod window;
mod working;

pub use app::{AppOptions, TractableApp};
pub use command::Command;
pub use lab::{Action, Lab, LabStatus, Live};
pub use registry::{Chapter, Section};
pub use shared::{Look, Shared};
pub use window::{WindowError, WindowOptions, run_window};
