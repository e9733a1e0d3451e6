//! Exported flame graphs: as files and in the clipboard, box by box what the screen shows.

use std::collections::HashSet;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use eframe::egui::{self, Key, Modifiers, Pos2, Rect, Theme, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use heapglass::ui::export::{self, Caption, Format, Look};
use heapglass::view::flame::{ColorBy, FlameView, Spot, Tile, smaller_text};
use regex::Regex;

use super::flame_stage::{Stage, box_at, choose, double_click, has_generations, hover, menu, sample, wait_for};
use super::harness::picture;
use super::support::SAMPLE;

/// A box of an exported drawing.
#[derive(Debug)]
pub struct Drawn {
    title: String,
    rect: Rect,
    fill: [u8; 4],
    striped: bool,
}

/// The boxes of a drawing, in its order.
pub fn drawn(svg: &str) -> Vec<Drawn> {
    let number = r#"="([\d.]+)""#;
    let pattern = format!(
        "<g><title>([^<]*)</title><rect x{number} y{number} width{number} height{number}[^#]*#([0-9a-f]{{6}})\"/>\n(<rect)?"
    );
    let float = |text: &str| text.parse::<f32>().unwrap();
    let parse = |hit: regex::Captures<'_>| {
        let [x, y, width, height] = [2, 3, 4, 5].map(|at| float(&hit[at]));
        let [_, r, g, b] = u32::from_str_radix(&hit[6], 16).unwrap().to_be_bytes();
        Drawn {
            title: hit[1].lines().next().unwrap().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"),
            rect: Rect::from_min_size(Pos2::new(x, y), vec2(width, height)),
            fill: [r, g, b, 255],
            striped: hit.get(7).is_some(),
        }
    };
    Regex::new(&pattern).unwrap().captures_iter(svg).map(parse).collect()
}

pub fn exported(view: &FlameView, format: Format, look: Look) -> Vec<u8> {
    let mut out = Vec::new();
    export::write(format, view, &Caption::default(), look, &mut out).expect("memory takes it");
    out
}

/// Each box wide enough to have a pixel of its own has its colour there; `at`: where a drawing's origin is.
fn painted(image: &image::RgbaImage, boxes: &[Drawn], scale: f32, at: egui::Vec2) -> usize {
    let plain = boxes.iter().filter(|drawn| drawn.rect.width() >= 4.0 && !drawn.striped);
    plain
        .map(|drawn| {
            // Above the text.
            let pixel = (Pos2::new(drawn.rect.center().x, drawn.rect.top() + 2.0) + at) * scale;
            assert_eq!(image.get_pixel(pixel.x as u32, pixel.y as u32).0, drawn.fill, "{drawn:?}");
        })
        .count()
}

#[test]
fn screen_drawing_and_picture_have_the_same_boxes() {
    let mut window = sample();
    for zoomed in [None, Some("QueryCacheEntry ")] {
        if let Some(name) = zoomed {
            let at = box_at(&window, name);
            double_click(&mut window, at);
            hover(&mut window, Pos2::new(1300.0, 700.0));
        }
        let view = window.state().panel.view().unwrap().clone();
        let spots = view.spots(f64::INFINITY);
        // The same width between the margins.
        let look = Look { width: 1400.0 - 2.0 * 14.0 + 2.0 * 16.0, scale: 1.0, theme: Theme::Dark };
        let svg = String::from_utf8(exported(&view, Format::Svg, look)).unwrap();
        let boxes = drawn(&svg);
        assert_eq!(boxes.len(), spots.len());
        let name = |spot: &Spot| match spot.tile {
            Tile::Frame(at) => view.tree().name(at).short.to_string(),
            Tile::Smaller(smaller) => smaller_text(smaller.types),
        };
        assert!(labels_inside(&svg, &boxes, &spots.iter().map(name).collect::<Vec<_>>()) > 20);
        assert!(boxes.len() > 100, "{}", boxes.len());
        for (drawn, spot) in boxes.iter().zip(&spots) {
            let title = match spot.tile {
                Tile::Frame(at) => view.tree().name(at).full.to_string(),
                Tile::Smaller(smaller) => smaller_text(smaller.types).replace('\u{2009}', ""),
            };
            assert_eq!(drawn.title, title);
            assert_eq!(drawn.rect.top(), 62.0 + 24.0 * spot.row as f32);
            let gap = if spot.width > 3.0 { 1.0 } else { 0.0 };
            let off = |a: f32, b: f32| (a - b).abs() < 0.006;
            assert!(off(drawn.rect.left(), 16.0 + spot.x) && off(drawn.rect.width(), spot.width - gap), "{drawn:?}");
        }
        let png = image::load_from_memory(&exported(&view, Format::Png, look)).expect("a picture").to_rgba8();
        let screen = window.render().expect("the window is painted");
        let enough = boxes.len() / 4;
        assert!(painted(&png, &boxes, 1.0, vec2(0.0, 0.0)) > enough);
        assert!(painted(&screen, &boxes, 1.0, vec2(-2.0, 46.0 - 62.0)) > enough);
    }
}

