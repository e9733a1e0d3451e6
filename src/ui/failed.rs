//! A dump did not open: what it is, what it lacks, what to do about it.

use eframe::egui::{Key, Modifiers, RichText, Sense, Ui, Vec2};

use super::action::Action;
use super::widgets::{self, palette};
use super::{center_column, icons, recipes, theme};
use crate::view::failure::Failure;

const WIDTH: f32 = 720.0;

/// Shows the failed screen.
pub fn show(ui: &mut Ui, failure: &Failure) -> Vec<Action> {
    let mut actions = Vec::new();
    let palette = palette(ui);
    let height = 230.0 + failure.recipes.len() as f32 * 36.0;
    center_column(ui, WIDTH, height, |ui| {
        let (icon, _) = ui.allocate_exact_size(Vec2::splat(40.0), Sense::hover());
        icons::warning(ui.painter(), icon, palette.warning);
        ui.add_space(14.0);
        ui.label(RichText::new(&failure.title).font(theme::title()).color(palette.text));
        ui.add_space(8.0);
        ui.label(RichText::new(&failure.reason).color(palette.muted));
        if let Some(advice) = &failure.advice {
            ui.add_space(8.0);
            ui.label(RichText::new(advice).color(palette.text));
        }
        if !failure.recipes.is_empty() {
            ui.add_space(22.0);
            ui.label(RichText::new("How to take a dump with the whole heap").font(theme::strong()).color(palette.text));
            ui.add_space(8.0);
            recipes::show(ui, failure.recipes, &mut actions);
        }
        ui.add_space(22.0);
        ui.horizontal(|ui| {
            if widgets::primary(ui, "Open another…").clicked() {
                actions.push(Action::Choose);
            }
            let pressed = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
            if widgets::secondary(ui, "Back").on_hover_text("Esc").clicked() || pressed {
                actions.push(Action::Close);
            }
            if widgets::secondary(ui, "Copy this").clicked() {
                actions.push(Action::Copy(format!("{}\n{}", failure.title, failure.reason)));
            }
        });
    });
    actions
}
