//! A picture of a flame graph laid out: the same for PNG and SVG.
//!
//! Boxes as the camera sees them across, down to the deepest row. Above them the dump's name, its facts and what widths
//! mean, in as many lines as the width asks for; below them a legend of every colour and pattern that the boxes show,
//! in columns where one line is too short. Nothing is left out of it, and nothing runs over the edge.

use eframe::egui::{Color32, FontId, Painter, Pos2, Rect, Vec2, pos2, vec2};

use super::export::Caption;
use super::flame_paint::{self, Frame, PITCH};
use super::theme::{self, Palette};
use crate::view::flame::{Camera, Entry, FlameView, Sign, Spot, fit, lines, middle};

/// From the picture's edge to what is in it.
const EDGE: f32 = 16.0;
/// Middle of the first line of words, from there to that of the second, and to those below.
const FIRST: f32 = 21.0;
const SECOND: f32 = 21.5;
const LINE: f32 = 18.0;
/// From the middle of the last line to the boxes.
const ABOVE: f32 = 19.5;
/// Between the title and facts beside it.
const BESIDE: f32 = 12.0;
/// From the boxes to the middle of the legend's first line, to the next one, and from the last to the edge.
const BELOW: f32 = 20.0;
const ROW: f32 = 20.0;
/// A sign of the legend, from its left edge to its words, and from there to the next one.
const CHIP: f32 = 12.0;
const TO_WORDS: f32 = 19.0;
const BETWEEN: f32 = 16.0;
/// Characters of a fact; more say no more.
const LONGEST: f32 = 160.0;
/// Characters of what is searched for.
const SEARCH: f32 = 60.0;
/// Who made the picture.
const BY: &str = concat!("Heapglass ", env!("CARGO_PKG_VERSION"));

/// What a line of words is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Face {
    Title,
    Words,
    By,
}

impl Face {
    pub fn font(self) -> FontId {
        if self == Face::Title { theme::strong() } else { theme::small() }
    }

    pub fn color(self, palette: &Palette) -> Color32 {
        match self {
            Face::Title => palette.text,
            Face::Words => palette.muted,
            Face::By => palette.faint,
        }
    }
}

/// Words, the middle of their left edge, and how wide they are.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Words {
    pub at: Pos2,
    pub width: f32,
    pub text: String,
    pub face: Face,
}

/// The picture.
pub(super) struct Sheet {
    pub view: FlameView,
    pub spots: Vec<Spot>,
    pub size: Vec2,
    pub frame: Frame,
    pub words: Vec<Words>,
    pub chips: Vec<(Rect, Sign)>,
}

impl Sheet {
    pub fn new(view: &FlameView, caption: &Caption, width: f32) -> Sheet {
        let mut view = view.clone();
        let width = width.max(8.0 * EDGE);
        let inner = width - 2.0 * EDGE;
        let camera = Camera { top: 0.0, ..view.camera(f64::INFINITY) };
        let mut spots = Vec::new();
        view.placed().tiles(&camera, inner, 0..u32::MAX, &mut spots);
        let rows = spots.iter().map(|spot| spot.row + 1).max().unwrap_or(1);
        view.resize(inner, rows as f32);
        let boxes = vec2(inner, rows as f32 * PITCH);
        let area = Rect::from_min_size(pos2(EDGE, 0.0), boxes);
        let frame = Frame { area, top: 0.0, flipped: view.flipped };
        let mut sheet = Sheet { view, spots, size: vec2(width, 0.0), frame, words: Vec::new(), chips: Vec::new() };
        let striped = |spot: &Spot| flame_paint::striped(&sheet.view, spot, frame.rect(spot)).is_some();
        let entries = sheet.view.legend_of(&sheet.spots, striped);
        flame_paint::without_window(|painter| {
            let pen = Pen { painter, room: inner };
            (sheet.words, sheet.chips) = (Vec::new(), Vec::new());
            let top = sheet.head(caption, &pen);
            sheet.frame.area = area.translate(vec2(0.0, top));
            let bottom = sheet.legend(&entries, sheet.frame.area.bottom(), &pen);
            sheet.size.y = bottom;
        });
        sheet
    }

    /// Puts words above the boxes; gives where those begin.
    fn head(&mut self, caption: &Caption, pen: &Pen<'_>) -> f32 {
        let title = middle(&caption.title, pen.room, &|text| pen.width(text, Face::Title));
        let beside = pen.width(&title, Face::Title) + BESIDE;
        self.words.push(pen.words(pos2(EDGE, FIRST), title, Face::Title));
        let facts: Vec<String> = caption.facts.split(" · ").map(|fact| shortened(fact, LONGEST)).collect();
        let facts = pen.lines(&facts);
        let mut below = pen.lines(&self.meaning());
        match &facts[..] {
            [line] if beside + pen.width(line, Face::Words) <= pen.room => {
                self.words.push(pen.words(pos2(EDGE + beside, FIRST), line.clone(), Face::Words));
            }
            _ => below.splice(..0, facts).for_each(drop),
        }
        let mut y = FIRST + SECOND;
        for text in below {
            self.words.push(pen.words(pos2(EDGE, y), text, Face::Words));
            y += LINE;
        }
        y - LINE + ABOVE
    }

