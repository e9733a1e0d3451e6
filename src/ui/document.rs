//! One open dump in the window: its session, its panels, and what is shown of it.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use eframe::egui::{CentralPanel, Ui};

use super::action::Action;
use super::settings::Settings;
use super::theme::size;
use super::types_panel::TypesPanel;
use super::{failed, loading, status_bar};
use crate::session::{Opened, Session, Source, State};
use crate::view::facts::{self, Extent};
use crate::view::recent::Entry;

/// See the module.
pub struct Document {
    pub session: Session,
    view: Option<View>,
}

/// What a dump that has opened is shown with.
struct View {
    types: TypesPanel,
    extent: Extent,
    badges: Vec<String>,
}

impl Document {
    pub fn new(session: Session) -> Document {
        Document { session, view: None }
    }

    pub fn name(&self) -> String {
        self.session.source.name()
    }

    pub fn badges(&self) -> &[String] {
        self.view.as_ref().map_or(&[], |view| &view.badges)
    }

    /// Shows the dump, or how far it is.
    pub fn show(&mut self, ui: &mut Ui, state: &State, settings: &mut Settings) -> Vec<Action> {
        match state {
            State::Loading(progress) => self.idle(ui, |ui, name| loading::show(ui, name, progress)),
            State::Failed(failure) => self.idle(ui, |ui, _| failed::show(ui, failure)),
            State::Cancelled => vec![Action::Close],
            State::Ready(opened) => self.ready(ui, opened, settings),
        }
    }

    fn idle(&self, ui: &mut Ui, show: impl FnOnce(&mut Ui, &str) -> Vec<Action>) -> Vec<Action> {
        super::bottom_bar(ui, "status", size::STATUS, status_bar::idle);
        CentralPanel::no_frame().show(ui, |ui| show(ui, &self.name())).inner
    }

    fn ready(&mut self, ui: &mut Ui, opened: &Opened, settings: &mut Settings) -> Vec<Action> {
        if self.view.is_none() {
            self.remember(opened, settings);
        }
        let view = self.view.get_or_insert_with(|| View::new(opened, settings.folded));
        view.types.refresh(opened.table(), &self.session);
        let analysed = opened.analysis().map(|analysis| analysis.seconds);
        let timing = facts::timing(&opened.heap.facts, analysed);
        let mut actions = super::bottom_bar(ui, "status", size::STATUS, |ui| {
            status_bar::show(ui, &view.extent, &timing, || facts::diagnostics(&opened.heap, analysed))
        });
        actions.extend(view.types.show(ui, &self.session, settings));
        actions
    }

    /// Puts the file among the recent ones.
    fn remember(&self, opened: &Opened, settings: &mut Settings) {
        let Source::File(path) = &self.session.source else { return };
        let path: PathBuf = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let bytes = std::fs::metadata(&path).map_or(0, |file| file.len());
        let opened_at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        settings.recent.add(Entry { path, runtime: facts::runtime(&opened.heap.facts), bytes, opened: opened_at });
    }
}

impl View {
    fn new(opened: &Opened, folded: bool) -> View {
        let table = opened.table();
        View {
            types: TypesPanel::new(table, folded),
            extent: facts::extent(&opened.heap, table.total.count, table.total.bytes),
            badges: facts::badges(&opened.heap.facts),
        }
    }
}
