//! Waste: memory that does no work, in one number and its parts; each part leads to its objects.

use eframe::egui::{self, Align, Key, Layout, RichText, Ui};

use super::action::Action;
use super::asked::Asked;
use super::desk::{self, Desk};
use super::facts_line;
use super::grid::{Event, Grid};
use super::grid_cell::menu_item;
use super::theme::{self, size};
use super::widgets::{self, palette};
use crate::view::format;
use crate::view::place::{Place, Subject, Tab};
use crate::view::rows::Rows;
use crate::view::waste::{Line, WasteTree, advice, title};

/// The panel's own state.
#[derive(Default)]
pub struct WastePanel {
    tree: Asked<WasteTree>,
    selected: Option<Line>,
    /// Objects that a person wants to see.
    objects: Asked<Subject>,
}

impl WastePanel {
    /// Shows all waste.
    pub fn show(&mut self, ui: &mut Ui, desk: &mut Desk<'_>) -> Vec<Action> {
        let mut actions = Vec::new();
        if !desk::analysed(ui, desk) {
            return actions;
        }
        if self.tree.is_new() {
            let total = desk.opened.table().total.bytes;
            self.tree
                .ask(desk.session.ask_slow(move |opened, progress| Ok(WasteTree::new(opened.waste(progress)?, total))));
        }
        self.tree.poll();
        if self.objects.poll() {
            let place = |subject: &Subject| Place { tab: Tab::Instances, subject: Some(subject.clone()) };
            actions.extend(self.objects.get().map(place).map(Action::Go));
            self.objects.clear();
        }
        super::tool_bar(ui, |ui| self.headline(ui));
        if let Some(line) = self.selected {
            super::selection_bar(ui, |ui| self.selection(ui, desk, line));
        }
        egui::CentralPanel::no_frame().show(ui, |ui| self.rows(ui, desk, &mut actions));
        actions
    }

    fn headline(&self, ui: &mut Ui) {
        let palette = palette(ui);
        let Some(tree) = self.tree.get() else { return };
        ui.label(RichText::new(tree.headline()).font(theme::strong()).color(palette.text));
        let hint = "Each kind says what it would come to alone; the total counts each byte once";
        ui.add(egui::Label::new(RichText::new(hint).font(theme::small()).color(palette.faint)).truncate());
        self.objects.working(ui);
    }

    /// What the selected kind of waste is, and what to do about it.
    fn selection(&mut self, ui: &mut Ui, desk: &Desk<'_>, line: Line) {
        let Some(tree) = self.tree.get() else { return };
        let Some(row) = tree.find(line) else { return };
        let palette = palette(ui);
        let part = tree.part(row);
        facts_line::figure(ui, title(part.kind), &format::bytes(part.bytes), "");
        let mut wanted = false;
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::EDGE);
            wanted = widgets::tool(ui, "Instances", "I").clicked() || desk::key(ui, Key::I);
            ui.add_space(size::GAP);
            ui.with_layout(Layout::left_to_right(Align::TOP), |ui| {
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 4.0;
                    widgets::label(ui, "What it is");
                    let words = RichText::new(advice(part.kind)).color(palette.text);
                    ui.add(egui::Label::new(words).truncate()).on_hover_text(advice(part.kind));
                });
            });
        });
        if wanted {
            self.want(desk, row);
        }
    }

    /// Asks for the objects of a row.
    fn want(&mut self, desk: &Desk<'_>, row: usize) {
        let Some(tree) = self.tree.get() else { return };
        let line = tree.line(row);
        let name = match line {
            Line::Part(_) => title(tree.part(row).kind).to_owned(),
            Line::Type(_, of) => {
                let of = tree.part(row).types[of].0 as usize;
                format!("{}: {}", title(tree.part(row).kind), desk.opened.heap.graph.types[of].name.short)
            }
        };
        self.objects.ask(desk.session.ask_slow(move |opened, progress| {
            Ok(Subject::Objects(opened.wasted(line, progress)?.into(), name.into()))
        }));
    }

    fn rows(&mut self, ui: &mut Ui, desk: &Desk<'_>, actions: &mut Vec<Action>) {
        if let Some(problem) = self.objects.problem() {
            desk::remark(ui, problem);
            return;
        }
        let Some(tree) = self.tree.get() else {
            self.tree.instead(ui, "Looking for memory that does no work");
            return;
        };
        let rows = tree.rows(&desk.opened.heap.graph);
        let mut wanted = None;
        let events = Grid::new("waste", &rows)
            .sorted(Some(1), true)
            .selected(self.selected.and_then(|line| tree.find(line)))
            .empty("Nothing is wasted here")
            .show(ui, |ui, row| {
                if menu_item(ui, "Instances", "⏎").clicked() {
                    wanted = Some(row);
                }
                ui.separator();
            });
        let count = rows.len();
        let mut toggle = None;
        for event in events {
            match event {
                Event::Select(row) if row < count => self.selected = Some(tree.line(row)),
                Event::Toggle(row) => toggle = Some(row),
                Event::Open(row) if row < count => wanted = Some(row),
                Event::Copy(text) => actions.push(Action::Copy(text)),
                Event::Sort(_) | Event::Select(_) | Event::Open(_) => {}
            }
        }
        if let (Some(row), Some(tree)) = (toggle, self.tree.get_mut()) {
            tree.toggle(row);
        } else if let Some(row) = wanted {
            self.want(desk, row);
        }
    }
}
