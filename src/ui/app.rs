//! The window's contents: which screen is shown, and what actions do.
//!
//! Runs in any egui context, so that tests drive it without a window. Panels return actions; they are done
//! here, after the frame's panels were shown.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use eframe::egui::{Align2, CentralPanel, Context, CornerRadius, Theme, ThemePreference, Ui};

use super::action::Action;
use super::commander::Commander;
use super::dialog::{Chosen, Purpose};
use super::document::Document;
use super::settings::Settings;
use super::start::Start;
use super::theme::{self, size};
use super::widgets::palette;
use super::{key_sheet, log_file, status_bar, top_bar};
use crate::session::compare::older_first;
use crate::session::{Reading, Repaint, Session, Source, State};

/// How often a loading screen is painted.
const LOADING_FRAME: Duration = Duration::from_millis(40);

/// See the module.
pub struct App {
    pub settings: Settings,
    /// How every dump is read.
    pub reading: Reading,
    start: Start,
    document: Option<Document>,
    /// Can files be dropped on this window?
    drops: bool,
    wants_dialog: Option<Purpose>,
    commander: Commander,
    key_sheet: bool,
}

impl App {
    /// Starts on the start screen; `drops` says whether this desktop can drop files on the window.
    pub fn new(settings: Settings, drops: bool) -> App {
        App {
            settings,
            reading: Reading::default(),
            start: Start::default(),
            document: None,
            drops,
            wants_dialog: None,
            commander: Commander::default(),
            key_sheet: false,
        }
    }

    /// Gives a context our fonts, colours and the chosen theme; once, before its first pass.
    pub fn install(&self, ctx: &Context) {
        theme::install(ctx);
        ctx.set_theme(self.settings.theme);
        ctx.set_zoom_factor(scale(self.settings.zoom));
    }

    /// Opens a dump in place of the one that is open or being opened.
    pub fn open(&mut self, ctx: &Context, source: Source) {
        let ctx = ctx.clone();
        let repaint: Repaint = Arc::new(move || ctx.request_repaint());
        self.start.note = None;
        self.document = Some(Document::new(Session::open(source, self.reading.clone(), repaint)));
    }

    /// What the person has asked for the file dialog for since the last call.
    pub fn take_dialog_request(&mut self) -> Option<Purpose> {
        self.wants_dialog.take()
    }

    /// What came of the dialog.
    pub fn chosen(&mut self, ctx: &Context, purpose: Purpose, chosen: Chosen) {
        match (chosen, purpose) {
            (Chosen::File(path), Purpose::Open) => self.open(ctx, Source::File(path)),
            (Chosen::File(path), Purpose::Compare) => self.in_document(|document| document.compare(path)),
            (Chosen::Nothing, _) => {}
            (Chosen::NoDialog, Purpose::Open) => {
                let words = "This desktop shows no file dialog: drop the dump here, or type its path below";
                self.start.note = Some(words.to_owned());
            }
            (Chosen::NoDialog, Purpose::Compare) => self.in_document(Document::no_dialog),
        }
    }

    /// Is a dump open, its table on screen?
    pub fn is_ready(&mut self) -> bool {
        self.document.as_mut().is_some_and(|document| matches!(document.session.state(), State::Ready(_)))
    }

    /// Are its retained sizes there too?
    pub fn is_analysed(&mut self) -> bool {
        self.document.as_mut().is_some_and(|document| match document.session.state() {
            State::Ready(opened) => opened.analysis().is_some(),
            _ => false,
        })
    }

    /// Shows one frame.
    pub fn ui(&mut self, ui: &mut Ui) {
        let (mut dropped, hovering) = ui.input(|input| {
            let dropped: Vec<PathBuf> = input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect();
            (dropped.into_iter(), input.raw.hovered_files.len())
        });
        let mut actions = match (dropped.next(), dropped.next()) {
            (Some(one), Some(other)) => {
                let [older, newer] = older_first(one, other);
                vec![Action::Open(newer), Action::Compare(older)]
            }
            (one, _) => one.into_iter().map(Action::Open).collect(),
        };
        for action in &Action::KEYS {
            if action.shortcut().is_some_and(|key| ui.input_mut(|input| input.consume_shortcut(&key))) {
                actions.push(action.clone());
            }
        }
        if key_sheet::asked(ui, self.key_sheet) {
            actions.push(Action::KeySheet);
        }
        let state = self.document.as_mut().map(|document| document.session.state());
        if matches!(state, Some(State::Loading(_))) {
            ui.ctx().request_repaint_after(LOADING_FRAME);
        }
        let name = self.document.as_ref().map_or_else(|| String::from("Heapglass"), Document::name);
        let badges = self.document.as_ref().map_or(&[][..], Document::badges);
        actions.extend(super::bar(ui, "title", size::TITLE_BAR, |ui| {
            ui.painter().rect_filled(ui.max_rect(), 0, palette(ui).bg[1]);
            let actions = top_bar::show(ui, &name, badges, self.document.is_some());
            super::widgets::line_below(ui);
            actions
        }));
        match (&mut self.document, state) {
            (Some(document), Some(state)) => actions.extend(document.show(ui, &state, &mut self.settings)),
            _ => {
                super::bottom_bar(ui, "status", size::STATUS, status_bar::idle);
                let shown = CentralPanel::no_frame()
                    .show(ui, |ui| self.start.show(ui, &self.settings.recent, self.drops, hovering > 0));
                actions.extend(shown.inner);
            }
        }
        actions.extend(self.commander.show(ui, self.document.as_ref(), &self.settings.recent));
        if self.key_sheet && key_sheet::show(ui) {
            self.key_sheet = false;
        }
        if hovering > 0 && self.document.is_some() {
            let words = if hovering > 1 { "Drop to compare these dumps" } else { "Drop to open this dump" };
            drop_overlay(ui, words);
        }
        let ctx = ui.ctx().clone();
        actions.into_iter().for_each(|action| self.act(&ctx, action));
        self.keep_scale(&ctx);
    }

