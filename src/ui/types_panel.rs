//! Types: what fills the heap.
//!
//! Keeps what the person typed and chose, and the last arrangement of the table. A small table is arranged
//! within the frame; a large one by the session's worker, while the last arrangement stays in sight. Types stand
//! alone or in sets that open; what sets retain is worked out when they are first asked for.

use std::sync::Arc;

use eframe::egui::{self, Align, Key, Layout, RichText, Ui};
use rustc_hash::FxHashSet;

use super::action::Action;
use super::asked::Asked;
use super::columns_menu;
use super::desk::{self, Desk};
use super::facts_line;
use super::filter_field::FilterField;
use super::grid::{Event, Grid};
use super::settings::Settings;
use super::theme::{self, size};
use super::widgets::{self, palette};
use crate::heap::TypeKind;
use crate::progress::Progress;
use crate::session::Opened;
use crate::view::format;
use crate::view::holding::Holding;
use crate::view::place::{Place, Subject, Tab};
use crate::view::rows::{Rows, sort_by};
use crate::view::type_rows::{COLUMNS, Row, TypeRows};
use crate::view::type_sets::{Grouping, Line, SetSizes, TypeSet};
use crate::view::types::{Arrangement, Query, TypeColumn, TypeRow, TypeTable};

/// Rows that are sorted within a frame.
const AT_ONCE: usize = 5_000;
/// From here on all of its controls fit in one bar.
const ONE_BAR: f32 = 1340.0;

/// The panel's own state.
pub struct TypesPanel {
    filter: FilterField,
    query: Query,
    table: Arc<TypeTable>,
    arrangement: Arrangement,
    pending: Asked<Arrangement>,
    /// Names of sets that are open, and what is in sight with them.
    open: FxHashSet<Box<str>>,
    lines: Vec<Line>,
    sizes: Asked<Arc<SetSizes>>,
    selected: Option<Chosen>,
    /// What the selection was set to from outside.
    subject: Option<Subject>,
    reveal: bool,
    /// Who keeps the selected type's objects alive.
    holding: Asked<Holding>,
    held: Option<u32>,
}

/// What is selected, however the table is arranged.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Chosen {
    /// A row of the table.
    Type(u32),
    /// A set, by its name.
    Set(Box<str>),
}

