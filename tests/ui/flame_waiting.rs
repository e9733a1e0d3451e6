//! A flame graph that is not there yet, that was cancelled, or that cannot be drawn.
//!
//! The sample's pictures are there before one can look; a question that waits for the test keeps the worker busy.

use std::sync::mpsc::{self, Sender};

use eframe::egui::Theme;
use egui_kittest::kittest::Queryable;
use heapglass::heap::RootKind;
use heapglass::session::{Reading, State, Ticket};
use heapglass::view::flame::TreeKind;
use heapglass::view::place::Subject;

use super::flame_stage::{Stage, Window, choose, opening, sample, wait_for, wait_to_see};
use super::harness::picture;

/// Keeps the worker of slow questions busy until what it gives is dropped.
fn busy(stage: &Stage) -> (Sender<()>, Ticket<()>) {
    let (done, wait) = mpsc::channel::<()>();
    let ticket = stage.session.ask_slow(move |_, _| {
        // An error says that the test has dropped the other end.
        let _ = wait.recv();
        Ok(())
    });
    (done, ticket)
}

fn tree(window: &Window) -> TreeKind {
    window.state().panel.view().unwrap().measure().tree
}

fn root(stage: &Stage, name: &str) -> bool {
    stage.panel.view().is_some_and(|view| &*view.tree().name(0).short == name)
}

#[test]
fn a_picture_on_its_way_can_be_cancelled_and_asked_for_again() {
    let mut window = sample();
    let worker = busy(window.state());
    choose(&mut window, "Tree: retained", "PerfView: its spanning tree, as its Inc columns count");
    window.run_steps(4);
    assert!(window.query_by_label("Cancel").is_none(), "what is there soon needs no word");
    window.run_steps(30);
    window.get_by_label_contains("Building the flame graph …");
    assert_eq!(tree(&window), TreeKind::Retained, "what was there stays in sight");
    picture(&mut window, "flame-waiting-dark");
    window.get_by_label("Cancel").click();
    window.run_steps(4);
    window.get_by_label("Cancelled, the picture is as before");
    window.get_by_label("Tree: retained");
    assert!(window.query_by_label("Cancel").is_none());
    picture(&mut window, "flame-cancelled-dark");
    drop(worker);
    window.run_steps(30);
    assert_eq!(tree(&window), TreeKind::Retained, "what was cancelled does not come");
    window.get_by_label("Ask again").click();
    wait_for(&mut window, "the other tree", |stage| {
        stage.panel.view().is_some_and(|view| view.measure().tree == TreeKind::PerfView)
    });
    window.get_by_label("Tree: perfview");
    assert!(window.query_by_label_contains("Cancelled").is_none());
}

#[test]
fn a_cancelled_picture_of_something_else_gives_way_to_words_and_can_be_built_yet() {
    let mut window = sample();
    let worker = busy(window.state());
    let State::Ready(opened) = window.state_mut().session.state() else { panic!("it is open") };
    let is_it = |&first: &u32| &*opened.heap.graph.types[first as usize].name.short == "SqlCommand";
    let command = opened.groups.first.iter().position(is_it).map(|group| Subject::Type(group as u32));
    window.state_mut().subject = command.clone();
    window.run_steps(30);
    window.get_by_label("Building the flame graph of SqlCommand");
    window.get_by_label("Cancel").click();
    window.run_steps(4);
    window.get_by_label("SqlCommand: cancelled");
    assert!(window.query_by_label("Export").is_none(), "nothing to take away");
    picture(&mut window, "flame-cancelled-type-dark");
    window.get_by_label("Whole heap").click();
    window.run_steps(4);
    assert_eq!(window.state().subject, None);
    assert!(root(window.state(), "heap reachable from roots") && window.query_by_label("Export").is_some());
    window.state_mut().subject = command;
    window.run_steps(30);
    window.get_by_label("Cancel").click();
    window.run_steps(4);
    drop(worker);
    window.get_by_label("Build it").click();
    wait_for(&mut window, "the picture of the type", |stage| root(stage, "SqlCommand"));
}

#[test]
fn the_first_picture_says_how_far_it_is_and_can_be_cancelled() {
    for (theme, word) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let mut window = opening([900.0, 520.0], 1.0, theme, Reading::default());
        let worker = busy(window.state());
        wait_to_see(&mut window, "Building the flame graph");
        picture(&mut window, &format!("flame-first-{word}"));
        window.get_by_label("Cancel").click();
        window.run_steps(4);
        window.get_by_label("The flame graph was not built.");
        picture(&mut window, &format!("flame-first-cancelled-{word}"));
        drop(worker);
        window.get_by_label("Build it").click();
        wait_for(&mut window, "the picture", |stage| root(stage, "heap reachable from roots"));
    }
}

#[test]
fn dead_objects_have_no_picture_and_the_panel_says_why() {
    let mut window = sample();
    let State::Ready(opened) = window.state_mut().session.state() else { panic!("it is open") };
    let dominators = &opened.analysis().expect("it is analysed").liveness.dominators;
    let dead = opened.heap.graph.objects.ids().find(|&object| !dominators.is_reachable(object)).expect("a dead object");
    let name = opened.name_of(&Subject::Object(dead)).short.to_string();
    window.state_mut().subject = Some(Subject::Object(dead));
    wait_to_see(&mut window, "No root reaches any of these objects");
    window.get_by_label(&format!("No flame graph of {name}"));
    picture(&mut window, "flame-failed-dark");
    window.get_by_label("Whole heap").click();
    window.run_steps(4);
    assert!(root(window.state(), "heap reachable from roots") && window.query_by_label("Export").is_some());
}

#[test]
fn without_roots_nothing_is_drawn_and_the_panel_says_why() {
    let reading = Reading { without_roots: RootKind::ALL.to_vec(), ..Reading::default() };
    let mut window = opening([900.0, 520.0], 1.0, Theme::Light, reading);
    wait_to_see(&mut window, "No root reaches any object of this heap.");
    assert!(window.query_by_label("Export").is_none());
    picture(&mut window, "flame-empty-light");
}
