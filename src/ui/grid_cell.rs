//! One cell of a table, painted.
//!
//! Names lose their front when they are too long, figures stand right-aligned in the monospaced face, a
//! share's bar stands left of its number.

use std::sync::Arc;

use eframe::egui::{
    Button, Color32, FontId, Galley, Painter, Rect, Response, RichText, Ui, pos2,
    text::{LayoutJob, TextFormat, TextWrapping},
    vec2,
};

use super::icons;
use super::theme::{self, Palette, size};
use super::widgets::palette;
use crate::view::format;
use crate::view::rows::{Align, Bar, Cell, Span, Tone};

/// Room for the number beside a bar.
const SHARE_NUMBER: f32 = 42.0;

/// Paints a cell; in a totals line everything is muted.
pub fn paint(painter: &Painter, palette: &Palette, rect: Rect, cell: &Cell, align: Align, totals: bool) {
    let inner = rect.shrink2(vec2(size::CELL, 0.0));
    let loud = if totals { palette.muted } else { palette.text };
    match cell {
        Cell::Name { spans, root } => {
            let mut inner = inner;
            if *root {
                icons::diamond(painter, inner.left_center() + vec2(5.0, 0.0), palette.root);
                inner.min.x += 16.0;
            }
            let galley = name(painter, palette, spans, inner.width());
            put(painter, inner, &galley, Align::Left);
        }
        Cell::Figure(text) => put(painter, inner, &plain(painter, text, theme::mono(), loud), align),
        Cell::Share { text, part, bar } => {
            put(painter, inner, &plain(painter, text, theme::mono(), loud), Align::Right);
            share(painter, palette, inner, *part, *bar);
        }
        Cell::Words(text) => {
            let font = if totals { theme::small() } else { theme::body() };
            put(painter, inner, &cut(painter, text, font, palette.muted, inner.width()), align);
        }
        Cell::Text { text, link } => {
            let color = if *link { palette.accent } else { loud };
            put(painter, inner, &cut(painter, text, theme::body(), color, inner.width()), align);
        }
        Cell::Delta(delta) => {
            let color = match delta {
                0 => palette.faint,
                1.. => palette.error,
                _ => palette.good,
            };
            put(painter, inner, &plain(painter, &format::delta(*delta), theme::mono(), color), align);
        }
        Cell::Pending => put(painter, inner, &plain(painter, "…", theme::mono(), palette.faint), align),
        Cell::Empty => {}
    }
}

fn plain(painter: &Painter, text: &str, font: FontId, color: Color32) -> Arc<Galley> {
    painter.layout_no_wrap(text.to_owned(), font, color)
}

/// Text that loses its end where it is too long.
fn cut(painter: &Painter, text: &str, font: FontId, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = TextWrapping::truncate_at_width(width);
    painter.layout_job(job)
}

fn put(painter: &Painter, rect: Rect, galley: &Arc<Galley>, align: Align) {
    let x = match align {
        Align::Left => rect.left(),
        Align::Right => rect.right() - galley.size().x,
    };
    painter.galley(pos2(x, rect.center().y - galley.size().y / 2.0), galley.clone(), Color32::PLACEHOLDER);
}

fn share(painter: &Painter, palette: &Palette, inner: Rect, part: f32, bar: Bar) {
    let room = (inner.width() - SHARE_NUMBER).min(size::BAR[0]);
    let length = part.clamp(0.0, 1.0) * room;
    if room < 12.0 || length < 0.75 {
        return;
    }
    let right = inner.right() - SHARE_NUMBER;
    let rect = Rect::from_min_max(
        pos2(right - length, inner.center().y - size::BAR[1] / 2.0),
        pos2(right, inner.center().y + size::BAR[1] / 2.0),
    );
    let fill = match bar {
        Bar::Exclusive => palette.share,
        Bar::Retained => palette.share_retained,
    };
    painter.rect_filled(rect, 2, fill);
}

fn toned(palette: &Palette, tone: Tone) -> TextFormat {
    let (font, color) = match tone {
        Tone::Plain => (theme::body(), palette.text),
        Tone::Strong => (theme::strong(), palette.text),
        Tone::Muted => (theme::body(), palette.muted),
        Tone::Faint => (theme::body(), palette.faint),
        Tone::Root => (theme::strong(), palette.root),
        Tone::Good => (theme::body(), palette.good),
        Tone::Bad => (theme::body(), palette.error),
    };
    TextFormat::simple(font, color)
}

/// Text in several tones on one line; wider than `width`, it loses its front.
pub fn name(painter: &Painter, palette: &Palette, spans: &[Span], width: f32) -> Arc<Galley> {
    let pieces: Vec<(&str, TextFormat)> = spans.iter().map(|(tone, text)| (&**text, toned(palette, *tone))).collect();
    line(painter, &pieces, toned(palette, Tone::Muted), width)
}

/// Pieces of text on one line; wider than `width`, they lose their front to an ellipsis.
pub fn line(painter: &Painter, pieces: &[(&str, TextFormat)], ellipsis: TextFormat, width: f32) -> Arc<Galley> {
    let job = |skip: usize| {
        let mut job = LayoutJob::default();
        job.wrap.max_width = f32::INFINITY;
        let mut skip = skip;
        if skip > 0 {
            job.append("…", 0.0, ellipsis.clone());
        }
        for (text, format) in pieces {
            let start = text.char_indices().nth(skip).map_or(text.len(), |(at, _)| at);
            // No dot right behind the ellipsis.
            let kept = if skip > 0 { text[start..].trim_start_matches('.') } else { &text[start..] };
            skip = skip.saturating_sub(text.chars().count());
            job.append(kept, 0.0, format.clone());
        }
        job
    };
    let whole = painter.layout_job(job(0));
    if whole.size().x <= width {
        return whole;
    }
    let room_for_ellipsis = 14.0;
    let cut = whole.size().x - (width - room_for_ellipsis).max(0.0);
    let glyphs = whole.rows.iter().flat_map(|row| &row.glyphs);
    let skip = glyphs.take_while(|glyph| glyph.pos.x < cut).count().max(1);
    painter.layout_job(job(skip))
}

/// An entry of a menu with its key; the menu closes when it is clicked.
pub fn menu_item(ui: &mut Ui, words: &str, key: &str) -> Response {
    let button = Button::new(words).right_text(RichText::new(key).font(theme::small()).color(palette(ui).faint));
    let response = ui.add(button).accessible_name(words);
    if response.clicked() {
        ui.close();
    }
    response
}
