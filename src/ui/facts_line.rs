//! Facts side by side, each with its label above: the parts of the line under a table.

use eframe::egui::{Label, RichText, Ui};

use super::theme;
use super::widgets::{self, palette};

/// Room behind each fact.
const GAP: f32 = 20.0;

/// A label with something under it.
pub fn fact(ui: &mut Ui, label: &str, show: impl FnOnce(&mut Ui)) {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        widgets::label(ui, label);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 5.0;
            show(ui);
        });
    });
    ui.add_space(GAP);
}

/// A figure, and what it is of something.
pub fn figure(ui: &mut Ui, label: &str, figure: &str, rest: &str) {
    let palette = palette(ui);
    fact(ui, label, |ui| {
        ui.label(RichText::new(figure).font(theme::mono()).color(palette.text));
        ui.label(RichText::new(rest).color(palette.muted));
    });
}

/// A name and where it belongs; cut where there is no room.
pub fn named(ui: &mut Ui, label: &str, name: &str, rest: &str) {
    let palette = palette(ui);
    ui.scope(|ui| {
        ui.set_max_width((ui.available_width() * 0.34).max(160.0));
        fact(ui, label, |ui| {
            ui.add(Label::new(RichText::new(name).font(theme::strong()).color(palette.text)).truncate());
            ui.add(Label::new(RichText::new(rest).color(palette.muted)).truncate());
        });
    });
}
