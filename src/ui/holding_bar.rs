//! The bar under a tree: which roots keep the selected objects alive, each a link to its way.

use std::sync::Arc;

use eframe::egui::{RichText, Ui};

use super::asked::Asked;
use super::desk::Desk;
use super::path_pane::PathPane;
use super::theme;
use super::widgets::{self, palette};
use crate::view::format;
use crate::view::holding::Holding;

/// Who keeps the objects alive that were asked about last.
#[derive(Default)]
pub struct HoldingBar {
    objects: Arc<[u32]>,
    name: String,
    holding: Asked<Holding>,
}

impl HoldingBar {
    /// Asks about other objects.
    pub fn ask(&mut self, desk: &Desk<'_>, objects: Arc<[u32]>, name: &str) {
        if objects == self.objects {
            return;
        }
        self.name = name.to_owned();
        self.objects = objects.clone();
        self.holding.clear();
        self.holding.ask(desk.session.ask(move |opened, progress| opened.holding(&objects, progress)));
    }

    pub fn holding(&self) -> Option<&Holding> {
        self.holding.get()
    }

    /// Shows the bar; a click on a root shows its way in `paths`.
    pub fn show(&mut self, ui: &mut Ui, paths: &mut PathPane) {
        self.holding.poll();
        let palette = palette(ui);
        super::selection_bar(ui, |ui| {
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 4.0;
                let Some(holding) = self.holding.get() else {
                    widgets::label(ui, "Looking for roots …");
                    return;
                };
                let name = &self.name;
                widgets::label(
                    ui,
                    &match holding.independent {
                        _ if holding.alive == 0 => format!("Nothing keeps {name} alive"),
                        0 => format!("Only stack words keep {name} alive: it may be a leftover"),
                        1 => format!("1 root keeps {name} alive"),
                        n => format!("{} independent roots keep {name} alive", format::count(n as u64)),
                    },
                );
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = 6.0;
                    for (at, way) in holding.ways.iter().enumerate() {
                        let words = format!("{} {}", at + 1, way.short);
                        let rest = way.words();
                        let room = ui.available_width() - 20.0;
                        let width = |text: &str, font| {
                            ui.painter().layout_no_wrap(text.to_owned(), font, palette.text).size().x
                        };
                        if at > 0 && width(&words, theme::strong()) + width(&rest, theme::body()) > room {
                            break;
                        }
                        let link = widgets::link(ui, &words, theme::strong(), palette.root);
                        if link.on_hover_text(&*way.title).clicked() {
                            paths.show_way(at);
                        }
                        ui.label(RichText::new(rest).color(palette.muted));
                        ui.add_space(10.0);
                    }
                });
            });
        });
    }
}