/// No label runs over its box, and a name that was too long lost its front. How many labels there are.
fn labels_inside(svg: &str, boxes: &[Drawn], names: &[String]) -> usize {
    let number = r#"="([\d.]+)""#;
    let label = format!(r#"<text x{number} y{number} textLength{number}[^>]*pointer-events="none">([^<]*)</text>"#);
    let float = |text: &str| text.parse::<f32>().unwrap();
    let inside = |hit: regex::Captures<'_>| {
        let at = Pos2::new(float(&hit[1]), float(&hit[2]));
        let (drawn, name) = boxes.iter().zip(names).find(|(drawn, _)| drawn.rect.contains(at)).expect("its box");
        assert!(at.x + float(&hit[3]) <= drawn.rect.right(), "{} in {drawn:?}", &hit[4]);
        let text = hit[4].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        let fits = text.strip_prefix('…').map_or_else(|| text.starts_with(name), |end| name.ends_with(end));
        assert!(fits, "{text} of {name}");
    };
    Regex::new(&label).unwrap().captures_iter(svg).map(inside).count()
}

/// What stands above and below the boxes of a drawing: where it begins, its width, and its words.
fn words(svg: &str) -> Vec<(Pos2, f32, String)> {
    let pattern = r#"<text x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"([^>]*)>([^<]*)</text>"#;
    let boxes = svg.find("<g>").unwrap()..svg.rfind("</g>").unwrap();
    let outside = |hit: &regex::Captures<'_>| !boxes.contains(&hit.get(0).unwrap().start());
    let number = |text: &str| text.parse::<f32>().unwrap();
    let parse = |hit: regex::Captures<'_>| {
        let width = number(&hit[3]);
        let back = if hit[4].contains("text-anchor=\"end\"") { width } else { 0.0 };
        let text = hit[5].replace("&gt;", ">").replace("&lt;", "<");
        (Pos2::new(number(&hit[1]) - back, number(&hit[2])), width, text)
    };
    Regex::new(pattern).unwrap().captures_iter(svg).filter(outside).map(parse).collect()
}

