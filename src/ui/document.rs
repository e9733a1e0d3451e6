//! One open dump in the window: its session, where the reader is, and the panel for that place.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use eframe::egui::{CentralPanel, Key, Ui};

use super::action::Action;
use super::byname_panel::ByNamePanel;
use super::compare_panel::ComparePanel;
use super::desk::{self, Desk};
use super::export::Caption;
use super::flame_panel::FlamePanel;
use super::instances_panel::InstancesPanel;
use super::overview_panel::OverviewPanel;
use super::referrers_panel::ReferrersPanel;
use super::roots_panel::RootsPanel;
use super::settings::Settings;
use super::strings_panel::StringsPanel;
use super::theme::size;
use super::threads_panel::ThreadsPanel;
use super::types_panel::TypesPanel;
use super::waste_panel::WastePanel;
use super::{failed, loading, status_bar, widgets};
use crate::session::{Opened, Session, Source, State};
use crate::view::facts::{self, Extent};
use crate::view::place::{History, Place, Subject, Tab};
use crate::view::recent::Entry;

/// See the module.
pub struct Document {
    pub session: Session,
    view: Option<View>,
    /// A dump to compare with, as soon as this one is open.
    other: Option<PathBuf>,
}

/// What a dump that has opened is shown with.
struct View {
    opened: Arc<Opened>,
    history: History,
    overview: OverviewPanel,
    types: TypesPanel,
    by_name: ByNamePanel,
    referrers: ReferrersPanel,
    flame: FlamePanel,
    instances: InstancesPanel,
    roots: RootsPanel,
    threads: ThreadsPanel,
    strings: StringsPanel,
    waste: WastePanel,
    compare: ComparePanel,
    /// The view that is shown, and what was selected there when it was entered.
    entered: Option<(Tab, Option<Subject>)>,
    extent: Extent,
    badges: Vec<String>,
}

impl Document {
    pub fn new(session: Session) -> Document {
        Document { session, view: None, other: None }
    }

    pub fn name(&self) -> String {
        self.session.source.name()
    }

    /// The open dump, once its table is there.
    pub fn opened(&self) -> Option<&Arc<Opened>> {
        self.view.as_ref().map(|view| &view.opened)
    }

