//! The type table: order, filter, folding, selection, copying.

use eframe::egui;
use egui_kittest::kittest::Queryable;

use super::harness::{drop_file, open_row, rows, sample, wait_ready, wait_until, window};
use super::support::dump;

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

/// Types into the field of that name in place of what is there.
fn fill(window: &mut super::harness::Window, field: &str, text: &str) {
    window.get_by_label(field).focus();
    window.run_steps(2);
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    window.event(egui::Event::Text(text.into()));
    window.run_steps(2);
    window.key_press(egui::Key::Enter);
    window.run_steps(2);
}

#[test]
fn a_switch_shows_perfviews_by_name_with_its_patterns() {
    let mut window = sample();
    window.get_by_label("PerfView By Name").click();
    let key = "EntityFramework!Data.Entity.Core.Common.QueryCache.LinqQueryCacheKey";
    wait_until(&mut window, "PerfView's table", |window| rows(window).first().is_some_and(|name| name == key));
    assert!(rows(&window).iter().any(|name| name == "LIB <<System.Data.SqlClient!Data.SqlClient.SqlCommand>>"));
    window.get_by_label("Inc %").click();
    wait_until(&mut window, "the order by Inc", |window| rows(window)[0] == "ROOT");

    fill(&mut window, "Patterns that make groups", "{%}!->module $1");
    wait_until(&mut window, "modules", |window| {
        rows(window).iter().any(|name| name == "module EntityFramework")
            && !rows(window).iter().any(|name| name.contains('!'))
    });
    fill(&mut window, "Patterns of what is left out", "{");
    wait_until(&mut window, "the failure", |window| {
        window.query_by_label("the pattern { cannot be understood: unclosed group").is_some()
    });
    assert!(rows(&window).iter().any(|name| name == "module EntityFramework"), "the last table stays in sight");
    window.get_by_label("Defaults").click();
    wait_until(&mut window, "types again", |window| rows(window).iter().any(|name| name == key));
    open_row(&mut window, "LIB <<System.Data.SqlClient!Data.SqlClient.SqlCommand>>");
    wait_until(&mut window, "its referrers", |window| {
        rows(window).first().is_some_and(|name| name == "System.Data.SqlClient.SqlCommand")
    });
    window.key_press_modifiers(egui::Modifiers::ALT, egui::Key::ArrowLeft);
    window.run_steps(3);
    window.get_by_label("By type").click();
    window.run_steps(3);
    window.get_by_label("Filter types");
}

#[test]
fn patterns_that_are_changed_seldom_are_under_more() {
    let mut window = sample();
    window.get_by_label("PerfView By Name").click();
    let is_perfviews = |name: &String| name.contains('!');
    wait_until(&mut window, "PerfView's table", |window| rows(window).first().is_some_and(is_perfviews));
    let before = rows(&window);
    window.get_by_label("More").click();
    window.run_steps(3);
    fill(&mut window, "Include patterns", "SqlClient!");
    wait_until(&mut window, "what passes SqlClient", |window| {
        rows(window) != before && rows(window).iter().any(|name| name.contains("SqlClient"))
    });
    window.get_by_label("More •");
    window.key_press(egui::Key::Escape);
    window.run_steps(3);
    window.get_by_label("Defaults").click();
    wait_until(&mut window, "everything again", |window| rows(window) == before);
}

#[test]
fn a_gcdump_opens_with_both_tables() {
    let Some(path) = dump("efshop-net8-win-x64.gcdump") else { return };
    let mut window = window([1400.0, 900.0], egui::Theme::Dark);
    drop_file(&mut window, &path);
    wait_ready(&mut window);
    assert!(rows(&window).iter().any(|name| name.contains("SqlCommand")), "{:?}", rows(&window));
    window.get_by_label("PerfView By Name").click();
    wait_until(&mut window, "PerfView's table", |window| {
        rows(window).iter().any(|name| name.ends_with("QueryCache.LinqQueryCacheKey"))
    });
    window.get_by_label("By type").click();
    window.run_steps(3);
    let name = rows(&window).into_iter().find(|name| name.ends_with("SqlCommand")).expect("it is there");
    open_row(&mut window, &name);
    wait_until(&mut window, "its referrers", |window| rows(window).len() > 1);
}

