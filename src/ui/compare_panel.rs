//! Compare: what came, went and grew between this dump and another one.
//!
//! The other dump loads beside this one, with progress and a way out; then the worker makes the table and
//! arranges it. Whichever file was written first is the base, until the person swaps them.

use std::sync::Arc;

use eframe::egui::{self, Align, Key, Layout, Modifiers, RichText, Ui};

use super::action::Action;
use super::asked::Asked;
use super::columns_menu;
use super::compare_start::CompareStart;
use super::desk::{self, Desk};
use super::facts_line;
use super::filter_field::FilterField;
use super::grid::{Event, Grid};
use super::settings::Settings;
use super::theme::{self, size};
use super::widgets::{self, palette};
use super::{center_column, failed, loading};
use crate::progress::Snapshot;
use crate::session::compare::{Other, OtherState};
use crate::session::{Session, Source};
use crate::view::compare::{COLUMNS, CompareColumn, CompareRow, CompareRows, CompareTable, Fate, Query, sum};
use crate::view::format;
use crate::view::place::{Place, Subject, Tab};
use crate::view::rows::sort_by;
use crate::view::types::TypeTable;

/// Room for a chip, and for the buttons at the right.
const CHIP: f32 = 130.0;
const BUTTONS: f32 = 290.0;

/// The panel's own state.
#[derive(Default)]
pub struct ComparePanel {
    start: CompareStart,
    other: Option<Other>,
    /// Is the open dump the earlier one?
    open_is_base: bool,
    table: Asked<Arc<CompareTable>>,
    order: Asked<(Vec<u32>, [i64; 2])>,
    filter: FilterField,
    query: Query,
    /// A row of the table, however it is arranged.
    selected: Option<u32>,
    reveal: bool,
}

impl ComparePanel {
    /// Compares the dump of `session` with another one, in place of what was compared before.
    pub fn start(&mut self, session: &Session, other: Source) {
        let open_is_base = session.source.written().zip(other.written()).is_some_and(|(open, other)| open < other);
        *self = ComparePanel { other: Some(Other::open(other, session)), open_is_base, ..ComparePanel::default() };
    }

    /// This desktop has no dialog to choose a file.
    pub fn no_dialog(&mut self) {
        self.start.note = Some("This desktop shows no file dialog: type the path below");
        self.other = None;
    }

    /// What came of the comparison, once it is there.
    pub fn table(&self) -> Option<&Arc<CompareTable>> {
        self.table.get()
    }

    /// Shows the comparison, or how to begin one.
    pub fn show(&mut self, ui: &mut Ui, desk: &mut Desk<'_>) -> Vec<Action> {
        let mut actions = Vec::new();
        let Some(state) = self.other.as_mut().and_then(Other::state) else {
            let open = match &desk.session.source {
                Source::File(path) => std::path::absolute(path).ok(),
                Source::Sample => None,
            };
            self.start.show(ui, &desk.settings.recent, open.as_deref(), &mut actions);
            return actions;
        };
        let name = self.other.as_ref().map(|other| other.source.name()).unwrap_or_default();
        match state {
            OtherState::Loading(progress) => {
                let shown = egui::CentralPanel::no_frame().show(ui, |ui| loading::show(ui, &name, &progress));
                if !shown.inner.is_empty() {
                    self.other = None;
                }
                ui.ctx().request_repaint_after_secs(0.05);
            }
            OtherState::Analysing(now) => {
                if analysing(ui, &name, now) {
                    self.other = None;
                }
            }
            OtherState::Failed(failure) => {
                let shown = egui::CentralPanel::no_frame().show(ui, |ui| failed::show(ui, &failure));
                for action in shown.inner {
                    match action {
                        Action::Choose => actions.push(Action::ChooseOther),
                        Action::Close => self.other = None,
                        other => actions.push(other),
                    }
                }
            }
            OtherState::Ready(_) if !desk::analysed(ui, desk) => {}
            OtherState::Ready(other) => self.ready(ui, desk, &name, other, &mut actions),
        }
        actions
    }

    fn ready(
        &mut self,
        ui: &mut Ui,
        desk: &mut Desk<'_>,
        name: &str,
        other: Arc<TypeTable>,
        actions: &mut Vec<Action>,
    ) {
        let mut swapped = self.table.is_new();
        if self.table.poll() {
            self.selected = None;
            self.arrange(desk);
        }
        self.reveal |= self.order.poll();
        let changed = super::tool_bar(ui, |ui| self.tools(ui, desk.settings, actions, &mut swapped));
        if swapped {
            let open_is_base = self.open_is_base;
            let ask = desk
                .session
                .ask(move |opened, _| Ok(Arc::new(CompareTable::new(opened.table(), &other, open_is_base))));
            self.table.ask(ask);
        } else if changed {
            self.arrange(desk);
        }
        if self.table.get().is_some() {
            super::selection_bar(ui, |ui| self.selection(ui, desk, name, actions));
        }
        egui::CentralPanel::no_frame().show(ui, |ui| self.rows(ui, desk, actions));
    }

    fn arrange(&mut self, desk: &Desk<'_>) {
        let Some(table) = self.table.get().cloned() else { return };
        let query = self.query.clone();
        self.order.ask(desk.session.ask(move |_, _| {
            let order = table.arrange(&query);
            let total = sum(&table, &order);
            Ok((order, total))
        }));
    }

