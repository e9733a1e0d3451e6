//! The flame graph's panel over the open sample, and what a person does to it.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use eframe::egui::{self, Key, Modifiers, Pos2, Rect, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{By, NodeT, Queryable};
use heapglass::session::{Reading, Session, Source, State};
use heapglass::ui::export::Caption;
use heapglass::ui::{Action, FlamePanel};
use heapglass::view::flame::FlameView;
use heapglass::view::place::{Place, Subject, Tab};

use super::harness::staged;
use super::support::{SAMPLE, dump};

/// The panel over an open dump, as a tab shows it.
pub struct Stage {
    pub session: Session,
    pub panel: FlamePanel,
    pub subject: Option<Subject>,
    pub copied: Option<String>,
    /// Another view that was asked for.
    pub led: Option<Place>,
}

impl Stage {
    fn show(ui: &mut egui::Ui, stage: &mut Stage) {
        let State::Ready(opened) = stage.session.state() else { return };
        let caption = Caption { title: SAMPLE.into(), facts: ".NET 8.0.31 · Windows x64".into() };
        for action in stage.panel.show(ui, &opened, &stage.session, stage.subject.as_ref(), &caption) {
            match action {
                Action::Copy(text) => stage.copied = Some(text),
                Action::Go(Place { tab: Tab::Flame, subject }) => stage.subject = subject,
                Action::Go(place) => stage.led = Some(place),
                _ => {}
            }
        }
    }
}

pub type Window = Harness<'static, Stage>;

/// The panel over a dump that is being opened.
pub fn opening(size: [f32; 2], scale: f32, theme: Theme, reading: Reading) -> Window {
    let path = dump(SAMPLE).expect("the sample is in the project");
    let session = Session::open(Source::File(path), reading, Arc::new(|| {}));
    let stage = Stage { session, panel: FlamePanel::default(), subject: None, copied: None, led: None };
    staged(size, scale, theme, Stage::show, stage)
}

pub fn open(size: [f32; 2], scale: f32, theme: Theme) -> Window {
    let mut window = opening(size, scale, theme, Reading::default());
    wait_for(&mut window, "the picture", |stage| stage.panel.view().is_some());
    window.run();
    window
}

pub fn sample() -> Window {
    open([1400.0, 780.0], 1.0, Theme::Dark)
}

pub fn wait_for(window: &mut Window, what: &str, done: impl Fn(&Stage) -> bool) {
    let limit = Instant::now() + Duration::from_secs(120);
    while !done(window.state()) {
        assert!(Instant::now() < limit, "waited too long for {what}");
        thread::sleep(Duration::from_millis(2));
        window.step();
    }
    window.run_steps(3);
}

/// Waits until these words are in sight.
pub fn wait_to_see(window: &mut Window, words: &str) {
    let limit = Instant::now() + Duration::from_secs(120);
    while window.query_by_label_contains(words).is_none() {
        assert!(Instant::now() < limit, "waited too long for {words}");
        thread::sleep(Duration::from_millis(2));
        window.step();
    }
}

/// Where the boxes lie whose text begins so.
pub fn boxes(window: &Window, text: &str) -> Vec<Rect> {
    window
        .query_all(By::new().role(egui::accesskit::Role::TreeItem))
        .filter(|node| node.accesskit_node().label().is_some_and(|label| label.starts_with(text)))
        .map(|node| node.rect())
        .collect()
}

/// The middle of the first box whose text begins so.
pub fn box_at(window: &Window, text: &str) -> Pos2 {
    boxes(window, text).first().unwrap_or_else(|| panic!("{text} is not in sight")).center()
}

pub fn hover(window: &mut Window, at: Pos2) {
    window.hover_at(at);
    window.run_steps(15);
}

pub fn press(window: &Window, at: Pos2, button: egui::PointerButton) {
    for pressed in [true, false] {
        window.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers: Modifiers::NONE });
    }
}

pub fn click(window: &mut Window, at: Pos2) {
    window.hover_at(at);
    press(window, at, egui::PointerButton::Primary);
    window.run_steps(30);
}

pub fn double_click(window: &mut Window, at: Pos2) {
    window.hover_at(at);
    press(window, at, egui::PointerButton::Primary);
    press(window, at, egui::PointerButton::Primary);
    window.run_steps(30);
}

pub fn key(window: &mut Window, key: Key) {
    window.key_press(key);
    window.run_steps(20);
}

pub fn zoomed(window: &Window) -> String {
    let view = window.state().panel.view().unwrap();
    view.tree().name(view.zoomed()).short.to_string()
}

pub fn selected(window: &Window) -> Option<String> {
    let view = window.state().panel.view().unwrap();
    view.selected().map(|frame| view.tree().name(frame).short.to_string())
}

/// Chooses from the menu of the box at a point.
pub fn menu(window: &mut Window, at: Pos2, item: &str) {
    window.hover_at(at);
    press(window, at, egui::PointerButton::Secondary);
    window.run_steps(5);
    window.get_by_label(item).click();
    window.run_steps(5);
}

/// Chooses from the menu that a button of the tool bar opens.
pub fn choose(window: &mut Window, button: &str, choice: &str) {
    window.get_by_label(button).click();
    window.run_steps(4);
    window.get_by_label(choice).click();
    window.run_steps(4);
}

pub fn has_generations(view: &FlameView) -> bool {
    view.tree().generations.len() == view.tree().frames.len()
}