    /// What widths mean, which part is shown, and what was looked for.
    fn meaning(&self) -> Vec<String> {
        let mut facts = vec![self.view.measure().meaning().to_owned()];
        facts.extend(self.view.zoomed_text().map(|text| shortened(&text, LONGEST)));
        let search = self.view.search();
        if !search.is_empty() {
            let text = shortened(search.text(), SEARCH);
            facts.push(format!("matched by “{text}”: {}, the rest is dimmed", self.view.matched_text()));
        }
        facts
    }

    /// Puts signs with their meanings, and who made the picture, below the boxes; gives where the picture ends.
    fn legend(&mut self, entries: &[Entry], boxes: f32, pen: &Pen<'_>) -> f32 {
        let widths: Vec<f32> = entries.iter().map(|entry| TO_WORDS + pen.width(&entry.words, Face::Words)).collect();
        let by = pen.width(BY, Face::By);
        let columns = columns(&widths, pen.room, by);
        let (mut x, mut y) = (EDGE, boxes + BELOW);
        let mut end = EDGE;
        for (at, entry) in entries.iter().enumerate() {
            let column = at % columns.len();
            if column == 0 && at > 0 {
                (x, y) = (EDGE, y + ROW);
            }
            let room = columns[column].min(pen.room) - TO_WORDS;
            let words = pen.fit(&entry.words, room);
            self.chips.push((Rect::from_center_size(pos2(x + 1.0 + CHIP / 2.0, y), Vec2::splat(CHIP)), entry.sign));
            self.words.push(pen.words(pos2(x + TO_WORDS, y), words, Face::Words));
            end = x + widths[at].min(columns[column]);
            x += columns[column] + BETWEEN;
        }
        let right = EDGE + pen.room;
        if end + BETWEEN + by > right && !entries.is_empty() {
            y += ROW;
        }
        self.words.push(pen.words(pos2(right - by, y), BY.to_owned(), Face::By));
        y + BELOW
    }
}

/// How wide the columns of a legend are: one for each entry where they fit into a line with `beside` at its end, else
/// as many as fit.
fn columns(widths: &[f32], room: f32, beside: f32) -> Vec<f32> {
    let all = |columns: &[f32]| columns.iter().sum::<f32>() + BETWEEN * columns.len().saturating_sub(1) as f32;
    if all(widths) + BETWEEN + beside <= room {
        return if widths.is_empty() { vec![0.0] } else { widths.to_vec() };
    }
    let widest = |count: usize| -> Vec<f32> {
        (0..count).map(|at| widths.iter().skip(at).step_by(count).copied().fold(0.0, f32::max)).collect()
    };
    (2..=widths.len()).rev().map(widest).find(|columns| all(columns) <= room).unwrap_or_else(|| widest(1))
}

fn shortened(text: &str, longest: f32) -> String {
    middle(text, longest, &|text| text.chars().count() as f32)
}

/// Measures words for lines of `room` points.
struct Pen<'a> {
    painter: &'a Painter,
    room: f32,
}

impl Pen<'_> {
    fn width(&self, text: &str, face: Face) -> f32 {
        self.painter.layout_no_wrap(text.to_owned(), face.font(), Color32::PLACEHOLDER).size().x
    }

    fn lines(&self, facts: &[String]) -> Vec<String> {
        lines(facts, self.room, &|text| self.width(text, Face::Words))
    }

    /// The words, or their end, within `room`.
    fn fit(&self, text: &str, room: f32) -> String {
        if self.width(text, Face::Words) <= room {
            return text.to_owned();
        }
        let advance = |c: char| self.width(c.encode_utf8(&mut [0; 4]), Face::Words);
        fit(text, room, &advance).unwrap_or_default()
    }

    fn words(&self, at: Pos2, text: String, face: Face) -> Words {
        Words { at, width: self.width(&text, face), text, face }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legend_is_one_line_where_that_fits_and_columns_where_not() {
        let widths = [100.0, 40.0, 60.0, 50.0, 30.0];
        let line = widths.iter().sum::<f32>() + 4.0 * BETWEEN;
        assert_eq!(columns(&widths, line + BETWEEN + 70.0, 70.0), widths);
        let without_end = columns(&widths, line + BETWEEN + 69.0, 70.0);
        assert_eq!(without_end, widths, "whoever made it has a line of its own then");
        assert_eq!(columns(&widths, line - 1.0, 70.0), [100.0, 40.0, 60.0, 50.0]);
        assert_eq!(columns(&widths, 226.0, 70.0), [100.0, 50.0]);
        assert_eq!(columns(&widths, 20.0, 70.0), [100.0]);
        assert_eq!(columns(&[], 20.0, 70.0), [0.0], "a picture without boxes");
    }
}
