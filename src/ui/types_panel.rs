//! Types: what fills the heap.
//!
//! Keeps what the person typed and chose, and the last arrangement of the table. A small table is arranged
//! within the frame; a large one by the session's worker, while the last arrangement stays in sight.

use std::sync::Arc;

use eframe::egui::{self, Align, Key, Layout, RichText, Ui};

use super::action::Action;
use super::asked::Asked;
use super::desk::{self, Desk};
use super::facts_line;
use super::filter_field::FilterField;
use super::grid::{Event, Grid};
use super::settings::Settings;
use super::theme::{self, size};
use super::widgets::{self, palette};
use crate::heap::TypeKind;
use crate::view::format;
use crate::view::holding::Holding;
use crate::view::place::{Place, Subject, Tab};
use crate::view::rows::{Rows, sort_by};
use crate::view::types::{Arrangement, Query, TypeColumn, TypeRow, TypeRows, TypeTable};

/// Rows that are sorted within a frame.
const AT_ONCE: usize = 5_000;

/// The panel's own state.
pub struct TypesPanel {
    filter: FilterField,
    query: Query,
    table: Arc<TypeTable>,
    arrangement: Arrangement,
    pending: Asked<Arrangement>,
    /// A row of the table, however it is arranged.
    selected: Option<u32>,
    /// What the selection was set to from outside.
    subject: Option<Subject>,
    reveal: bool,
    /// Who keeps the selected type's objects alive.
    holding: Asked<Holding>,
    held: Option<u32>,
}

impl TypesPanel {
    pub fn new(table: &Arc<TypeTable>, folded: bool) -> TypesPanel {
        let query = Query { folded, ..Query::default() };
        TypesPanel {
            filter: FilterField::default(),
            arrangement: table.arrange(&query),
            query,
            table: table.clone(),
            pending: Asked::default(),
            selected: None,
            subject: None,
            reveal: false,
            holding: Asked::default(),
            held: None,
        }
    }

    /// Is this another subject than the one that was selected from outside last?
    pub fn is_to_select(&self, subject: Option<&Subject>) -> bool {
        subject.is_some() && self.subject.as_ref() != subject
    }

    /// Takes a table with more figures, an arrangement that is ready, a selection made elsewhere.
    fn refresh(&mut self, desk: &mut Desk<'_>, subject: Option<&Subject>) {
        if !Arc::ptr_eq(desk.opened.table(), &self.table) {
            self.table = desk.opened.table().clone();
            self.arrange(desk);
        }
        if self.pending.poll() {
            self.arrangement = self.pending.get().cloned().unwrap_or_default();
        }
        if self.is_to_select(subject) {
            desk.settings.by_name = false;
            self.subject = subject.cloned();
            let first = match subject {
                Some(Subject::Type(group)) => Some(*group),
                Some(Subject::Object(object)) => Some(desk.opened.group_of(*object)),
                Some(Subject::Objects(objects, _)) => objects.first().map(|object| desk.opened.group_of(*object)),
                None => None,
            };
            let row = first.and_then(|group| self.table.rows.iter().position(|row| row.group == group));
            self.selected = row.map(|row| row as u32);
            self.reveal = true;
        }
        self.holding.poll();
        let wanted = self.selected.filter(|_| desk.opened.analysis().is_some());
        if wanted.is_some() && wanted != self.held {
            self.held = wanted;
            self.holding.clear();
            let subject = self.selected_subject();
            self.holding.ask(desk.session.ask(move |opened, progress| {
                let objects = subject.map_or_else(Vec::new, |subject| opened.objects_of(&subject));
                opened.holding(&objects, progress)
            }));
        }
    }

    /// The selected row as what another view is about.
    pub fn selected_subject(&self) -> Option<Subject> {
        self.selected.map(|row| Subject::Type(self.table.rows[row as usize].group))
    }

    fn arrange(&mut self, desk: &Desk<'_>) {
        if self.table.rows.len() <= AT_ONCE {
            self.arrangement = self.table.arrange(&self.query);
        } else {
            let (table, query) = (self.table.clone(), self.query.clone());
            self.pending.ask(desk.session.ask(move |_, _| Ok(table.arrange(&query))));
        }
        self.reveal = true;
    }

    /// Shows tool bar, table and the line about the selected type; `subject` is what to select.
    pub fn show(&mut self, ui: &mut Ui, desk: &mut Desk<'_>, subject: Option<&Subject>) -> Vec<Action> {
        self.refresh(desk, subject);
        let before = (self.query.sort, self.query.descending, self.query.folded);
        let filtered = super::tool_bar(ui, |ui| self.tools(ui, desk.settings));
        let mut actions = Vec::new();
        if let Some(row) = self.selected {
            super::selection_bar(ui, |ui| self.selection(ui, &self.table.rows[row as usize], &mut actions));
        }
        egui::CentralPanel::no_frame().show(ui, |ui| self.table(ui, desk.settings, &mut actions));
        if filtered || before != (self.query.sort, self.query.descending, self.query.folded) {
            self.arrange(desk);
        }
        actions
    }

