//! The flame graph: card, selection, zoom, search, menu, export.

use std::collections::HashSet;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use eframe::egui::{self, Key, Modifiers, Pos2, Rect, Theme, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{By, NodeT, Queryable};
use heapglass::session::{Reading, Session, Source, State};
use heapglass::ui::export::{self, Caption, Format, Look};
use heapglass::ui::{Action, FlamePanel};
use heapglass::view::flame::{ColorBy, FlameView, Tile, smaller_text};
use heapglass::view::place::{Place, Subject, Tab};
use regex::Regex;

use super::harness::{picture, staged};
use super::support::{SAMPLE, dump};

/// The panel over an open dump, as a tab shows it.
struct Stage {
    session: Session,
    panel: FlamePanel,
    subject: Option<Subject>,
    copied: Option<String>,
    /// Another view that was asked for.
    led: Option<Place>,
}

impl Stage {
    fn show(ui: &mut egui::Ui, stage: &mut Stage) {
        let State::Ready(opened) = stage.session.state() else { return };
        let caption = Caption { title: SAMPLE.into(), facts: ".NET 8.0.31 · Windows x64".into() };
        for action in stage.panel.show(ui, &opened, &stage.session, stage.subject.as_ref(), &caption) {
            match action {
                Action::Copy(text) => stage.copied = Some(text),
                Action::Go(Place { tab: Tab::Flame, subject }) => stage.subject = subject,
                Action::Go(place) => stage.led = Some(place),
                _ => {}
            }
        }
    }
}

type Window = Harness<'static, Stage>;

fn open(size: [f32; 2], scale: f32, theme: Theme) -> Window {
    let path = dump(SAMPLE).expect("the sample is in the project");
    let session = Session::open(Source::File(path), Reading::default(), Arc::new(|| {}));
    let stage = Stage { session, panel: FlamePanel::default(), subject: None, copied: None, led: None };
    let mut window = staged(size, scale, theme, Stage::show, stage);
    wait_for(&mut window, "the picture", |stage| stage.panel.view().is_some());
    window.run();
    window
}

fn sample() -> Window {
    open([1400.0, 780.0], 1.0, Theme::Dark)
}

fn wait_for(window: &mut Window, what: &str, done: impl Fn(&Stage) -> bool) {
    let limit = Instant::now() + Duration::from_secs(120);
    while !done(window.state()) {
        assert!(Instant::now() < limit, "waited too long for {what}");
        thread::sleep(Duration::from_millis(2));
        window.step();
    }
    window.run_steps(3);
}

/// Where the boxes lie whose text begins so.
fn boxes(window: &Window, text: &str) -> Vec<Rect> {
    window
        .query_all(By::new().role(egui::accesskit::Role::TreeItem))
        .filter(|node| node.accesskit_node().label().is_some_and(|label| label.starts_with(text)))
        .map(|node| node.rect())
        .collect()
}

/// The middle of the first box whose text begins so.
fn box_at(window: &Window, text: &str) -> Pos2 {
    boxes(window, text).first().unwrap_or_else(|| panic!("{text} is not in sight")).center()
}

fn hover(window: &mut Window, at: Pos2) {
    window.hover_at(at);
    window.run_steps(15);
}

fn press(window: &Window, at: Pos2, button: egui::PointerButton) {
    for pressed in [true, false] {
        window.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers: Modifiers::NONE });
    }
}

fn click(window: &mut Window, at: Pos2) {
    window.hover_at(at);
    press(window, at, egui::PointerButton::Primary);
    window.run_steps(30);
}

fn double_click(window: &mut Window, at: Pos2) {
    window.hover_at(at);
    press(window, at, egui::PointerButton::Primary);
    press(window, at, egui::PointerButton::Primary);
    window.run_steps(30);
}

fn key(window: &mut Window, key: Key) {
    window.key_press(key);
    window.run_steps(20);
}

fn zoomed(window: &Window) -> String {
    let view = window.state().panel.view().unwrap();
    view.tree().name(view.zoomed()).short.to_string()
}

