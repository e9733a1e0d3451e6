//! The flame graph: card, selection, zoom, search, menu.

use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use eframe::egui::{self, Key, Modifiers, Pos2, Theme, vec2};
use egui_kittest::kittest::{By, Queryable};
use heapglass::ui::export::{Format, Look};
use heapglass::view::flame::{RootFamily, Spot, Tile, Tone, smaller_text};
use heapglass::view::place::{Place, Subject, Tab};

use super::flame_export::exported;
use super::flame_stage::{
    Stage, Window, box_at, boxes, choose, click, double_click, has_generations, hover, key, menu, open, press, sample,
    selected, wait_for, wait_to_see, zoomed,
};
use super::harness::picture;

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
    let at = box_at(&window, "SqlCommand");
    hover(&mut window, at);
    wait_to_see(&mut window, "held through");
    for words in [
        "SqlCommand",
        "System.Data.SqlClient",
        "1\u{2009}533\u{2009}002 B",
        "10.3 % · 95.2 % · 10.3 %",
        "160\u{2009}000 B · 800",
        "System.Data.SqlClient.dll",
        "DbCommandDefinition",
        "._prototype",
    ] {
        assert!(window.query_all_by_label(words).next().is_some(), "{words}");
    }
}

#[test]
fn what_is_too_small_is_a_grey_box_that_counts_and_opens() {
    let mut window = open([3000.0, 780.0], 1.0, Theme::Dark);
    let view = window.state().panel.view().unwrap().clone();
    let widest = |spot: &&Spot| matches!(spot.tile, Tile::Smaller(smaller) if smaller.known > 0) && spot.width > 30.0;
    let spots = view.spots(f64::INFINITY);
    let spot = spots.iter().find(widest).expect("some wide enough to be read");
    let Tile::Smaller(smaller) = spot.tile else { unreachable!("looked for") };
    let words = smaller_text(smaller.types);
    let at = box_at(&window, &words);
    hover(&mut window, at);
    assert!(window.query_all_by_label(&words).next().is_some(), "its card");
    window.get_by_label("under");
    double_click(&mut window, at);
    let now = window.state().panel.view().unwrap();
    let span = now.camera(f64::INFINITY).span();
    assert!((span - smaller.known as f64).abs() <= 16.0, "{span} of {smaller:?}");
    let seen = |of: Tile| matches!(of, Tile::Frame(at) if now.tree().frames[at as usize].parent == smaller.parent);
    let opened = now.spots(f64::INFINITY).iter().filter(|spot| seen(spot.tile)).count();
    assert!(opened > 1, "{opened} of {smaller:?}");
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
    // The way in takes a fifth of a second: twelve frames.
    let (at, width) = (box_at(&window, "QueryCacheEntry "), boxes(&window, "QueryCacheEntry ")[0].width());
    window.hover_at(at);
    for _ in 0..2 {
        press(&window, at, egui::PointerButton::Primary);
    }
    window.step();
    let mut widths: Vec<f32> = (0..13)
        .map(|_| {
            window.step();
            boxes(&window, "QueryCacheEntry ")[0].width()
        })
        .collect();
    assert!(widths.is_sorted() && widths[0] > width && widths[8] < 1360.0 && widths[12] > 1370.5, "{widths:?}");
    widths.dedup();
    assert!(widths.len() >= 9, "it glides: {widths:?}");
    key(&mut window, Key::Num0);
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
    window.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, 30.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::COMMAND | Modifiers::CTRL,
    });
    window.run_steps(30);
    assert!(camera(&window).span() < whole.span() * 0.95, "Ctrl and the wheel");
    assert!(boxes(&window, "SqlCommand").iter().any(|rect| rect.contains(at)), "what is under the pointer stays");
    key(&mut window, Key::Num0);
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
    let corner = |name: &str| boxes(&window, name)[0].left_top() + vec2(8.0, 2.0);
    let (found, other) = (corner("SqlCommand"), corner("QueryCacheEntry "));
    let color = |window: &mut Window, at: Pos2| window.render().unwrap().get_pixel(at.x as u32, at.y as u32).0;
    let before = [color(&mut window, found), color(&mut window, other)];
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run_steps(3);
    window.event(egui::Event::Text("sqlcommand$|LinqQuery".into()));
    window.run_steps(5);
    let view = window.state().panel.view().unwrap();
    let (boxes, weight) = (view.search().boxes().len(), view.search().weight());
    assert!(boxes >= 2 && weight > 3_000_000, "{boxes} {weight}");
    assert!(window.query_all_by_label_contains("matched · ").next().is_some());
    assert_eq!(color(&mut window, found), before[0], "what is looked for keeps its colour");
    let bright = |[r, g, b, _]: [u8; 4]| u32::from(r) + u32::from(g) + u32::from(b);
    assert!(bright(color(&mut window, other)) * 2 < bright(before[1]), "the rest is dimmed");
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
fn paths_are_copied_by_menu_and_keys() {
    let mut window = sample();
    let at = box_at(&window, "SqlCommand");
    menu(&mut window, at, "Copy path");
    let path = window.state_mut().copied.take().expect("a path");
    assert!(path.starts_with("[static var ") && path.ends_with(" → System.Data.SqlClient.SqlCommand"), "{path}");
    window.event(egui::Event::Copy);
    window.run_steps(3);
    assert_eq!(window.state_mut().copied.take(), Some(path));
    let shift = Modifiers { shift: true, ..Modifiers::default() };
    window.event_modifiers(egui::Event::Copy, shift);
    window.run_steps(3);
    let list = window.state_mut().copied.take().expect("a list");
    assert!(list.starts_with("- `[static var ") && list.lines().count() > 8, "{list}");
    assert!(
        list.lines().last().unwrap().ends_with("`System.Data.SqlClient.SqlCommand` 1.53 MB (10.3 %) · 800 ×"),
        "{list}"
    );
}

