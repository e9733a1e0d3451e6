//! By Name: PerfView's table of the same heap, by patterns that can be changed.
//!
//! The other face of the Types tab. A person types patterns as in PerfView; the session's worker makes the
//! table, and the last one stays in sight meanwhile. A row's menu writes a pattern for it.

use std::sync::Arc;

use eframe::egui::{self, Align, Frame, Key, Layout, Margin, Popup, PopupCloseBehavior, RichText, Ui};

use super::action::Action;
use super::asked::Asked;
use super::desk::{self, Desk};
use super::filter_field::FilterField;
use super::grid::{Event, Grid};
use super::grid_cell::menu_item;
use super::theme::{self, size};
use super::types_panel;
use super::widgets::{self, palette};
use crate::analysis::byname::{Rules, Table};
use crate::view::byname::{ByNameColumn, ByNameRows, arrange, pattern_of, type_row};
use crate::view::filter::Filter;
use crate::view::format;
use crate::view::place::{Place, Subject, Tab};
use crate::view::rows::sort_by;

const GRAMMAR: &str = "PerfView's patterns: * any text, % letters, digits and dots, ^ the start, | or, { } a group; \
                       several stand apart by ;  Enter makes the table anew.";

const PRIORITIES: &str = "A priority is pattern->number: of two that could hold an object the higher number does.";
/// Points.
const MORE_WIDTH: f32 = 460.0;

/// The panel's own state.
pub struct ByNamePanel {
    filter: FilterField,
    wanted: Filter,
    sort: ByNameColumn,
    descending: bool,
    /// What stands in the boxes, and the percentage as it was typed.
    rules: Rules,
    percent: String,
    /// What the table in sight, or the one on its way, was asked for with.
    asked: Option<Rules>,
    table: Asked<Arc<Table>>,
    order: Asked<(Arc<Table>, Vec<u32>)>,
    /// The name of a row, however the patterns change.
    selected: Option<Box<str>>,
    reveal: bool,
}

impl Default for ByNamePanel {
    fn default() -> Self {
        ByNamePanel {
            filter: FilterField::default(),
            wanted: Filter::default(),
            sort: ByNameColumn::ExcPercent,
            descending: true,
            rules: Rules::default(),
            percent: String::from("0"),
            asked: None,
            table: Asked::default(),
            order: Asked::default(),
            selected: None,
            reveal: false,
        }
    }
}

impl ByNamePanel {
    /// Shows both bars and the table.
    pub fn show(&mut self, ui: &mut Ui, desk: &mut Desk<'_>) -> Vec<Action> {
        if self.asked.is_none() {
            self.ask(desk);
        }
        if self.table.poll() {
            self.arrange(desk);
        }
        self.reveal |= self.order.poll();
        let mut actions = Vec::new();
        if super::tool_bar(ui, |ui| self.tools(ui, desk)) {
            self.arrange(desk);
        }
        let changed = super::bar(ui, "patterns", size::TOOL_BAR, |ui| super::row(ui, |ui| self.patterns(ui)));
        egui::CentralPanel::no_frame().show(ui, |ui| self.rows(ui, desk, &mut actions));
        if changed && self.asked.as_ref() != Some(&self.rules) {
            self.ask(desk);
        }
        actions
    }

    fn ask(&mut self, desk: &Desk<'_>) {
        let rules = self.rules.clone();
        self.asked = Some(rules.clone());
        self.table.ask(
            desk.session.ask_slow(move |opened, progress| {
                Ok(Arc::new(opened.by_name.table(&opened.heap, &rules, progress)?))
            }),
        );
    }

    fn arrange(&mut self, desk: &Desk<'_>) {
        let Some(table) = self.table.get().cloned() else { return };
        let (filter, sort, descending) = (self.wanted.clone(), self.sort, self.descending);
        self.order.ask(desk.session.ask(move |_, _| {
            let order = arrange(&table, &filter, sort, descending);
            Ok((table, order))
        }));
    }

