//! What can be done from anywhere: the list of commands, the sheet of keys, sizes, diagnostics.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Key, Modifiers, Theme};
use egui_kittest::kittest::{By, NodeT, Queryable};

use super::harness::{Window, rows, sample, wait_ready, wait_until, window};
use super::support::{SAMPLE, dump};

fn type_text(window: &mut Window, text: &str) {
    window.key_press_modifiers(Modifiers::COMMAND, Key::K);
    window.run_steps(3);
    window.event(egui::Event::Text(text.into()));
    window.run_steps(4);
}

/// What the command found by these words copies.
fn copied_by(window: &mut Window, command: &str) -> String {
    type_text(window, command);
    let (key, modifiers) = (Key::Enter, Modifiers::NONE);
    window.event(egui::Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers });
    window.step();
    let copied = window.output().platform_output.commands.iter().find_map(|done| match done {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    copied.expect("a copied text")
}

fn offered(window: &Window) -> Vec<String> {
    let lines = window.query_all(By::new().role(Role::ListBoxOption));
    lines.map(|line| line.accesskit_node().label().unwrap_or_default()).collect()
}

#[test]
fn a_type_is_found_by_a_few_letters_and_enter_shows_who_refers_to_it() {
    let mut window = sample();
    type_text(&mut window, "command sql");
    assert_eq!(offered(&window)[0], "System.Data.SqlClient.SqlCommand");
    window.key_press(Key::Enter);
    wait_until(&mut window, "the tree", |window| rows(window).len() > 1);
    assert_eq!(rows(&window)[0], "System.Data.SqlClient.SqlCommand");
    assert!(offered(&window).is_empty(), "the list is gone");
}

#[test]
fn commands_are_walked_by_arrows_and_clicked() {
    let mut window = window([1400.0, 900.0], Theme::Dark);
    window.run();
    type_text(&mut window, "open");
    assert_eq!(offered(&window), ["Open a dump …", "Open the sample dump"]);
    window.key_press(Key::ArrowDown);
    window.run_steps(2);
    window.key_press(Key::Enter);
    wait_ready(&mut window);
    type_text(&mut window, "go to roots");
    window.get_by(|node| node.role() == Role::ListBoxOption && node.label().as_deref() == Some("Go to Roots")).click();
    wait_until(&mut window, "the roots", |window| rows(window).iter().any(|name| name.starts_with("static var")));
}

#[test]
fn what_nothing_is_called_is_said_and_escape_leaves() {
    let mut window = sample();
    type_text(&mut window, "no such thing");
    assert!(offered(&window).is_empty());
    window.key_press(Key::Escape);
    window.run_steps(3);
    assert!(window.query_by_label("Command or type").is_none());
    window.get_by_label("Filter types");
}

#[test]
fn the_question_mark_shows_the_keys_except_where_it_is_typed() {
    let mut window = sample();
    window.event(egui::Event::Text("?".into()));
    window.run_steps(3);
    window.get_by_label("The heaviest path up to a root");
    window.key_press(Key::Escape);
    window.run_steps(3);
    assert!(window.query_by_label("The heaviest path up to a root").is_none());
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run();
    window.event(egui::Event::Text("?".into()));
    window.run_steps(3);
    assert!(window.query_by_label("The heaviest path up to a root").is_none());
}

#[test]
fn sizes_are_kept_within_what_can_be_read() {
    let mut window = window([1400.0, 900.0], Theme::Dark);
    window.run();
    type_text(&mut window, "larger");
    window.key_press(Key::Enter);
    window.run_steps(4);
    assert!((window.state().settings.zoom - 1.1).abs() < 1e-4, "{}", window.state().settings.zoom);
    window.ctx.set_zoom_factor(9.0);
    window.run_steps(4);
    assert_eq!((window.ctx.zoom_factor(), window.state().settings.zoom), (3.0, 3.0));
}

#[test]
fn diagnostics_tell_about_the_dump_and_nothing_of_what_it_holds() {
    let mut window = sample();
    let text = copied_by(&mut window, "diagnostics");
    assert!(text.starts_with("Heapglass ") && text.contains("segments: "), "{text}");
    assert!(!text.contains("SqlCommand") && !text.contains("efshop"), "{text}");
}

#[test]
fn the_log_says_what_was_done_and_nothing_of_the_heap() {
    let folder = tempfile::tempdir().expect("a folder");
    heapglass::ui::log_file::install();
    heapglass::ui::log_file::keep_in(folder.path().to_owned());
    let mut window = sample();
    let log = copied_by(&mut window, "copy the log");
    let name = dump(SAMPLE).expect("the sample").file_name().expect("a name").to_string_lossy().into_owned();
    for fact in
        [concat!("Heapglass ", env!("CARGO_PKG_VERSION")), &name, "137280 objects", "Walking objects: ", "analysed"]
    {
        assert!(log.contains(fact), "{fact} is missing in {log}");
    }
    for secret in ["SqlCommand", "SELECT", "/target/", env!("CARGO_MANIFEST_DIR")] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}