impl TypesPanel {
    pub fn new(table: &Arc<TypeTable>, settings: &Settings) -> TypesPanel {
        let Settings { folded, my_code, grouping, .. } = *settings;
        let query = Query { folded, my_code, grouping, ..Query::default() };
        let arrangement = table.arrange(&query);
        let open = FxHashSet::default();
        TypesPanel {
            filter: FilterField::default(),
            lines: arrangement.lines(&open),
            arrangement,
            query,
            table: table.clone(),
            pending: Asked::default(),
            open,
            sizes: Asked::default(),
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
            self.arranged();
        }
        self.group(desk);
        if self.is_to_select(subject) {
            desk.settings.by_name = false;
            self.subject = subject.cloned();
            let first = match subject {
                Some(Subject::Type(group)) => Some(*group),
                Some(Subject::Object(object)) => Some(desk.opened.group_of(*object)),
                Some(Subject::Objects(objects, _)) => objects.first().map(|object| desk.opened.group_of(*object)),
                None => None,
            };
            let row = first.and_then(|group| self.table.row_of(group));
            self.selected = row.map(|row| Chosen::Type(row as u32));
            self.uncover_selected();
        }
        self.holding.poll();
        let wanted = self.selected_row().filter(|_| desk.opened.analysis().is_some());
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

    /// Asks what the sets of the chosen grouping retain, and takes over what came.
    fn group(&mut self, desk: &Desk<'_>) {
        let grouping = self.query.grouping;
        if grouping != Grouping::None && self.sizes.is_new() && desk.opened.analysis().is_some() {
            let ask = move |opened: &Opened, progress: &Progress| Ok(Arc::new(opened.set_sizes(grouping, progress)?));
            self.sizes.ask(desk.session.ask_slow(ask));
        }
        if self.sizes.poll() {
            self.query.sizes = self.sizes.get().cloned();
            self.arrange(desk);
        }
    }

    fn selected_row(&self) -> Option<u32> {
        match self.selected {
            Some(Chosen::Type(row)) => Some(row),
            _ => None,
        }
    }

    /// The selected row as what another view is about.
    pub fn selected_subject(&self) -> Option<Subject> {
        self.selected_row().map(|row| Subject::Type(self.table.rows[row as usize].group))
    }

    fn arrange(&mut self, desk: &Desk<'_>) {
        if self.table.rows.len() <= AT_ONCE {
            self.arrangement = self.table.arrange(&self.query);
            self.arranged();
        } else {
            let (table, query) = (self.table.clone(), self.query.clone());
            self.pending.ask(desk.session.ask(move |_, _| Ok(table.arrange(&query))));
        }
    }

    fn arranged(&mut self) {
        self.lines = self.arrangement.lines(&self.open);
        self.reveal = true;
    }

    /// Opens the set that the selected type stands in.
    fn uncover_selected(&mut self) {
        let row = self.selected_row();
        let at = row.and_then(|row| self.arrangement.order.iter().position(|shown| *shown == row));
        let set = at.and_then(|at| self.arrangement.sets.iter().find(|set| set.types.contains(&at)));
        self.open.extend(set.map(|set| set.name.clone()));
        self.arranged();
    }

    fn toggle(&mut self, set: Box<str>) {
        if !self.open.remove(&set) {
            self.open.insert(set);
        }
        self.lines = self.arrangement.lines(&self.open);
    }

    /// Shows tool bar, table and the line about what is selected; `subject` is what to select.
    pub fn show(&mut self, ui: &mut Ui, desk: &mut Desk<'_>, subject: Option<&Subject>) -> Vec<Action> {
        self.refresh(desk, subject);
        let asked = |query: &Query| (query.sort, query.descending, query.folded, query.my_code, query.grouping);
        let before = asked(&self.query);
        let wide = ui.available_width() >= ONE_BAR;
        let filtered = super::tool_bar(ui, |ui| self.tools(ui, desk.settings, wide));
        if !wide {
            super::second_tool_bar(ui, |ui| self.choices(ui, desk.settings));
        }
        let mut actions = Vec::new();
        if self.selected.is_some() {
            super::selection_bar(ui, |ui| self.selection(ui, &mut actions));
        }
        egui::CentralPanel::no_frame().show(ui, |ui| self.table(ui, desk.settings, &mut actions));
        let after = asked(&self.query);
        if before.4 != after.4 {
            self.open.clear();
            self.sizes.clear();
            self.query.sizes = None;
        }
        if filtered || before != after {
            self.arrange(desk);
        }
        actions
    }

    /// What is counted where, what is left out, and what types are put together by.
    fn choices(&mut self, ui: &mut Ui, settings: &mut Settings) {
        widgets::label(ui, "Group");
        let now = Grouping::ALL.iter().position(|grouping| *grouping == self.query.grouping).unwrap_or(0);
        if let Some(at) = widgets::switch(ui, &Grouping::ALL.map(Grouping::word), now) {
            self.query.grouping = Grouping::ALL[at];
            settings.grouping = self.query.grouping;
        }
        const FOLDING: &str = "strings and arrays in their owner";
        const HINT: &str = "Strings and arrays count to the object that alone keeps them; shared ones stay themselves";
        if widgets::toggle(ui, FOLDING, self.query.folded).on_hover_text(HINT).clicked() {
            self.query.folded = !self.query.folded;
            settings.folded = self.query.folded;
        }
        desk::my_code(ui, settings);
        self.query.my_code = settings.my_code;
    }

    /// True if another filter was typed.
    fn tools(&mut self, ui: &mut Ui, settings: &mut Settings, wide: bool) -> bool {
        let palette = palette(ui);
        faces(ui, settings);
        let hint = "Filter types: text, /regex/, >1MB, >1%";
        let filtered = self.filter.show(ui, &mut self.query.filter, "Filter types", hint);
        if wide {
            self.choices(ui, settings);
        }
        columns_menu::show(ui, settings, "types", &COLUMNS);
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
        let rows = TypeRows::new(&self.table, &self.arrangement, &self.lines);
        let chosen = |line: &Line| match *line {
            Line::Type(row) => Chosen::Type(row),
            Line::Set(set) => Chosen::Set(self.arrangement.sets[set as usize].name.clone()),
        };
        let is_selected = |line: &Line| match (&self.selected, *line) {
            (Some(Chosen::Type(row)), Line::Type(shown)) => *row == shown,
            (Some(Chosen::Set(name)), Line::Set(set)) => *name == self.arrangement.sets[set as usize].name,
            _ => false,
        };
        let empty = match () {
            () if self.table.rows.is_empty() => "This heap has no objects",
            () if self.arrangement.hidden.types > 0 => {
                "Only types of the framework pass this filter, and they are hidden"
            }
            () => "No type passes this filter",
        };
        let subject = |row: usize| match rows.line(row) {
            Row::Type(row) if row.kind != TypeKind::Free => Some(Subject::Type(row.group)),
            _ => None,
        };
        let events = Grid::new("types", &rows)
            .sorted(Some(self.query.sort.index()), self.query.descending)
            .selected(self.lines.iter().position(is_selected))
            .reveal(std::mem::take(&mut self.reveal))
            .hidden(settings.hidden("types"))
            .empty(empty)
            .show(ui, |ui, row| {
                if let Some(subject) = subject(row) {
                    desk::menu(ui, &subject, actions);
                }
            });
        let (mut selected, mut toggled) = (None, None);
        for event in events {
            match event {
                Event::Sort(column) => {
                    let column = TypeColumn::at(column);
                    sort_by(&mut self.query.sort, &mut self.query.descending, column, column.descends());
                }
                Event::Select(row) => selected = self.lines.get(row).map(chosen),
                Event::Open(row) | Event::Toggle(row) if row < rows.len() => match (rows.line(row), subject(row)) {
                    (Row::Set(set), _) => toggled = Some(set.name.clone()),
                    (_, Some(subject)) => {
                        actions.push(Action::Go(Place { tab: Tab::Referrers, subject: Some(subject) }));
                    }
                    _ => {}
                },
                Event::Copy(text) => actions.push(Action::Copy(text)),
                Event::Open(_) | Event::Toggle(_) => {}
            }
        }
        self.selected = selected.or(self.selected.take());
        toggled.into_iter().for_each(|set| self.toggle(set));
    }

    /// The line about what is selected.
    fn selection(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        match &self.selected {
            Some(Chosen::Type(row)) => self.selected_type(ui, &self.table.rows[*row as usize], actions),
            Some(Chosen::Set(name)) => {
                let set = self.arrangement.sets.iter().find(|set| set.name == *name);
                set.into_iter().for_each(|set| self.selected_set(ui, set));
            }
            None => {}
        }
    }

    fn selected_set(&self, ui: &mut Ui, set: &TypeSet) {
        let percent = |bytes| format!("{} %", format::percent(bytes, self.table.total.bytes));
        let exclusive = set.figures.exclusive(self.arrangement.folded);
        let grouping = self.arrangement.grouping;
        facts_line::named(ui, "Selected", &grouping.title(&set.name), grouping.word());
        facts_line::figure(ui, "Types", &format::count(set.types.len() as u64), "");
        facts_line::figure(ui, "Objects", &format::count(set.figures.count), "");
        facts_line::figure(ui, "Own size", &format::count(exclusive), &format!("bytes · {}", percent(exclusive)));
        if let Some(retained) = set.retained {
            let rest = format!("bytes · {}", percent(retained));
            facts_line::figure(ui, "Retained together", &format::count(retained), &rest);
        }
    }

    /// The line that says what is selected, how much it retains, and who keeps it alive.
    fn selected_type(&self, ui: &mut Ui, row: &TypeRow, actions: &mut Vec<Action>) {
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