    fn act(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::Choose => self.wants_dialog = Some(Purpose::Open),
            Action::Open(path) => self.open(ctx, Source::File(path)),
            Action::ChooseOther => self.wants_dialog = Some(Purpose::Compare),
            Action::Compare(path) => self.in_document(|document| document.compare(path)),
            Action::OpenSample => self.open(ctx, Source::Sample),
            Action::Close => {
                if let Some(document) = self.document.take() {
                    document.session.cancel();
                }
                ctx.request_repaint();
            }
            Action::Go(place) => self.in_document(|document| document.go(place)),
            Action::Explain(subject) => self.in_document(|document| document.explain(subject)),
            Action::RootsOf(thread) => self.in_document(|document| document.roots_of(thread)),
            Action::FlameBox(path) => self.in_document(|document| document.flame_box(path)),
            Action::FlameOfGrowth => self.in_document(Document::flame_of_growth),
            Action::Back => self.in_document(Document::back),
            Action::Forward => self.in_document(Document::forward),
            Action::Forget(path) => self.settings.recent.remove(&path),
            Action::SwitchTheme => self.switch_theme(ctx),
            Action::Commands => self.commander.toggle(),
            Action::KeySheet => self.key_sheet = !self.key_sheet,
            Action::Scale(0) => ctx.set_zoom_factor(1.0),
            Action::Scale(step) => ctx.set_zoom_factor(scale(ctx.zoom_factor() + 0.1 * f32::from(step))),
            Action::CopyDiagnostics => {
                if let Some(text) = self.document.as_ref().and_then(Document::diagnostics) {
                    ctx.copy_text(text);
                }
            }
            Action::CopyLog => log_file::text().into_iter().for_each(|text| ctx.copy_text(text)),
            Action::OpenLogFolder => log_file::folder().iter().for_each(|folder| show_folder(folder)),
            Action::Copy(text) => ctx.copy_text(text),
        }
    }

    /// Remembers how large everything is; egui's own keys change it too, and further than can be read.
    fn keep_scale(&mut self, ctx: &Context) {
        let (now, wanted) = (ctx.zoom_factor(), scale(ctx.zoom_factor()));
        if now != wanted {
            ctx.set_zoom_factor(wanted);
        }
        self.settings.zoom = wanted;
    }

    fn in_document(&mut self, act: impl FnOnce(&mut Document)) {
        if let Some(document) = &mut self.document {
            act(document);
        }
    }

    /// To the other theme; where that is the system's own, following the system is what is meant.
    fn switch_theme(&mut self, ctx: &Context) {
        let other = match ctx.theme() {
            Theme::Dark => Theme::Light,
            Theme::Light => Theme::Dark,
        };
        let system = ctx.input(|input| input.raw.system_theme);
        self.settings.theme = if system == Some(other) { ThemePreference::System } else { other.into() };
        ctx.set_theme(self.settings.theme);
    }
}

/// The sizes that the window may have.
fn scale(zoom: f32) -> f32 {
    if zoom.is_finite() { zoom.clamp(0.75, 3.0) } else { 1.0 }
}

/// Opens a folder in the system's own file manager. Where there is none, the log says so.
fn show_folder(folder: &Path) {
    let program = if cfg!(target_os = "windows") {
        "explorer"
    } else if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    match Command::new(program).arg(folder).spawn() {
        // Somebody has to wait for it, or it would stay as a zombie.
        Ok(mut child) => drop(thread::Builder::new().spawn(move || child.wait())),
        Err(error) => log::warn!("{program} does not start: {error}"),
    }
}

/// Files are over the window: they may be let go anywhere.
fn drop_overlay(ui: &Ui, words: &str) {
    let palette = palette(ui);
    let painter = ui
        .ctx()
        .layer_painter(eframe::egui::LayerId::new(eframe::egui::Order::Foreground, eframe::egui::Id::unique("drop")));
    let area = ui.ctx().content_rect();
    painter.rect_filled(area, CornerRadius::ZERO, palette.bg[0].gamma_multiply(0.85));
    painter.text(area.center(), Align2::CENTER_CENTER, words, theme::title(), palette.text);
}
