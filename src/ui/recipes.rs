//! Ways to take a dump that can be opened: where, and the menus to go through or the command, which a click copies.

use eframe::egui::{CornerRadius, CursorIcon, RichText, Role, Sense, Ui, WidgetInfo, vec2};

use super::action::Action;
use super::theme;
use super::widgets::palette;

/// Shows them as two columns over the width of `ui`.
pub fn show(ui: &mut Ui, recipes: &[(&str, &str)], actions: &mut Vec<Action>) {
    let palette = palette(ui);
    let width = (ui.available_width() * 0.36).min(240.0);
    for (place, how) in recipes {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            ui.allocate_ui(vec2(width, 30.0), |ui| {
                ui.set_min_size(vec2(width, 30.0));
                ui.horizontal_centered(|ui| ui.label(RichText::new(*place).color(palette.muted)));
            });
            let galley =
                ui.painter().layout((*how).to_owned(), theme::mono(), palette.text, ui.available_width() - 24.0);
            let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(20.0, 10.0), Sense::click());
            let fill = if response.hovered() { palette.selection } else { palette.bg[2] };
            ui.painter().rect_filled(rect, CornerRadius::same(4), fill);
            ui.painter().galley(rect.min + vec2(10.0, 5.0), galley, palette.text);
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, *how));
            if response.clicked() {
                actions.push(Action::Copy((*how).to_owned()));
            }
            response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text("Copy");
        });
        ui.add_space(4.0);
    }
}
