//! Roots: what holds objects from outside of the heap.

use std::sync::Arc;

use eframe::egui::{self, Align, Layout, RichText, Ui};

use super::action::Action;
use super::asked::Asked;
use super::columns_menu;
use super::desk::{self, Desk};
use super::filter_field::FilterField;
use super::grid::{Event, Grid};
use super::settings::Settings;
use super::theme::size;
use super::widgets::{self, palette};
use crate::session::Opened;
use crate::view::format;
use crate::view::place::{Place, Subject, Tab};
use crate::view::root_table::{COLUMNS, Family, Query, RootColumn, RootRows, RootTable};
use crate::view::rows::sort_by;

/// From here on all of its controls fit in one bar.
const ONE_BAR: f32 = 1200.0;

/// The panel's own state.
#[derive(Default)]
pub struct RootsPanel {
    filter: FilterField,
    query: Query,
    counts: [u64; 6],
    table: Asked<Arc<RootTable>>,
    order: Asked<Vec<u32>>,
    /// A root, and the row where it stands in the table in sight.
    selected: Option<(u32, Option<usize>)>,
    reveal: bool,
    /// Was something else asked for from outside?
    stale: bool,
}

impl RootsPanel {
    /// Shows all roots.
    pub fn show(&mut self, ui: &mut Ui, desk: &mut Desk<'_>) -> Vec<Action> {
        let mut actions = Vec::new();
        if !desk::analysed(ui, desk) {
            return actions;
        }
        if self.table.is_new() {
            self.counts = RootTable::counts(&desk.opened.heap.graph);
            self.table.ask(desk.session.ask(|opened, _| opened.root_table()));
        }
        if self.table.poll() {
            self.arrange(desk);
        }
        if self.order.poll() {
            self.reveal = true;
            let at = |root: u32| self.order.get()?.iter().position(|shown| *shown == root);
            self.selected = self.selected.map(|(root, _)| (root, at(root)));
        }
        let wide = ui.available_width() >= ONE_BAR;
        let mut changed = super::tool_bar(ui, |ui| self.tools(ui, desk.settings, wide));
        if !wide {
            changed |= super::second_tool_bar(ui, |ui| self.families(ui));
        }
        if changed || std::mem::take(&mut self.stale) {
            self.arrange(desk);
        }
        egui::CentralPanel::no_frame().show(ui, |ui| self.rows(ui, desk, &mut actions));
        actions
    }

    fn arrange(&mut self, desk: &Desk<'_>) {
        let Some(table) = self.table.get().cloned() else { return };
        let query = self.query.clone();
        self.order.ask(desk.session.ask(move |opened, _| Ok(table.arrange(&opened.heap.graph, &query))));
    }

    /// The object that the selected root holds.
    pub fn selected_object(&self, opened: &Opened) -> Option<u32> {
        let (root, _) = self.selected?;
        opened.heap.graph.roots.get(root as usize).map(|root| root.object)
    }

    /// Shows only the roots of the thread with this label, when the panel is shown next.
    pub fn only(&mut self, thread: Arc<str>) {
        self.query.thread = Some(thread);
        self.query.family = None;
        self.stale = true;
    }

    /// True if another arrangement is wanted.
    fn tools(&mut self, ui: &mut Ui, settings: &mut Settings, wide: bool) -> bool {
        let mut changed =
            self.filter.show(ui, &mut self.query.filter, "Filter roots", "Filter roots: name, type, >1MB, >1%");
        if wide {
            changed |= self.families(ui);
        }
        columns_menu::show(ui, settings, "roots", &COLUMNS);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::EDGE);
            if let Some(shown) = self.order.get() {
                ui.label(RichText::new(format::counted(shown.len() as u64, "root")).color(palette(ui).muted));
            }
        });
        changed
    }

    /// Chips for kinds of roots, and for the one thread whose roots are shown; true if one was clicked.
    fn families(&mut self, ui: &mut Ui) -> bool {
        let mut changed = false;
        if let Some(thread) = self.query.thread.clone()
            && widgets::chip(ui, &thread).on_hover_text("Only the roots of this thread").clicked()
        {
            self.query.thread = None;
            changed = true;
        }
        for (family, count) in Family::ALL.into_iter().zip(self.counts).filter(|(_, count)| *count > 0) {
            let words = format!("{} {}", family.title(), format::count(count));
            let on = self.query.family == Some(family);
            if widgets::toggle(ui, &words, on).clicked() {
                self.query.family = (!on).then_some(family);
                changed = true;
            }
        }
        changed
    }

    fn rows(&mut self, ui: &mut Ui, desk: &Desk<'_>, actions: &mut Vec<Action>) {
        let (Some(table), Some(order)) = (self.table.get(), self.order.get()) else {
            self.table.instead(ui, "Looking at all roots");
            return;
        };
        let graph = &desk.opened.heap.graph;
        let rows = RootRows { graph, table, order };
        let empty = if graph.roots.is_empty() { "This dump has no roots" } else { "No root passes this filter" };
        let object = |row: usize| Subject::Object(graph.roots[order[row] as usize].object);
        let events = Grid::new("roots", &rows)
            .sorted(Some(self.query.sort.index()), self.query.descending)
            .selected(self.selected.and_then(|(_, row)| row))
            .hidden(desk.settings.hidden("roots"))
            .reveal(std::mem::take(&mut self.reveal))
            .empty(empty)
            .show(ui, |ui, row| desk::menu(ui, &object(row), actions));
        let mut sort = None;
        for event in events {
            match event {
                Event::Sort(column) => sort = Some(RootColumn::at(column)),
                Event::Select(row) => self.selected = order.get(row).map(|root| (*root, Some(row))),
                Event::Open(row) if row < order.len() => {
                    actions.push(Action::Go(Place { tab: Tab::Referrers, subject: Some(object(row)) }));
                }
                Event::Copy(text) => actions.push(Action::Copy(text)),
                Event::Open(_) | Event::Toggle(_) => {}
            }
        }
        if let Some(column) = sort {
            let first = !matches!(column, RootColumn::Name | RootColumn::Kind | RootColumn::Type);
            sort_by(&mut self.query.sort, &mut self.query.descending, column, first);
            self.arrange(desk);
        }
    }
}