fn selected(window: &Window) -> Option<String> {
    let view = window.state().panel.view().unwrap();
    view.selected().map(|frame| view.tree().name(frame).short.to_string())
}

#[test]
fn the_picture_tells_the_story_at_a_glance() {
    let window = sample();
    box_at(&window, "heap reachable from roots · 14.83 MB · 129\u{2009}298 objects");
    let root = boxes(&window, "static var LazyInternalContext._cachedModels · 10.69 MB")[0];
    assert!(root.width() > 0.72 * 1372.0);
    for name in ["QueryCacheManager", "QueryCacheEntry", "SqlCommand"] {
        assert!(root.x_range().contains(box_at(&window, name).x), "{name}");
    }
}

#[test]
fn pointing_shows_a_card_with_figures_and_the_field_that_holds_the_box() {
    let mut window = sample();
    let at = box_at(&window, "QueryCacheManager");
    hover(&mut window, at);
    window.get_by_label("retained");
    wait_for(&mut window, "what holds it", |_| true);
    for _ in 0..100 {
        window.step();
        thread::sleep(Duration::from_millis(2));
    }
    window.get_by_label_contains("other roots hold all of it too");
    window.get_by_label_contains("static var TimerQueue.Instances");
    picture(&mut window, "flame-card-dark");
}

#[test]
fn a_click_selects_and_pins_and_escape_takes_it_back() {
    let mut window = sample();
    let at = box_at(&window, "SqlCommand");
    click(&mut window, at);
    assert_eq!(selected(&window).as_deref(), Some("SqlCommand"));
    hover(&mut window, Pos2::new(1300.0, 600.0));
    window.get_by_label("Copy path").click();
    window.run_steps(3);
    let copied = window.state().copied.clone().expect("a path");
    assert!(copied.starts_with("[static var System.Data.Entity.Internal.LazyInternalContext._cachedModels] → "));
    assert!(copied.ends_with("→ System.Data.SqlClient.SqlCommand"), "{copied}");
    picture(&mut window, "flame-pinned-dark");
    key(&mut window, Key::Escape);
    assert!(window.query_by_label("Copy path").is_none());
    key(&mut window, Key::Escape);
    assert_eq!(selected(&window), None);
}

#[test]
fn a_double_click_zooms_and_there_are_four_ways_out() {
    let mut window = sample();
    let zoom = |window: &mut Window| {
        let at = box_at(window, "QueryCacheEntry ");
        double_click(window, at);
        assert_eq!(zoomed(window), "QueryCacheEntry");
        assert!(boxes(window, "QueryCacheEntry ")[0].width() > 1300.0);
    };
    zoom(&mut window);
    picture(&mut window, "flame-zoomed-dark");
    key(&mut window, Key::Backspace);
    assert_eq!(zoomed(&window), "Dictionary<QueryCacheKey, QueryCacheEntry>+Entry[]");
    key(&mut window, Key::Num0);
    assert_eq!(zoomed(&window), "heap reachable from roots");
    zoom(&mut window);
    key(&mut window, Key::Escape);
    assert_eq!(zoomed(&window), "heap reachable from roots");
    zoom(&mut window);
    let at = box_at(&window, "QueryCacheManager");
    click(&mut window, at);
    assert_eq!(zoomed(&window), "QueryCacheManager", "a click on one above zooms out to it");
    let crumb = window.get_by_label("heap reachable from roots").rect().center();
    click(&mut window, crumb);
    assert_eq!(zoomed(&window), "heap reachable from roots");
}

#[test]
fn keys_walk_zoom_and_turn_the_picture() {
    let mut window = sample();
    for step in [Key::ArrowDown, Key::ArrowDown, Key::ArrowDown] {
        key(&mut window, step);
    }
    assert_eq!(selected(&window).as_deref(), Some("QueryCacheManager"));
    key(&mut window, Key::Enter);
    assert_eq!(zoomed(&window), "QueryCacheManager");
    let top = box_at(&window, "heap reachable");
    key(&mut window, Key::I);
    assert!(box_at(&window, "heap reachable").y > top.y + 300.0, "the roots are at the bottom");
    key(&mut window, Key::ArrowUp);
    assert_eq!(selected(&window).as_deref(), Some("Dictionary<QueryCacheKey, QueryCacheEntry>"));
    picture(&mut window, "flame-flipped-dark");
}