    /// True if another arrangement is wanted.
    fn tools(&mut self, ui: &mut Ui, settings: &mut Settings, actions: &mut Vec<Action>, swapped: &mut bool) -> bool {
        let mut changed =
            self.filter.show(ui, &mut self.query.filter, "Filter changes", "Filter types: text, /regex/, >1MB");
        let counts = self.table.get().map_or([0; 5], |table| table.counts);
        for (fate, count) in Fate::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0) {
            // Where the window is narrow, the last ones leave their room to the buttons.
            if ui.available_width() < CHIP + BUTTONS {
                break;
            }
            let words = format!("{} {}", fate.words(), format::count(count));
            let on = self.query.fate == Some(fate);
            if widgets::toggle(ui, &words, on).clicked() {
                self.query.fate = (!on).then_some(fate);
                changed = true;
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::EDGE);
            if widgets::tool(ui, "Compare with…", "").clicked() {
                actions.push(Action::ChooseOther);
            }
            columns_menu::show(ui, settings, "compare", &COLUMNS);
            if widgets::tool(ui, "Swap", "").on_hover_text("Take the other dump for the earlier one").clicked() {
                self.open_is_base = !self.open_is_base;
                *swapped = true;
            }
        });
        changed
    }

    fn rows(&mut self, ui: &mut Ui, desk: &Desk<'_>, actions: &mut Vec<Action>) {
        let (Some(table), Some((order, total))) = (self.table.get(), self.order.get()) else {
            self.table.instead(ui, "Comparing");
            return;
        };
        // A new table is here, its order not yet.
        if order.iter().any(|&row| row as usize >= table.rows.len()) {
            return;
        }
        let rows = CompareRows::new(table, order, *total);
        let selected = self.selected.and_then(|row| order.iter().position(|shown| *shown == row));
        let same = table.counts[..4].iter().all(|count| *count == 0);
        let events = Grid::new("compare", &rows)
            .sorted(Some(self.query.sort.index()), self.query.descending)
            .selected(selected)
            .reveal(std::mem::take(&mut self.reveal))
            .hidden(desk.settings.hidden("compare"))
            .empty(if same { "Both dumps hold the same" } else { "No type passes this filter" })
            .show(ui, |ui, row| {
                if let Some(subject) = subject(rows.row(row)) {
                    desk::menu(ui, &subject, actions);
                }
            });
        let mut sort = None;
        for event in events {
            match event {
                Event::Sort(column) => sort = Some(CompareColumn::at(column)),
                Event::Select(row) => self.selected = order.get(row).copied(),
                Event::Open(row) if row < order.len() => {
                    if let Some(subject) = subject(rows.row(row)) {
                        actions.push(Action::Go(Place { tab: Tab::Referrers, subject: Some(subject) }));
                    }
                }
                Event::Copy(text) => actions.push(Action::Copy(text)),
                Event::Open(_) | Event::Toggle(_) => {}
            }
        }
        if let Some(column) = sort {
            sort_by(&mut self.query.sort, &mut self.query.descending, column, column.descends());
            self.arrange(desk);
        }
    }

    /// Which dumps are compared, what came of it, and what is known of the selected type.
    fn selection(&self, ui: &mut Ui, desk: &Desk<'_>, name: &str, actions: &mut Vec<Action>) {
        let Some(table) = self.table.get() else { return };
        let Some(row) = self.selected.and_then(|row| table.rows.get(row as usize)) else {
            let open = desk.session.source.name();
            let [base, new] = if self.open_is_base { [&open[..], name] } else { [name, &open[..]] };
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 4.0;
                widgets::label(ui, &format!("{base} → {new}"));
                ui.label(RichText::new(table.verdict()).color(palette(ui).text));
            });
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add_space(size::EDGE);
                flame_button(ui, actions);
            });
            return;
        };
        let CompareRow { change, .. } = row;
        let namespace = change.name.full.get(..change.name.namespace as usize).unwrap_or_default();
        facts_line::named(ui, "Selected", &change.name.short, namespace.trim_end_matches('.'));
        let both = |base: u64, new: u64| format!("{} → {}", format::count(base), format::count(new));
        facts_line::figure(ui, "Objects", &both(change.base.count, change.new.count), "");
        facts_line::figure(ui, "Bytes", &both(change.base.bytes, change.new.bytes), "");
        if !row.is_free {
            facts_line::figure(ui, "Retained", &both(change.base.retained, change.new.retained), "");
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::EDGE);
            flame_button(ui, actions);
            match subject(row) {
                Some(subject) if widgets::tool(ui, "Referrers", "⏎").clicked() => {
                    actions.push(Action::Go(Place { tab: Tab::Referrers, subject: Some(subject) }));
                }
                None if !row.is_free => {
                    ui.label(RichText::new("not in this dump").color(palette(ui).faint));
                }
                _ => {}
            }
        });
    }
}

fn flame_button(ui: &mut Ui, actions: &mut Vec<Action>) {
    const GROWTH: &str = "This dump's flame graph: red has grown, blue has shrunk";
    if widgets::tool(ui, "Show as flame graph", "").on_hover_text(GROWTH).clicked() {
        actions.push(Action::FlameOfGrowth);
    }
}

/// The type in the open dump, where that has it.
fn subject(row: &CompareRow) -> Option<Subject> {
    row.group.filter(|_| !row.is_free).map(Subject::Type)
}

/// The other dump's retained sizes are on their way; true if nobody wants to wait for them.
fn analysing(ui: &mut Ui, name: &str, now: Snapshot) -> bool {
    let palette = palette(ui);
    let mut cancelled = false;
    egui::CentralPanel::no_frame().show(ui, |ui| {
        center_column(ui, 460.0, 130.0, |ui| {
            ui.label(RichText::new(format!("Opening {name}")).font(theme::title()).color(palette.text));
            ui.add_space(12.0);
            ui.label(RichText::new(now.phase.label()).color(palette.muted));
            ui.add_space(12.0);
            widgets::progress(ui, now);
            ui.add_space(14.0);
            let escape = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
            cancelled = widgets::tool(ui, "Cancel", "Esc").clicked() || escape;
        });
    });
    cancelled
}
