//! Instances: the objects of a type, one by one, and any of them opened beside the list.
//!
//! The list is arranged by the session's worker, also at ten million rows; here only rows in sight are looked
//! at, and what they say is asked for as they come into sight.

use std::cell::RefCell;

use eframe::egui::{self, Align, Layout, RichText, Ui};

use super::action::Action;
use super::asked::Asked;
use super::columns_menu;
use super::desk::{self, Desk};
use super::filter_field::FilterField;
use super::grid::{Event, Grid};
use super::grid_cell::menu_item;
use super::object_pane::ObjectPane;
use super::theme::size;
use super::values::Values;
use super::widgets::{self, palette};
use crate::progress::Progress;
use crate::session::Opened;
use crate::session::objects::Listed;
use crate::view::format;
use crate::view::instances::{InstanceColumn, InstanceRows, Query};
use crate::view::place::{Place, Subject, Tab};
use crate::view::rows::sort_by;

/// More objects than this are arranged beside quick questions, not between them.
const MANY: usize = 100_000;

/// The panel's own state.
pub struct InstancesPanel {
    /// Whose objects the list has, and which place it was shown for last.
    subject: Option<Subject>,
    place: Option<Subject>,
    filter: FilterField,
    query: Query,
    list: Asked<Listed>,
    /// How the list in sight is sorted.
    sorted: (InstanceColumn, bool),
    distances: Asked<()>,
    values: Values,
    /// An object and the row where it stands in the list in sight.
    selected: Option<(u32, Option<usize>)>,
    reveal: bool,
    pane: ObjectPane,
}

impl Default for InstancesPanel {
    fn default() -> Self {
        let query = Query::default();
        InstancesPanel {
            subject: None,
            place: None,
            filter: FilterField::default(),
            sorted: (query.sort, query.descending),
            query,
            list: Asked::default(),
            distances: Asked::default(),
            values: Values::default(),
            selected: None,
            reveal: false,
            pane: ObjectPane::default(),
        }
    }
}

impl InstancesPanel {
    /// Shows the objects of `subject`; of a single one, those of its type and itself beside them.
    pub fn show(&mut self, ui: &mut Ui, desk: &mut Desk<'_>, subject: Option<&Subject>, back: bool) -> Vec<Action> {
        let mut actions = Vec::new();
        let Some(subject) = subject else {
            desk::nothing_chosen(ui, "Which objects?", "Choose a type and press I", &mut actions);
            return actions;
        };
        if !desk::analysed(ui, desk) {
            return actions;
        }
        self.refresh(desk, subject);
        if super::tool_bar(ui, |ui| self.tools(ui, desk, &mut actions)) {
            self.arrange(desk);
        }
        if self.pane.show(ui, desk, back, &mut actions) {
            let subject = self.subject.clone();
            actions.push(Action::Go(Place { tab: Tab::Instances, subject }));
        }
        egui::CentralPanel::no_frame().show(ui, |ui| self.rows(ui, desk, &mut actions));
        actions
    }

    /// The object that is selected in the list.
    pub fn selected_object(&self) -> Option<u32> {
        self.selected.map(|(object, _)| object)
    }

    fn refresh(&mut self, desk: &Desk<'_>, subject: &Subject) {
        if self.place.as_ref() != Some(subject) {
            self.place = Some(subject.clone());
            match subject {
                Subject::Object(object) => self.turn_to(desk, *object),
                objects => {
                    self.pane.open(desk, None);
                    if self.subject.as_ref() != Some(objects) {
                        self.turn_to_list(desk, objects.clone(), None);
                    }
                }
            }
        }
        if self.list.poll() {
            self.sorted = (self.query.sort, self.query.descending);
            let at = self.list.get().and_then(|list| list.instances.at);
            if let Some((_, row)) = &mut self.selected {
                *row = at;
            }
            self.reveal = true;
        }
        if self.distances.is_new() {
            self.distances.ask(desk.session.ask_slow(|opened, progress| opened.measure_distances(progress)));
        }
        if self.distances.poll() && self.query.sort == InstanceColumn::Distance {
            self.arrange(desk);
        }
        self.values.poll();
    }

    /// Opens an object, in the list if it is in there, else in that of its type.
    fn turn_to(&mut self, desk: &Desk<'_>, object: u32) {
        self.pane.open(desk, Some(object));
        if self.selected.is_some_and(|(selected, _)| selected == object) {
            return;
        }
        let listed = self.list.get().is_some_and(|list| list.objects.binary_search(&object).is_ok());
        if listed {
            self.selected = Some((object, None));
            self.arrange(desk);
        } else {
            self.turn_to_list(desk, Subject::Type(desk.opened.group_of(object)), Some(object));
        }
    }

    fn turn_to_list(&mut self, desk: &Desk<'_>, subject: Subject, selected: Option<u32>) {
        self.subject = Some(subject);
        self.list.clear();
        self.selected = selected.map(|object| (object, None));
        self.arrange(desk);
    }

