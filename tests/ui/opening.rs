//! From the start screen to a type table, and every way that may fail.

use eframe::egui::{self, Theme};
use egui_kittest::kittest::Queryable;

use super::harness::{drop_file, rows, wait_ready, wait_until, window};
use super::support::{SAMPLE, dump};

#[test]
fn a_dropped_dump_becomes_a_table_and_another_takes_its_place() {
    let sample = dump(SAMPLE).expect("the sample is in the project");
    let mut window = window([1400.0, 900.0], Theme::Dark);
    window.run();
    window.get_by_label("Drop zone");
    drop_file(&mut window, &sample);
    wait_ready(&mut window);
    window.get_by_label(SAMPLE);
    assert!(rows(&window).len() > 10);

    let text = write("second.dmp", b"not a dump at all, but long enough to be looked at\n");
    drop_file(&mut window, text.as_ref());
    wait_until(&mut window, "the second file", |window| window.query_by_label("Open another…").is_some());
    assert!(window.query_by_label(SAMPLE).is_none());
}

#[test]
fn the_sample_opens_from_the_start_screen() {
    let mut window = window([1000.0, 700.0], Theme::Dark);
    window.run();
    window.get_by_label("Open the sample leak").click();
    wait_ready(&mut window);
    window.get_by_label("Sample dump");
}

#[test]
fn a_file_that_is_no_dump_gets_a_screen_that_says_what_to_do() {
    let text = write("notes.txt", b"Dear reader, this is a text file.\n");
    let mut window = window([1000.0, 700.0], Theme::Light);
    drop_file(&mut window, text.as_ref());
    wait_until(&mut window, "the failure", |window| window.query_by_label("Open another…").is_some());
    window.get_by_label("notes.txt is not a memory dump");
    window.get_by_label("procdump -ma PID");
    window.get_by_label("Back").click();
    window.run();
    window.get_by_label("Drop zone");
}

#[test]
fn a_minidump_without_heap_says_so() {
    let Some(path) = dump("zoo-net8-win-x64-noheap.dmp") else { return };
    let mut window = window([1000.0, 700.0], Theme::Dark);
    drop_file(&mut window, &path);
    wait_until(&mut window, "the failure", |window| window.query_by_label("Open another…").is_some());
    window.get_by_label("zoo-net8-win-x64-noheap.dmp has no heap in it");
    window.get_by_label("How to take a dump with the whole heap");
}

#[test]
fn a_load_is_cancelled_at_once() {
    let sample = dump(SAMPLE).expect("the sample is in the project");
    let mut window = window([1000.0, 700.0], Theme::Dark);
    drop_file(&mut window, &sample);
    window.step();
    assert!(!window.state_mut().is_ready(), "the load outran the test");
    window.key_press(egui::Key::Escape);
    // Two frames, whatever the worker is doing.
    window.run_steps(2);
    window.get_by_label("Drop zone");
}

#[test]
fn a_typed_path_opens_and_a_missing_file_is_told_apart_from_a_bad_one() {
    let mut window = window([1000.0, 700.0], Theme::Dark);
    window.run();
    window.get_by_label("Path of a dump").focus();
    window.run();
    window.event(egui::Event::Text("/there/is/no/such.dmp".into()));
    window.run();
    window.key_press(egui::Key::Enter);
    wait_until(&mut window, "the failure", |window| window.query_by_label("Open another…").is_some());
    window.get_by_label("such.dmp cannot be opened");
    assert!(window.query_by_label("procdump -ma PID").is_none());
}

/// A file of that name in a folder of its own below target/.
fn write(name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("the file is written");
    path
}
