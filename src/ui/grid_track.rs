//! Where in its rows a table is scrolled to.
//!
//! A scroll area counts points in `f32`, which from some millions on are coarser than a point: a list of ten million
//! rows would jump, and near its end a wheel would not move it at all. So a long table keeps its offset in `f64`, and
//! its scroll area is a shorter track on which the bar moves.

use super::theme::size;

/// Points up to which `f32` is fine enough.
const LONGEST: f64 = 4_000_000.0;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct Track {
    /// Points of all rows, and of those in sight.
    whole: f64,
    sight: f64,
}

impl Track {
    pub fn new(rows: usize, sight: f32) -> Track {
        Track { whole: rows as f64 * f64::from(size::ROW), sight: f64::from(sight) }
    }

    /// Points of the scroll area's content.
    pub fn length(&self) -> f32 {
        self.whole.min(LONGEST) as f32
    }

    /// Is the track shorter than the rows?
    pub fn is_shortened(&self) -> bool {
        self.whole > LONGEST
    }

    /// The nearest offset that there is.
    pub fn clamp(&self, offset: f64) -> f64 {
        offset.clamp(0.0, (self.whole - self.sight).max(0.0))
    }

    /// The offset at which a row is in sight, as near to `offset` as can be.
    pub fn reveal(&self, row: usize, offset: f64) -> f64 {
        let height = f64::from(size::ROW);
        let top = row as f64 * height;
        offset.min(top).max(top + height - self.sight)
    }

    /// An offset among the rows as one on the track.
    pub fn on_track(&self, offset: f64) -> f32 {
        (offset / self.scale()) as f32
    }

    /// The way back.
    pub fn among_rows(&self, offset: f32) -> f64 {
        self.clamp(f64::from(offset) * self.scale())
    }

    /// Points of rows to a point of the track.
    fn scale(&self) -> f64 {
        if self.is_shortened() { (self.whole - self.sight) / (LONGEST - self.sight) } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_long_table_are_the_ends_of_its_track() {
        let track = Track::new(15_000_000, 800.0);
        let end = track.clamp(f64::INFINITY);
        assert_eq!(end, 15_000_000.0 * 26.0 - 800.0);
        assert_eq!((track.on_track(end), track.length()), (4_000_000.0 - 800.0, 4_000_000.0));
        assert!((track.among_rows(track.on_track(end)) - end).abs() < 1e-6);
        assert_eq!(track.reveal(14_999_999, 0.0), end);
        assert_eq!(track.reveal(7, end), 7.0 * 26.0);
        assert_eq!(track.clamp(end - 3.0), end - 3.0, "three points up are three points");
    }

    #[test]
    fn a_short_table_is_its_own_track() {
        let track = Track::new(10, 800.0);
        assert_eq!((track.length(), track.clamp(50.0), track.is_shortened()), (260.0, 0.0, false));
        let track = Track::new(1000, 800.0);
        assert_eq!((track.on_track(500.0), track.among_rows(500.0)), (500.0, 500.0));
    }
}
