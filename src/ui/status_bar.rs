//! The last line: what part of the heap was read, and how long that took.

use eframe::egui::{Align, Layout, Popup, RichText, Sense, Ui, Vec2};

use super::action::Action;
use super::log_file;
use super::theme::{self, size};
use super::widgets::{self, palette};
use crate::view::facts::Extent;

/// The line of an open dump.
pub fn show(ui: &mut Ui, extent: &Extent, right: &str) -> Vec<Action> {
    let mut actions = Vec::new();
    let palette = palette(ui);
    ui.horizontal_centered(|ui| {
        ui.add_space(size::EDGE);
        let (dot, _) = ui.allocate_exact_size(Vec2::splat(7.0), Sense::hover());
        let color = if extent.whole { palette.good } else { palette.warning };
        ui.painter().circle_filled(dot.center(), 3.5, color);
        ui.add_space(size::GAP);
        widgets::label(ui, &extent.words);
        if !extent.notes.is_empty() {
            let n = extent.notes.len();
            let words = if n == 1 { String::from("1 note") } else { format!("{n} notes") };
            let link = widgets::link(ui, &words, theme::small(), palette.accent);
            Popup::menu(&link).show(|ui| {
                ui.set_max_width(560.0);
                for note in &extent.notes {
                    ui.label(RichText::new(note).color(palette.text));
                    ui.add_space(4.0);
                }
                ui.horizontal(|ui| {
                    let mut offer = |words: &str, action: &dyn Fn() -> Action| {
                        if widgets::tool(ui, words, "").clicked() {
                            actions.push(action());
                            ui.close();
                        }
                    };
                    offer("Copy diagnostics", &|| Action::CopyDiagnostics);
                    if log_file::folder().is_some() {
                        offer("Copy log", &|| Action::CopyLog);
                        offer("Open log folder", &|| Action::OpenLogFolder);
                    }
                });
            });
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::EDGE);
            widgets::label(ui, right);
        });
    });
    actions
}

/// The line where no dump is open.
pub fn idle(ui: &mut Ui) {
    ui.horizontal_centered(|ui| {
        ui.add_space(size::EDGE);
        widgets::label(ui, "Nothing leaves this machine");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::EDGE);
            widgets::label(ui, env!("CARGO_PKG_VERSION"));
        });
    });
}
