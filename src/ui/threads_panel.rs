//! Threads: who they are, what their stacks and thread statics hold.
//!
//! A double-click shows the roots of a thread. The table is made once by the worker; threads are few, so it is
//! arranged within the frame.

use std::sync::Arc;

use eframe::egui::{self, Align, Layout, RichText, Ui};

use super::action::Action;
use super::asked::Asked;
use super::desk::{self, Desk};
use super::facts_line;
use super::filter_field::FilterField;
use super::grid::{Event, Grid};
use super::grid_cell::menu_item;
use super::theme::size;
use super::widgets::{self, palette};
use crate::view::format;
use crate::view::place::{Place, Subject, Tab};
use crate::view::rows::sort_by;
use crate::view::thread_table::{Query, ThreadColumn, ThreadRow, ThreadRows, ThreadTable};

/// The panel's own state.
#[derive(Default)]
pub struct ThreadsPanel {
    filter: FilterField,
    query: Query,
    table: Asked<ThreadTable>,
    order: Vec<u32>,
    /// A thread, however the table is arranged.
    selected: Option<u32>,
    reveal: bool,
}

impl ThreadsPanel {
    /// Shows all threads.
    pub fn show(&mut self, ui: &mut Ui, desk: &Desk<'_>) -> Vec<Action> {
        let mut actions = Vec::new();
        if !desk::analysed(ui, desk) {
            return actions;
        }
        if self.table.is_new() {
            self.table.ask(desk.session.ask(|opened, progress| opened.thread_table(progress)));
        }
        let came = self.table.poll();
        let changed = super::tool_bar(ui, |ui| self.tools(ui));
        if came || changed {
            self.arrange();
        }
        if let Some(row) = self.selected.and_then(|row| self.table.get()?.rows.get(row as usize)) {
            super::selection_bar(ui, |ui| selection(ui, row, &mut actions));
        }
        egui::CentralPanel::no_frame().show(ui, |ui| self.rows(ui, desk, &mut actions));
        actions
    }

    fn arrange(&mut self) {
        self.order = self.table.get().map(|table| table.arrange(&self.query)).unwrap_or_default();
        self.reveal = true;
    }

    /// True if another arrangement is wanted.
    fn tools(&mut self, ui: &mut Ui) -> bool {
        let hint = "Filter threads: name, >1MB, >1%";
        let changed = self.filter.show(ui, &mut self.query.filter, "Filter threads", hint);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::EDGE);
            if self.table.get().is_some() {
                let words = format::counted(self.order.len() as u64, "thread");
                ui.label(RichText::new(words).color(palette(ui).muted));
            }
        });
        changed
    }

    fn rows(&mut self, ui: &mut Ui, desk: &Desk<'_>, actions: &mut Vec<Action>) {
        let Some(table) = self.table.get() else {
            self.table.instead(ui, "Looking at all threads");
            return;
        };
        let rows = ThreadRows { table, order: &self.order };
        let selected = self.selected.and_then(|row| self.order.iter().position(|shown| *shown == row));
        let empty = match &desk.opened.heap.runtime {
            None => "A .gcdump has objects and roots, but no threads",
            Some(_) if table.rows.is_empty() => "No thread was found in this dump",
            Some(_) => "No thread passes this filter",
        };
        let events = Grid::new("threads", &rows)
            .sorted(Some(self.query.sort.index()), self.query.descending)
            .selected(selected)
            .reveal(std::mem::take(&mut self.reveal))
            .empty(empty)
            .show(ui, |ui, row| menu(ui, rows.row(row), actions));
        let mut sort = None;
        for event in events {
            match event {
                Event::Sort(column) => sort = Some(ThreadColumn::at(column)),
                Event::Select(row) => self.selected = self.order.get(row).copied(),
                Event::Open(row) if row < self.order.len() => {
                    actions.push(Action::RootsOf(table.rows[self.order[row] as usize].label.clone()));
                }
                Event::Copy(text) => actions.push(Action::Copy(text)),
                Event::Open(_) | Event::Toggle(_) => {}
            }
        }
        if let Some(column) = sort {
            sort_by(&mut self.query.sort, &mut self.query.descending, column, column.descends());
            self.arrange();
        }
    }
}

/// The objects on a thread's stack, where there are any.
fn on_stack(row: &ThreadRow) -> Option<Subject> {
    let name: Arc<str> = format!("objects on the stack of {}", row.label).into();
    (!row.on_stack.is_empty()).then(|| Subject::Objects(row.on_stack.clone(), name))
}

fn menu(ui: &mut Ui, row: &ThreadRow, actions: &mut Vec<Action>) {
    if menu_item(ui, "Roots of this thread", "⏎").clicked() {
        actions.push(Action::RootsOf(row.label.clone()));
    }
    if let Some(subject) = on_stack(row)
        && menu_item(ui, "Who else refers to the objects on its stack", "").clicked()
    {
        actions.push(Action::Go(Place { tab: Tab::Referrers, subject: Some(subject) }));
    }
    ui.separator();
}

/// The line about the selected thread.
fn selection(ui: &mut Ui, row: &ThreadRow, actions: &mut Vec<Action>) {
    let label = if row.name.is_some() { &*row.label } else { "" };
    facts_line::named(ui, "Selected", row.title(), label);
    facts_line::figure(ui, "Retains", &format::count(row.retained), "bytes");
    if !row.stack.is_empty() {
        let bytes = format::bytes(row.stack.end - row.stack.start);
        facts_line::figure(ui, "Stack", &format!("{:#x} – {:#x}", row.stack.start, row.stack.end), &bytes);
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add_space(size::EDGE);
        if widgets::tool(ui, "Roots", "⏎").clicked() {
            actions.push(Action::RootsOf(row.label.clone()));
        }
    });
}
