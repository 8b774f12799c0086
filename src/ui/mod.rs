//! What the labs share: the theme, colour maps, canvases, charts, the transport bar.
//!
//! Nothing here knows a model or a lab. A colour is always taken from the current [`theme::Palette`], a number always carries its unit, and a
//! custom canvas always has an accessible name.

pub mod bars;
pub mod canvas2d;
pub mod chart;
pub mod chips;
pub mod colormap;
pub mod cursor;
pub mod heatmap;
pub mod icons;
pub mod link;
pub mod math;
pub mod offscreen;
pub mod pixel_grid;
pub mod plot;
pub mod svg;
pub mod theme;
pub mod transport;
pub mod units;
