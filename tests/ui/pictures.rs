//! Every screen in both themes and at the sizes that matter, painted to be looked at.
//!
//! `HEAPGLASS_PICTURES=folder cargo test --test ui pictures` writes them; without the variable the test only
//! runs through them, which catches characters that no font has and controls without a name.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable;
use heapglass::ui::Settings;

use super::harness::{
    Window, compare_with, drop_file, drop_files, open_row, picture, rows, wait_analysed, wait_ready, wait_until,
    window_with,
};
use super::support::{SAMPLE, dump};

const SIZES: [(&str, [f32; 2], f32); 3] =
    [("900x600", [900.0, 600.0], 1.0), ("1400x900", [1400.0, 900.0], 1.0), ("3840x2160", [1920.0, 1080.0], 2.0)];

fn each(name: &str, settings: &Settings, show: impl Fn(&mut Window)) {
    for (size, points, scale) in SIZES {
        for (theme, word) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
            let mut window = window_with(points, scale, theme, settings.clone(), true);
            window.run();
            show(&mut window);
            picture(&mut window, &format!("{name}-{word}-{size}"));
        }
    }
}

fn sample() -> std::path::PathBuf {
    dump(SAMPLE).expect("the sample is in the project")
}

#[test]
fn start() {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a clock that is set").as_secs();
    let recent = serde_json::json!({ "recent": [
        { "path": "/dumps/w3wp_PID1840.dmp", "runtime": ".NET Framework 4.8", "bytes": 1_420_000_000, "opened": now - 7_300 },
        { "path": "/dumps/shop-after-load.dmp", "runtime": ".NET 8.0.31", "bytes": 612_000_000, "opened": now - 90_000 },
        { "path": "/dumps/api-leak.core", "runtime": ".NET 10.0.9", "bytes": 2_100_000_000u64, "opened": now - 300_000 },
    ]});
    each("start", &serde_json::from_value(recent).expect("settings"), |_| {});
}

#[test]
fn types() {
    each("types", &Settings::default(), |window| {
        drop_file(window, &sample());
        wait_ready(window);
        for _ in 0..4 {
            window.key_press(Key::ArrowDown);
            window.run();
        }
    });
}

#[test]
fn types_in_sets() {
    each("types-sets", &Settings { my_code: true, ..Settings::default() }, |window| {
        drop_file(window, &sample());
        wait_ready(window);
        window.get_by_label("namespace").click();
        let set = "System.Data.Entity.Core.Metadata.Edm";
        wait_until(window, "namespaces", |window| rows(window).iter().any(|name| name == set));
        open_row(window, set);
        wait_until(window, "what it retains", |window| window.query_by_label("Retained together").is_some());
    });
}

#[test]
fn referrers() {
    each("referrers", &Settings::default(), |window| {
        drop_file(window, &sample());
        wait_ready(window);
        open_row(window, "System.Data.SqlClient.SqlCommand");
        wait_until(window, "the tree", |window| !rows(window).is_empty());
        window.key_press(Key::Space);
        wait_until(window, "the root", |window| rows(window).iter().any(|name| name.contains("_cachedModels")));
        wait_until(window, "the ways", |window| window.query_by_label_contains(" alive").is_some());
        window.key_press(Key::P);
        window.run_steps(6);
    });
}

#[test]
fn overview() {
    each("overview", &Settings::default(), |window| {
        drop_file(window, &sample());
        wait_analysed(window);
        wait_until(window, "suspects", |window| window.query_by_label_contains("804 QueryCacheEntry").is_some());
        wait_until(window, "waste", |window| window.query_by_label_contains("do no work").is_some());
    });
}

#[test]
fn strings() {
    each("strings", &Settings::default(), |window| {
        drop_file(window, &sample());
        wait_analysed(window);
        window.get_by_label("Strings").click();
        wait_until(window, "values", |window| rows(window).first().is_some_and(|row| row.starts_with('"')));
    });
}

#[test]
fn waste() {
    each("waste", &Settings::default(), |window| {
        drop_file(window, &sample());
        wait_analysed(window);
        window.get_by_label("Waste").click();
        wait_until(window, "waste", |window| rows(window).len() > 5);
        window.get_by_label("Empty collections").click();
        window.run_steps(3);
        window.key_press(Key::ArrowRight);
        window.run_steps(5);
    });
}

