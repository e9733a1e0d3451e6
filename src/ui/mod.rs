//! PANELS: the window (egui only).
//!
//! A panel gets values and returns actions; [`App`] does them. Heap work is the session's: nothing here
//! takes longer than a frame.

use eframe::egui::{self, Frame, Panel, Rect, Ui, UiBuilder, vec2};

mod action;
mod app;
mod asked;
mod byname_panel;
mod columns_menu;
mod commander;
mod compare_panel;
mod compare_start;
mod desk;
mod dialog;
mod document;
pub mod export;
mod export_sheet;
mod export_svg;
mod facts_line;
mod failed;
mod filter_field;
mod flame_canvas;
mod flame_card;
mod flame_menu;
mod flame_missing;
mod flame_paint;
mod flame_panel;
mod flame_save;
mod fonts;
mod grid;
mod grid_cell;
mod grid_track;
mod holding_bar;
mod icons;
mod instances_panel;
mod key_sheet;
mod loading;
pub mod log_file;
mod object_pane;
mod overview_panel;
mod path_pane;
pub mod raster;
mod recipes;
mod referrers_panel;
mod roots_panel;
mod settings;
mod start;
mod status_bar;
mod strings_panel;
pub mod theme;
mod threads_panel;
mod top_bar;
mod types_panel;
mod values;
mod waste_panel;
mod widgets;
mod window;

use theme::size;

pub use action::Action;
pub use app::App;
pub use flame_panel::FlamePanel;
pub use settings::Settings;
pub use window::run;

/// A bar of fixed height at the top of what is left of `ui`.
fn bar<R>(ui: &mut Ui, id: &str, height: f32, show: impl FnOnce(&mut Ui) -> R) -> R {
    let frame = Frame::new();
    let panel = Panel::top(id).exact_size(height).frame(frame).show_separator_line(false);
    panel.show(ui, |ui| show(ui)).inner
}

/// A bar of fixed height at the bottom of what is left of `ui`, with a line above it.
fn bottom_bar<R>(ui: &mut Ui, id: &str, height: f32, show: impl FnOnce(&mut Ui) -> R) -> R {
    let frame = Frame::new().fill(widgets::palette(ui).bg[1]);
    let panel = Panel::bottom(id).exact_size(height).frame(frame).show_separator_line(false);
    panel
        .show(ui, |ui| {
            widgets::line_above(ui);
            show(ui)
        })
        .inner
}

/// The bar of a panel's own controls, in a row.
fn tool_bar<R>(ui: &mut Ui, show: impl FnOnce(&mut Ui) -> R) -> R {
    bar(ui, "tools", size::TOOL_BAR, |ui| row(ui, show))
}

/// A second one below it, where one has no room for all.
fn second_tool_bar<R>(ui: &mut Ui, show: impl FnOnce(&mut Ui) -> R) -> R {
    bar(ui, "more tools", size::TOOL_BAR - 8.0, |ui| row(ui, show))
}

/// The bar under a table that says what is selected, in a row.
fn selection_bar<R>(ui: &mut Ui, show: impl FnOnce(&mut Ui) -> R) -> R {
    bottom_bar(ui, "selected", size::SELECTION, |ui| {
        ui.add_space(15.0);
        ui.horizontal_top(|ui| {
            ui.add_space(size::EDGE);
            show(ui)
        })
        .inner
    })
}

/// Widgets side by side, from the window's edge.
fn row<R>(ui: &mut Ui, show: impl FnOnce(&mut Ui) -> R) -> R {
    ui.horizontal_centered(|ui| {
        ui.add_space(size::EDGE);
        show(ui)
    })
    .inner
}

/// Shows something in a column in the middle of `ui`, a little above its center.
fn center_column(ui: &mut Ui, width: f32, height: f32, show: impl FnOnce(&mut Ui)) {
    let area = ui.available_rect_before_wrap();
    let width = width.min(area.width() - 2.0 * size::EDGE);
    let top = ((area.height() - height) * 0.42).max(16.0);
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let left = area.left() + (area.width() - width) / 2.0;
        let column = Rect::from_min_size(egui::pos2(left, ui.cursor().top() + top), vec2(width, height));
        ui.scope_builder(UiBuilder::new().max_rect(column), |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            show(ui);
            ui.add_space(16.0);
        });
    });
}
