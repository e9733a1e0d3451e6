//! Nothing to compare with yet: choose a dump, type its path, take a recent one.

use std::path::{Path, PathBuf};

use eframe::egui::{CentralPanel, Key, RichText, Ui};

use super::action::Action;
use super::widgets::{self, palette};
use super::{center_column, theme};
use crate::view::recent::Recent;

/// Recent files that are offered.
const RECENT: usize = 6;

/// The screen's own state.
#[derive(Default)]
pub struct CompareStart {
    path: String,
    /// Something to tell, under the button.
    pub note: Option<&'static str>,
}

impl CompareStart {
    /// `open` is the dump that is open: it is not offered.
    pub fn show(&mut self, ui: &mut Ui, recent: &Recent, open: Option<&Path>, actions: &mut Vec<Action>) {
        let palette = palette(ui);
        let offered: Vec<_> = recent.entries().iter().filter(|entry| Some(&*entry.path) != open).take(RECENT).collect();
        let height = 210.0 + offered.len() as f32 * 26.0;
        CentralPanel::no_frame().show(ui, |ui| {
            center_column(ui, 520.0, height, |ui| {
                ui.label(RichText::new("What grew?").font(theme::title()).color(palette.text));
                ui.add_space(8.0);
                let words = "Compare this dump with another one of the same program, taken earlier or later. \
                             Two dumps that are dropped on the window together are compared at once.";
                ui.label(RichText::new(words).color(palette.muted));
                ui.add_space(16.0);
                if widgets::primary(ui, "Compare with…").clicked() {
                    actions.push(Action::ChooseOther);
                }
                if let Some(note) = self.note {
                    ui.add_space(8.0);
                    ui.label(RichText::new(note).color(palette.warning));
                }
                ui.add_space(16.0);
                let width = ui.available_width();
                let hint = "Path of another dump, then ⏎";
                let field = widgets::field(ui, &mut self.path, "Path of another dump", hint, width);
                let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                let path = self.path.trim().trim_matches('"');
                if entered && !path.is_empty() {
                    actions.push(Action::Compare(PathBuf::from(path)));
                }
                ui.add_space(14.0);
                for entry in offered {
                    let link = widgets::link(ui, &entry.name(), theme::body(), palette.accent);
                    if link.on_hover_text(entry.path.display().to_string()).clicked() {
                        actions.push(Action::Compare(entry.path.clone()));
                    }
                    ui.add_space(8.0);
                }
            });
        });
    }
}