    /// True if another filter was typed.
    fn tools(&mut self, ui: &mut Ui, desk: &mut Desk<'_>) -> bool {
        types_panel::faces(ui, desk.settings);
        let filtered = self.filter.show(ui, &mut self.wanted, "Filter rows", "Filter rows: text, /regex/, >1MB, >1%");
        let palette = palette(ui);
        self.table.working(ui);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::EDGE);
            if let Some((table, order)) = self.order.get() {
                let (shown, all) = (order.len() as u64, table.rows.len() as u64);
                let rows = match shown == all {
                    true => format::counted(all, "row"),
                    false => format!("{} of {}", format::count(shown), format::counted(all, "row")),
                };
                let words = format!("{rows} · {}", format::bytes(table.total.bytes));
                ui.label(RichText::new(words).color(palette.muted));
            }
        });
        filtered
    }

    /// The boxes of PerfView's patterns; true if the table is to be made anew.
    fn patterns(&mut self, ui: &mut Ui) -> bool {
        let room = ui.available_width() - size::EDGE - 400.0;
        let mut changed = false;
        let fields = [
            ("Group", "Patterns that make groups", &mut self.rules.group, 0.45),
            ("Fold", "Patterns of what counts to its holder", &mut self.rules.fold, 0.35),
            ("Exclude", "Patterns of what is left out", &mut self.rules.exclude, 0.2),
        ];
        for (label, name, text, part) in fields {
            widgets::label(ui, label);
            let field = widgets::field(ui, text, name, "none", (room * part).max(60.0));
            changed |= field.lost_focus();
            let whole = format!("{name}: {}\n{GRAMMAR}", if text.is_empty() { "none" } else { text });
            field.on_hover_text(whole);
        }
        widgets::label(ui, "Fold %");
        let field = widgets::field(ui, &mut self.percent, "Fold below this percentage", "0", 36.0);
        changed |= field.lost_focus();
        if field.lost_focus() {
            // What is no number leaves the last one, and shows it.
            let typed = self.percent.trim().replace(',', ".").parse::<f32>().ok();
            if let Some(percent) = typed.filter(|percent| percent.is_finite()) {
                self.rules.fold_percent = percent.clamp(0.0, 100.0);
            }
            self.percent = self.rules.fold_percent.to_string();
        }
        changed |= self.more(ui);
        let ours = Rules::default();
        if self.rules != ours && widgets::tool(ui, "Defaults", "").clicked() {
            self.rules = ours;
            self.percent = String::from("0");
            changed = true;
        }
        changed
    }

    /// What is changed seldom: patterns that a way from a root must match, and which types claim others first.
    fn more(&mut self, ui: &mut Ui) -> bool {
        let ours = Rules::default();
        let unusual = self.rules.include != ours.include || self.rules.priority != ours.priority;
        let button = widgets::tool(ui, if unusual { "More •" } else { "More" }, "");
        let mut changed = false;
        let frame = Frame::popup(ui.style()).inner_margin(Margin::same(12));
        Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).frame(frame).show(|ui| {
            // A menu draws what is in it without borders; these are fields.
            *ui.visuals_mut() = ui.ctx().global_style().visuals.clone();
            let fields = [
                ("Include", "Only what is held through a match of each pattern", &mut self.rules.include, "all"),
                ("Priorities", "Which types count as holders before others", &mut self.rules.priority, "none"),
            ];
            for (name, words, text, hint) in fields {
                ui.horizontal(|ui| {
                    ui.label(RichText::new(name).font(theme::strong()));
                    widgets::label(ui, words);
                });
                changed |= widgets::field(ui, text, &format!("{name} patterns"), hint, MORE_WIDTH).lost_focus();
                ui.add_space(size::GAP);
            }
            let grammar =
                RichText::new(format!("{GRAMMAR} {PRIORITIES}")).font(theme::small()).color(palette(ui).faint);
            ui.with_layout(Layout::top_down(Align::LEFT), |ui| {
                ui.set_max_width(MORE_WIDTH);
                ui.label(grammar);
            });
        });
        changed
    }

    fn rows(&mut self, ui: &mut Ui, desk: &Desk<'_>, actions: &mut Vec<Action>) {
        if let Some(problem) = self.table.problem() {
            let color = palette(ui).error;
            super::bar(ui, "problem", size::STATUS, |ui| {
                super::row(ui, |ui| ui.label(RichText::new(problem).font(theme::small()).color(color)))
            });
        }
        let Some((table, order)) = self.order.get() else {
            if self.table.problem().is_none() {
                desk::remark(ui, "Making PerfView's table …");
            }
            return;
        };
        let rows = ByNameRows::new(table, order);
        let at = |name: &str| order.iter().position(|&row| *table.rows[row as usize].name == *name);
        let name = |row: usize| &*table.rows[order[row] as usize].name;
        let empty = if table.rows.is_empty() { "The patterns leave nothing" } else { "No row passes this filter" };
        let mut wish = None;
        let events = Grid::new("by name", &rows)
            .sorted(Some(self.sort as usize), self.descending)
            .selected(self.selected.as_deref().and_then(at))
            .reveal(std::mem::take(&mut self.reveal))
            .empty(empty)
            .show(ui, |ui, row| {
                wish = menu(ui, name(row)).or(wish.take());
                if let Some(of) = type_row(desk.opened.table(), name(row)) {
                    desk::menu(ui, &Subject::Type(of.group), actions);
                }
            });
        let mut sort = None;
        for event in events {
            match event {
                Event::Sort(column) => sort = Some(ByNameColumn::ALL[column]),
                Event::Select(row) if row < order.len() => self.selected = Some(name(row).into()),
                Event::Open(row) if row < order.len() => {
                    actions.extend(type_row(desk.opened.table(), name(row)).map(|of| {
                        let subject = Some(Subject::Type(of.group));
                        Action::Go(Place { tab: Tab::Referrers, subject })
                    }));
                }
                Event::Copy(text) => actions.push(Action::Copy(text)),
                Event::Open(_) | Event::Toggle(_) | Event::Select(_) => {}
            }
        }
        let folds = desk::keys_are_free(ui) && ui.input_mut(|input| input.consume_key(egui::Modifiers::ALT, Key::F));
        if let Some(name) = self.selected.clone().filter(|_| folds) {
            wish = Some(Wish::Fold(pattern_of(&name)));
        }
        if let Some(wish) = wish {
            self.grant(desk, wish);
        }
        if let Some(column) = sort {
            sort_by(&mut self.sort, &mut self.descending, column, column != ByNameColumn::Name);
            self.arrange(desk);
        }
    }

    fn grant(&mut self, desk: &Desk<'_>, wish: Wish) {
        let (text, pattern) = match wish {
            Wish::Fold(pattern) => (&mut self.rules.fold, pattern),
            Wish::Exclude(pattern) => (&mut self.rules.exclude, pattern),
        };
        *text = if text.is_empty() { pattern } else { format!("{};{pattern}", text.trim_end_matches(';')) };
        self.ask(desk);
    }
}

/// What a row's menu asks for, with the pattern.
enum Wish {
    Fold(String),
    Exclude(String),
}

fn menu(ui: &mut Ui, name: &str) -> Option<Wish> {
    let fold = menu_item(ui, "Fold into its holders", "Alt F").clicked();
    let exclude = menu_item(ui, "Leave out", "").clicked();
    ui.separator();
    match (fold, exclude) {
        (true, _) => Some(Wish::Fold(pattern_of(name))),
        (_, true) => Some(Wish::Exclude(pattern_of(name))),
        _ => None,
    }
}