#[test]
fn alt_f_folds_the_row_of_by_name_that_was_clicked_into_its_holders() {
    let mut window = sample();
    window.get_by_label("PerfView By Name").click();
    let key = "EntityFramework!Data.Entity.Core.Common.QueryCache.LinqQueryCacheKey";
    wait_until(&mut window, "PerfView's table", |window| rows(window).first().is_some_and(|name| name == key));
    window.get_by(|node| node.role() == egui::accesskit::Role::Row && node.label().as_deref() == Some(key)).click();
    window.run_steps(4);
    window.key_press_modifiers(egui::Modifiers::ALT, egui::Key::F);
    window.run_steps(4);
    let folds = window.get_by_label("Patterns of what counts to its holder").value().expect("a text");
    assert!(folds.contains("LinqQueryCacheKey$"), "{folds}");
    wait_until(&mut window, "the row is gone", |window| {
        rows(window).first().is_some_and(|name| name != key) && rows(window).iter().all(|name| name != key)
    });
}

/// The row of that name.
fn click_row(window: &mut super::harness::Window, name: &str) {
    let is_row = egui::accesskit::Role::Row;
    window.get_by(|node| node.role() == is_row && node.label().as_deref() == Some(name)).click();
    window.run_steps(4);
}

#[test]
fn types_stand_in_sets_that_open_with_the_keyboard() {
    let mut window = sample();
    window.get_by_label("assembly").click();
    wait_until(&mut window, "assemblies", |window| rows(window)[0] == "EntityFramework.dll");
    assert_eq!(rows(&window).last().map(String::as_str), Some("Free"));
    click_row(&mut window, "System.Data.SqlClient.dll");
    wait_until(&mut window, "what it retains", |window| window.query_by_label("Retained together").is_some());
    window.key_press(egui::Key::ArrowRight);
    window.run_steps(3);
    let open = rows(&window);
    let at = open.iter().position(|name| name == "System.Data.SqlClient.dll").expect("it stays in sight");
    assert_eq!(open[at + 1], "System.Data.SqlClient.SqlCommand", "its biggest type");
    window.key_press(egui::Key::ArrowDown);
    window.run_steps(3);
    window.get_by_label("Retains");
    window.key_press(egui::Key::ArrowLeft);
    window.run_steps(3);
    window.get_by_label("Retained together");
    window.key_press(egui::Key::ArrowLeft);
    window.run_steps(3);
    assert!(!rows(&window).iter().any(|name| name.contains("SqlCommand")), "{:?}", rows(&window));
    window.event(egui::Event::Copy);
    window.step();
    let copied = window.output().platform_output.commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    assert!(
        copied.is_some_and(|text| text
            .lines()
            .nth(1)
            .is_some_and(|line| line.starts_with("System.Data.SqlClient.dll\t")))
    );
    // A type chosen elsewhere is shown in its set.
    window.key_press(egui::Key::Num1);
    window.run_steps(4);
    window.get_by_label("SqlCommand").click();
    window.run_steps(4);
    assert!(rows(&window).iter().any(|name| name == "System.Data.SqlClient.SqlCommand"), "{:?}", rows(&window));
    window.get_by_label("none").click();
    window.run_steps(4);
    assert!(!rows(&window).iter().any(|name| name == "EntityFramework.dll"));
}

#[test]
fn my_code_only_hides_the_framework_and_counts_it() {
    let mut window = sample();
    window.get_by_label("my code only").click();
    window.run_steps(4);
    let names = rows(&window);
    assert!(names.iter().any(|name| name.ends_with("LinqQueryCacheKey")), "{names:?}");
    assert!(!names.iter().any(|name| name == "System.String" || name.ends_with("SqlCommand")), "{names:?}");
    window.get_by_label("my code only").click();
    window.run_steps(4);
    assert!(rows(&window).iter().any(|name| name.ends_with("SqlCommand")));
}

#[test]
fn columns_that_are_not_wanted_go_from_the_table_and_from_what_is_copied() {
    let mut window = sample();
    window.get_by_label("Columns").click();
    window.run_steps(4);
    window
        .get_by(|node| node.role() == egui::accesskit::Role::CheckBox && node.label().as_deref() == Some("Assembly"))
        .click();
    window.run_steps(4);
    window.key_press(egui::Key::Escape);
    window.run_steps(4);
    let titles = |window: &super::harness::Window, title: &str| {
        let header = egui::accesskit::Role::ColumnHeader;
        window.query_all(egui_kittest::kittest::By::new().role(header).label(title)).count()
    };
    assert_eq!(titles(&window, "Assembly"), 0);
    assert_eq!(titles(&window, "Exc Ct"), 1);
}
