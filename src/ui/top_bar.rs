//! The title line: which dump, what it is, and what is always at hand.

use eframe::egui::{Align, CursorIcon, Layout, RichText, Role, Sense, Ui, Vec2, WidgetInfo};

use super::action::Action;
use super::icons;
use super::theme::{self, size};
use super::widgets::{self, palette};

/// Shows the bar; `badges` are facts about the dump, left out from the last where there is no room.
pub fn show(ui: &mut Ui, name: &str, badges: &[String], open: bool) -> Vec<Action> {
    let mut actions = Vec::new();
    let palette = palette(ui);
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 12.0;
        ui.add_space(size::EDGE);
        let (icon, _) = ui.allocate_exact_size(Vec2::splat(20.0), Sense::hover());
        icons::hourglass(ui.painter(), icon, palette);
        let right = if open { 280.0 } else { 190.0 };
        let room = (ui.available_width() - right).max(0.0);
        let title = RichText::new(name).font(theme::strong()).color(palette.text);
        ui.scope(|ui| {
            ui.set_max_width(room);
            ui.add(eframe::egui::Label::new(title).truncate());
        });
        for words in badges {
            let width = ui.painter().layout_no_wrap(words.clone(), theme::small(), palette.muted).size().x + 16.0;
            if width + right > ui.available_width() {
                break;
            }
            widgets::badge(ui, words);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::EDGE - 6.0);
            if theme_button(ui) {
                actions.push(Action::SwitchTheme);
            }
            if widgets::tool(ui, "Commands", "Ctrl K").clicked() {
                actions.push(Action::Commands);
            }
            if open && widgets::tool(ui, "Open…", "Ctrl O").clicked() {
                actions.push(Action::Choose);
            }
        });
    });
    actions
}

fn theme_button(ui: &mut Ui) -> bool {
    let palette = palette(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(26.0), Sense::click());
    let dark = ui.visuals().dark_mode;
    let color = if response.hovered() { palette.text } else { palette.muted };
    if dark {
        icons::moon(ui.painter(), rect.center(), color);
    } else {
        icons::sun(ui.painter(), rect.center(), color);
    }
    let words = if dark { "Light theme" } else { "Dark theme" };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, words));
    response.clone().on_hover_cursor(CursorIcon::PointingHand).on_hover_text(words);
    response.clicked()
}