    /// What a bug report needs.
    pub fn diagnostics(&self) -> Option<String> {
        let opened = self.opened()?;
        Some(facts::diagnostics(&opened.heap, opened.analysis().map(|analysis| analysis.seconds)))
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

    fn ready(&mut self, ui: &mut Ui, opened: &Arc<Opened>, settings: &mut Settings) -> Vec<Action> {
        if self.view.is_none() {
            self.remember(opened, settings);
        }
        self.view.get_or_insert_with(|| View::new(opened, settings));
        if let Some(other) = self.other.take() {
            self.compare(other);
        }
        let Some(view) = &mut self.view else { return Vec::new() };
        let mut desk = Desk { session: &self.session, opened, settings };
        view.show(ui, &mut desk)
    }

    /// Moves to another place.
    pub fn go(&mut self, place: Place) {
        if let Some(view) = &mut self.view {
            view.history.go(place);
        }
    }

    /// Shows who keeps a subject alive.
    pub fn explain(&mut self, subject: Subject) {
        if let Some(view) = &mut self.view {
            view.referrers.explain();
            view.history.go(Place { tab: Tab::Referrers, subject: Some(subject) });
        }
    }

    /// Compares the dump with another one, once it is open itself.
    pub fn compare(&mut self, other: PathBuf) {
        match &mut self.view {
            Some(view) => {
                view.compare.start(&self.session, Source::File(other));
                view.history.go(Place { tab: Tab::Compare, subject: None });
            }
            None => self.other = Some(other),
        }
    }

    /// The other dump cannot be chosen: this desktop has no dialog.
    pub fn no_dialog(&mut self) {
        self.view.iter_mut().for_each(|view| view.compare.no_dialog());
    }

    /// Shows the roots of the thread with this label.
    pub fn roots_of(&mut self, thread: Arc<str>) {
        if let Some(view) = &mut self.view {
            view.roots.only(thread);
            view.history.go(Place { tab: Tab::Roots, subject: None });
        }
    }

    /// Shows a box of the whole heap's flame graph.
    pub fn flame_box(&mut self, path: Vec<u32>) {
        if let Some(view) = &mut self.view {
            view.flame.seek(path);
            view.history.go(Place { tab: Tab::Flame, subject: None });
        }
    }

    /// Shows the flame graph of the whole heap, coloured by growth.
    pub fn flame_of_growth(&mut self) {
        if let Some(view) = &mut self.view {
            view.flame.color_by_growth();
            view.history.go(Place { tab: Tab::Flame, subject: None });
        }
    }

    pub fn back(&mut self) {
        self.view.iter_mut().for_each(|view| view.history.back());
    }

    pub fn forward(&mut self) {
        self.view.iter_mut().for_each(|view| view.history.forward());
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
    fn new(opened: &Arc<Opened>, settings: &Settings) -> View {
        let table = opened.table();
        let extent = facts::extent(&opened.heap, table.total.count, table.total.bytes);
        View {
            opened: opened.clone(),
            history: History::new(Place { tab: Tab::Overview, subject: None }),
            types: TypesPanel::new(table, settings),
            by_name: ByNamePanel::default(),
            referrers: ReferrersPanel::default(),
            flame: FlamePanel::default(),
            instances: InstancesPanel::default(),
            roots: RootsPanel::default(),
            threads: ThreadsPanel::default(),
            strings: StringsPanel::default(),
            waste: WastePanel::default(),
            overview: OverviewPanel::new(opened, &extent.notes),
            compare: ComparePanel::default(),
            entered: None,
            extent,
            badges: facts::badges(&opened.heap.facts, &opened.without_roots),
        }
    }

    fn show(&mut self, ui: &mut Ui, desk: &mut Desk<'_>) -> Vec<Action> {
        let mut actions = self.tabs(ui, desk.settings.by_name);
        let opened = desk.opened;
        let analysed = opened.analysis().map(|analysis| analysis.seconds);
        let timing = facts::timing(&opened.heap.facts, analysed);
        actions.extend(super::bottom_bar(ui, "status", size::STATUS, |ui| status_bar::show(ui, &self.extent, &timing)));
        self.flame.compare(self.compare.table());
        let place = self.history.now().clone();
        if self.entered.as_ref().is_none_or(|(tab, _)| *tab != place.tab) {
            self.entered = Some((place.tab, self.selection(place.tab)));
        }
        let back = self.history.can_go_back();
        if place.tab != Tab::Overview {
            self.overview.rest();
        }
        actions.extend(match place.tab {
            Tab::Overview => self.overview.show(ui, desk),
            Tab::Types if desk.settings.by_name && !self.types.is_to_select(place.subject.as_ref()) => {
                self.by_name.show(ui, desk)
            }
            Tab::Types => self.types.show(ui, desk, place.subject.as_ref()),
            Tab::Referrers => self.referrers.show(ui, desk, place.subject.as_ref(), back),
            Tab::Flame => self.flame(ui, desk, place.subject.as_ref()),
            Tab::Instances => self.instances.show(ui, desk, place.subject.as_ref(), back),
            Tab::Roots => self.roots.show(ui, desk),
            Tab::Threads => self.threads.show(ui, desk),
            Tab::Strings => self.strings.show(ui, desk),
            Tab::Waste => self.waste.show(ui, desk),
            Tab::Compare => self.compare.show(ui, desk),
        });
        actions
    }

    fn flame(&mut self, ui: &mut Ui, desk: &Desk<'_>, subject: Option<&Subject>) -> Vec<Action> {
        self.flame.light(desk.opened, self.types.selected_subject().as_ref());
        let facts = [self.badges.join(" · "), self.extent.words.clone()].join(" · ");
        let caption = Caption { title: desk.session.source.name(), facts };
        self.flame.show(ui, desk.opened, desk.session, subject, &caption)
    }

    /// What is selected in a view, where another one can show it.
    fn selection(&self, tab: Tab) -> Option<Subject> {
        match tab {
            Tab::Types => self.types.selected_subject(),
            Tab::Flame => self.flame.selected_type(&self.opened),
            Tab::Instances => self.instances.selected_object().map(Subject::Object),
            Tab::Roots => self.roots.selected_object(&self.opened).map(Subject::Object),
            Tab::Strings => self.strings.selected_copies(),
            _ => None,
        }
    }

    /// What was selected in the view being left since it was entered, where the one entered is about such things.
    fn linked(&self, tab: Tab, by_name: bool) -> Option<Subject> {
        let leaving = self.history.now().tab;
        let shows = match tab {
            Tab::Types => leaving == Tab::Flame || leaving == Tab::Instances && !by_name,
            Tab::Instances => true,
            _ => false,
        };
        let selected = self.selection(leaving).filter(|_| shows)?;
        (self.entered != Some((leaving, Some(selected.clone())))).then_some(selected)
    }

    /// The tabs; a digit switches too. A view that was open before is about the same as then.
    fn tabs(&self, ui: &mut Ui, by_name: bool) -> Vec<Action> {
        const DIGITS: [Key; 10] = [
            Key::Num1,
            Key::Num2,
            Key::Num3,
            Key::Num4,
            Key::Num5,
            Key::Num6,
            Key::Num7,
            Key::Num8,
            Key::Num9,
            Key::Num0,
        ];
        let mut actions = Vec::new();
        super::bar(ui, "tabs", size::TABS, |ui| {
            ui.painter().rect_filled(ui.max_rect(), 0, widgets::palette(ui).bg[1]);
            ui.horizontal_centered(|ui| {
                // All of them have room in the narrowest window.
                ui.spacing_mut().item_spacing.x = if ui.available_width() < 1100.0 { 0.0 } else { 12.0 };
                ui.add_space(size::EDGE - 4.0);
                for (at, tab) in Tab::ALL.into_iter().enumerate() {
                    let active = self.history.now().tab == tab;
                    let clicked = widgets::tab(ui, tab.title(), active).clicked();
                    // In the flame graph 0 shows the whole picture.
                    let taken = DIGITS[at] == Key::Num0 && self.history.now().tab == Tab::Flame;
                    let pressed = !taken && desk::key(ui, DIGITS[at]);
                    if (clicked || pressed) && !active {
                        let subject = self.linked(tab, by_name).or_else(|| self.history.last_subject(tab));
                        actions.push(Action::Go(Place { tab, subject }));
                    }
                }
            });
            widgets::line_below(ui);
        });
        actions
    }
}
