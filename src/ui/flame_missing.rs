//! What stands in place of a flame graph that is not there: how far it is, that it was cancelled, or why it cannot be
//! drawn; each with a way on.

use eframe::egui::{RichText, Ui};

use super::widgets::{self, palette};
use super::{center_column, theme};
use crate::progress::Snapshot;

const WIDTH: f32 = 440.0;
const HEIGHT: f32 = 130.0;

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq)]
pub enum Missing {
    /// It will be there before anybody can read a word.
    Soon,
    /// Dominators come first.
    Analysing(Snapshot),
    Building(Snapshot),
    Cancelled,
    Failed(String),
    /// Nothing is kept alive.
    Empty,
}

/// What a person wants to be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressed {
    Cancel,
    Again,
    /// The picture of the whole heap instead.
    Whole,
}

/// Shows it; `of` is what the picture would be of, where that is not the whole heap.
pub fn show(ui: &mut Ui, missing: &Missing, of: Option<&str>) -> Option<Pressed> {
    if *missing == Missing::Soon {
        return None;
    }
    let palette = palette(ui);
    let (title, why) = match (missing, of) {
        (Missing::Analysing(_), _) => (String::from("Computing what keeps what alive"), None),
        (Missing::Cancelled, None) => (String::from("Cancelled"), Some("The flame graph was not built.")),
        (Missing::Cancelled, Some(of)) => (format!("{of}: cancelled"), Some("Its flame graph was not built.")),
        (Missing::Failed(why), None) => (String::from("No flame graph"), Some(&**why)),
        (Missing::Failed(why), Some(of)) => (format!("No flame graph of {of}"), Some(&**why)),
        (Missing::Empty, _) => (String::from("Nothing to draw"), Some("No root reaches any object of this heap.")),
        (_, None) => (String::from("Building the flame graph"), None),
        (_, Some(of)) => (format!("Building the flame graph of {of}"), None),
    };
    let mut pressed = None;
    center_column(ui, WIDTH, HEIGHT, |ui| {
        ui.label(RichText::new(title).font(theme::title()).color(palette.text));
        ui.add_space(10.0);
        match missing {
            Missing::Analysing(now) | Missing::Building(now) => widgets::progress(ui, *now),
            _ => {
                ui.label(RichText::new(why.unwrap_or_default()).color(palette.muted));
            }
        }
        ui.add_space(18.0);
        ui.horizontal(|ui| {
            if matches!(missing, Missing::Building(_)) && widgets::secondary(ui, "Cancel").clicked() {
                pressed = Some(Pressed::Cancel);
            }
            if *missing == Missing::Cancelled && widgets::primary(ui, "Build it").clicked() {
                pressed = Some(Pressed::Again);
            }
            if of.is_some() && widgets::secondary(ui, "Whole heap").clicked() {
                pressed = Some(Pressed::Whole);
            }
        });
    });
    pressed
}