#[test]
fn the_wheel_zooms_at_the_pointer_and_dragging_pans() {
    let mut window = sample();
    let at = box_at(&window, "SqlCommand");
    let camera = |window: &Window| window.state().panel.view().unwrap().camera(f64::INFINITY);
    let whole = camera(&window);
    window.hover_at(at);
    window.event(egui::Event::Zoom(4.0));
    window.run_steps(3);
    let near = camera(&window);
    assert!((near.span() * 4.0 - whole.span()).abs() < 1.0, "{near:?}");
    assert!(boxes(&window, "SqlCommand").iter().any(|rect| rect.contains(at)), "what is under the pointer stays");
    window.drag_at(at);
    window.run_steps(2);
    window.hover_at(at - vec2(100.0, 0.0));
    window.run_steps(2);
    window.drop_at(at - vec2(100.0, 0.0));
    window.run_steps(2);
    let moved = camera(&window);
    assert!(moved.left > near.left && (moved.span() - near.span()).abs() < 1.0, "{moved:?}");
    assert_eq!(selected(&window), None, "a drag is no click");
}

#[test]
fn searching_dims_the_rest_says_how_much_and_goes_from_match_to_match() {
    let mut window = sample();
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run_steps(3);
    window.event(egui::Event::Text("sqlcommand$|LinqQuery".into()));
    window.run_steps(5);
    let view = window.state().panel.view().unwrap();
    let (boxes, weight) = (view.search().boxes().len(), view.search().weight());
    assert!(boxes >= 2 && weight > 3_000_000, "{boxes} {weight}");
    assert!(window.query_all_by_label_contains("matched · ").next().is_some());
    picture(&mut window, "flame-search-dark");
    key(&mut window, Key::Enter);
    let first = selected(&window);
    assert!(first.is_some());
    key(&mut window, Key::F3);
    let second = selected(&window);
    assert_ne!(first, second);
    window.key_press_modifiers(Modifiers::SHIFT, Key::F3);
    window.run_steps(20);
    assert_eq!(selected(&window), first);
}

/// Chooses from the menu of the box at a point.
fn menu(window: &mut Window, at: Pos2, item: &str) {
    window.hover_at(at);
    press(window, at, egui::PointerButton::Secondary);
    window.run_steps(5);
    window.get_by_label(item).click();
    window.run_steps(5);
}

#[test]
fn a_box_leads_to_its_objects_in_other_views() {
    let mut window = sample();
    let at = box_at(&window, "SqlCommand");
    menu(&mut window, at, "Referrers of its objects");
    wait_for(&mut window, "the objects", |stage| stage.led.is_some());
    let Some(Place { tab: Tab::Referrers, subject: Some(Subject::Objects(objects, title)) }) =
        window.state_mut().led.take()
    else {
        panic!("not to the objects' referrers")
    };
    assert_eq!((objects.len(), &*title), (800, "SqlCommand"), "those in this box, not all of the type");
    menu(&mut window, at, "Row in Types");
    let led = window.state_mut().led.take().expect("a row");
    assert!(matches!(led, Place { tab: Tab::Types, subject: Some(Subject::Type(_)) }));
    // The same by keys, from a group of roots: the objects that they hold.
    let at = box_at(&window, "static var LazyInternalContext._cachedModels");
    click(&mut window, at);
    key(&mut window, Key::T);
    assert_eq!(window.state().led, None, "a root is in no table of types");
    key(&mut window, Key::R);
    wait_for(&mut window, "what the root holds", |stage| stage.led.is_some());
    let Some(Place { subject: Some(Subject::Objects(objects, _)), .. }) = window.state_mut().led.take() else {
        panic!("not to objects")
    };
    let view = window.state().panel.view().unwrap();
    assert_eq!(objects.len() as u32, view.tree().frames[view.selected().unwrap() as usize].objects);
}