    /// True if another filter was typed.
    fn tools(&mut self, ui: &mut Ui, settings: &mut Settings) -> bool {
        let palette = palette(ui);
        faces(ui, settings);
        let hint = "Filter types: text, /regex/, >1MB, >1%";
        let filtered = self.filter.show(ui, &mut self.query.filter, "Filter types", hint);
        const FOLDING: &str = "strings and arrays in their owner";
        const HINT: &str = "Strings and arrays count to the object that alone keeps them; shared ones stay themselves";
        if widgets::toggle(ui, FOLDING, self.query.folded).on_hover_text(HINT).clicked() {
            self.query.folded = !self.query.folded;
            settings.folded = self.query.folded;
        }
        columns_menu(ui, settings);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::EDGE);
            let (shown, all) = (self.arrangement.order.len() as u64, self.table.rows.len() as u64);
            let words = if shown == all {
                format::counted(all, "type")
            } else {
                format!("{} of {}", format::count(shown), format::counted(all, "type"))
            };
            ui.label(RichText::new(words).color(palette.muted));
        });
        filtered
    }

    fn table(&mut self, ui: &mut Ui, settings: &Settings, actions: &mut Vec<Action>) {
        let hidden: Vec<TypeColumn> = TypeColumn::ALL
            .into_iter()
            .filter(|column| settings.hidden_columns.iter().any(|title| title == column.title()))
            .collect();
        let rows = TypeRows::new(&self.table, &self.arrangement, &hidden, true);
        let selected = self.selected.and_then(|row| self.arrangement.order.iter().position(|shown| *shown == row));
        let empty = if self.table.rows.is_empty() { "This heap has no objects" } else { "No type passes this filter" };
        let events = Grid::new("types", &rows)
            .sorted(rows.index_of(self.query.sort), self.query.descending)
            .selected(selected)
            .reveal(std::mem::take(&mut self.reveal))
            .empty(empty)
            .show(ui, |ui, row| {
                if rows.row(row).kind != TypeKind::Free {
                    desk::menu(ui, &Subject::Type(rows.row(row).group), actions);
                }
            });
        for event in events {
            match event {
                Event::Sort(column) => {
                    let column = rows.column(column);
                    let first = !matches!(column, TypeColumn::Name | TypeColumn::Assembly);
                    sort_by(&mut self.query.sort, &mut self.query.descending, column, first);
                }
                Event::Select(row) => self.selected = self.arrangement.order.get(row).copied(),
                Event::Open(row) if row < rows.len() && rows.row(row).kind != TypeKind::Free => {
                    let subject = Some(Subject::Type(rows.row(row).group));
                    actions.push(Action::Go(Place { tab: Tab::Referrers, subject }));
                }
                Event::Copy(text) => actions.push(Action::Copy(text)),
                Event::Open(_) | Event::Toggle(_) => {}
            }
        }
    }

    /// The line that says what is selected, how much it retains, and who keeps it alive.
    fn selection(&self, ui: &mut Ui, row: &TypeRow, actions: &mut Vec<Action>) {
        let palette = palette(ui);
        let figures = row.figures;
        let namespace = row.name.full.get(..row.name.namespace as usize).unwrap_or_default().trim_end_matches('.');
        facts_line::named(ui, "Selected", &row.name.short, namespace);
        facts_line::figure(ui, "Objects", &format::count(figures.count), "");
        let percent = |bytes| format!("{} %", format::percent(bytes, self.table.total.bytes));
        if !self.table.analysed || row.kind == TypeKind::Free {
            facts_line::figure(ui, "Own size", &format::count(figures.bytes), &percent(figures.bytes));
            return;
        }
        let retained = format!("bytes · {}", percent(figures.retained));
        facts_line::figure(ui, "Retains", &format::count(figures.retained), &retained);
        let subject = Subject::Type(row.group);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::EDGE);
            // Who keeps it alive needs the room most; keys and the row's menu lead everywhere too.
            let wide = ui.available_width() > 640.0;
            for (words, key, tab) in [("Instances", Key::I, Tab::Instances), ("Flame graph", Key::F, Tab::Flame)] {
                if wide && widgets::tool(ui, words, key.name()).clicked() || desk::key(ui, key) {
                    actions.push(Action::Go(Place { tab, subject: Some(subject.clone()) }));
                }
            }
            if widgets::tool(ui, "Referrers", "⏎").clicked() {
                actions.push(Action::Go(Place { tab: Tab::Referrers, subject: Some(subject.clone()) }));
            }
            ui.add_space(size::GAP);
            ui.with_layout(Layout::left_to_right(Align::TOP), |ui| {
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 4.0;
                    widgets::label(ui, "Kept alive by");
                    ui.horizontal(|ui| {
                        ui.spacing_mut().item_spacing.x = 6.0;
                        match self.holding.get().map(|holding| (holding, holding.ways.first())) {
                            Some((holding, Some(way))) => {
                                let link = widgets::link(ui, &way.short, theme::strong(), palette.root);
                                if link.on_hover_text(&*way.title).clicked() {
                                    actions.push(Action::Explain(subject.clone()));
                                }
                                let rest = RichText::new(holding.rest()).color(palette.muted);
                                ui.add(egui::Label::new(rest).truncate());
                            }
                            Some((_, None)) => {
                                ui.label(RichText::new("nothing: the next collection frees it").color(palette.muted));
                            }
                            None => {
                                ui.label(RichText::new("…").color(palette.faint));
                            }
                        }
                    });
                });
            });
        });
    }
}

/// The switch between this table and PerfView's of the same heap.
pub fn faces(ui: &mut Ui, settings: &mut Settings) {
    if let Some(face) = widgets::switch(ui, &["By type", "PerfView By Name"], usize::from(settings.by_name)) {
        settings.by_name = face == 1;
    }
}

/// Which columns are shown; the name always is.
fn columns_menu(ui: &mut Ui, settings: &mut Settings) {
    let button = widgets::tool(ui, "Columns", "▾");
    egui::Popup::menu(&button).close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
        for column in TypeColumn::ALL.into_iter().filter(|column| *column != TypeColumn::Name) {
            let title = column.title();
            let mut shown = !settings.hidden_columns.iter().any(|hidden| hidden == title);
            if ui.checkbox(&mut shown, title).clicked() {
                settings.hidden_columns.retain(|hidden| hidden != title);
                if !shown {
                    settings.hidden_columns.push(title.to_owned());
                }
            }
        }
    });
}
