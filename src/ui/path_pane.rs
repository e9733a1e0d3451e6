//! The pane beside a view: ways from roots to the selected object, step by step.

use eframe::egui::{Frame, Margin, Panel, RichText, ScrollArea, Ui};

use super::action::Action;
use super::desk;
use super::grid::{Event, Grid};
use super::theme::{self, size};
use super::widgets::{self, palette};
use crate::view::holding::Holding;
use crate::view::place::Subject;

/// The pane's own state.
#[derive(Default)]
pub struct PathPane {
    open: bool,
    way: usize,
    step: Option<usize>,
}

impl PathPane {
    pub fn toggle(&mut self) {
        self.open = !self.open;
    }

    /// Opens the pane on one of the ways.
    pub fn show_way(&mut self, way: usize) {
        *self = PathPane { open: true, way, step: None };
    }

    /// Shows the ways of `holding` at the right edge, where the pane is open.
    pub fn show(&mut self, ui: &mut Ui, holding: Option<&Holding>, actions: &mut Vec<Action>) {
        let Some(holding) = holding.filter(|holding| self.open && !holding.ways.is_empty()) else { return };
        let palette = palette(ui);
        self.way = self.way.min(holding.ways.len() - 1);
        let frame = Frame::new().fill(palette.bg[0]);
        let width = (ui.available_width() * 0.32).clamp(280.0, 460.0);
        let panel = Panel::right("paths").default_size(width).min_size(240.0).frame(frame);
        panel.show(ui, |ui| {
            ui.add_space(size::GAP);
            ui.horizontal(|ui| {
                ui.add_space(size::CELL);
                ui.label(RichText::new("Ways from roots").font(theme::strong()));
                if widgets::tool(ui, "Close", "P").clicked() {
                    self.open = false;
                }
                if widgets::tool(ui, "Copy", "").clicked() {
                    actions.push(Action::Copy(holding.ways[self.way].markdown()));
                }
            });
            ui.add_space(size::GAP);
            ScrollArea::vertical()
                .id_salt("ways")
                .max_height(ui.available_height() * 0.4)
                .auto_shrink([false, true])
                .show(ui, |ui| {
                    for (at, way) in holding.ways.iter().enumerate() {
                        Frame::new().inner_margin(Margin::symmetric(size::CELL as i8, 4)).show(ui, |ui| {
                            ui.spacing_mut().item_spacing.y = 2.0;
                            let font = if at == self.way { theme::strong() } else { theme::body() };
                            let link = widgets::link(ui, &way.short, font, palette.root).on_hover_text(&*way.title);
                            if link.clicked() {
                                self.way = at;
                                self.step = None;
                            }
                            widgets::label(ui, &way.words());
                        });
                    }
                });
            ui.add_space(size::GAP);
            let way = &holding.ways[self.way];
            let events = Grid::new("way", way).selected(self.step).show(ui, |ui, row| {
                if let Some(step) = way.step(row) {
                    desk::menu(ui, &Subject::Object(step.object), actions);
                }
            });
            for event in events {
                match event {
                    Event::Select(row) => self.step = Some(row),
                    Event::Open(row) => {
                        if let Some(step) = way.step(row) {
                            actions.push(Action::Explain(Subject::Object(step.object)));
                        }
                    }
                    Event::Copy(text) => actions.push(Action::Copy(text)),
                    Event::Sort(_) | Event::Toggle(_) => {}
                }
            }
        });
    }
}