#[test]
fn a_focused_box_is_a_place_to_come_back_to() {
    let mut window = sample();
    let at = box_at(&window, "QueryCacheEntry ");
    click(&mut window, at);
    key(&mut window, Key::F);
    let root = |stage: &Stage, name: &str| stage.panel.view().is_some_and(|view| &*view.tree().name(0).short == name);
    wait_for(&mut window, "the focused picture", |stage| root(stage, "QueryCacheEntry"));
    let focused = window.state().subject.clone();
    assert!(matches!(&focused, Some(Subject::Objects(_, title)) if &**title == "QueryCacheEntry"));
    window.state_mut().subject = None;
    wait_for(&mut window, "the whole heap", |stage| root(stage, "heap reachable from roots"));
    window.state_mut().subject = focused;
    wait_for(&mut window, "the focused picture again", |stage| root(stage, "QueryCacheEntry"));
}

#[test]
fn bottom_up_a_type_is_the_root_and_what_holds_it_lies_below() {
    let mut window = sample();
    let at = box_at(&window, "LinqQueryCacheKey");
    menu(&mut window, at, "Row in Types");
    window.state_mut().subject = window.state_mut().led.take().expect("a type").subject;
    window.get_by_label("Top-down").click();
    wait_for(&mut window, "the picture outward", |stage| {
        stage.panel.view().is_some_and(|view| view.measure().bottom_up && view.tree().frames[0].objects == 801)
    });
    let view = window.state().panel.view().unwrap().clone();
    assert_eq!(&*view.tree().name(0).short, "LinqQueryCacheKey");
    let first = view.tree().children(0).start;
    assert_eq!(&*view.tree().name(first).short, "Dictionary<QueryCacheKey, QueryCacheEntry>+Entry[]");
    box_at(&window, "static var LazyInternalContext._cachedModels");
    picture(&mut window, "flame-type-bottom-up-dark");

    // A box outward is the objects that the chosen ones have come to, not all of their type.
    let entries = "Dictionary<QueryCacheKey, QueryCacheEntry>+Entry[]";
    let (many, sample) = (view.tree().frames[first as usize].objects, view.tree().frames[first as usize].sample);
    let at = box_at(&window, entries);
    menu(&mut window, at, "Instances");
    wait_for(&mut window, "the objects", |stage| stage.led.is_some());
    let Some(Place { tab: Tab::Instances, subject: Some(Subject::Objects(objects, title)) }) =
        window.state_mut().led.take()
    else {
        panic!("not to objects")
    };
    assert_eq!((objects.len() as u32, &*title), (many, entries));
    assert!(objects.contains(&sample));
    menu(&mut window, at, "Focus: a picture of its own");
    wait_for(&mut window, "the picture of the box", |stage| {
        stage.panel.view().is_some_and(|view| &*view.tree().name(0).short == entries)
    });
    assert_eq!(window.state().panel.view().unwrap().tree().frames[0].objects, many);
    assert_eq!(window.state().subject, Some(Subject::Objects(objects, title)), "the same objects");
}

#[test]
fn namespaces_can_have_the_colours_and_the_legend_names_them() {
    const MODELS: &str = "System.Data.Entity.Core.Metadata.Edm";
    let mut window = open([1920.0, 800.0], 1.0, Theme::Dark);
    window.get_by_label("Colour: assembly").click();
    window.run_steps(4);
    window.get_by_label("By namespace: user code warm, framework cool").click();
    window.run_steps(4);
    window.get_by_label("Colour: namespace");
    let view = window.state().panel.view().unwrap().clone();
    let first = view.namespaces().legend()[0].1.to_string();
    window.get_by_label(&first);
    let named = |name: &str| view.namespaces().legend().iter().any(|(_, words)| words == name);
    assert!(named(MODELS), "{:?}", view.namespaces().legend());
    let look = Look { width: 1600.0, scale: 1.0, theme: Theme::Dark };
    let svg = String::from_utf8(exported(&view, Format::Svg, look)).unwrap();
    let legend = svg.rsplit("</g>").next().unwrap();
    for (_, words) in view.namespaces().legend() {
        assert!(legend.contains(&format!(">{words}</text>")), "{words} in {legend}");
    }
    let rest =
        |left_out: usize| window.query_by_label(&format!("and {left_out} more")).map(|node| node.rect().center());
    let more = (1..20).find_map(rest).expect("a word for the rest");
    assert_eq!(window.query_all_by_label(MODELS).count(), 1);
    hover(&mut window, more);
    window.run_steps(30);
    assert_eq!(window.query_all_by_label(MODELS).count(), 2, "all of the legend");
    picture(&mut window, "flame-namespaces-dark");
}

