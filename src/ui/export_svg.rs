//! The flame graph as one SVG file: the boxes of the picture, each with its figures as a tooltip.
//!
//! Self-contained: no font, no script, no style sheet from elsewhere. Texts are cut by the bundled typeface's
//! widths and told to keep them (`textLength`), so that they stay in their boxes whatever font a viewer has.

use std::fmt::Write as _;
use std::io::{self, Write};

use eframe::egui::{Color32, Rect, Theme};

use super::export::Caption;
use super::export_sheet::{Face, Sheet, Words};
use super::flame_paint::{self, LABELLED, Widths};
use super::theme::{self, Palette};
use crate::view::flame::{self, Sign, Tile};
use crate::view::format;

/// From a box's edge to its text, and from its top to the text's base line.
const INSET: f32 = 6.0;
const BASE: f32 = 15.0;
/// From the middle of a line of words to its base line.
const DOWN: f32 = 4.0;

/// Writes the drawing.
pub(super) fn write(sheet: &Sheet, caption: &Caption, theme: Theme, out: &mut impl Write) -> io::Result<()> {
    let palette = if theme == Theme::Dark { &theme::DARK } else { &theme::LIGHT };
    let widths = Widths::without_window();
    let (width, height) = (sheet.size.x, sheet.size.y);
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"Inter, 'Segoe UI', Roboto, sans-serif\" font-size=\"12\">"
    )?;
    writeln!(out, "<title>{}</title>", escaped(&caption.title))?;
    writeln!(
        out,
        "<style>g:hover rect {{ stroke: {}; stroke-width: 1.5 }}</style>\n\
         <defs><pattern id=\"shared\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" \
         patternTransform=\"rotate(45)\"><rect width=\"1.5\" height=\"7\" fill=\"{}\" fill-opacity=\"0.16\"/></pattern></defs>",
        hex(palette.text),
        hex(palette.text),
    )?;
    writeln!(out, "<rect width=\"100%\" height=\"100%\" fill=\"{}\"/>", hex(palette.bg[0]))?;
    for spot in &sheet.spots {
        write_box(sheet, palette, &widths, spot, out)?;
    }
    for &(rect, sign) in &sheet.chips {
        let colors = flame_paint::colors(palette, sign);
        for (at, &color) in colors.iter().enumerate() {
            write_rect(flame_paint::band(rect, at, colors.len()), &hex(color), out)?;
        }
        if sign == Sign::Shared {
            write_rect(rect, "url(#shared)", out)?;
        }
    }
    for Words { at, width, text, face } in &sheet.words {
        let weight = if *face == Face::Title { " font-weight=\"600\" font-size=\"13\"" } else { "" };
        // What stands at the right edge stays there, even where a viewer does not know `textLength`.
        let (x, anchor) = if *face == Face::By { (at.x + width, " text-anchor=\"end\"") } else { (at.x, "") };
        writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" \
             fill=\"{}\"{weight}{anchor}>{}</text>",
            at.y + DOWN,
            hex(face.color(palette)),
            escaped(text)
        )?;
    }
    writeln!(out, "</svg>")
}

fn write_rect(rect: Rect, fill: &str, out: &mut impl Write) -> io::Result<()> {
    let (x, y, width, height) = (rect.left(), rect.top(), rect.width(), rect.height());
    writeln!(out, "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"{fill}\"/>")
}

fn write_box(
    sheet: &Sheet,
    palette: &Palette,
    widths: &Widths,
    spot: &flame::Spot,
    out: &mut impl Write,
) -> io::Result<()> {
    let rect = sheet.frame.rect(spot);
    let fill = flame_paint::fill(palette, &sheet.view, spot, None);
    let radius = if rect.width() < 6.0 { "" } else { " rx=\"2\"" };
    let shape = |fill: &str| {
        let (x, y, width, height) = (rect.left(), rect.top(), rect.width().max(0.5), rect.height());
        format!("<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height}\"{radius} fill=\"{fill}\"/>")
    };
    writeln!(out, "<g><title>{}</title>{}", escaped(&tooltip(sheet, &spot.tile)), shape(&hex(fill)))?;
    if let Some(area) = flame_paint::striped(&sheet.view, spot, rect) {
        write_rect(area, "url(#shared)", out)?;
    }
    if rect.width() >= LABELLED
        && let Some(text) = flame_paint::label_text(&sheet.view, &spot.tile, rect.width() - 2.0 * INSET, widths)
    {
        let length: f32 = text.chars().map(|c| widths.of(c)).sum();
        let color = flame_paint::label_color(palette, &sheet.view, &spot.tile, fill);
        let (x, y) = (rect.left() + INSET, rect.top() + BASE);
        let text = escaped(&text);
        writeln!(
            out,
            "<text x=\"{x:.2}\" y=\"{y:.2}\" textLength=\"{length:.1}\" lengthAdjust=\"spacingAndGlyphs\" \
             fill=\"{}\" pointer-events=\"none\">{text}</text>",
            hex(color)
        )?;
    }
    writeln!(out, "</g>")
}

/// What a box says when one points at it.
fn tooltip(sheet: &Sheet, tile: &Tile) -> String {
    let card = sheet.view.card(tile, None);
    let mut out = match tile {
        Tile::Frame(at) => sheet.view.tree().name(*at).full.to_string(),
        Tile::Smaller(_) => card.title,
    };
    for line in card.lines {
        let _ = write!(out, "\n{}: {}{}", line.label, line.text, line.more);
    }
    format::plain(&out)
}

fn hex(color: Color32) -> String {
    let [r, g, b, _] = color.to_array();
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Text for XML; characters that XML cannot have become a question mark.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' => out.push('?'),
            c => out.push(c),
        }
    }
    out
}
