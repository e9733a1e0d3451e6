//! Two dumps: dropped together, chosen later, swapped, cancelled, broken.

use std::path::{Path, PathBuf};
use std::time::Duration;

use eframe::egui::{Event, Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable;

use super::flame_export::{aim, drawn, explained, fills, save};
use super::harness::{Window, compare_with, drop_files, open_row, rows, sample, wait_until, window};
use super::support::{SAMPLE, dump};

const GCDUMP: &str = "efshop-net8-win-x64.gcdump";

/// A .gcdump of the sample's program in a file of its own, written an hour before the sample.
fn earlier(name: &str) -> PathBuf {
    let sample = dump(SAMPLE).expect("the sample is in the project");
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::copy(dump(GCDUMP).expect("the .gcdump is in the project"), &path).expect("the file is copied");
    let written = std::fs::metadata(sample).and_then(|file| file.modified()).expect("a time");
    let file = std::fs::File::options().write(true).open(&path).expect("the copy opens");
    file.set_modified(written - Duration::from_secs(3600)).expect("the time is set");
    path
}

fn compared(window: &mut Window, pair: &str) {
    wait_until(window, pair, |window| window.query_by_label(pair).is_some());
    wait_until(window, "the rows", |window| !rows(window).is_empty());
}

fn compare_sample_with(other: &Path) -> Window {
    let mut window = sample();
    compare_with(&mut window, other);
    window
}

#[test]
fn of_two_files_dropped_together_the_later_opens_and_the_earlier_is_the_base() {
    let mut window = window([1400.0, 900.0], Theme::Dark);
    let early = earlier("before.gcdump");
    drop_files(&mut window, &[&early, &dump(SAMPLE).expect("the sample is in the project")]);
    compared(&mut window, &format!("before.gcdump → {SAMPLE}"));
    let grown = rows(&window);
    window.get_by_label("Swap").click();
    compared(&mut window, &format!("{SAMPLE} → before.gcdump"));
    wait_until(&mut window, "the other order", |window| rows(window) != grown);
}

#[test]
fn a_change_is_filtered_sorted_and_leads_to_its_objects() {
    let mut window = compare_sample_with(&earlier("changes.gcdump"));
    compared(&mut window, &format!("changes.gcdump → {SAMPLE}"));
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run();
    window.event(Event::Text("system.data".into()));
    wait_until(&mut window, "the filter", |window| rows(window).iter().all(|name| name.contains("System.Data")));
    window.get_by_label("Name").click();
    wait_until(&mut window, "the order", |window| rows(window).is_sorted());
    let first = rows(&window)[0].clone();
    window.get_by_label(&first).click();
    window.run_steps(4);
    window.get_by_label("Objects");
    open_row(&mut window, &first);
    wait_until(&mut window, "its referrers", |window| window.query_by_label("Who refers to").is_some());
}

#[test]
fn the_same_dump_twice_has_not_changed() {
    let mut window = compare_sample_with(&dump(SAMPLE).expect("the sample is in the project"));
    wait_until(&mut window, "the verdict", |window| window.query_by_label("holds as many bytes as before").is_some());
    window.get_by_label_contains("unchanged").click();
    wait_until(&mut window, "all types", |window| !rows(window).is_empty());
}

#[test]
fn a_file_that_is_no_dump_says_so_in_the_tab() {
    let mut window = compare_sample_with(file!().as_ref());
    wait_until(&mut window, "the failure", |window| window.query_by_label("compare.rs is not a memory dump").is_some());
    window.get_by_label(SAMPLE);
    window.get_by_label("Back").click();
    window.run_steps(4);
    window.get_by_label("Path of another dump");
}

#[test]
fn loading_the_other_dump_is_cancelled_at_once() {
    let mut window = compare_sample_with(&dump(SAMPLE).expect("the sample is in the project"));
    window.step();
    window.get_by_label(&format!("Opening {SAMPLE}"));
    window.key_press(Key::Escape);
    window.run_steps(4);
    window.get_by_label("Path of another dump");
}

#[test]
fn growth_colours_the_flame_graph() {
    let mut window = compare_sample_with(&earlier("growth.gcdump"));
    compared(&mut window, &format!("growth.gcdump → {SAMPLE}"));
    window.get_by_label("Show as flame graph").click();
    wait_until(&mut window, "the picture", |window| window.query_by_label("Colour: growth").is_some());
    window.get_by_label("as before");
    // In a drawing every colour is explained.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("growth.svg");
    aim(&mut window, "Drawing (SVG)", &path);
    save(&mut window, &path);
    let svg = std::fs::read_to_string(&path).unwrap();
    let (fills, explained) = (fills(&drawn(&svg)[1..]), explained(&svg));
    assert!(fills.len() >= 3 && fills.is_subset(&explained), "{fills:?} {explained:?}");
}
