//! Taking a flame graph away: PNG, SVG, folded stacks, speedscope, JSON.
//!
//! A picture is painted by the code that paints the window, without GPU, at any width and scale, down to the
//! deepest row; title, totals, what its width means and a legend are in it, so that it explains itself
//! wherever it ends up.

use std::io::{self, Write};
use std::path::Path;

use eframe::egui::{Align2, Pos2, Rect, Theme, Ui};

use super::export_sheet::Sheet;
use super::export_svg;
use super::flame_paint::{self, Marks};
use super::raster::{self, Picture};
use super::theme::Palette;
use crate::view::flame::{self, FlameView};

/// A PNG has at most this many pixels a side.
const LARGEST: f32 = 32_768.0;

/// What a flame graph can be saved as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Png,
    Svg,
    Folded,
    Speedscope,
    Json,
}

impl Format {
    pub const ALL: [Format; 5] = [Format::Png, Format::Svg, Format::Folded, Format::Speedscope, Format::Json];

    /// What its files' names end in.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Png => "png",
            Format::Svg => "svg",
            Format::Folded => "folded",
            Format::Speedscope => "speedscope.json",
            Format::Json => "json",
        }
    }

    /// The format that a file's name asks for.
    pub fn of(path: &Path) -> Option<Format> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        let ends = |format: &Format| {
            name.len() > format.extension().len() + 1 && name.ends_with(&format!(".{}", format.extension()))
        };
        Format::ALL.into_iter().find(ends)
    }

    /// A few words for a menu.
    pub fn words(self) -> &'static str {
        match self {
            Format::Png => "Picture (PNG)",
            Format::Svg => "Drawing (SVG)",
            Format::Folded => "Folded stacks (flamegraph.pl, inferno)",
            Format::Speedscope => "speedscope",
            Format::Json => "Tree (JSON)",
        }
    }
}

/// What is written above a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caption {
    /// The dump's name.
    pub title: String,
    /// Runtime, system, what part of the heap is shown, what is hidden.
    pub facts: String,
}

/// How large a picture is and in which theme.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Points from edge to edge.
    pub width: f32,
    /// Pixels a point.
    pub scale: f32,
    pub theme: Theme,
}

/// Paints the picture as far down as there are boxes.
pub fn picture(view: &FlameView, caption: &Caption, look: Look) -> Picture {
    let sheet = Sheet::new(view, caption, look.width);
    let scale = look.scale.min(LARGEST / sheet.size.x.max(sheet.size.y));
    raster::draw(sheet.size, scale, look.theme, |ui| paint(ui, &sheet))
}

fn paint(ui: &Ui, sheet: &Sheet) {
    let palette = Palette::of(ui.visuals());
    let painter = ui.painter().with_clip_rect(Rect::from_min_size(Pos2::ZERO, sheet.size));
    flame_paint::paint(&painter, palette, &sheet.view, &sheet.frame, &sheet.spots, &Marks::default());
    for &(rect, sign) in &sheet.chips {
        flame_paint::chip(&painter, palette, rect, sign);
    }
    for words in &sheet.words {
        let (font, color) = (words.face.font(), words.face.color(palette));
        painter.text(words.at, Align2::LEFT_CENTER, &words.text, font, color);
    }
}

/// Writes a flame graph in any format.
pub fn write(format: Format, view: &FlameView, caption: &Caption, look: Look, out: &mut impl Write) -> io::Result<()> {
    let what = view.measure();
    match format {
        Format::Png => out.write_all(&picture(view, caption, look).png().map_err(io::Error::other)?),
        Format::Svg => export_svg::write(&Sheet::new(view, caption, look.width), caption, look.theme, out),
        Format::Folded => flame::write_folded(view.tree(), out),
        Format::Speedscope => flame::write_speedscope(view.tree(), &caption.title, what, out),
        Format::Json => flame::write_json(view.tree(), what.unit, out),
    }
}
