//! Buttons, chips, tabs and links as the design has them.
//!
//! Thin wrappers of egui's widgets: they choose colours and put the shortcut beside the words. The
//! accessible name is the words alone.

use eframe::egui::text::TextFormat;
use eframe::egui::{
    Align2, Button, Color32, CornerRadius, CursorIcon, FontId, Frame, Rect, Response, RichText, Role, Sense, Spinner,
    Stroke, TextEdit, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::theme::{self, Palette, size};
use super::{grid_cell, icons};
use crate::progress::Snapshot;
use crate::view::loading;

/// The palette of a `Ui`.
pub fn palette(ui: &Ui) -> &'static Palette {
    Palette::of(ui.visuals())
}

/// The one button a screen is about.
pub fn primary(ui: &mut Ui, words: &str) -> Response {
    let palette = palette(ui);
    let text = RichText::new(words).font(theme::strong()).color(palette.on_accent);
    let button = Button::new(text).fill(palette.accent).stroke(Stroke::NONE).min_size(vec2(80.0, 32.0));
    ui.add(button).on_hover_cursor(CursorIcon::PointingHand)
}

/// Any other button of a screen.
pub fn secondary(ui: &mut Ui, words: &str) -> Response {
    let palette = palette(ui);
    let text = RichText::new(words).color(palette.muted);
    let button = Button::new(text).fill(Color32::TRANSPARENT).min_size(vec2(0.0, 32.0));
    ui.add(button).on_hover_cursor(CursorIcon::PointingHand)
}

/// A button in a tool bar, with its key beside its words.
pub fn tool(ui: &mut Ui, words: &str, key: &str) -> Response {
    let palette = palette(ui);
    let mut button = Button::new(RichText::new(words).font(theme::small()).color(palette.muted))
        .fill(Color32::TRANSPARENT)
        .gap(6.0)
        .min_size(vec2(0.0, 24.0));
    if !key.is_empty() {
        button = button.right_text(RichText::new(key).font(theme::small()).color(palette.faint));
    }
    let response = ui.scope(|ui| {
        ui.spacing_mut().button_padding = vec2(10.0, 3.0);
        ui.add(button)
    });
    response.inner.on_hover_cursor(CursorIcon::PointingHand).accessible_name(words)
}

/// Something that is on and that a click takes off.
pub fn chip(ui: &mut Ui, words: &str) -> Response {
    let palette = palette(ui);
    let galley = ui.painter().layout_no_wrap(words.to_owned(), theme::small(), palette.accent);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 34.0, 24.0), Sense::click());
    let fill = if response.hovered() { palette.bg[2] } else { palette.selection };
    ui.painter().rect_filled(rect, CornerRadius::same(12), fill);
    let at = Align2::LEFT_CENTER.anchor_size(rect.left_center() + vec2(11.0, 0.0), galley.size());
    ui.painter().galley(at.min, galley, palette.accent);
    icons::cross(ui.painter(), rect.right_center() - vec2(13.0, 0.0), palette.accent);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, true, words));
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// The same, off: a click puts it on.
pub fn chip_off(ui: &mut Ui, words: &str) -> Response {
    let palette = palette(ui);
    let text = RichText::new(words).font(theme::small()).color(palette.muted);
    let button = Button::new(text).fill(Color32::TRANSPARENT).corner_radius(12).min_size(vec2(0.0, 24.0));
    ui.add(button).on_hover_cursor(CursorIcon::PointingHand)
}

/// A chip that a click turns over.
pub fn toggle(ui: &mut Ui, words: &str, on: bool) -> Response {
    if on { chip(ui, words) } else { chip_off(ui, words) }
}

/// One of a few faces of the same thing, side by side; gives the one that was clicked.
pub fn switch(ui: &mut Ui, faces: &[&str], active: usize) -> Option<usize> {
    let palette = palette(ui);
    let galleys: Vec<_> = faces
        .iter()
        .map(|words| ui.painter().layout_no_wrap((*words).to_owned(), theme::small(), palette.text))
        .collect();
    let width: f32 = galleys.iter().map(|galley| galley.size().x + 20.0).sum();
    let (whole, _) = ui.allocate_exact_size(vec2(width, 26.0), Sense::hover());
    ui.painter().rect_filled(whole, CornerRadius::same(size::RADIUS), palette.bg[2]);
    let mut clicked = None;
    let mut left = whole.left();
    for (at, (words, galley)) in faces.iter().zip(galleys).enumerate() {
        let rect = Rect::from_min_size(pos2(left, whole.top()), vec2(galley.size().x + 20.0, whole.height()));
        left = rect.right();
        let response = ui.interact(rect, ui.scope_id().with(("switch", words)), Sense::click());
        let on = at == active;
        if on {
            ui.painter().rect_filled(rect.shrink(2.0), CornerRadius::same(5), palette.selection);
        }
        let color = if on {
            palette.accent
        } else if response.hovered() {
            palette.text
        } else {
            palette.muted
        };
        let text = Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size());
        ui.painter().galley_with_override_text_color(text.min, galley, color);
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, on, *words));
        if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
            clicked = Some(at);
        }
    }
    clicked
}

