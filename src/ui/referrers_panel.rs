//! Referrers: who refers to the chosen objects, up to the roots.
//!
//! The tree belongs to the worker: opening a row asks for the same tree with that row open, and the old one
//! stays in sight until it comes. The line below says which roots keep the selected row's objects alive.

use std::sync::Arc;

use eframe::egui::{self, Align, Key, Layout, Modifiers, RichText, Ui};

use super::action::Action;
use super::asked::Asked;
use super::desk::{self, Desk};
use super::grid::{Event, Grid};
use super::holding_bar::HoldingBar;
use super::path_pane::PathPane;
use super::theme::size;
use super::widgets::{self, palette};
use crate::analysis::referrers::Who;
use crate::view::place::{Place, Subject, Tab};
use crate::view::rows::Rows;
use crate::view::tree::{Line, Tree};

/// The panel's own state.
#[derive(Default)]
pub struct ReferrersPanel {
    subject: Option<Subject>,
    /// The tree, and the line to go to when it comes.
    tree: Asked<(Arc<Tree>, Option<Line>)>,
    selected: Option<Line>,
    reveal: bool,
    /// Open the heaviest way as soon as there is a tree.
    explain: bool,
    holding: HoldingBar,
    paths: PathPane,
}

impl ReferrersPanel {
    /// Opens the heaviest way when the panel is shown next.
    pub fn explain(&mut self) {
        self.explain = true;
    }

    /// Shows the referrers of `subject`.
    pub fn show(&mut self, ui: &mut Ui, desk: &mut Desk<'_>, subject: Option<&Subject>, back: bool) -> Vec<Action> {
        let mut actions = Vec::new();
        let Some(subject) = subject else {
            desk::nothing_chosen(ui, "Who refers to what?", "Choose a type and press ⏎", &mut actions);
            return actions;
        };
        if !desk::analysed(ui, desk) {
            return actions;
        }
        self.refresh(desk, subject);
        super::tool_bar(ui, |ui| self.tools(ui, desk, subject, back, &mut actions));
        if self.selected.is_some() {
            self.holding.show(ui, &mut self.paths);
        }
        self.paths.show(ui, self.holding.holding(), &mut actions);
        egui::CentralPanel::no_frame().show(ui, |ui| self.table(ui, desk, &mut actions));
        actions
    }

    fn refresh(&mut self, desk: &Desk<'_>, subject: &Subject) {
        if self.subject.as_ref() != Some(subject) {
            let explain = std::mem::take(&mut self.explain);
            *self = ReferrersPanel { subject: Some(subject.clone()), explain, ..ReferrersPanel::default() };
            let asked = subject.clone();
            self.tree.ask(
                desk.session.ask(move |opened, progress| {
                    Ok((Arc::new(opened.referrers(&asked, progress)?), Some(Line::Asked)))
                }),
            );
        }
        if self.tree.poll() {
            if let Some((_, line)) = self.tree.get() {
                self.select(desk, *line);
            }
            self.reveal = true;
        }
        if self.explain && self.tree.get().is_some() && !self.tree.is_waiting() {
            self.explain = false;
            self.open(desk, None);
        }
    }

    /// Asks for the tree with a line opened; `None`: the heaviest way.
    fn open(&mut self, desk: &Desk<'_>, line: Option<Line>) {
        let Some((tree, _)) = self.tree.get() else { return };
        let tree = tree.clone();
        self.tree.ask(desk.session.ask(move |opened, progress| {
            let (tree, line) = opened.open_line(&tree, line, progress)?;
            Ok((Arc::new(tree), Some(line)))
        }));
    }

    fn close(&mut self, desk: &Desk<'_>, line: Line) {
        if let (Some((tree, _)), Ok(scene)) = (self.tree.get_mut(), desk.opened.scene()) {
            Arc::make_mut(tree).close(scene, line);
        }
    }

    fn select(&mut self, desk: &Desk<'_>, line: Option<Line>) {
        self.selected = line;
        let (Some((tree, _)), Some(line)) = (self.tree.get(), line) else { return };
        // What else holds the objects asked for is the question at a root.
        let line = match line {
            Line::Row(row) if matches!(tree.referrers().row(row).who, Who::Root(_)) => Line::Asked,
            line => line,
        };
        if let Some(Subject::Objects(objects, name)) = line_subject(desk, tree, line) {
            self.holding.ask(desk, objects, &name);
        }
    }

    fn tools(&mut self, ui: &mut Ui, desk: &Desk<'_>, subject: &Subject, back: bool, actions: &mut Vec<Action>) {
        let palette = palette(ui);
        ui.label(RichText::new("Who refers to").color(palette.muted));
        let name = desk.opened.name_of(subject);
        if widgets::chip(ui, &name.short).on_hover_text(&*name.full).clicked() {
            actions.push(Action::Go(Place { tab: Tab::Types, subject: Some(subject.clone()) }));
        }
        let space = desk::keys_are_free(ui) && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Space));
        if widgets::tool(ui, "Heaviest path", "Space").clicked() || space {
            self.open(desk, None);
        }
        let roots = self.holding.holding().map_or(0, |holding| holding.ways.len());
        if roots > 0 && (widgets::tool(ui, &format!("Paths ({roots})"), "P").clicked() || desk::key(ui, Key::P)) {
            self.paths.toggle();
        }
        self.tree.working(ui);
        if let Some(problem) = self.tree.problem() {
            ui.label(RichText::new(problem).color(palette.error));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::EDGE);
            if back && widgets::tool(ui, "Back", "Alt ←").clicked() {
                actions.push(Action::Back);
            }
        });
    }

    fn table(&mut self, ui: &mut Ui, desk: &Desk<'_>, actions: &mut Vec<Action>) {
        let Some((tree, _)) = self.tree.get() else { return };
        let tree = tree.clone();
        let selected = self.selected.and_then(|line| tree.find(line));
        let events = Grid::new("referrers", &*tree)
            .sorted(Some(3), true)
            .selected(selected)
            .reveal(std::mem::take(&mut self.reveal))
            .show(ui, |ui, row| {
                if let Some(subject) = line_subject(desk, &tree, tree.line(row)) {
                    desk::menu(ui, &subject, actions);
                }
            });
        for event in events {
            match event {
                Event::Select(row) if row < tree.len() => self.select(desk, Some(tree.line(row))),
                Event::Toggle(row) | Event::Open(row) => {
                    let line = tree.line(row);
                    match (tree.is_open(line), line) {
                        (Some(true), _) => self.close(desk, line),
                        (Some(false), _) | (None, Line::Smaller { .. }) => self.open(desk, Some(line)),
                        (None, _) => {}
                    }
                }
                Event::Copy(text) => actions.push(Action::Copy(text)),
                Event::Sort(_) | Event::Select(_) => {}
            }
        }
    }
}

/// The objects of a line as a subject, with what they are called.
fn line_subject(desk: &Desk<'_>, tree: &Tree, line: Line) -> Option<Subject> {
    let objects = match line {
        Line::Asked => tree.referrers().asked(),
        Line::Row(row) => tree.referrers().objects(row),
        Line::Smaller { .. } => return None,
    };
    let name = desk.opened.heap.graph.type_of(*objects.first()?).name.short.as_ref().into();
    Some(Subject::Objects(objects.into(), name))
}