#[test]
fn the_menu_focuses_hides_and_copies() {
    let mut window = sample();
    let at = box_at(&window, "QueryCacheEntry ");
    menu(&mut window, at, "Copy as Markdown");
    let copied = window.state().copied.clone().expect("a list");
    assert!(
        copied.starts_with("- `[static var System.Data.Entity.Internal.LazyInternalContext._cachedModels]` 10.69 MB")
    );

    menu(&mut window, at, "Hide this type");
    wait_for(&mut window, "a picture without the type", |stage| {
        stage
            .panel
            .view()
            .is_some_and(|view| view.tree().names.iter().all(|name| !name.full.ends_with(".QueryCacheEntry")))
    });
    let total = window.state().panel.view().unwrap().tree().frames[0].weight;
    assert_eq!(total, window.state().panel.view().unwrap().heap(), "nothing is lost");
    window.get_by_label("1 type hidden").click();
    wait_for(&mut window, "the type again", |stage| {
        stage
            .panel
            .view()
            .is_some_and(|view| view.tree().names.iter().any(|name| name.full.ends_with(".QueryCacheEntry")))
    });

    let at = box_at(&window, "SqlCommand");
    menu(&mut window, at, "Focus: a picture of its own");
    wait_for(&mut window, "the focused picture", |stage| {
        stage.panel.view().is_some_and(|view| &*view.tree().name(0).short == "SqlCommand")
    });
    assert_eq!(
        window.state().panel.view().unwrap().tree().frames[0].objects,
        800,
        "a leftover of a stack shares a plan of one"
    );
    picture(&mut window, "flame-focus-dark");
    window.get(By::new().role(egui::accesskit::Role::Button).label("SqlCommand")).click();
    wait_for(&mut window, "the whole heap", |stage| {
        stage.panel.view().is_some_and(|view| &*view.tree().name(0).short == "heap reachable from roots")
    });
    key(&mut window, Key::U);
    wait_for(&mut window, "user code only", |stage| {
        stage.panel.view().is_some_and(|view| view.tree().names.iter().all(|name| &*name.short != "String"))
    });
    picture(&mut window, "flame-user-dark");
}

#[test]
fn tree_weight_and_direction_can_be_chosen() {
    let mut window = sample();
    let choose = |window: &mut Window, button: &str, choice: &str| {
        window.get_by_label(button).click();
        window.run_steps(4);
        window.get_by_label(choice).click();
        window.run_steps(4);
    };
    choose(&mut window, "Weight: bytes", "Objects");
    wait_for(&mut window, "a picture by objects", |stage| {
        stage.panel.view().is_some_and(|view| view.tree().frames[0].weight < 200_000)
    });
    choose(&mut window, "Tree: retained", "Shortest: the best way from a root to each object");
    choose(&mut window, "Weight: objects", "Bytes");
    wait_for(&mut window, "the tree of shortest ways", |stage| {
        stage
            .panel
            .view()
            .is_some_and(|view| view.measure().tree.id() == "shortest" && view.tree().frames[0].weight > 14_000_000)
    });
    picture(&mut window, "flame-shortest-dark");
    window.get_by_label("Top-down").click();
    wait_for(&mut window, "the tree from the leaves", |stage| {
        stage.panel.view().is_some_and(|view| view.measure().bottom_up)
    });
    picture(&mut window, "flame-bottom-up-dark");
    window.get_by_label("Bottom-up").click();
    choose(&mut window, "Tree: shortest", "PerfView: its spanning tree, as its Inc columns count");
    choose(&mut window, "Colour: assembly", "By generation");
    wait_for(&mut window, "boxes that know their generation", |stage| {
        stage.panel.view().is_some_and(|view| view.measure().tree.id() == "perfview" && has_generations(view))
    });
    picture(&mut window, "flame-generations-dark");
}

