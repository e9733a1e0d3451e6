//! Flame graph: the heap as one picture.
//!
//! Keeps which picture is asked for and the one that is shown meanwhile; the session's workers build trees and
//! tell what a card needs. Tool bar above, canvas, and below it the way to what is zoomed and what widths mean.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use eframe::egui::{Align, CentralPanel, Key, Layout, Modifiers, RichText, TextEdit, Ui, vec2};

use super::action::Action;
use super::export::Caption;
use super::flame_canvas::{Canvas, Wish};
use super::flame_menu;
use super::flame_missing::{self, Missing, Pressed};
use super::flame_save::Save;
use super::theme::{self, size};
use super::widgets::{self, palette};
use crate::analysis::flame::{Name, NameKind};
use crate::heap::TypeName;
use crate::session::flame::{FlameAnswer, FlameQuestion, FlameRoot, held};
use crate::session::{Opened, Session, Source, Ticket};
use crate::view::compare::CompareTable;
use crate::view::flame::{ColorBy, FlameView, Held, path_markdown, path_text};
use crate::view::format;
use crate::view::loading;
use crate::view::place::{Place, Subject, Tab};

/// Seconds after which a picture on its way is worth a word.
const SOON: f64 = 0.3;

/// The panel's own state.
#[derive(Default)]
pub struct FlamePanel {
    /// What the picture was asked to start from.
    subject: Option<Subject>,
    /// What that is called: in short, and in full.
    name: Option<TypeName>,
    question: FlameQuestion,
    /// What the shown picture, or the one on its way, answers.
    asked: Option<FlameQuestion>,
    pending: Option<Ticket<FlameAnswer>>,
    /// Since when the window waits for it.
    waiting: Option<f64>,
    /// What the shown picture answers.
    shown: FlameQuestion,
    /// The picture that was asked for last and is not to be had.
    unbuilt: Option<Unbuilt>,
    /// Why a box does not lead where it should.
    problem: Option<String>,
    view: Option<FlameView>,
    canvas: Canvas,
    search: String,
    /// Is there room for what was found beside the search field?
    found_in_bar: bool,
    /// Does the dump tell generations?
    has_generations: bool,
    /// What is known of boxes beyond the tree, and what is being asked.
    held: HashMap<u32, Held>,
    describing: Option<(u32, Ticket<Held>)>,
    /// Where a box leads, while its objects are gathered.
    leading: Option<(Tab, Ticket<Subject>)>,
    /// The type that another view has selected.
    lit: Option<Subject>,
    /// How types grew, where dumps are compared.
    growth: Option<Arc<CompareTable>>,
    /// What the next picture is to be coloured by.
    color: Option<ColorBy>,
    /// The way to the box to select once the picture of the whole heap is there.
    sought: Option<Vec<u32>>,
    save: Save,
}

/// A picture that was cancelled, or could not be drawn.
struct Unbuilt {
    question: FlameQuestion,
    /// Why not, where it was not a person's wish.
    why: Option<String>,
}

impl FlamePanel {
    /// A panel that has been given its first picture, as if a session had answered with it.
    pub fn showing(view: FlameView) -> FlamePanel {
        let question = FlameQuestion { measure: view.measure(), ..FlameQuestion::default() };
        let shown = question.clone();
        FlamePanel { asked: Some(question.clone()), question, shown, view: Some(view), ..FlamePanel::default() }
    }

    /// Takes what a comparison found; without one, no colour tells growth.
    pub fn compare(&mut self, table: Option<&Arc<CompareTable>>) {
        if self.growth.as_ref().map(Arc::as_ptr) == table.map(Arc::as_ptr) {
            return;
        }
        self.growth = table.cloned();
        match (&mut self.view, table) {
            (Some(view), Some(table)) => view.compare(table),
            (Some(view), None) if view.color == ColorBy::Growth => view.color = ColorBy::default(),
            _ => {}
        }
    }

    /// Colours the picture by growth, now or once it is there.
    pub fn color_by_growth(&mut self) {
        match &mut self.view {
            Some(view) => view.color = ColorBy::Growth,
            None => self.color = Some(ColorBy::Growth),
        }
    }

    /// Goes to a box of the whole heap's picture, now or once it is there.
    pub fn seek(&mut self, path: Vec<u32>) {
        self.question = FlameQuestion::default();
        self.sought = Some(path);
    }

