//! Which columns of a table are shown; the first one always is.

use eframe::egui::{Popup, PopupCloseBehavior, Ui};

use super::settings::Settings;
use super::widgets;
use crate::view::rows::Column;

/// The button with the menu; `table` is the table's name in the settings.
pub fn show(ui: &mut Ui, settings: &mut Settings, table: &str, columns: &[Column]) {
    let button = widgets::tool(ui, "Columns", "▾");
    Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
        for column in columns.iter().skip(1) {
            let mut shown = !settings.hidden(table).iter().any(|hidden| hidden == column.title);
            if ui.checkbox(&mut shown, column.title).clicked() {
                let hidden = settings.hidden.entry(table.to_owned()).or_default();
                hidden.retain(|hidden| hidden != column.title);
                if !shown {
                    hidden.push(column.title.to_owned());
                }
            }
        }
    });
}
