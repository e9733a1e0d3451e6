//! A dump is being opened: which step, how far, how fast, and a way out.

use eframe::egui::{Key, Modifiers, RichText, Sense, Ui, pos2, vec2};

use super::action::Action;
use super::theme;
use super::widgets::{self, palette};
use super::{center_column, icons};
use crate::session::Loading;
use crate::view::loading::{self, Stage};

const WIDTH: f32 = 460.0;

/// Shows the loading screen of the file `name`.
pub fn show(ui: &mut Ui, name: &str, loading: &Loading) -> Vec<Action> {
    let mut actions = Vec::new();
    let palette = palette(ui);
    let steps = loading::steps(loading.now.phase, loading.unpacked);
    let height = 160.0 + steps.len() as f32 * 30.0;
    center_column(ui, WIDTH, height, |ui| {
        ui.label(RichText::new(format!("Opening {name}")).font(theme::title()).color(palette.text));
        ui.add_space(20.0);
        for step in &steps {
            let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::hover());
            let sign = pos2(row.left() + 8.0, row.center().y);
            let (font, color) = match step.stage {
                Stage::Done => (theme::body(), palette.muted),
                Stage::Now => (theme::strong(), palette.text),
                Stage::Ahead => (theme::body(), palette.faint),
            };
            match step.stage {
                Stage::Done => icons::tick(ui.painter(), sign, palette.good),
                Stage::Now => icons::twisty(ui.painter(), sign, false, palette.accent),
                Stage::Ahead => {
                    ui.painter().circle_filled(sign, 2.0, palette.faint);
                }
            }
            let text = ui.painter().layout_no_wrap(step.label.to_owned(), font, color);
            ui.painter().galley(pos2(row.left() + 26.0, row.center().y - text.size().y / 2.0), text, color);
        }
        ui.add_space(14.0);
        widgets::progress(ui, loading.now);
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            let figures = loading::figures(loading.now, loading.rate);
            ui.label(RichText::new(figures).font(theme::mono()).color(palette.muted));
        });
        ui.add_space(14.0);
        let pressed = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        if widgets::tool(ui, "Cancel", "Esc").clicked() || pressed {
            actions.push(Action::Close);
        }
    });
    actions
}