fn has_generations(view: &FlameView) -> bool {
    view.tree().generations.len() == view.tree().frames.len()
}

/// A box of an exported drawing.
#[derive(Debug)]
struct Drawn {
    title: String,
    rect: Rect,
    fill: [u8; 4],
    striped: bool,
}

/// The boxes of a drawing, in its order.
fn drawn(svg: &str) -> Vec<Drawn> {
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

fn exported(view: &FlameView, format: Format, look: Look) -> Vec<u8> {
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
        let boxes = drawn(&String::from_utf8(exported(&view, Format::Svg, look)).unwrap());
        assert_eq!(boxes.len(), spots.len());
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

/// What stands above and below the boxes of a drawing: where it begins, its width, and its words.
fn words(svg: &str) -> Vec<(Pos2, f32, String)> {
    let pattern = r#"<text x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"[^>]*"(?: font-size="13")?>([^<]*)</text>"#;
    let boxes = svg.find("<g>").unwrap()..svg.rfind("</g>").unwrap();
    let outside = |hit: &regex::Captures<'_>| !boxes.contains(&hit.get(0).unwrap().start());
    let number = |text: &str| text.parse::<f32>().unwrap();
    let parse = |hit: regex::Captures<'_>| {
        (Pos2::new(number(&hit[1]), number(&hit[2])), number(&hit[3]), hit[4].replace("&gt;", ">").replace("&lt;", "<"))
    };
    Regex::new(pattern).unwrap().captures_iter(svg).filter(outside).map(parse).collect()
}

/// The colours that the legend of a drawing explains.
fn explained(svg: &str) -> HashSet<String> {
    let legend = svg.rsplit("</g>").next().unwrap();
    Regex::new(r##"fill="(#[0-9a-f]{6})"/>"##).unwrap().captures_iter(legend).map(|hit| hit[1].to_owned()).collect()
}

fn fills(boxes: &[Drawn]) -> HashSet<String> {
    let hex = |[r, g, b, _]: [u8; 4]| format!("#{r:02x}{g:02x}{b:02x}");
    boxes.iter().map(|drawn| hex(drawn.fill)).collect()
}

#[test]
fn an_exported_picture_explains_every_colour_and_its_words_stay_inside_at_any_width() {
    let mut window = sample();
    window.get_by_label("Colour: assembly").click();
    window.run_steps(4);
    window.get_by_label("By generation").click();
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

#[test]
fn a_saved_picture_shows_the_boxes_of_the_screen() {
    let mut window = sample();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heap.png");
    window.get_by_label("Export").click();
    window.run_steps(5);
    let field = window.get_by_label("File to save to");
    field.focus();
    window.run_steps(2);
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.event(egui::Event::Text(path.to_string_lossy().into_owned()));
    window.run_steps(2);
    picture(&mut window, "flame-export-dark");
    window.get_by_label("Save").click();
    window.run_steps(2);
    let limit = Instant::now() + Duration::from_secs(60);
    while !path.exists() {
        assert!(Instant::now() < limit, "no file");
        thread::sleep(Duration::from_millis(5));
        window.step();
    }
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
fn pictures_of_the_panel() {
    for (name, size, scale) in
        [("900x600", [900.0, 520.0], 1.0), ("1400x900", [1400.0, 790.0], 1.0), ("3840x2160", [1920.0, 1000.0], 2.0)]
    {
        for (theme, word) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
            let mut window = open(size, scale, theme);
            let at = box_at(&window, "SqlCommand");
            hover(&mut window, at);
            for _ in 0..40 {
                window.step();
                thread::sleep(Duration::from_millis(2));
            }
            picture(&mut window, &format!("flame-{word}-{name}"));
        }
    }
}