/// The colours that the legend of a drawing explains.
pub fn explained(svg: &str) -> HashSet<String> {
    let legend = svg.rsplit("</g>").next().unwrap();
    Regex::new(r##"fill="(#[0-9a-f]{6})"/>"##).unwrap().captures_iter(legend).map(|hit| hit[1].to_owned()).collect()
}

pub fn fills(boxes: &[Drawn]) -> HashSet<String> {
    let hex = |[r, g, b, _]: [u8; 4]| format!("#{r:02x}{g:02x}{b:02x}");
    boxes.iter().map(|drawn| hex(drawn.fill)).collect()
}

#[test]
fn an_exported_picture_explains_every_colour_and_its_words_stay_inside_at_any_width() {
    let mut window = sample();
    choose(&mut window, "Colour: assembly", "By generation");
    wait_for(&mut window, "boxes that know their generation", |stage| stage.panel.view().is_some_and(has_generations));
    let whole = window.state().panel.view().unwrap().clone();
    let entry = (0..whole.tree().frames.len() as u32).find(|&at| &*whole.tree().name(at).short == "QueryCacheEntry");
    let mut zoomed = whole.clone();
    zoomed.zoom_to(entry.unwrap(), 0.0);
    zoomed.find(&format!("String|{}", "no such name ".repeat(20)));
    let title = format!("{}.dmp", "a-name-that-somebody-made-up-in-haste-".repeat(6));
    let facts = ".NET 8.0.31 · Windows x64 · root: System.Collections.Generic.Dictionary<System.String, \
                 System.Collections.Generic.List<System.Collections.Generic.KeyValuePair<System.String, System.Object>>>";
    let caption = Caption { title: title.clone(), facts: facts.into() };
    let drawing = |view: &FlameView, width: f32| {
        let mut out = Vec::new();
        let look = Look { width, scale: 1.0, theme: Theme::Dark };
        export::write(Format::Svg, view, &caption, look, &mut out).unwrap();
        let png = export::picture(view, &caption, look);
        (String::from_utf8(out).unwrap(), png.height)
    };
    for color in [ColorBy::Assembly, ColorBy::Namespace, ColorBy::Generation, ColorBy::RootKind] {
        for width in [200.0, 400.0, 800.0, 1600.0, 4800.0] {
            for view in [&whole, &zoomed] {
                let mut view = view.clone();
                view.color = color;
                let what = format!("{color:?} at {width}");
                let (svg, height) = drawing(&view, width);
                assert!(svg.contains(&format!("height=\"{height}\"")), "{what}: the same height as in the PNG");
                let words = words(&svg);
                for (at, wide, text) in &words {
                    assert!(at.x >= 16.0 && at.x + wide <= width - 15.9, "{what}: {text} from {at:?}, {wide} wide");
                }
                for (i, (at, wide, text)) in words.iter().enumerate() {
                    let after = |other: &(Pos2, f32, String)| other.0.y == at.y && other.0.x > at.x;
                    let next = words[i + 1..].iter().find(|other| after(other));
                    assert!(next.is_none_or(|next| at.x + wide + 8.0 < next.0.x), "{what}: {text} before {next:?}");
                }
                let boxes = drawn(&svg);
                let bottom = boxes.iter().map(|drawn| drawn.rect.bottom()).fold(0.0, f32::max);
                let top = boxes.iter().map(|drawn| drawn.rect.top()).fold(f32::MAX, f32::min);
                let legend = words.iter().filter(|(at, ..)| at.y > bottom).count();
                assert!(words.iter().all(|(at, ..)| (at.y < top - 8.0) != (at.y > bottom + 8.0)), "{what}");
                assert!(words.last().unwrap().0.y < height as f32 - 8.0, "{what}");
                if view.zoomed() == 0 {
                    let (fills, explained) = (fills(&boxes[1..]), explained(&svg));
                    assert!(fills.is_subset(&explained), "{what}: {:?}", fills.difference(&explained));
                    // One sign for each meaning, none for what is not there; last who made it.
                    let told = view.legend_of(&view.spots(0.0), |_| false).len();
                    assert!(width != 1600.0 || legend >= told, "{what}: {legend} words for {told} colours");
                }
            }
        }
    }
    let (svg, _) = drawing(&zoomed, 1600.0);
    let text: Vec<String> = words(&svg).into_iter().map(|(_, _, text)| text).collect();
    assert!(text[0].starts_with("a-name-that") && text[0].ends_with("in-haste-.dmp"), "{text:?}");
    let any = |part: &str| text.iter().any(|line| line.contains(part));
    assert!(any("zoomed to QueryCacheEntry: 7.91 MB of 14.83 MB") && any("%), the rest is dimmed"), "{text:?}");
    let (svg, _) = drawing(&whole, 4800.0);
    assert_eq!(words(&svg)[0].2, title);
}

#[test]
fn a_picture_of_any_size_has_every_row_of_the_tree() {
    let window = sample();
    let view = window.state().panel.view().unwrap();
    let look = Look { width: 2400.0, scale: 2.0, theme: Theme::Light };
    let boxes = drawn(&String::from_utf8(exported(view, Format::Svg, look)).unwrap());
    let png = image::load_from_memory(&exported(view, Format::Png, look)).expect("a picture").to_rgba8();
    assert_eq!(png.width(), 4800);
    let bottom = boxes.iter().map(|drawn| drawn.rect.bottom()).fold(0.0, f32::max);
    assert_eq!(png.height() as f32, 2.0 * (bottom + 2.0 + 40.0));
    assert!(painted(&png, &boxes, 2.0, vec2(0.0, 0.0)) > boxes.len() / 4);
}

/// Opens the menu and types where to save to.
pub fn aim<S>(window: &mut Harness<'_, S>, format: &str, path: &Path) {
    window.get_by_label("Export").click();
    window.run_steps(5);
    window.get_by_label(format).click();
    window.get_by_label("File to save to").focus();
    window.run_steps(2);
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.event(egui::Event::Text(path.to_string_lossy().into_owned()));
    window.run_steps(2);
}

/// Saves to where was aimed, and waits for the file.
pub fn save<S>(window: &mut Harness<'_, S>, path: &Path) {
    window.get_by_label("Save").click();
    window.run_steps(2);
    let limit = Instant::now() + Duration::from_secs(60);
    while !path.exists() {
        assert!(Instant::now() < limit, "no file");
        thread::sleep(Duration::from_millis(5));
        window.step();
    }
}

#[test]
fn a_saved_picture_shows_the_boxes_of_the_screen() {
    let mut window = sample();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heap.png");
    aim(&mut window, "Picture (PNG)", &path);
    picture(&mut window, "flame-export-dark");
    save(&mut window, &path);
    let image = image::open(&path).expect("a picture").to_rgba8();
    assert_eq!(image.width(), 3200);
    // The widest root is teal from its left to its right edge, and user code stands under it.
    let pixel = |x: u32, y: u32| image.get_pixel(x, y).0;
    let teal = [0x2f, 0xa3, 0x9b, 0xff];
    assert!([400, 1200, 2200].iter().all(|&x| pixel(x, 2 * 90) == teal));
    assert_ne!(pixel(3190, 2 * 90), teal);
    window.run_steps(5);
    window.get_by_label_contains("Saved ");
}

#[test]
fn a_saved_drawing_says_what_was_left_out_and_what_was_looked_for() {
    let mut window = sample();
    let at = box_at(&window, "DbCommandDefinition ");
    menu(&mut window, at, "Hide this type");
    let named =
        |stage: &Stage, short: &str| stage.panel.view().unwrap().tree().names.iter().any(|name| &*name.short == short);
    wait_for(&mut window, "a picture without the type", |stage| !named(stage, "DbCommandDefinition"));
    let at = box_at(&window, "QueryCacheEntry ");
    menu(&mut window, at, "Only user code");
    wait_for(&mut window, "only user code", |stage| !named(stage, "String"));
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run_steps(3);
    window.event(egui::Event::Text("RowType".into()));
    window.run_steps(5);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heap.svg");
    aim(&mut window, "Drawing (SVG)", &path);
    save(&mut window, &path);
    let svg = std::fs::read_to_string(&path).unwrap();
    let words: Vec<String> = words(&svg).into_iter().map(|(_, _, text)| text).collect();
    assert_eq!(words[..2], [SAMPLE, ".NET 8.0.31 · Windows x64 · 1 type hidden · only user code"]);
    let found = window.state().panel.view().unwrap().matched_text();
    assert!(words[2].ends_with(&format!("matched by “RowType”: {found}, the rest is dimmed")), "{words:?}");
}

#[test]
fn a_picture_can_be_copied_and_is_the_one_that_would_be_saved() {
    let mut window = sample();
    window.get_by_label("Export").click();
    window.run_steps(5);
    window.get_by_label("Copy picture").click();
    let limit = Instant::now() + Duration::from_secs(60);
    let copied = loop {
        assert!(Instant::now() < limit, "nothing is copied");
        window.step();
        let image = window.output().platform_output.commands.iter().find_map(|command| match command {
            egui::OutputCommand::CopyImage(image) => Some(image.clone()),
            _ => None,
        });
        if let Some(image) = image {
            break image;
        }
        thread::sleep(Duration::from_millis(5));
    };
    window.run_steps(3);
    window.get_by_label("The picture is in the clipboard");
    let view = window.state().panel.view().unwrap();
    let caption = Caption { title: SAMPLE.into(), facts: ".NET 8.0.31 · Windows x64".into() };
    let saved = export::picture(view, &caption, Look { width: 1600.0, scale: 2.0, theme: Theme::Dark });
    assert_eq!(copied.size, [3200, saved.height]);
    assert!(copied.pixels.iter().flat_map(|pixel| pixel.to_array()).eq(saved.rgba.iter().copied()));
}
