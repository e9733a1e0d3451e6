//! A dump is being opened: which step, how far, how fast, and a way out.

use eframe::egui::{CornerRadius, Key, Modifiers, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

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
        bar(ui, loading);
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

/// Filled as far as the step is; where that is not known, a piece of it wanders.
fn bar(ui: &mut Ui, loading: &Loading) {
    let palette = palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 6.0), Sense::hover());
    ui.painter().rect_filled(rect, CornerRadius::same(3), palette.bg[2]);
    let part = loading::part(loading.now);
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
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, loading.now.phase.label());
        info.value = part.map(f64::from);
        info
    });
}
