//! Strings: values that the heap holds more than once, and what the copies cost.

use std::cell::RefCell;
use std::sync::Arc;

use eframe::egui::{self, Align, Layout, RichText, Ui};

use super::action::Action;
use super::asked::Asked;
use super::columns_menu;
use super::desk::{self, Desk};
use super::filter_field::FilterField;
use super::grid::{Event, Grid};
use super::theme::size;
use super::values::Values;
use super::widgets::{self, palette};
use crate::analysis::strings::Strings;
use crate::heap::TypeKind;
use crate::view::format;
use crate::view::place::{Place, Subject, Tab};
use crate::view::rows::sort_by;
use crate::view::string_table::{COLUMNS, Query, StringColumn, StringRows, arrange};

/// Characters of a value in the name of its copies.
const TITLE: usize = 40;

/// The panel's own state.
#[derive(Default)]
pub struct StringsPanel {
    filter: FilterField,
    query: Query,
    strings: Asked<Arc<Strings>>,
    order: Asked<Vec<u32>>,
    /// How the table in sight is sorted.
    sorted: (StringColumn, bool),
    /// The group of types that all strings are of.
    all: Option<u32>,
    values: Values,
    /// A group of equal strings, however the table is arranged, and the row where it was last.
    selected: Option<(u32, usize)>,
}

impl StringsPanel {
    /// Shows all values that there is more than one of.
    pub fn show(&mut self, ui: &mut Ui, desk: &mut Desk<'_>) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.strings.is_new() {
            let types = &desk.opened.heap.graph.types;
            let all = types.iter().position(|info| info.kind == TypeKind::String);
            self.all = all.map(|all| desk.opened.groups.group_of[all]);
            self.strings.ask(desk.session.ask_slow(|opened, progress| opened.strings(progress)));
        }
        if self.strings.poll() {
            self.arrange(desk);
        }
        if self.order.poll() {
            self.sorted = (self.query.sort, self.query.descending);
            let at = |group: u32| self.order.get()?.iter().position(|&other| other == group);
            self.selected = self.selected.and_then(|(group, _)| Some((group, at(group)?)));
        }
        self.values.poll();
        if super::tool_bar(ui, |ui| self.tools(ui, desk, &mut actions)) {
            self.arrange(desk);
        }
        egui::CentralPanel::no_frame().show(ui, |ui| self.rows(ui, desk, &mut actions));
        actions
    }

    /// The strings of the selected value.
    pub fn selected_copies(&self) -> Option<Subject> {
        self.copies(self.selected?.0)
    }

    fn copies(&self, group: u32) -> Option<Subject> {
        let strings = self.strings.get()?;
        let group = &strings.groups[group as usize];
        let value = self.values.known().get(&group.first).and_then(|value| value.as_deref()).unwrap_or("copies");
        let title: String = value.chars().take(TITLE).collect();
        Some(Subject::Objects(strings.objects(group).into(), title.into()))
    }

    fn arrange(&mut self, desk: &Desk<'_>) {
        let Some(strings) = self.strings.get().cloned() else { return };
        let query = self.query.clone();
        self.order
            .ask(desk.session.ask_slow(move |opened, progress| Ok(arrange(&opened.heap, &strings, &query, progress)?)));
    }

    /// True if another filter was typed.
    fn tools(&mut self, ui: &mut Ui, desk: &mut Desk<'_>, actions: &mut Vec<Action>) -> bool {
        let palette = palette(ui);
        let filtered =
            self.filter.show(ui, &mut self.query.filter, "Filter strings", "Filter values: text, /regex/, >1kB, >1000");
        if let Some(all) = self.all
            && widgets::tool(ui, "All strings", "").on_hover_text("Every string, also those without a copy").clicked()
        {
            actions.push(Action::Go(Place { tab: Tab::Instances, subject: Some(Subject::Type(all)) }));
        }
        columns_menu::show(ui, desk.settings, "strings", &COLUMNS);
        if self.order.working_or_stopped(ui) {
            (self.query.sort, self.query.descending) = self.sorted;
        }
        if let Some(problem) = self.order.problem() {
            ui.label(RichText::new(problem).color(palette.error));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::EDGE);
            if let Some(strings) = self.strings.get() {
                let words = format!(
                    "{} · {} of {} are copies",
                    format::counted(strings.count, "string"),
                    format::bytes(strings.duplicate_bytes),
                    format::bytes(strings.total_bytes),
                );
                ui.add(egui::Label::new(RichText::new(words).color(palette.muted)).truncate());
            }
        });
        filtered
    }

    fn rows(&mut self, ui: &mut Ui, desk: &Desk<'_>, actions: &mut Vec<Action>) {
        let (Some(strings), Some(order)) = (self.strings.get(), self.order.get()) else {
            self.strings.instead(ui, "Comparing strings");
            return;
        };
        let rows = StringRows {
            heap: &desk.opened.heap,
            strings,
            order,
            values: self.values.known(),
            wanted: RefCell::new(Vec::new()),
        };
        let copies = |row: usize| self.copies(*order.get(row)?);
        let empty = if strings.groups.is_empty() { "No value is there twice" } else { "No value passes this filter" };
        let events = Grid::new("strings", &rows)
            .sorted(Some(self.query.sort as usize), self.query.descending)
            .selected(self.selected.map(|(_, row)| row))
            .hidden(desk.settings.hidden("strings"))
            .empty(empty)
            .show(ui, |ui, row| {
                if let Some(subject) = copies(row) {
                    desk::menu(ui, &subject, actions);
                }
            });
        let (mut sort, mut selected) = (None, self.selected);
        for event in events {
            match event {
                Event::Sort(column) => sort = Some(StringColumn::ALL[column]),
                Event::Select(row) => selected = order.get(row).map(|group| (*group, row)),
                Event::Open(row) => {
                    let place = |subject| Place { tab: Tab::Instances, subject: Some(subject) };
                    actions.extend(copies(row).map(place).map(Action::Go));
                }
                Event::Copy(text) => actions.push(Action::Copy(text)),
                Event::Toggle(_) => {}
            }
        }
        let wanted = rows.wanted.into_inner();
        self.selected = selected;
        self.values.want(desk, wanted);
        if let Some(column) = sort {
            sort_by(&mut self.query.sort, &mut self.query.descending, column, true);
            self.arrange(desk);
        }
    }
}
