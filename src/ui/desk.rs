//! What every panel of an open dump finds at hand, and what several of them show.

use std::sync::Arc;

use eframe::egui::{Align2, CentralPanel, Key, Modifiers, Rect, RichText, Role, Sense, Ui, WidgetInfo, vec2};

use super::action::Action;
use super::grid_cell::menu_item;
use super::settings::Settings;
use super::widgets::{self, palette};
use super::{center_column, theme};
use crate::session::{Opened, Session};
use crate::view::place::{Place, Subject, Tab};

/// See the module.
pub struct Desk<'a> {
    pub session: &'a Session,
    pub opened: &'a Arc<Opened>,
    pub settings: &'a mut Settings,
}

/// A panel that is about nothing yet, and how to choose something.
pub fn nothing_chosen(ui: &mut Ui, title: &str, words: &str, actions: &mut Vec<Action>) {
    let palette = palette(ui);
    CentralPanel::no_frame().show(ui, |ui| {
        center_column(ui, 420.0, 140.0, |ui| {
            ui.label(RichText::new(title).font(theme::title()).color(palette.text));
            ui.add_space(8.0);
            ui.label(RichText::new(words).color(palette.muted));
            ui.add_space(16.0);
            if widgets::secondary(ui, "Go to Types").clicked() {
                actions.push(Action::Go(Place { tab: Tab::Types, subject: None }));
            }
        });
    });
}

/// True once retained sizes are there; until then says so, or why they never will be.
pub fn analysed(ui: &mut Ui, desk: &Desk<'_>) -> bool {
    if desk.opened.analysis().is_some() {
        return true;
    }
    let palette = palette(ui);
    CentralPanel::no_frame().show(ui, |ui| {
        center_column(ui, 420.0, 90.0, |ui| match desk.opened.problem() {
            Some(problem) => {
                ui.label(RichText::new("This dump could not be analysed").font(theme::title()).color(palette.text));
                ui.add_space(8.0);
                ui.label(RichText::new(problem).color(palette.muted));
            }
            None => {
                let now = desk.session.progress();
                ui.label(RichText::new(now.phase.label()).font(theme::title()).color(palette.text));
                ui.add_space(12.0);
                widgets::progress(ui, now);
            }
        });
    });
    false
}

/// What any row's menu offers for the objects it stands for.
pub fn menu(ui: &mut Ui, subject: &Subject, actions: &mut Vec<Action>) {
    if menu_item(ui, "Referrers", "").clicked() {
        actions.push(Action::Go(Place { tab: Tab::Referrers, subject: Some(subject.clone()) }));
    }
    if menu_item(ui, "Flame graph", "").clicked() {
        actions.push(Action::Go(Place { tab: Tab::Flame, subject: Some(subject.clone()) }));
    }
    if menu_item(ui, "Heaviest path to a root", "").clicked() {
        actions.push(Action::Explain(subject.clone()));
    }
    let (words, key) = match subject {
        Subject::Object(_) => ("Look inside", ""),
        _ => ("Instances", "I"),
    };
    if menu_item(ui, words, key).clicked() {
        actions.push(Action::Go(Place { tab: Tab::Instances, subject: Some(subject.clone()) }));
    }
    ui.separator();
}

/// The chip that leaves out what comes with the runtime.
pub fn my_code(ui: &mut Ui, settings: &mut Settings) {
    const HINT: &str = "Hides types of the framework's own assemblies, as the flame graph tells them apart";
    if widgets::toggle(ui, "my code only", settings.my_code).on_hover_text(HINT).clicked() {
        settings.my_code = !settings.my_code;
    }
}

/// May a single letter act now? Not while something is typed or a menu is open.
pub fn keys_are_free(ui: &Ui) -> bool {
    !ui.ctx().text_edit_focused() && !eframe::egui::Popup::is_any_open(ui.ctx())
}

/// Was this key pressed, alone, where it may act?
pub fn key(ui: &mut Ui, key: Key) -> bool {
    keys_are_free(ui) && ui.input_mut(|input| input.consume_key(Modifiers::NONE, key))
}

/// One line in the middle of what is left of `ui`.
pub fn remark(ui: &mut Ui, words: &str) {
    remark_in(ui, ui.available_rect_before_wrap(), words);
}

/// The same in an area.
pub fn remark_in(ui: &Ui, area: Rect, words: &str) {
    let at = area.center_top() + vec2(0.0, (area.height() / 3.0).min(120.0));
    let rect = ui.painter().text(at, Align2::CENTER_CENTER, words, theme::body(), palette(ui).muted);
    let response = ui.interact(rect, ui.scope_id().with("remark"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
}
