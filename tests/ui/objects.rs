//! Single objects: lists of them, and one opened with its fields, entries and text.

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable;

use super::harness::{Window, drop_file, open_row, rows, sample, wait_ready, wait_until, window};
use super::support::dump;

const COMMAND: &str = "System.Data.SqlClient.SqlCommand";

/// The instances of a type in sight of the type table.
fn instances(window: &mut Window, name: &str) {
    window.get_by(|node| node.role() == Role::Row && node.label().as_deref() == Some(name)).click();
    window.run_steps(3);
    window.key_press(Key::I);
    wait_until(window, "the list", |window| {
        window.query_by_label("Filter objects").is_some() && rows(window).iter().all(|row| row.starts_with("0x"))
    });
    wait_until(window, "its rows", |window| !rows(window).is_empty());
}

/// Clicks twice on the first row; what it says may come to its name meanwhile.
fn open_first(window: &mut Window) {
    let first = rows(window)[0].clone();
    let address = first.split(' ').next().expect("an address").to_owned();
    window.run_steps(60);
    let is_first = |label: Option<String>| label.is_some_and(|label| label.split(' ').next() == Some(address.as_str()));
    let row = window.get_by(|node| node.role() == Role::Row && is_first(node.label()));
    row.click();
    row.click();
    window.run_steps(4);
}

fn search(window: &mut Window, text: &str) {
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run_steps(2);
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.event(Event::Text(text.into()));
    window.run_steps(2);
}

#[test]
fn the_objects_of_a_type_are_listed_sorted_and_filtered_by_what_they_say() {
    let mut window = sample();
    instances(&mut window, "System.String");
    window.get_by_label_contains("19\u{2009}136 objects");
    window.get_by_label("Size").click();
    wait_until(&mut window, "the longest first", |window| rows(window)[0].contains("\""));
    window.get_by_label("Distance").click();
    window.run_steps(10);
    search(&mut window, "SELECT >1kB");
    wait_until(&mut window, "the filter", |window| {
        let rows = rows(window);
        rows.len() < 19_136 && rows.iter().all(|row| row.contains("SELECT"))
    });
    assert!(!rows(&window).is_empty());
    search(&mut window, "nothing says this");
    wait_until(&mut window, "the empty list", |window| rows(window).is_empty());
}

#[test]
fn a_double_click_opens_the_object_and_references_lead_on_and_back() {
    let mut window = sample();
    instances(&mut window, COMMAND);
    open_first(&mut window);
    wait_until(&mut window, "its fields", |window| {
        rows(window).iter().any(|row| row.starts_with("_commandTimeout = "))
    });
    let all = rows(&window);
    let field = |name: &str| all.iter().find(|row| row.starts_with(name)).unwrap_or_else(|| panic!("{name}: {all:?}"));
    assert_eq!(field("_commandTimeout"), "_commandTimeout = 30");
    assert_eq!(field("_designTimeInvisible"), "_designTimeInvisible = false");
    assert_eq!(field("_updatedRowSource"), "_updatedRowSource = Both (3)");
    assert!(field("_commandText").starts_with("_commandText = \"SELECT"), "{}", field("_commandText"));
    wait_until(&mut window, "its root", |window| {
        window.query_by_label("static var LazyInternalContext._cachedModels").is_some()
    });

    let text = field("_commandText").clone();
    open_row(&mut window, &text);
    wait_until(&mut window, "the string", |window| window.query_by_label("Text of the string").is_some());
    let value = window.get_by_label("Text of the string").value().expect("a text");
    assert!(value.starts_with("SELECT") && value.len() > 200, "{value}");
    window.key_press_modifiers(Modifiers::ALT, Key::ArrowLeft);
    wait_until(&mut window, "the command again", |window| {
        rows(window).iter().any(|row| row.starts_with("_commandTimeout = "))
    });
    window.key_press_modifiers(Modifiers::ALT, Key::ArrowRight);
    wait_until(&mut window, "the string again", |window| window.query_by_label("Text of the string").is_some());
    window.key_press_modifiers(Modifiers::ALT, Key::ArrowLeft);
    window.run_steps(5);
    window.key_press(Key::Escape);
    wait_until(&mut window, "the list alone", |window| rows(window).iter().all(|row| row.starts_with("0x")));
}

#[test]
fn a_dictionary_shows_its_entries_by_page() {
    let mut window = sample();
    let name = "System.Collections.Generic.Dictionary<System.String, System.Byte[]>";
    instances(&mut window, name);
    open_first(&mut window);
    wait_until(&mut window, "its entries", |window| {
        rows(window).iter().any(|row| row.starts_with('"') && row.contains("Byte[] { Length = "))
    });
    let section = rows(&window).into_iter().find(|row| row.starts_with("Entries = ")).expect("a section");
    let entry = rows(&window).into_iter().find(|row| row.starts_with('"')).expect("an entry");
    open_row(&mut window, &entry);
    wait_until(&mut window, "an array", |window| rows(window).iter().any(|row| row.starts_with("[0] = ")));
    window.key_press_modifiers(Modifiers::ALT, Key::ArrowLeft);
    wait_until(&mut window, "the dictionary", |window| rows(window).contains(&section));
    window.get_by_label(&section).click();
    window.run_steps(3);
    window.key_press(Key::End);
    window.run_steps(4);
    window.get_by_label(&rows(&window).into_iter().find(|row| row.starts_with("Fields = ")).expect("fields"));
}