#[test]
fn panels_that_wait() {
    for tab in ["Overview", "Strings", "Waste", "Roots"] {
        each(&format!("waiting-{}", tab.to_lowercase()), &Settings::default(), |window| {
            drop_file(window, &sample());
            wait_until(window, "the table", |window| window.state_mut().is_ready());
            window.get_by(|node| node.role() == Role::Tab && node.label().as_deref() == Some(tab)).click();
            window.run_steps(2);
        });
    }
}

#[test]
fn what_a_gcdump_cannot_say() {
    let Some(path) = dump("efshop-net8-win-x64.gcdump") else { return };
    for tab in ["Overview", "Strings", "Waste"] {
        each(&format!("gcdump-{}", tab.to_lowercase()), &Settings::default(), |window| {
            drop_file(window, &path);
            wait_analysed(window);
            window.get_by_label(tab).click();
            window.run_steps(3);
            std::thread::sleep(std::time::Duration::from_millis(300));
            window.run_steps(10);
        });
    }
}

#[test]
fn by_name() {
    each("by-name", &Settings { by_name: true, ..Settings::default() }, |window| {
        drop_file(window, &sample());
        wait_ready(window);
        wait_until(window, "PerfView's table", |window| !rows(window).is_empty());
    });
}

#[test]
fn more_patterns_of_by_name() {
    each("by-name-more", &Settings { by_name: true, ..Settings::default() }, |window| {
        drop_file(window, &sample());
        wait_ready(window);
        wait_until(window, "PerfView's table", |window| !rows(window).is_empty());
        window.get_by_label("More").click();
        window.run_steps(6);
    });
}

#[test]
fn by_name_with_a_pattern_that_cannot_be() {
    each("by-name-failed", &Settings { by_name: true, ..Settings::default() }, |window| {
        drop_file(window, &sample());
        wait_ready(window);
        wait_until(window, "PerfView's table", |window| !rows(window).is_empty());
        window.get_by_label("Patterns of what is left out").focus();
        window.run_steps(2);
        window.event(eframe::egui::Event::Text("{".into()));
        window.run_steps(2);
        window.key_press(Key::Enter);
        wait_until(window, "the failure", |window| window.query_by_label_contains("cannot be understood").is_some());
    });
}

#[test]
fn instances_of_nothing() {
    each("instances-nothing", &Settings::default(), |window| {
        drop_file(window, &sample());
        wait_ready(window);
        window.get_by_label("Instances").click();
        window.run_steps(3);
    });
}

#[test]
fn a_dictionary() {
    each("dictionary", &Settings::default(), |window| {
        drop_file(window, &sample());
        wait_ready(window);
        window.get_by_label("System.Collections.Generic.Dictionary<System.String, System.Byte[]>").click();
        window.run_steps(3);
        window.key_press(Key::I);
        wait_until(window, "a list", |window| window.query_by_label_contains("1 object ·").is_some());
        window.key_press(Key::ArrowDown);
        window.run_steps(2);
        window.key_press(Key::Enter);
        wait_until(window, "its entries", |window| rows(window).iter().any(|row| row.contains("Byte[] { ")));
    });
}

#[test]
fn flame() {
    each("flame-tab", &Settings::default(), |window| {
        drop_file(window, &sample());
        wait_ready(window);
        window.key_press(Key::Num4);
        wait_until(window, "the picture", |window| {
            window.query_by_label_contains("static var LazyInternalContext._cachedModels").is_some()
        });
    });
}

#[test]
fn instances() {
    each("instances", &Settings::default(), |window| {
        drop_file(window, &sample());
        wait_ready(window);
        window.get_by_label("System.Data.SqlClient.SqlCommand").click();
        window.run_steps(3);
        window.key_press(Key::I);
        wait_until(window, "values", |window| rows(window).len() > 5);
        window.run_steps(30);
    });
}

