//! Who keeps it alive: from a type to its root, back again, and all roots.

use eframe::egui::accesskit::{Role, Toggled};
use eframe::egui::{Event, Key, Modifiers, PointerButton};
use egui_kittest::kittest::{NodeT, Queryable};

use super::harness::{open_row, rows, sample, wait_until};

const COMMAND: &str = "System.Data.SqlClient.SqlCommand";
const CAUSE: &str = "static var System.Data.Entity.Internal.LazyInternalContext._cachedModels";

#[test]
fn the_line_under_the_table_names_the_root_that_keeps_a_type_alive() {
    let mut window = sample();
    window.get_by_label(COMMAND).click();
    wait_until(&mut window, "the root", |window| {
        window.query_by_label("static var LazyInternalContext._cachedModels").is_some()
    });
    window.get_by_label("all 801 · and by 5 other roots");
    window.get_by_label("static var LazyInternalContext._cachedModels").click();
    wait_until(&mut window, "the way up", |window| rows(window).iter().any(|name| name == CAUSE));
}

#[test]
fn a_double_click_opens_referrers_and_space_the_heaviest_path_to_a_root() {
    let mut window = sample();
    open_row(&mut window, COMMAND);
    wait_until(&mut window, "the tree", |window| rows(window).len() > 1);
    assert_eq!(rows(&window)[0], COMMAND);
    assert!(
        rows(&window)[1].starts_with("System.Data.Entity.Core.Common.DbCommandDefinition ."),
        "{:?}",
        rows(&window)
    );
    window.key_press(Key::Space);
    wait_until(&mut window, "the root", |window| rows(window).iter().any(|name| name == CAUSE));
    window.key_press_modifiers(Modifiers::ALT, Key::ArrowLeft);
    window.run();
    window.get_by_label("Filter types");
    window.key_press_modifiers(Modifiers::ALT, Key::ArrowRight);
    window.run_steps(4);
    assert!(rows(&window).iter().any(|name| name == CAUSE), "the tree is as it was left");
}

#[test]
fn rows_of_the_tree_open_and_close_by_keyboard() {
    let mut window = sample();
    open_row(&mut window, COMMAND);
    wait_until(&mut window, "the tree", |window| rows(window).len() > 1);
    // The bar below has buttons by then, which an arrow key must not go to.
    wait_until(&mut window, "the root", |window| window.query_by_label_contains("independent roots keep").is_some());
    let first = rows(&window);
    window.key_press(Key::ArrowDown);
    window.run_steps(2);
    window.key_press(Key::ArrowRight);
    wait_until(&mut window, "an open row", |window| rows(window) != first);
    window.key_press(Key::ArrowLeft);
    wait_until(&mut window, "a closed row", |window| rows(window) == first);
}

#[test]
fn single_keys_still_act_after_a_click_on_a_row() {
    let mut window = sample();
    open_row(&mut window, COMMAND);
    wait_until(&mut window, "the tree", |window| rows(window).len() > 1);
    let row = rows(&window)[1].clone();
    window.get_by(|node| node.role() == Role::Row && node.label().as_deref() == Some(&row)).click();
    window.run_steps(4);
    window.key_press(Key::Space);
    wait_until(&mut window, "the root", |window| rows(window).iter().any(|name| name == CAUSE));
}

#[test]
fn all_roots_are_listed_filtered_and_lead_to_their_objects() {
    let mut window = sample();
    window.key_press(Key::Num6);
    wait_until(&mut window, "the roots", |window| !rows(window).is_empty());
    window.get_by_label_contains("Static variables").click();
    window.run_steps(3);
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run();
    window.event(Event::Text("_cachedModels".into()));
    wait_until(&mut window, "the filter", |window| rows(window) == [CAUSE]);
    open_row(&mut window, CAUSE);
    wait_until(&mut window, "its object", |window| window.query_by_label("Who refers to").is_some());
    wait_until(&mut window, "its referrers", |window| rows(window).iter().any(|name| name == CAUSE));
}

#[test]
fn the_flame_graph_is_a_tab_and_says_what_its_widths_mean() {
    let mut window = sample();
    window.key_press(Key::Num4);
    wait_until(&mut window, "the picture", |window| {
        window.query_by_label_contains("width = what would be freed if this went").is_some()
    });
}

#[test]
fn a_type_leads_to_its_own_flame_graph_and_back() {
    let mut window = sample();
    window.get_by_label(COMMAND).click();
    window.run_steps(4);
    window.key_press(Key::F);
    wait_until(&mut window, "the picture of the type", |window| {
        window.query_by_label("Search the flame graph").is_some() && window.query_by_label("whole heap").is_none()
    });
    window.key_press_modifiers(Modifiers::ALT, Key::ArrowLeft);
    window.run_steps(4);
    window.get_by_label("Filter types");
}

#[test]
fn a_row_of_the_referrers_has_a_flame_graph_of_its_own() {
    let mut window = sample();
    open_row(&mut window, COMMAND);
    wait_until(&mut window, "the tree", |window| rows(window).len() > 1);
    window.run_steps(60);
    let row = rows(&window)[1].clone();
    window.get_by(|node| node.role() == Role::Row && node.label().as_deref() == Some(&row)).click_secondary();
    window.run_steps(5);
    window.get_by(|node| node.role() == Role::Button && node.label().as_deref() == Some("Flame graph")).click();
    wait_until(&mut window, "the picture of the row", |window| {
        let boxed = |text: &str| {
            window.query_all_by_label_contains(text).any(|node| node.accesskit_node().role() == Role::TreeItem)
        };
        boxed("DbCommandDefinition · ") && boxed("SqlCommand · ") && !boxed("heap reachable")
    });
}

#[test]
fn what_is_selected_in_the_flame_graph_is_selected_in_types_and_the_other_way_round() {
    let mut window = sample();
    window.get_by_label(COMMAND).click();
    window.run_steps(4);
    window.key_press(Key::Num4);
    wait_until(&mut window, "the picture", |window| window.query_by_label_contains("QueryCacheManager").is_some());
    let command = window.get_by_label_contains("SqlCommand ·").rect();
    let image = window.render().expect("the window is painted");
    let edge =
        (command.left() as u32..command.left() as u32 + 3).map(|x| image.get_pixel(x, command.center().y as u32).0);
    assert!(edge.into_iter().any(|[_, _, blue, _]| blue > 0xd0), "the row's boxes are outlined");
    let entry = window.get_by_label_contains("LinqQueryCacheKey").rect().center();
    window.hover_at(entry);
    for pressed in [true, false] {
        let button = PointerButton::Primary;
        window.event(Event::PointerButton { pos: entry, button, pressed, modifiers: Modifiers::NONE });
    }
    window.run_steps(4);
    window.key_press(Key::Num2);
    wait_until(&mut window, "the row of the box", |window| {
        window
            .query_by(|node| node.role() == Role::Row && node.toggled() == Some(Toggled::True))
            .is_some_and(|row| row.accesskit_node().label().is_some_and(|name| name.ends_with("LinqQueryCacheKey")))
    });
    window.key_press_modifiers(Modifiers::ALT, Key::ArrowLeft);
    window.run_steps(4);
    assert!(window.query_by_label("Copy path").is_some(), "the box is selected and pinned as it was left");
}