#[test]
fn objects_of_a_gcdump_say_what_they_refer_to() {
    let Some(path) = dump("efshop-net8-win-x64.gcdump") else { return };
    let mut window = window([1400.0, 900.0], Theme::Dark);
    drop_file(&mut window, &path);
    wait_ready(&mut window);
    let name = rows(&window).into_iter().find(|name| name.ends_with("SqlCommand")).expect("it is there");
    instances(&mut window, &name);
    open_first(&mut window);
    wait_until(&mut window, "references", |window| rows(window).iter().any(|row| row.starts_with("[0] = ")));
}

#[test]
fn values_of_structs_are_readable() {
    let mut window = sample();
    for (name, pattern) in [
        ("System.Decimal", r" System\.Decimal -?\d+(\.\d+)?$"),
        ("System.Guid", r" System\.Guid [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
        ("System.TimeSpan", r" System\.TimeSpan -?(\d+\.)?\d\d:\d\d:\d\d(\.\d+)?$"),
        ("System.DateTime", r" System\.DateTime \d{4}-\d\d-\d\d"),
    ] {
        window.key_press(Key::Num2);
        window.run_steps(3);
        search(&mut window, &format!("/^{name}$/"));
        wait_until(&mut window, "the type", |window| rows(window).first().is_some_and(|row| row == name));
        instances(&mut window, name);
        let pattern = regex::Regex::new(pattern).expect("a pattern");
        wait_until(&mut window, name, |window| rows(window).iter().all(|row| pattern.is_match(row)));
    }
}

#[test]
fn what_objects_say_sorts_them() {
    let mut window = sample();
    search(&mut window, "/^System.Guid$/");
    wait_until(&mut window, "the type", |window| rows(window).first().is_some_and(|row| row == "System.Guid"));
    instances(&mut window, "System.Guid");
    let said = |window: &Window| -> Vec<String> {
        rows(window).iter().map(|row| row.rsplit(' ').next().unwrap_or_default().to_owned()).collect()
    };
    window.get_by_label("Value").click();
    wait_until(&mut window, "their order", |window| {
        let said = said(window);
        said.iter().all(|text| !text.contains("Guid")) && said.is_sorted()
    });
    let up = said(&window);
    assert!(up.first() < up.last(), "{up:?}");
    window.get_by_label("Value").click();
    wait_until(&mut window, "the other way round", |window| said(window).iter().rev().is_sorted());
}

#[test]
fn strings_sort_by_letters_that_come_late() {
    let mut window = sample();
    instances(&mut window, "System.String");
    search(&mut window, "SELECT");
    wait_until(&mut window, "the filter", |window| {
        !rows(window).is_empty() && rows(window).iter().all(|row| row.contains("SELECT"))
    });
    window.get_by_label("Value").click();
    let said = |window: &Window| -> Vec<String> {
        rows(window).iter().map(|row| row.split_once('"').map_or("", |(_, text)| text).to_lowercase()).collect()
    };
    wait_until(&mut window, "their order", |window| {
        said(window).iter().all(|text| !text.is_empty()) && said(window).is_sorted()
    });
}

#[test]
fn an_object_selected_elsewhere_is_shown_among_the_instances() {
    let mut window = sample();
    window.get_by_label("Roots").click();
    wait_until(&mut window, "the roots", |window| rows(window).iter().any(|name| name.starts_with("static var")));
    window.key_press(Key::ArrowDown);
    window.run_steps(3);
    window.key_press(Key::Num5);
    wait_until(&mut window, "its object", |window| window.query_by_label("Copy address").is_some());
    window.key_press(Key::Num0);
    wait_until(&mut window, "the comparison", |window| window.query_by_label("Path of another dump").is_some());
    // Nothing else was selected since: the list is the one that was left.
    window.key_press(Key::Num6);
    wait_until(&mut window, "the roots", |window| rows(window).iter().any(|name| name.starts_with("static var")));
    window.key_press(Key::Num8);
    wait_until(&mut window, "values", |window| rows(window).first().is_some_and(|row| row.starts_with('"')));
    window.key_press(Key::ArrowDown);
    window.run_steps(3);
    window.key_press(Key::Num5);
    wait_until(&mut window, "the copies", |window| {
        rows(window).len() > 1 && rows(window).iter().all(|row| row.contains("System.String"))
    });
    assert!(window.query_by_label("Copy address").is_none());
}

#[test]
fn my_code_only_counts_the_objects_that_it_hides() {
    let mut window = sample();
    window.get_by_label("Waste").click();
    wait_until(&mut window, "waste", |window| window.query_by_label("Empty collections").is_some());
    window.get_by_label("Empty collections").click();
    window.run_steps(4);
    window.key_press(Key::Enter);
    wait_until(&mut window, "the list", |window| window.query_by_label("my code only").is_some());
    window.get_by_label("my code only").click();
    wait_until(&mut window, "what is hidden", |window| window.query_by_label_contains("framework objects,").is_some());
}