    fn arrange(&mut self, desk: &Desk<'_>) {
        let Some(subject) = self.subject.clone() else { return };
        let (query, watched) = (self.query.clone(), self.selected.map(|(object, _)| object));
        let objects = self.list.get().map(|list| list.objects.clone());
        let many = objects.as_ref().map_or_else(|| count(desk, &subject), |objects| objects.len()) > MANY;
        let question = move |opened: &Opened, progress: &Progress| match objects {
            Some(objects) => opened.relist(objects, &query, watched, progress),
            None => opened.list(&subject, &query, watched, progress),
        };
        self.list.ask(if many { desk.session.ask_slow(question) } else { desk.session.ask(question) });
    }

    /// True if another filter was typed.
    fn tools(&mut self, ui: &mut Ui, desk: &mut Desk<'_>, actions: &mut Vec<Action>) -> bool {
        let palette = palette(ui);
        if let Some(subject) = &self.subject {
            let name = desk.opened.name_of(subject);
            if widgets::chip(ui, &name.short).on_hover_text(&*name.full).clicked() {
                actions.push(Action::Go(Place { tab: Tab::Types, subject: Some(subject.clone()) }));
            }
        }
        let filtered =
            self.filter.show(ui, &mut self.query.filter, "Filter objects", "Filter objects: value, address, >1kB");
        let list = self.list.get().map(|list| list.instances.clone());
        if let Some(list) = &list {
            if list.mixed {
                desk::my_code(ui, desk.settings);
            }
            columns_menu::show(ui, desk.settings, "objects", list.columns());
        }
        if self.list.get().is_some() && self.list.working_or_stopped(ui) {
            (self.query.sort, self.query.descending) = self.sorted;
        }
        if let Some(problem) = self.list.problem() {
            ui.label(RichText::new(problem).color(palette.error));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::EDGE);
            if let Some(instances) = &list {
                let (shown, all) = (instances.order.len() as u64, instances.all as u64);
                let objects = match shown == all {
                    true => format::counted(all, "object"),
                    false => format!("{} of {}", format::count(shown), format::counted(all, "object")),
                };
                let mut words = format!("{objects} · {}", format::bytes(instances.bytes));
                if let [hidden @ 1..=u64::MAX, bytes] = instances.hidden {
                    let hidden = format::counted(hidden, "framework object");
                    words = format!("{words} · {hidden}, {} hidden", format::bytes(bytes));
                }
                ui.add(egui::Label::new(RichText::new(words).color(palette.muted)).truncate());
            }
        });
        let my_code = std::mem::replace(&mut self.query.my_code, desk.settings.my_code);
        filtered || my_code != self.query.my_code
    }

    fn rows(&mut self, ui: &mut Ui, desk: &Desk<'_>, actions: &mut Vec<Action>) {
        let (Some(list), Some(known)) = (self.list.get(), desk.opened.known()) else {
            self.list.instead(ui, "Looking for objects");
            if self.list.is_new() {
                self.arrange(desk);
            }
            return;
        };
        let instances = list.instances.clone();
        let rows = InstanceRows {
            known,
            instances: &instances,
            values: self.values.known(),
            wanted: RefCell::new(Vec::new()),
        };
        let empty = if instances.all == 0 { "There are no such objects" } else { "No object passes this filter" };
        let at = |row: usize| instances.order.get(row).copied();
        let events = Grid::new(if instances.mixed { "objects of types" } else { "objects" }, &rows)
            .sorted(Some(instances.index_of(self.query.sort)), self.query.descending)
            .selected(self.selected.and_then(|(_, row)| row))
            .least(90.0)
            .hidden(desk.settings.hidden("objects"))
            .reveal(std::mem::take(&mut self.reveal))
            .empty(empty)
            .show(ui, |ui, row| {
                let Some(object) = at(row) else { return };
                desk::menu(ui, &Subject::Object(object), actions);
                if menu_item(ui, "Copy address", "").clicked() {
                    let address = desk.opened.heap.graph.objects.address(object);
                    actions.push(Action::Copy(format::address(address)));
                }
            });
        let wanted = rows.wanted.into_inner();
        self.values.want(desk, wanted);
        let mut sort = None;
        for event in events {
            match event {
                Event::Sort(column) => sort = Some(instances.column(column)),
                Event::Select(row) => {
                    self.selected = at(row).map(|object| (object, Some(row)));
                    // An open pane goes along.
                    if let (Some(Subject::Object(_)), Some(object)) = (&self.place, at(row)) {
                        actions.push(Action::Go(open(object)));
                    }
                }
                Event::Open(row) => actions.extend(at(row).map(|object| Action::Go(open(object)))),
                Event::Copy(text) => actions.push(Action::Copy(text)),
                Event::Toggle(_) => {}
            }
        }
        if let Some(column) = sort {
            use InstanceColumn::{Address, Generation, Type, Value};
            let first = !matches!(column, Address | Type | Value | Generation);
            sort_by(&mut self.query.sort, &mut self.query.descending, column, first);
            self.arrange(desk);
        }
    }
}

fn open(object: u32) -> Place {
    Place { tab: Tab::Instances, subject: Some(Subject::Object(object)) }
}

/// About how many objects a subject has.
fn count(desk: &Desk<'_>, subject: &Subject) -> usize {
    match subject {
        Subject::Object(_) => 1,
        Subject::Objects(objects, _) => objects.len(),
        Subject::Type(group) => {
            let table = desk.opened.table();
            table.row_of(*group).map_or(0, |row| table.rows[row].figures.count as usize)
        }
    }
}
