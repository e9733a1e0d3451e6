//! Threads: who they are, what they hold, and the way to their roots.

use eframe::egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable;

use super::harness::{Window, drop_file, open_row, rows, sample, wait_ready, wait_until};
use super::support::dump;

fn threads() -> Window {
    let mut window = sample();
    window.get_by_label("Threads").click();
    wait_until(&mut window, "the threads", |window| rows(window).iter().any(|name| name == "thread 1"));
    window
}

#[test]
fn every_thread_is_listed_and_leads_to_its_roots() {
    let mut window = threads();
    assert_eq!(rows(&window), ["thread 1", ".NET Timer (thread 4)", "thread 2"]);
    window.get_by_label("3 threads");
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run();
    window.event(Event::Text("timer".into()));
    wait_until(&mut window, "the filter", |window| rows(window) == [".NET Timer (thread 4)"]);
    open_row(&mut window, ".NET Timer (thread 4)");
    wait_until(&mut window, "its roots", |window| rows(window).iter().any(|name| name.starts_with("stack of")));
    let of_timer = |window: &Window| rows(window).iter().all(|name| name.contains("thread 4"));
    assert!(of_timer(&window), "{:?}", rows(&window));
    window.get_by_label("thread 4").click();
    wait_until(&mut window, "all roots again", |window| !of_timer(window));
}

#[test]
fn a_table_without_threads_says_why() {
    let mut window = threads();
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run();
    window.event(Event::Text("nobody".into()));
    wait_until(&mut window, "the filter", |window| rows(window).is_empty());
    window.get_by_label("0 threads");
    window.get_by_label("No thread passes this filter");
    let Some(path) = dump("efshop-net8-win-x64.gcdump") else { return };
    drop_file(&mut window, &path);
    wait_ready(&mut window);
    window.get_by_label("Threads").click();
    wait_until(&mut window, "the remark", |window| {
        window.query_by_label("A .gcdump has objects and roots, but no threads").is_some()
    });
}