    /// Selects the box that is sought.
    fn land(&mut self, ui: &Ui) {
        let is_there = self.pending.is_none() && self.asked.as_ref() == Some(&self.question);
        let Some(view) = self.view.as_mut().filter(|_| is_there) else { return };
        if let Some(path) = self.sought.take() {
            view.select(Some(view.tree().at(&path)));
            view.reveal(ui.input(|input| input.time));
            ui.ctx().request_repaint();
        }
    }

    /// The picture, once it is there.
    pub fn view(&self) -> Option<&FlameView> {
        self.view.as_ref()
    }

    /// Outlines the boxes of a type that another view has selected.
    pub fn light(&mut self, opened: &Opened, subject: Option<&Subject>) {
        if self.lit.as_ref() != subject {
            self.lit = subject.cloned();
            self.relight(opened);
        }
    }

    fn relight(&mut self, opened: &Opened) {
        let Some(view) = &self.view else { return };
        let lit = self.lit.as_ref().map(|subject| opened.name_of(subject).full);
        let names = &view.tree().names;
        self.canvas.lit = lit.and_then(|lit| names.iter().position(|name| name.full == lit)).map(|at| at as u32);
    }

    /// The type of the selected box, as what another view is about.
    pub fn selected_type(&self, opened: &Opened) -> Option<Subject> {
        let view = self.view.as_ref()?;
        group_of(opened, view.tree().name(view.selected()?)).map(Subject::Type)
    }

