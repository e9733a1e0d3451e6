//! Taking a flame graph away: PNG, SVG, folded stacks, speedscope, JSON.
//!
//! A picture is painted by the code that paints the window, without GPU, at any width and scale, down to the
//! deepest row; title, totals, what its width means and a legend are in it, so that it explains itself
//! wherever it ends up.

use std::io::{self, Write};
use std::path::Path;

use eframe::egui::{Align2, CornerRadius, Painter, Pos2, Rect, Theme, Ui, Vec2, pos2, vec2};

use super::export_svg;
use super::flame_paint::{self, Entry, Frame, Marks, PITCH};
use super::raster::{self, Picture};
use super::theme::{self, Palette};
use crate::view::flame::{self, FlameView, Spot};

/// From the picture's edge to what is in it.
const EDGE: f32 = 16.0;
/// Heights of the words above and below the boxes.
const HEAD: f32 = 62.0;
const FOOT: f32 = 40.0;
/// What an entry of the legend takes beside its words.
const ENTRY: f32 = 36.0;
/// Who made the picture.
pub(super) const BY: &str = concat!("Heapglass ", env!("CARGO_PKG_VERSION"));
/// What stripes mean.
pub(super) const SHARED: &str = "other roots hold it too";
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

/// A picture laid out: the same for PNG and SVG.
pub(super) struct Sheet {
    pub view: FlameView,
    pub spots: Vec<Spot>,
    pub size: Vec2,
    pub frame: Frame,
}

impl Sheet {
    /// Lays out what the camera sees across, and everything below it.
    pub fn new(view: &FlameView, width: f32) -> Sheet {
        let mut view = view.clone();
        let width = width.max(8.0 * EDGE);
        let inner = width - 2.0 * EDGE;
        let camera = view.camera(f64::INFINITY);
        let camera = flame::Camera { top: 0.0, ..camera };
        let mut spots = Vec::new();
        view.placed().tiles(&camera, inner, 0..u32::MAX, &mut spots);
        let rows = spots.iter().map(|spot| spot.row + 1).max().unwrap_or(1);
        view.resize(inner, rows as f32);
        let boxes = vec2(inner, rows as f32 * PITCH);
        let area = Rect::from_min_size(pos2(EDGE, HEAD), boxes);
        let frame = Frame { area, top: 0.0, flipped: view.flipped };
        Sheet { view, spots, size: vec2(width, HEAD + boxes.y + FOOT), frame }
    }

    /// Is any box striped?
    pub fn has_shared(&self) -> bool {
        self.spots.iter().any(|spot| flame_paint::shared_part(&self.view, spot).is_some())
    }

    /// The legend as far as it fits beside what else stands below the boxes, and what stands for the rest of it.
    pub fn legend(&self, palette: &Palette, width: &impl Fn(&str) -> f32) -> (Vec<Entry>, Option<String>) {
        let mut entries = flame_paint::legend(palette, &self.view);
        let besides = width(BY) + if self.has_shared() { width(SHARED) + ENTRY } else { 0.0 };
        let room = self.size.x - 2.0 * EDGE - besides;
        let shown = flame_paint::fitting(&entries, room, |words| width(words) + ENTRY);
        let left_out = entries.len() - shown;
        entries.truncate(shown);
        (entries, (left_out > 0).then(|| flame_paint::more(left_out)))
    }

    /// The line above the boxes.
    pub fn meaning(&self) -> String {
        let mut out = self.view.measure().meaning().to_owned();
        let search = self.view.search();
        if !search.is_empty() {
            out += &format!(" · matched by “{}”: {}", search.text(), self.view.matched_text());
        }
        out
    }
}

/// Paints the picture as far down as there are boxes.
pub fn picture(view: &FlameView, caption: &Caption, look: Look) -> Picture {
    let sheet = Sheet::new(view, look.width);
    let scale = look.scale.min(LARGEST / sheet.size.x.max(sheet.size.y));
    raster::draw(sheet.size, scale, look.theme, |ui| paint(ui, &sheet, caption))
}

fn paint(ui: &Ui, sheet: &Sheet, caption: &Caption) {
    let palette = Palette::of(ui.visuals());
    let painter = ui.painter().with_clip_rect(Rect::from_min_size(Pos2::ZERO, sheet.size));
    painter.text(pos2(EDGE, 13.0), Align2::LEFT_TOP, &caption.title, theme::strong(), palette.text);
    let title = painter.layout_no_wrap(caption.title.clone(), theme::strong(), palette.text).size().x;
    painter.text(pos2(EDGE + title + 12.0, 14.0), Align2::LEFT_TOP, &caption.facts, theme::small(), palette.muted);
    painter.text(pos2(EDGE, 35.0), Align2::LEFT_TOP, sheet.meaning(), theme::small(), palette.muted);
    flame_paint::paint(&painter, palette, &sheet.view, &sheet.frame, &sheet.spots, &Marks::default());
    legend(&painter, palette, sheet);
}

fn legend(painter: &Painter, palette: &Palette, sheet: &Sheet) {
    let y = sheet.size.y - FOOT / 2.0;
    let mut x = EDGE;
    let width = |words: &str| painter.layout_no_wrap(words.to_owned(), theme::small(), palette.muted).size().x;
    let (entries, more) = sheet.legend(palette, &width);
    for (color, words) in entries {
        let chip = Rect::from_center_size(pos2(x + 7.0, y), Vec2::splat(12.0));
        painter.rect_filled(chip, CornerRadius::same(2), color);
        let end = painter.text(pos2(x + 19.0, y), Align2::LEFT_CENTER, words, theme::small(), palette.muted);
        x = end.right() + 16.0;
    }
    if let Some(more) = more {
        let end = painter.text(pos2(x, y), Align2::LEFT_CENTER, more, theme::small(), palette.muted);
        x = end.right() + 16.0;
    }
    if sheet.has_shared() {
        let chip = Rect::from_center_size(pos2(x + 7.0, y), Vec2::splat(12.0));
        painter.rect_filled(chip, CornerRadius::same(2), palette.bg[2]);
        flame_paint::stripes(painter, chip, palette.text);
        painter.text(pos2(x + 19.0, y), Align2::LEFT_CENTER, SHARED, theme::small(), palette.muted);
    }
    painter.text(pos2(sheet.size.x - EDGE, y), Align2::RIGHT_CENTER, BY, theme::small(), palette.faint);
}

/// Writes a flame graph in any format.
pub fn write(format: Format, view: &FlameView, caption: &Caption, look: Look, out: &mut impl Write) -> io::Result<()> {
    let what = view.measure();
    match format {
        Format::Png => out.write_all(&picture(view, caption, look).png().map_err(io::Error::other)?),
        Format::Svg => export_svg::write(&Sheet::new(view, look.width), caption, look.theme, out),
        Format::Folded => flame::write_folded(view.tree(), out),
        Format::Speedscope => flame::write_speedscope(view.tree(), &caption.title, what, out),
        Format::Json => flame::write_json(view.tree(), what.unit, out),
    }
}