#[test]
fn an_object() {
    each("object", &Settings::default(), |window| {
        drop_file(window, &sample());
        wait_ready(window);
        window.get_by_label("System.Data.SqlClient.SqlCommand").click();
        window.run_steps(3);
        window.key_press(Key::I);
        wait_until(window, "a list", |window| rows(window).len() > 5);
        window.key_press(Key::ArrowDown);
        window.run_steps(2);
        window.key_press(Key::Enter);
        wait_until(window, "its fields", |window| rows(window).iter().any(|row| row.starts_with("_commandText")));
        wait_until(window, "its root", |window| window.query_by_label_contains("_cachedModels").is_some());
    });
}

#[test]
fn roots() {
    each("roots", &Settings::default(), |window| {
        drop_file(window, &sample());
        wait_ready(window);
        window.get_by_label("Roots").click();
        wait_until(window, "the roots", |window| rows(window).iter().any(|name| name.starts_with("static var")));
    });
}

#[test]
fn commands_and_keys() {
    each("commands", &Settings::default(), |window| {
        drop_file(window, &sample());
        wait_ready(window);
        window.key_press_modifiers(Modifiers::COMMAND, Key::K);
        window.run_steps(3);
        window.event(eframe::egui::Event::Text("sql co".into()));
        window.run_steps(4);
    });
    each("keys", &Settings::default(), |window| {
        window.key_press(Key::F1);
        window.run_steps(4);
    });
}

#[test]
fn threads() {
    each("threads", &Settings::default(), |window| {
        drop_file(window, &sample());
        wait_ready(window);
        window.get_by_label("Threads").click();
        wait_until(window, "the threads", |window| rows(window).iter().any(|name| name == "thread 1"));
        window.key_press(Key::ArrowDown);
        window.run_steps(4);
    });
}

#[test]
fn compare() {
    let Some((one, other)) = dump("zoo-net9-linux-x64.core").zip(dump("zoo-net10-linux-x64-withheap.core")) else {
        return;
    };
    each("compare", &Settings::default(), |window| {
        drop_files(window, &[&one, &other]);
        wait_until(window, "the changes", |window| window.query_by_label("Swap").is_some() && rows(window).len() > 1);
        window.key_press(Key::ArrowDown);
        window.run_steps(4);
    });
}

#[test]
fn growth() {
    let Some((one, other)) = dump("zoo-net9-linux-x64.core").zip(dump("zoo-net10-linux-x64-withheap.core")) else {
        return;
    };
    each("growth", &Settings::default(), |window| {
        drop_files(window, &[&one, &other]);
        wait_until(window, "the changes", |window| window.query_by_label("Show as flame graph").is_some());
        wait_until(window, "the rows", |window| rows(window).len() > 1);
        window.get_by_label("Show as flame graph").click();
        wait_until(window, "the picture", |window| window.query_by_label("Colour: growth").is_some());
    });
}

#[test]
fn compare_before_during_and_after_a_failure() {
    let recent = serde_json::json!({ "recent": [
        { "path": "/dumps/shop-before-load.dmp", "runtime": ".NET 8.0.31", "bytes": 612_000_000, "opened": 1 },
        { "path": "/dumps/shop-after-load.dmp", "runtime": ".NET 8.0.31", "bytes": 812_000_000, "opened": 1 },
    ]});
    each("compare-empty", &serde_json::from_value(recent).expect("settings"), |window| {
        drop_file(window, &sample());
        wait_ready(window);
        window.get_by_label("Compare").click();
        window.run_steps(4);
    });
    each("compare-failed", &Settings::default(), |window| {
        drop_file(window, &sample());
        wait_ready(window);
        compare_with(window, file!().as_ref());
        wait_until(window, "the failure", |window| window.query_by_label("Open another…").is_some());
    });
    each("compare-loading", &Settings::default(), |window| {
        drop_file(window, &sample());
        wait_ready(window);
        compare_with(window, &sample());
        window.run_steps(4);
    });
}

#[test]
fn failed() {
    each("failed", &Settings::default(), |window| {
        drop_file(window, &std::path::PathBuf::from(file!()));
        wait_until(window, "the failure", |window| window.query_by_label("Open another…").is_some());
    });
}

#[test]
fn loading() {
    each("loading", &Settings::default(), |window| {
        drop_file(window, &sample());
        for _ in 0..20 {
            window.step();
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    });
}
