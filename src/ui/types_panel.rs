//! Types: what fills the heap.
//!
//! Keeps what the person typed and chose, and the last arrangement of the table. A small table is arranged
//! within the frame; a large one by the session's worker, while the last arrangement stays in sight.

use std::sync::Arc;

use eframe::egui::{self, Align, Key, Layout, Modifiers, RichText, TextEdit, Ui, vec2};

use super::action::Action;
use super::grid::{Event, Grid};
use super::settings::Settings;
use super::theme::{self, size};
use super::widgets::{self, palette};
use crate::session::{Session, Ticket};
use crate::view::filter::Filter;
use crate::view::format;
use crate::view::rows::Rows;
use crate::view::types::{Arrangement, Query, TypeColumn, TypeRow, TypeRows, TypeTable};

/// Rows that are sorted within a frame.
const AT_ONCE: usize = 5_000;

/// The panel's own state.
pub struct TypesPanel {
    filter: String,
    /// What is wrong with the filter.
    problem: Option<String>,
    query: Query,
    table: Arc<TypeTable>,
    arrangement: Arrangement,
    pending: Option<Ticket<Arrangement>>,
    /// A row of the table, however it is arranged.
    selected: Option<u32>,
    reveal: bool,
}

impl TypesPanel {
    pub fn new(table: &Arc<TypeTable>, folded: bool) -> TypesPanel {
        let query = Query { folded, ..Query::default() };
        TypesPanel {
            filter: String::new(),
            problem: None,
            arrangement: table.arrange(&query),
            query,
            table: table.clone(),
            pending: None,
            selected: None,
            reveal: false,
        }
    }

    /// Takes a table with more figures, and an arrangement that is ready.
    pub fn refresh(&mut self, table: &Arc<TypeTable>, session: &Session) {
        if !Arc::ptr_eq(table, &self.table) {
            self.table = table.clone();
            self.arrange(session);
        }
        if let Some(answer) = self.pending.as_ref().and_then(Ticket::poll) {
            self.pending = None;
            match answer {
                Ok(arrangement) => self.arrangement = arrangement,
                Err(error) => log::warn!("the table stays as it is: {error}"),
            }
        }
    }

    fn arrange(&mut self, session: &Session) {
        if self.table.rows.len() <= AT_ONCE {
            self.arrangement = self.table.arrange(&self.query);
        } else {
            let (table, query) = (self.table.clone(), self.query.clone());
            self.pending = Some(session.ask(move |_, _| Ok(table.arrange(&query))));
        }
        self.reveal = true;
    }

    /// Shows tool bar, table and the line about the selected type.
    pub fn show(&mut self, ui: &mut Ui, session: &Session, settings: &mut Settings) -> Vec<Action> {
        let before = (self.query.sort, self.query.descending, self.query.folded, self.filter.clone());
        super::tool_bar(ui, |ui| self.tools(ui, settings));
        let mut actions = Vec::new();
        if let Some(row) = self.selected {
            let row = &self.table.rows[row as usize];
            super::selection_bar(ui, |ui| selection(ui, row, &self.table));
        }
        egui::CentralPanel::no_frame().show(ui, |ui| self.table(ui, settings, &mut actions));
        if before.3 != self.filter {
            match Filter::parse(&self.filter) {
                Ok(filter) => {
                    self.query.filter = filter;
                    self.problem = None;
                }
                Err(problem) => self.problem = Some(problem),
            }
        }
        if before != (self.query.sort, self.query.descending, self.query.folded, self.filter.clone()) {
            self.arrange(session);
        }
        actions
    }

    fn tools(&mut self, ui: &mut Ui, settings: &mut Settings) {
        let palette = palette(ui);
        let width = (ui.available_width() * 0.3).clamp(180.0, 300.0);
        let find = ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::F));
        let hint = RichText::new("Filter types: text, /regex/, >1MB, >1%").color(palette.faint);
        let edit = TextEdit::singleline(&mut self.filter).hint_text(hint).desired_width(width).margin(vec2(10.0, 5.0));
        let field = ui.add(edit).accessible_name("Filter types");
        if find {
            field.request_focus();
        }
        if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
            self.filter.clear();
        }
        if let Some(problem) = &self.problem {
            ui.label(RichText::new(problem).font(theme::small()).color(palette.error));
        }
        const FOLDING: &str = "strings and arrays in their owner";
        const HINT: &str = "Strings and arrays count to the object that alone keeps them; shared ones stay themselves";
        if self.query.folded && widgets::chip(ui, FOLDING).on_hover_text(HINT).clicked() {
            self.query.folded = false;
        } else if !self.query.folded && widgets::chip_off(ui, FOLDING).on_hover_text(HINT).clicked() {
            self.query.folded = true;
        }
        settings.folded = self.query.folded;
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
            .show(ui, |_, _| {});
        for event in events {
            match event {
                Event::Sort(column) => {
                    let column = rows.column(column);
                    let first = !matches!(column, TypeColumn::Name | TypeColumn::Assembly);
                    self.query.descending = if self.query.sort == column { !self.query.descending } else { first };
                    self.query.sort = column;
                }
                Event::Select(row) if row < rows.len() => self.selected = Some(self.arrangement.order[row]),
                Event::Copy(text) => actions.push(Action::Copy(text)),
                Event::Select(_) | Event::Open(_) | Event::Toggle(_) => {}
            }
        }
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

/// The line that says what is selected and how much it retains.
fn selection(ui: &mut Ui, row: &TypeRow, table: &TypeTable) {
    let palette = palette(ui);
    let figures = row.figures;
    let fact = |ui: &mut Ui, label: &str, figure: &str, rest: &str| {
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            widgets::label(ui, label);
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 5.0;
                ui.label(RichText::new(figure).font(theme::mono()).color(palette.text));
                ui.label(RichText::new(rest).color(palette.muted));
            });
        });
        ui.add_space(20.0);
    };
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.set_max_width((ui.available_width() * 0.45).max(200.0));
        widgets::label(ui, "Selected");
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 5.0;
            let namespace = row.name.full.get(..row.name.namespace as usize).unwrap_or_default().trim_end_matches('.');
            ui.add(egui::Label::new(RichText::new(&*row.name.short).font(theme::strong())).truncate());
            ui.add(egui::Label::new(RichText::new(namespace).color(palette.muted)).truncate());
        });
    });
    ui.add_space(20.0);
    fact(ui, "Objects", &format::count(figures.count), "");
    let percent = |bytes| format!("{} %", format::percent(bytes, table.total.bytes));
    fact(ui, "Own size", &format::count(figures.bytes), &percent(figures.bytes));
    if table.analysed {
        fact(ui, "Retains", &format::count(figures.retained), &percent(figures.retained));
    }
}
