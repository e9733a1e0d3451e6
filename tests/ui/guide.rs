//! The leak hunt of docs/guide.md, as it is written there: its pictures are made here, its words are checked here.
//!
//! `HEAPGLASS_GUIDE=1 cargo test --test ui guide` writes the pictures into docs/pictures.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, Theme, pos2};
use egui_kittest::kittest::{By, NodeT, Queryable};

use super::harness::{Window, rows, wait_analysed, wait_until, window};

const COMMAND: &str = "System.Data.SqlClient.SqlCommand";
const CAUSE: &str = "static var LazyInternalContext._cachedModels";
/// A guide is read on the web: no picture is larger.
const MOST_BYTES: usize = 150_000;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// The guide being followed.
struct Reader {
    window: Window,
    /// What is left of the guide.
    text: String,
    clicks: usize,
}

impl Reader {
    /// Does one section: every word in bold is on screen before or after `act`, and the picture is the one named.
    fn section(&mut self, picture: &str, act: impl FnOnce(&mut Reader)) {
        let link = format!("](pictures/{picture}.png)");
        let (section, rest) = self.text.split_once(&link).unwrap_or_else(|| panic!("the guide shows {picture}"));
        let words: Vec<String> = bold(section).collect();
        self.text = rest.to_owned();
        let seen = |window: &Window| words.iter().map(|words| is_seen(window, words)).collect::<Vec<_>>();
        let before = seen(&self.window);
        act(self);
        let after = seen(&self.window);
        for (words, seen) in words.iter().zip(before.iter().zip(after)) {
            assert!(*seen.0 || seen.1, "{words:?}, which the guide names, is not in the window of {picture}");
        }
        let path = docs().join(format!("pictures/{picture}.png"));
        if std::env::var_os("HEAPGLASS_GUIDE").is_some() {
            // Out of the way: what lies under the pointer looks different.
            self.window.hover_at(pos2(1198.0, 748.0));
            self.window.run_steps(20);
            let bytes = indexed_png(&self.window.render().expect("the window is painted"));
            assert!(bytes.len() <= MOST_BYTES, "{picture} has {} bytes", bytes.len());
            fs::write(&path, bytes).expect("the picture is written");
        }
        assert!(path.exists(), "docs/pictures/{picture}.png is missing: HEAPGLASS_GUIDE=1 writes it");
    }

    fn click(&mut self, words: &str) {
        self.clicks += 1;
        let found = self.window.query_all_by_label(words).find(|node| node.accesskit_node().role() != Role::Label);
        found.unwrap_or_else(|| panic!("{words} is not in the window")).click();
        self.window.run_steps(4);
    }
}

/// What stands between pairs of `**`.
fn bold(text: &str) -> impl Iterator<Item = String> {
    text.split("**").skip(1).step_by(2).map(|words| words.replace('\n', " "))
}

fn is_seen(window: &Window, words: &str) -> bool {
    window.query_all_by_label_contains(words).next().is_some()
}

#[test]
fn the_guide_leads_to_the_leak_and_names_what_is_on_screen() {
    let text = fs::read_to_string(docs().join("guide.md")).expect("the guide is there");
    let mut window = window([1200.0, 750.0], Theme::Dark);
    window.run();
    let mut reader = Reader { window, text, clicks: 0 };
    reader.section("guide-1-start", |_| {});
    reader.section("guide-2-overview", |reader| {
        reader.click("Open the sample leak");
        wait_analysed(&mut reader.window);
        wait_until(&mut reader.window, "the suspects", |window| is_seen(window, CAUSE));
        wait_until(&mut reader.window, "the waste", |window| !is_seen(window, "Adding up"));
        assert_eq!(reader.clicks, 1, "the guide promises one click");
    });
    reader.section("guide-3-types", |reader| {
        reader.click("Types");
        wait_until(&mut reader.window, "the table", |window| rows(window).iter().any(|name| name == COMMAND));
        let shown = rows(&reader.window);
        let place = shown.iter().position(|name| name == COMMAND).expect("in sight");
        assert!(place < 12, "SqlCommand is no longer near the top: {shown:#?}");
    });
    reader.section("guide-4-holder", |reader| {
        reader.click(COMMAND);
        wait_until(&mut reader.window, "the root", |window| window.query_by_label(CAUSE).is_some());
        assert_eq!(reader.clicks, 3, "the guide counts three clicks");
    });
    reader.section("guide-5-referrers", |reader| {
        reader.click(CAUSE);
        let window = &mut reader.window;
        wait_until(window, "the way", |window| rows(window).iter().any(|name| name.contains("_cachedModels")));
        wait_until(window, "the roots", |window| window.query_by_label_contains(" alive").is_some());
        assert!(rows(window).iter().any(|name| name.contains("QueryCacheManager")), "{:#?}", rows(window));
    });
    reader.section("guide-6-flame", |reader| {
        reader.click("Flame graph");
        let window = &mut reader.window;
        wait_until(window, "the picture", |window| is_seen(window, CAUSE));
        let boxes = window.query_all(By::new().role(Role::TreeItem));
        let named = |label: Option<String>| label.is_some_and(|label| label.starts_with(CAUSE));
        let width = boxes.filter(|node| named(node.accesskit_node().label())).map(|node| node.rect().width());
        assert!(width.max_by(f32::total_cmp).is_some_and(|width| width > 600.0), "over half of the heap");
    });
    reader.section("guide-7-export", |reader| {
        reader.click("Export");
        // Proposed is a file in the folder that one works in, whose name is nobody's business.
        reader.window.get_by_label("File to save to").focus();
        reader.window.run();
        reader.window.key_press_modifiers(Modifiers::COMMAND, Key::A);
        reader.window.run();
        reader.window.event(Event::Text("sample-flame.png".into()));
        reader.window.run_steps(4);
    });
    // What the guide names at its end is there in every view.
    reader.click("Compare");
    for words in bold(&reader.text) {
        assert!(is_seen(&reader.window, &words), "{words:?} is not in the window");
    }
}

/// The picture as a PNG of at most 256 colours: the commonest, and for others the nearest of them.
fn indexed_png(image: &image::RgbaImage) -> Vec<u8> {
    let mut counts: HashMap<[u8; 3], u32> = HashMap::new();
    let color = |pixel: &image::Rgba<u8>| [pixel[0], pixel[1], pixel[2]];
    image.pixels().for_each(|pixel| *counts.entry(color(pixel)).or_default() += 1);
    let mut colors: Vec<([u8; 3], u32)> = counts.into_iter().collect();
    colors.sort_by_key(|&(color, count)| (std::cmp::Reverse(count), color));
    let distance =
        |a: [u8; 3], b: [u8; 3]| -> i32 { a.iter().zip(b).map(|(&a, b)| (i32::from(a) - i32::from(b)).pow(2)).sum() };
    let mut palette: Vec<[u8; 3]> = Vec::new();
    // Those that nobody can tell apart take one place.
    for &(color, _) in &colors {
        if palette.len() < 256 && palette.iter().all(|&known| distance(known, color) > 60) {
            palette.push(color);
        }
    }
    let nearest = |wanted: [u8; 3]| {
        let best = palette.iter().enumerate().min_by_key(|(_, known)| distance(**known, wanted));
        best.map_or(0, |(at, _)| at as u8)
    };
    let index: HashMap<[u8; 3], u8> = colors.iter().map(|&(color, _)| (color, nearest(color))).collect();
    let pixels: Vec<u8> = image.pixels().map(|pixel| index[&color(pixel)]).collect();
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, image.width(), image.height());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.concat());
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels)).expect("a PNG is made");
    out
}