    /// Shows the picture of a subject, or of the whole heap; `caption` is what an exported one says of the dump.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        opened: &Opened,
        session: &Session,
        subject: Option<&Subject>,
        caption: &Caption,
    ) -> Vec<Action> {
        if self.subject.as_ref() != subject {
            self.subject = subject.cloned();
            self.name = subject.map(|subject| opened.name_of(subject));
            self.question.root = FlameRoot::of(opened, subject);
            self.question.path.clear();
        }
        let mut actions = self.refresh(opened, session);
        let folder = match &session.source {
            Source::File(path) => path.parent(),
            Source::Sample => None,
        };
        let missing = self.missing(ui, opened, session);
        super::tool_bar(ui, |ui| actions.extend(self.tools(ui, caption, folder, missing.is_none())));
        super::bottom_bar(ui, "flame way", size::STATUS, |ui| {
            if missing.is_none() {
                self.strip(ui);
            }
        });
        let wishes = CentralPanel::no_frame().show(ui, |ui| match &missing {
            None => self.canvas(ui),
            Some(missing) => {
                let of = self.name.as_ref().map(|name| flame_menu::shortened(&name.short));
                match flame_missing::show(ui, missing, of.as_deref()) {
                    Some(Pressed::Cancel) => self.take_back(None),
                    Some(Pressed::Again) => self.ask_again(),
                    Some(Pressed::Whole) => actions.push(Action::Go(Place { tab: Tab::Flame, subject: None })),
                    None => {}
                }
                Vec::new()
            }
        });
        let wishes = wishes.inner;
        actions.extend(wishes.into_iter().filter_map(|wish| self.grant(wish, opened, session)));
        self.land(ui);
        actions
    }

    /// Sends off what is asked for and takes what has come; that may lead elsewhere.
    fn refresh(&mut self, opened: &Opened, session: &Session) -> Vec<Action> {
        let mut actions = Vec::new();
        self.has_generations = opened.heap.runtime.is_some();
        if opened.analysis().is_some() && self.asked.as_ref() != Some(&self.question) {
            let question = self.question.clone();
            self.asked = Some(question.clone());
            (self.unbuilt, self.problem, self.waiting) = (None, None, None);
            let shown = self.view.is_some() && question == self.shown;
            let ask = || session.ask_slow(move |opened, progress| opened.flame(&question, progress));
            self.pending = (!shown).then(ask);
        }
        if let Some(answer) = self.pending.as_ref().and_then(Ticket::poll) {
            self.pending = None;
            match answer {
                Ok(answer) => {
                    actions.extend(self.take(answer));
                    self.relight(opened);
                }
                Err(error) => self.take_back(Some(error.to_string())),
            }
        }
        let described = self.describing.as_ref().and_then(|(frame, ticket)| Some((*frame, ticket.poll()?)));
        if let Some((frame, answer)) = described {
            self.describing = None;
            // A box about which nothing can be told is not asked about again.
            self.held.insert(frame, answer.unwrap_or_default());
        }
        let led = self.leading.as_ref().and_then(|(tab, ticket)| Some((*tab, ticket.poll()?)));
        if let Some((tab, answer)) = led {
            self.leading = None;
            match answer {
                Ok(subject) => actions.push(Action::Go(Place { tab, subject: Some(subject) })),
                Err(error) => self.problem = Some(error.to_string()),
            }
        }
        actions
    }

    /// Is there a picture of what it was asked to start from, if not the newest one?
    fn is_shown(&self) -> bool {
        self.view.is_some() && self.shown.root == self.question.root
    }

    /// Asks no more for the picture on its way; where there is another one of the same, that is shown on.
    fn take_back(&mut self, why: Option<String>) {
        self.pending = None;
        self.unbuilt = Some(Unbuilt { question: self.question.clone(), why });
        if self.is_shown() {
            self.question = self.shown.clone();
            self.asked = Some(self.shown.clone());
        }
    }

    fn ask_again(&mut self) {
        if let Some(unbuilt) = self.unbuilt.take() {
            self.question = unbuilt.question;
            self.asked = None;
        }
    }

    /// What stands in place of the picture, if anything does.
    fn missing(&mut self, ui: &Ui, opened: &Opened, session: &Session) -> Option<Missing> {
        if self.is_shown() {
            let whole = self.view.as_ref().and_then(|view| view.tree().frames.first());
            return whole.is_none_or(|whole| whole.weight == 0).then_some(Missing::Empty);
        }
        if let Some(Unbuilt { why, .. }) = &self.unbuilt {
            return Some(why.clone().map_or(Missing::Cancelled, Missing::Failed));
        }
        let Some(ticket) = &self.pending else {
            let problem = opened.problem().map(|why| Missing::Failed(why.to_owned()));
            return Some(problem.unwrap_or_else(|| Missing::Analysing(session.progress())));
        };
        if is_worth_a_word(&mut self.waiting, ui) {
            Some(Missing::Building(ticket.progress()))
        } else {
            // Better the last picture than a flash of nothing.
            self.view.is_none().then_some(Missing::Soon)
        }
    }

    /// Shows a tree; one of a box that was focused on is a place of its own.
    fn take(&mut self, answer: FlameAnswer) -> Option<Action> {
        let mut view = FlameView::new(answer.tree, answer.question.measure, answer.heap);
        if let Some(old) = &self.view {
            (view.flipped, view.color) = (old.flipped, old.color);
        }
        if answer.question.measure.bottom_up && view.color == ColorBy::Generation {
            view.color = ColorBy::default();
        }
        if let Some(table) = &self.growth {
            view.compare(table);
        }
        view.color = self.color.take().unwrap_or(view.color);
        view.find(&self.search);
        self.view = Some(view);
        let focused = answer.question.root != self.question.root;
        self.asked = Some(answer.question.clone());
        self.shown = answer.question.clone();
        self.question = answer.question;
        self.held.clear();
        self.describing = None;
        self.canvas.forget();
        self.canvas.focus();
        match &self.question.root {
            FlameRoot::Objects(objects, title) if focused => {
                let subject = Some(Subject::Objects(objects.clone(), title.clone()));
                Some(Action::Go(Place { tab: Tab::Flame, subject }))
            }
            _ => None,
        }
    }

    fn tools(&mut self, ui: &mut Ui, caption: &Caption, folder: Option<&Path>, is_there: bool) -> Option<Action> {
        let mut action = None;
        flame_menu::switches(ui, &mut self.question, self.view.as_mut(), self.has_generations);
        self.find(ui);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::EDGE);
            let caption = self.caption(caption);
            if let Some(view) = self.view.as_ref().filter(|_| is_there) {
                self.save.show(ui, view, &caption, folder);
            }
            let Some(name) = &self.name else {
                ui.label(RichText::new("whole heap").color(palette(ui).muted));
                return;
            };
            let chip = widgets::chip(ui, &flame_menu::shortened(&name.short));
            if chip.on_hover_text(format!("{}: back to the whole heap", name.full)).clicked() {
                action = Some(Action::Go(Place { tab: Tab::Flame, subject: None }));
            }
        });
        action
    }

    /// What an exported picture says beside the dump's facts: what part of the heap it shows.
    fn caption(&self, dump: &Caption) -> Caption {
        let hidden = self.question.hidden.len() as u64;
        let more = [
            self.name.as_ref().map(|name| format!("root: {}", name.full)),
            (hidden > 0).then(|| format!("{} hidden", format::counted(hidden, "type"))),
            self.question.only_user.then(|| String::from("only user code")),
        ];
        let facts: Vec<String> = std::iter::once(dump.facts.clone()).chain(more.into_iter().flatten()).collect();
        Caption { title: dump.title.clone(), facts: facts.join(" · ") }
    }

    /// The search field; F3 and Shift F3 go from match to match wherever the keys go otherwise.
    fn find(&mut self, ui: &mut Ui) {
        let palette = palette(ui);
        let (find, forward, back) = ui.input_mut(|input| {
            let back = input.consume_key(Modifiers::SHIFT, Key::F3);
            (input.consume_key(Modifiers::COMMAND, Key::F), input.consume_key(Modifiers::NONE, Key::F3), back)
        });
        let width = (ui.available_width() * 0.3).clamp(120.0, 220.0);
        let hint = RichText::new("Search /regex/  Ctrl F").color(palette.faint);
        let edit = TextEdit::singleline(&mut self.search).hint_text(hint).desired_width(width).margin(vec2(10.0, 5.0));
        let field = ui.add(edit).accessible_name("Search the flame graph");
        if find {
            field.request_focus();
        }
        let Some(view) = &mut self.view else { return };
        if field.lost_focus() {
            let (enter, escape) = ui.input(|input| (input.key_pressed(Key::Enter), input.key_pressed(Key::Escape)));
            if escape {
                self.search.clear();
            }
            if enter || escape {
                self.canvas.focus();
            }
            if enter {
                view.find(&self.search);
                view.find_next(true, ui.input(|input| input.time));
            }
        }
        view.find(&self.search);
        let now = ui.input(|input| input.time);
        if forward || back {
            view.find_next(!back, now);
        }
        self.found_in_bar = ui.available_width() > 330.0;
        if !view.search().is_empty() && self.found_in_bar {
            ui.label(RichText::new(matched(view)).font(theme::small()).color(palette.text));
        }
    }

    /// The way from the whole to the zoomed box, and what widths mean.
    fn strip(&mut self, ui: &mut Ui) {
        let palette = palette(ui);
        ui.horizontal_centered(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            ui.add_space(size::EDGE);
            let now = ui.input(|input| input.time);
            if let Some(view) = &mut self.view {
                let room = ui.available_width() * 0.62;
                if let Some(frame) = flame_menu::breadcrumb(ui, view, room) {
                    view.zoom_to(frame, now);
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add_space(size::EDGE);
                let hidden = self.question.hidden.len() as u64;
                let words = match (&self.problem, &self.view) {
                    (Some(problem), _) => problem.clone(),
                    (None, Some(view)) if !view.search().is_empty() && !self.found_in_bar => matched(view),
                    (None, Some(view)) => view.measure().meaning().to_owned(),
                    (None, None) => String::new(),
                };
                let color = if self.problem.is_some() { palette.error } else { palette.faint };
                ui.label(RichText::new(words).font(theme::small()).color(color));
                self.working(ui);
                if let Some(view) = &self.view {
                    flame_menu::legend(ui, view);
                }
                if self.question.only_user && widgets::chip(ui, "only user code").clicked() {
                    self.question.only_user = false;
                }
                if hidden > 0 && widgets::chip(ui, &format!("{} hidden", format::counted(hidden, "type"))).clicked() {
                    self.question.hidden.clear();
                }
            });
        });
    }

    /// Says that another picture is on its way and how far it is, or that it will not come, and why.
    fn working(&mut self, ui: &mut Ui) {
        let palette = palette(ui);
        if let Some(ticket) = self.pending.as_ref() {
            if !is_worth_a_word(&mut self.waiting, ui) {
                return;
            }
            let words = building(ticket);
            ui.add_space(8.0);
            if widgets::link(ui, "Cancel", theme::small(), palette.accent).clicked() {
                self.take_back(None);
            }
            ui.label(RichText::new(words).font(theme::small()).color(palette.text));
            widgets::spinner(ui);
        } else if let Some(unbuilt) = &self.unbuilt {
            const CANCELLED: &str = "Cancelled, the picture is as before";
            let (words, color) = match &unbuilt.why {
                None => (CANCELLED.to_owned(), palette.text),
                Some(why) => (why.clone(), palette.error),
            };
            ui.add_space(8.0);
            if widgets::link(ui, "Ask again", theme::small(), palette.accent).clicked() {
                self.ask_again();
            }
            ui.label(RichText::new(words).font(theme::small()).color(color));
        }
    }

    fn canvas(&mut self, ui: &mut Ui) -> Vec<Wish> {
        let Some(view) = &mut self.view else { return Vec::new() };
        let question = &self.question;
        let known = &self.held;
        self.canvas.show(ui, view, &|frame| known.get(&frame).cloned(), |ui, view, tile, wishes| {
            flame_menu::context(ui, view, tile, question, wishes);
        })
    }

    fn grant(&mut self, wish: Wish, opened: &Opened, session: &Session) -> Option<Action> {
        let view = self.view.as_ref()?;
        let tree = view.tree();
        match wish {
            Wish::Focus(frame) => self.question.path = tree.labels_to(frame),
            Wish::Show(frame, tab) if tab == Tab::Types => {
                let subject = Some(Subject::Type(group_of(opened, tree.name(frame))?));
                return Some(Action::Go(Place { tab, subject }));
            }
            Wish::Show(0, tab) => return self.subject.clone().map(|of| Action::Go(Place { tab, subject: Some(of) })),
            Wish::Show(frame, tab) => {
                let question = FlameQuestion { path: tree.labels_to(frame), ..self.question.clone() };
                self.leading =
                    Some((tab, session.ask(move |opened, progress| opened.flame_objects(&question, progress))));
            }
            Wish::Hide(frame) => {
                if matches!(tree.name(frame).kind, NameKind::Type(_)) {
                    self.question.hidden.push(tree.labels[tree.frames[frame as usize].name as usize]);
                }
            }
            Wish::OnlyUser => self.question.only_user = !self.question.only_user,
            Wish::Describe(frame) => {
                if self.describing.as_ref().is_none_or(|(asked, _)| *asked != frame) {
                    let object = tree.frames[frame as usize].sample;
                    let under = tree.labels_to(frame).first().copied();
                    let ticket = session.ask(move |opened, _| Ok(held(opened, object, under)));
                    self.describing = Some((frame, ticket));
                }
            }
            Wish::CopyPath(frame) => return Some(Action::Copy(path_text(view.placed(), frame))),
            Wish::CopyMarkdown(frame) => {
                let unit = view.measure().unit;
                return Some(Action::Copy(path_markdown(view.placed(), frame, unit, view.heap())));
            }
        }
        None
    }
}

