//! The card of a box: at the pointer while it hovers, pinned where it was clicked.

use eframe::egui::{
    self, Align2, Area, CornerRadius, Id, Label, Margin, Order, Pos2, Rect, RichText, Stroke, Ui, pos2, vec2,
};

use super::flame_paint::Widths;
use super::theme::{self, Palette};
use super::widgets::{self, palette};
use crate::view::flame::{Card, Line, LineKind, fit};

/// From the pointer to the card.
const OFF: f32 = 16.0;
const WIDEST: f32 = 480.0;
/// Width of the column of values.
const VALUE: f32 = 320.0;
/// Height of a line.
const LINE: f32 = 20.0;

/// Where a card hangs: beside a point, on the side where there is room.
#[derive(Clone, Copy, Debug)]
pub struct Anchor {
    at: Pos2,
    pivot: Align2,
    bounds: Rect,
}

impl Anchor {
    pub fn new(point: Pos2, bounds: Rect) -> Anchor {
        let right = point.x > bounds.center().x;
        let low = point.y > bounds.center().y;
        let (x, pivot) = match (right, low) {
            (false, false) => (point.x + OFF, Align2::LEFT_TOP),
            (true, false) => (point.x - OFF, Align2::RIGHT_TOP),
            (false, true) => (point.x + OFF, Align2::LEFT_BOTTOM),
            (true, true) => (point.x - OFF, Align2::RIGHT_BOTTOM),
        };
        let y = if low { point.y - OFF } else { point.y + OFF };
        Anchor { at: pos2(x, y), pivot, bounds }
    }
}

/// What was pressed on a pinned card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressed {
    Zoom,
    Focus,
    Copy,
    Close,
}

/// Shows a card that the pointer cannot enter.
pub fn hover(ui: &Ui, card: &Card, anchor: Anchor) {
    area("flame hover", anchor).order(Order::Tooltip).interactable(false).show(ui.ctx(), |ui| {
        frame(palette(ui)).show(ui, |ui| contents(ui, card));
    });
}

/// Shows a card with its buttons.
pub fn pinned(ui: &Ui, card: &Card, anchor: Anchor) -> Option<Pressed> {
    let shown = area("flame pinned", anchor).order(Order::Middle).show(ui.ctx(), |ui| {
        frame(palette(ui)).show(ui, |ui| {
            contents(ui, card);
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                [
                    (Pressed::Zoom, "Zoom", "⏎"),
                    (Pressed::Focus, "Focus", "F"),
                    (Pressed::Copy, "Copy path", "Ctrl C"),
                    (Pressed::Close, "Close", "Esc"),
                ]
                .into_iter()
                .find_map(|(pressed, words, key)| widgets::tool(ui, words, key).clicked().then_some(pressed))
            })
            .inner
        })
    });
    shown.inner.inner
}

fn area(id: &str, anchor: Anchor) -> Area {
    Area::new(Id::unique(id))
        .fixed_pos(anchor.at)
        .pivot(anchor.pivot)
        .constrain_to(anchor.bounds.expand(8.0))
        .fade_in(false)
}

fn frame(palette: &Palette) -> egui::Frame {
    egui::Frame::new()
        .fill(palette.bg[1])
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(8))
        .inner_margin(Margin::symmetric(14, 12))
        .shadow(egui::Shadow { offset: [0, 8], blur: 24, spread: 0, color: palette.shadow })
}

fn contents(ui: &mut Ui, card: &Card) {
    let palette = palette(ui);
    ui.set_max_width(WIDEST);
    ui.spacing_mut().interact_size.y = 0.0;
    let widths = Widths::new(ui.painter(), &theme::body());
    ui.spacing_mut().item_spacing = vec2(5.0, 4.0);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(&card.title).font(theme::strong()).color(palette.text));
        if !card.namespace.is_empty() {
            ui.label(RichText::new(&card.namespace).color(palette.muted));
        }
    });
    ui.add_space(2.0);
    let small = Widths::new(ui.painter(), &theme::small());
    let label = |line: &Line| line.label.chars().map(|c| small.of(c)).sum::<f32>();
    let column = card.lines.iter().map(label).fold(80.0, f32::max) + 14.0;
    ui.spacing_mut().item_spacing = vec2(0.0, 1.0);
    for line in &card.lines {
        ui.horizontal(|ui| {
            ui.set_min_height(LINE);
            let start = ui.cursor().left();
            ui.label(RichText::new(line.label).font(theme::small()).color(palette.muted));
            ui.add_space(start + column - ui.cursor().left());
            value(ui, palette, &widths, line);
        });
    }
}

fn value(ui: &mut Ui, palette: &Palette, widths: &Widths, line: &Line) {
    let (font, color) = match line.kind {
        LineKind::Figures => (theme::mono(), palette.text),
        LineKind::Words | LineKind::Field => (theme::body(), palette.text),
        LineKind::Root => (theme::body(), palette.root),
    };
    // A long name loses its front.
    let text = fit(&line.text, VALUE, &|c| widths.of(c)).unwrap_or_default();
    ui.add(Label::new(RichText::new(text).font(font).color(color)).extend());
    if !line.more.is_empty() {
        ui.add(Label::new(RichText::new(&line.more).color(palette.faint)).extend());
    }
}