/// One of the views; the line under it says which is shown.
pub fn tab(ui: &mut Ui, words: &str, active: bool) -> Response {
    let palette = palette(ui);
    let (font, color) = if active { (theme::strong(), palette.text) } else { (theme::body(), palette.muted) };
    // As wide as the bold words, so that nothing moves when the active one changes.
    let width = ui.painter().layout_no_wrap(words.to_owned(), theme::strong(), color).size().x;
    let (rect, response) = ui.allocate_exact_size(vec2(width + 18.0, size::TABS), Sense::click());
    let color = if response.hovered() { palette.text } else { color };
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, words, font, color);
    if active {
        let line = rect.with_min_y(rect.bottom() - 2.0).shrink2(vec2(6.0, 0.0));
        ui.painter().rect_filled(line, CornerRadius::ZERO, palette.accent);
    }
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, active, words));
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// Words that lead somewhere; too long for the room, they lose their front.
pub fn link(ui: &mut Ui, words: &str, font: FontId, color: Color32) -> Response {
    let format = TextFormat::simple(font, color);
    let room = ui.available_width();
    let galley = grid_cell::line(ui.painter(), &[(words, format.clone())], format, room);
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::click());
    if response.hovered() {
        ui.painter().hline(rect.x_range(), rect.bottom() - 1.0, Stroke::new(1.0, color));
    }
    ui.painter().galley(rect.min, galley, color);
    response.widget_info(|| WidgetInfo::labeled(Role::Link, true, words));
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// How far something is, over the whole width; where that is not known, a piece of the bar wanders.
pub fn progress(ui: &mut Ui, now: Snapshot) {
    let palette = palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 6.0), Sense::hover());
    ui.painter().rect_filled(rect, CornerRadius::same(3), palette.bg[2]);
    let part = loading::part(now);
    let filled = match part {
        Some(part) => rect.with_max_x(rect.left() + rect.width() * part),
        None => {
            let width = rect.width() * 0.2;
            let at = (ui.input(|input| input.time) as f32 * 0.6).fract() * (rect.width() + width) - width;
            Rect::from_min_size(pos2(rect.left() + at, rect.top()), vec2(width, rect.height())).intersect(rect)
        }
    };
    ui.painter().rect_filled(filled, CornerRadius::same(3), palette.accent);
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, now.phase.label());
        info.value = part.map(f64::from);
        info
    });
    ui.ctx().request_repaint_after_secs(0.04);
}

/// The frame of what lies over the window.
pub fn sheet(ui: &Ui, margin: i8) -> Frame {
    let palette = palette(ui);
    Frame::new()
        .fill(palette.bg[1])
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(size::RADIUS))
        .inner_margin(margin)
}

/// Something is going on.
pub fn spinner(ui: &mut Ui) -> Response {
    ui.add(Spinner::new().size(14.0).color(palette(ui).muted))
}

/// A word or two before something.
pub fn label(ui: &mut Ui, words: &str) -> Response {
    ui.label(RichText::new(words).font(theme::small()).color(palette(ui).muted))
}

/// A small piece of fact, such as `.NET 8.0.31`.
pub fn badge(ui: &mut Ui, words: &str) -> Response {
    let palette = palette(ui);
    let galley = ui.painter().layout_no_wrap(words.to_owned(), theme::small(), palette.muted);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 16.0, 21.0), Sense::hover());
    ui.painter().rect_filled(rect, CornerRadius::same(4), palette.bg[2]);
    let at = Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size());
    ui.painter().galley(at.min, galley, palette.muted);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    response
}

/// A one-line text field; `name` is what a screen reader calls it.
pub fn field(ui: &mut Ui, text: &mut String, name: &str, hint: &str, width: f32) -> Response {
    let palette = palette(ui);
    let edit = TextEdit::singleline(text)
        .id_salt(name)
        .hint_text(RichText::new(hint).color(palette.faint))
        .desired_width(width)
        .margin(vec2(10.0, 5.0))
        .min_size(Vec2::new(width, 28.0));
    ui.add(edit).accessible_name(name)
}

/// A 1 px separator over the whole width of `ui`, at its lower edge.
pub fn line_below(ui: &Ui) {
    let rect = ui.max_rect();
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, palette(ui).line));
}

/// The same at its upper edge.
pub fn line_above(ui: &Ui) {
    let rect = ui.max_rect();
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, palette(ui).line));
}
