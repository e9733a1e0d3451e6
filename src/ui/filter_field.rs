//! The filter box of a panel: Ctrl F goes there, Esc empties it, what is wrong with a pattern stands beside it.

use eframe::egui::{Key, Modifiers, RichText, TextEdit, Ui, vec2};

use super::theme;
use super::widgets::palette;
use crate::view::filter::Filter;

/// See the module.
#[derive(Default)]
pub struct FilterField {
    text: String,
    problem: Option<String>,
}

impl FilterField {
    /// Shows the box; true in the frame in which another `filter` was typed.
    pub fn show(&mut self, ui: &mut Ui, filter: &mut Filter, name: &str, hint: &str) -> bool {
        let palette = palette(ui);
        let before = self.text.clone();
        let width = (ui.available_width() * 0.3).clamp(180.0, 300.0);
        let find = ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::F));
        let hint = RichText::new(hint).color(palette.faint);
        let edit = TextEdit::singleline(&mut self.text).id_salt(name).hint_text(hint);
        let field = ui.add(edit.desired_width(width).margin(vec2(10.0, 5.0))).accessible_name(name);
        if find {
            field.request_focus();
        }
        if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
            self.text.clear();
        }
        if let Some(problem) = &self.problem {
            ui.label(RichText::new(problem).font(theme::small()).color(palette.error));
        }
        if self.text == before {
            return false;
        }
        let parsed = Filter::parse(&self.text);
        self.problem = parsed.as_ref().err().cloned();
        let Ok(parsed) = parsed else { return false };
        *filter = parsed;
        true
    }
}
