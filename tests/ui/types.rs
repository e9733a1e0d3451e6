//! The type table: order, filter, folding, selection, copying.

use eframe::egui;
use egui_kittest::kittest::Queryable;

use super::harness::{rows, sample};

#[test]
fn folding_puts_the_owners_first_and_a_click_takes_it_off() {
    let mut window = sample();
    let folded = rows(&window);
    assert!(folded[..5].iter().any(|name| name == "System.Data.SqlClient.SqlCommand"), "{folded:?}");
    window.get_by_label("strings and arrays in their owner").click();
    window.run();
    assert_eq!(rows(&window)[0], "System.String");
}

#[test]
fn a_click_on_a_title_sorts_and_a_second_one_turns_the_order_round() {
    let mut window = sample();
    window.get_by_label("Exc Ct").click();
    window.run();
    assert_eq!(rows(&window)[0], "System.String");
    window.get_by_label("Name").click();
    window.run();
    let up = rows(&window);
    assert!(up.is_sorted(), "{up:?}");
    window.get_by_label("Name").click();
    window.run();
    let down = rows(&window);
    assert!(down.iter().rev().is_sorted(), "{down:?}");
}

#[test]
fn typing_filters_and_a_broken_pattern_says_so() {
    let mut window = sample();
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::F);
    window.run();
    window.event(egui::Event::Text("sqlcommand >1kB".into()));
    window.run();
    let names = rows(&window);
    assert!(!names.is_empty() && names.iter().all(|name| name.contains("SqlCommand")), "{names:?}");
    window.event(egui::Event::Text(" /(/".into()));
    window.run();
    window.get_by_label_contains("not a regular expression");
    window.key_press(egui::Key::Escape);
    window.run();
    assert!(rows(&window).len() > 20);
}

#[test]
fn the_keyboard_moves_the_selection_and_copies_a_row() {
    let mut window = sample();
    let names = rows(&window);
    for _ in 0..3 {
        window.key_press(egui::Key::ArrowDown);
        window.run();
    }
    window.event(egui::Event::Copy);
    window.step();
    let copied = window.output().platform_output.commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    let copied = copied.expect("something was copied");
    assert!(copied.lines().nth(1).is_some_and(|line| line.starts_with(&format!("{}\t", names[2]))), "{copied}");
    window.key_press(egui::Key::End);
    window.run();
    assert_eq!(rows(&window).last().map(String::as_str), Some("Free"));
}