#[test]
fn the_menu_leaves_only_user_code_and_a_chip_takes_that_back() {
    let mut window = sample();
    let at = box_at(&window, "SqlCommand");
    menu(&mut window, at, "Only user code");
    let strings = |stage: &Stage| stage.panel.view().unwrap().tree().names.iter().any(|name| &*name.short == "String");
    wait_for(&mut window, "user code only", |stage| !strings(stage));
    window.get_by_label("only user code").click();
    wait_for(&mut window, "all code", strings);
}

#[test]
fn kinds_of_roots_can_have_the_colours() {
    let mut window = sample();
    choose(&mut window, "Colour: assembly", "By kind of root");
    window.get_by_label("Colour: root kind");
    let view = window.state().panel.view().unwrap();
    let tones: HashSet<Tone> = (1..view.tree().frames.len() as u32).map(|at| view.tone(at)).collect();
    let expected = [RootFamily::Static, RootFamily::Handle, RootFamily::Stack].map(Tone::RootKind);
    assert!(expected.iter().all(|tone| tones.contains(tone)), "{tones:?}");
    for of in expected {
        let words = RootFamily::ALL.into_iter().find(|&family| Tone::RootKind(family) == of).unwrap().text();
        window.get_by_label(words);
    }
    picture(&mut window, "flame-root-kinds-dark");
}

#[test]
fn where_nothing_of_the_legend_fits_a_word_stands_for_it_and_tells_all() {
    let mut window = open([900.0, 520.0], 1.0, Theme::Light);
    let at = box_at(&window, "ObjectQueryExecutionPlan");
    double_click(&mut window, at);
    let legend = window.query_by_label("Legend").or_else(|| window.query_by_label_contains(" more"));
    let at = legend.expect("the rest can be reached").rect().center();
    hover(&mut window, at);
    window.run_steps(30);
    for words in
        ["roots", "program and libraries", "framework", "core library", "smaller ones", "other roots hold it too"]
    {
        assert!(window.query_all_by_label(words).next().is_some(), "{words}");
    }
    picture(&mut window, "flame-legend-light");
}

#[test]
fn namespaces_can_have_the_colours_and_the_legend_names_them() {
    const MODELS: &str = "System.Data.Entity.Core.Metadata.Edm";
    let mut window = open([1920.0, 800.0], 1.0, Theme::Dark);
    choose(&mut window, "Colour: assembly", "By namespace: user code warm, framework cool");
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