/// Has the window waited so long that something should be said of it? `since` keeps when that began.
fn is_worth_a_word(since: &mut Option<f64>, ui: &Ui) -> bool {
    let now = ui.input(|input| input.time);
    let left = *since.get_or_insert(now) + SOON - now;
    if left > 0.0 {
        ui.ctx().request_repaint_after_secs(left as f32);
    }
    left <= 0.0
}

/// `Building the flame graph … 42 %`.
fn building(ticket: &Ticket<FlameAnswer>) -> String {
    const WORDS: &str = "Building the flame graph …";
    let part = loading::part(ticket.progress()).filter(|part| *part > 0.0);
    part.map_or_else(|| WORDS.to_owned(), |part| format!("{WORDS} {:.0} %", part * 100.0))
}

/// `12 boxes, 312 MB (41.2 %) matched`.
fn matched(view: &FlameView) -> String {
    let boxes = view.search().boxes();
    let many = match view.selected().and_then(|at| boxes.iter().position(|&other| other == at)) {
        Some(at) => format!("{} of {}", format::count(at as u64 + 1), format::count(boxes.len() as u64)),
        None => format::count(boxes.len() as u64),
    };
    format!("{many} matched · {}", view.matched_text())
}

/// The row of the type table that a box's name is about.
fn group_of(opened: &Opened, name: &Name) -> Option<u32> {
    let types = &opened.heap.graph.types;
    let same = |first: &u32| {
        let info = &types[*first as usize];
        info.name.full == name.full && info.assembly == name.assembly
    };
    matches!(name.kind, NameKind::Type(_)).then(|| opened.groups.first.iter().position(same))?.map(|group| group as u32)
}
