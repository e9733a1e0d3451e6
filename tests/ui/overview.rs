//! The first look at a dump and where it leads; strings and waste.

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, Theme};
use egui_kittest::kittest::{By, NodeT, Queryable};

use super::harness::{Window, drop_file, open_row, rows, sample, wait_analysed, wait_until, window};
use super::support::dump;

const COMMAND: &str = "System.Data.SqlClient.SqlCommand";
const CAUSE: &str = "static var System.Data.Entity.Internal.LazyInternalContext._cachedModels";
const SUSPECT: &str = "804 QueryCacheEntry objects with 800 SqlCommand objects in them (7.91 MB, 40.7 % of the heap)";

/// The sample, opened by the button of the start screen.
fn opened() -> Window {
    let mut window = window([1400.0, 900.0], Theme::Dark);
    window.run();
    window.get_by_label("Open the sample leak").click();
    wait_analysed(&mut window);
    wait_until(&mut window, "the suspects", |window| window.query_by_label_contains(SUSPECT).is_some());
    window
}

#[test]
fn one_click_names_the_variable_and_a_second_one_shows_how_it_holds() {
    let mut window = opened();
    window.get_by_label_contains("are kept alive by static var LazyInternalContext._cachedModels through");
    window.get_by_label_contains(SUSPECT).click();
    wait_until(&mut window, "the way up", |window| rows(window).iter().any(|name| name == CAUSE));
    assert!(rows(&window)[0].ends_with("QueryCacheEntry"), "{:?}", rows(&window));
    window.key_press_modifiers(Modifiers::ALT, Key::ArrowLeft);
    wait_until(&mut window, "the overview", |window| window.query_by_label_contains(SUSPECT).is_some());
}

#[test]
fn a_suspect_leads_to_its_flame_graph_and_its_objects() {
    let mut window = opened();
    let first = |window: &mut Window, button: &str| {
        let mut buttons: Vec<_> = window.query_all_by_label(button).collect();
        buttons.sort_by(|a, b| a.rect().top().total_cmp(&b.rect().top()));
        // A tab may have the same name.
        let button = buttons.iter().find(|button| button.rect().top() > 90.0).expect("a button");
        button.click();
    };
    first(&mut window, "Flame graph");
    // Its own box, selected in the picture of the whole heap, below the variable that holds it.
    wait_until(&mut window, "its box", |window| {
        let boxes = window.query_all(By::new().role(Role::TreeItem));
        let chosen = |node: &egui_kittest::Node<'_>| node.accesskit_node().is_selected() == Some(true);
        boxes.into_iter().any(|node| {
            chosen(&node) && node.accesskit_node().label().is_some_and(|label| label.contains("QueryCacheEntry"))
        })
    });
    let holder = window.query_all_by_label_contains("static var LazyInternalContext._cachedModels").next();
    assert!(holder.is_some(), "what holds it is in the picture too");
    window.key_press(Key::Num1);
    window.run_steps(5);
    first(&mut window, "Instances");
    wait_until(&mut window, "its objects", |window| window.query_by_label_contains("804 objects").is_some());
}

#[test]
fn the_overview_says_what_the_dump_is_and_what_fills_it() {
    let mut window = opened();
    for fact in [".NET 8.0.31", "Windows x64", "Generation 2", "Large objects"] {
        assert!(window.query_all_by_label(fact).next().is_some(), "{fact}");
    }
    window.get_by_label_contains("4.41 MB free in 4\u{2009}652 gaps, 22.7 % of the heap");
    wait_until(&mut window, "waste", |window| {
        window.query_by_label("8.64 MB do no work, 44.4 % of the heap").is_some()
    });
    window.get_by_label("SqlCommand").click();
    window.run_steps(5);
    assert!(rows(&window)[..5].iter().any(|name| name == COMMAND), "{:?}", rows(&window));
    window.get_by_label("Selected");
}

#[test]
fn duplicate_strings_are_found_by_text_and_lead_to_their_copies() {
    let mut window = sample();
    window.get_by_label("Strings").click();
    wait_until(&mut window, "values", |window| rows(window).first().is_some_and(|row| row.starts_with('"')));
    assert!(rows(&window)[0].starts_with("\"collection[Transient.rowtype[(Id,"), "{:?}", rows(&window)[0]);
    window.get_by_label("19\u{2009}136 strings · 3.37 MB of 7.67 MB are copies");
    window.get_by_label("Count").click();
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run_steps(2);
    window.event(Event::Text("Transient.rowtype >500".into()));
    wait_until(&mut window, "the filter", |window| {
        (1..10).contains(&rows(window).len()) && rows(window).iter().all(|row| row.contains("Transient.rowtype"))
    });
    let first = rows(&window)[0].clone();
    open_row(&mut window, &first);
    wait_until(&mut window, "the copies", |window| window.query_by_label_contains("534 objects").is_some());
    window.key_press_modifiers(Modifiers::ALT, Key::ArrowLeft);
    wait_until(&mut window, "the values", |window| rows(window).contains(&first));
    window.get_by_label("All strings").click();
    wait_until(&mut window, "all", |window| window.query_by_label_contains("19\u{2009}136 objects").is_some());
}

#[test]
fn waste_is_one_number_with_parts_that_lead_to_their_objects() {
    let mut window = sample();
    window.get_by_label("Waste").click();
    wait_until(&mut window, "waste", |window| {
        window.query_by_label("8.64 MB do no work, 44.4 % of the heap").is_some()
    });
    assert_eq!(rows(&window)[..2], ["Free space between objects", "Duplicate strings"]);
    window.get_by_label("Arrays of nulls and zeros").click();
    window.run_steps(3);
    window.get_by_label_contains("At least half of the references are null");
    window.key_press(Key::ArrowRight);
    wait_until(&mut window, "its types", |window| rows(window).iter().any(|row| row == "System.Byte[]"));
    open_row(&mut window, "System.Byte[]");
    wait_until(&mut window, "its objects", |window| window.query_by_label_contains("401 objects").is_some());
}

#[test]
fn what_a_gcdump_lacks_is_said_in_words() {
    let Some(path) = dump("efshop-net8-win-x64.gcdump") else { return };
    let mut window = window([1000.0, 700.0], Theme::Dark);
    drop_file(&mut window, &path);
    wait_analysed(&mut window);
    wait_until(&mut window, "the suspects", |window| window.query_all_by_label_contains("kept alive").next().is_some());
    for tab in ["Strings", "Waste"] {
        window.get_by_label(tab).click();
        wait_until(&mut window, "a word", |window| {
            window.query_by_label_contains("A .gcdump has no values in it").is_some()
        });
    }
}
