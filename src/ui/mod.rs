//! PANELS: the window (egui only).
//!
//! A panel gets values and returns actions; it holds no heap and asks no question itself.

mod fonts;
pub mod raster;
pub mod theme;
