//! The picture as data: boxes, hits, moves, texts.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::analysis::flame::{FlameTree, Frame, NO_GENERATION, Name, NameKind};
use crate::heap::{RootKind, TypeKind};
use crate::view::format::plain;

/// A box for [`grown`]: name, own weight, smaller weight, children.
#[derive(Clone, Debug)]
struct Spec(&'static str, u64, u64, Vec<Spec>);

fn name(text: &str) -> Name {
    let (kind, short) = match text {
        "heap" => (NameKind::Whole, text),
        _ if text.starts_with("static") => (NameKind::Root(RootKind::Static), text),
        _ => (NameKind::Type(TypeKind::Object), text.rsplit('.').next().unwrap()),
    };
    let namespace = (text.len() - short.len()) as u32;
    let assembly = if namespace > 0 { "Shop.dll" } else { "" };
    Name { full: text.into(), short: short.into(), namespace, assembly: assembly.into(), kind }
}

/// Boxes level by level, children by weight.
fn grown(root: &Spec) -> FlameTree {
    fn weight(spec: &Spec) -> u64 {
        spec.1 + spec.2 + spec.3.iter().map(weight).sum::<u64>()
    }
    let mut tree = FlameTree::default();
    let mut level: Vec<(&Spec, u32)> = vec![(root, 0)];
    while !level.is_empty() {
        let mut below = Vec::new();
        let first = tree.frames.len() as u32;
        let mut next = first + level.len() as u32;
        for (i, &(spec, parent)) in level.iter().enumerate() {
            let at = tree.names.iter().position(|name| &*name.full == spec.0).unwrap_or_else(|| {
                tree.names.push(name(spec.0));
                tree.labels.push(tree.labels.len() as u32);
                tree.names.len() - 1
            });
            let mut children: Vec<&Spec> = spec.3.iter().collect();
            children.sort_by_key(|child| std::cmp::Reverse(weight(child)));
            tree.frames.push(Frame {
                name: at as u32,
                parent,
                first_child: next,
                children: children.len() as u32,
                objects: 1,
                chain: 1,
                weight: weight(spec),
                own: spec.1,
                smaller: spec.2,
                smaller_types: u32::from(spec.2 > 0) * 7,
                ..Frame::default()
            });
            next += children.len() as u32;
            below.extend(children.into_iter().map(|child| (child, first + i as u32)));
        }
        level = below;
    }
    tree
}

/// heap 1000: static a 700 (A.Cache 600 (A.Entry 500 (A.Item 480)), B 60), static b 200 (A.Entry 200), smaller 50.
fn sample() -> FlameView {
    let item = Spec("N.Item", 480, 0, vec![]);
    let entry = Spec("N.Entry", 20, 0, vec![item]);
    let cache = Spec("N.Cache", 60, 40, vec![entry]);
    let a = Spec("static a", 40, 0, vec![cache, Spec("N.B", 60, 0, vec![])]);
    let b = Spec("static b", 0, 0, vec![Spec("N.Entry", 200, 0, vec![])]);
    let tree = grown(&Spec("heap", 50, 50, vec![a, b]));
    let mut view = FlameView::new(Arc::new(tree), Measure::default(), 2000);
    view.resize(1000.0, 20.0);
    view
}

fn at(view: &FlameView, short: &str, row: u32) -> u32 {
    let tree = view.tree();
    let hit = |&frame: &u32| &*tree.name(frame).short == short && view.placed().row(frame) == row;
    (0..tree.frames.len() as u32).find(hit).unwrap_or_else(|| panic!("no {short} in row {row}"))
}

#[test]
fn boxes_lie_where_their_weights_put_them() {
    let view = sample();
    let spots = view.spots(0.0);
    let shown: Vec<(String, u32, f32, f32)> = spots
        .iter()
        .map(|spot| {
            let text = match spot.tile {
                Tile::Frame(frame) => view.tree().name(frame).short.to_string(),
                Tile::Smaller(smaller) => smaller_text(smaller.types),
            };
            (text, spot.row, spot.x, spot.width)
        })
        .collect();
    let want = [
        ("heap", 0, 0.0, 1000.0),
        ("static a", 1, 0.0, 700.0),
        ("static b", 1, 700.0, 200.0),
        ("7 smaller", 1, 900.0, 50.0),
        ("Cache", 2, 0.0, 600.0),
        ("B", 2, 600.0, 60.0),
        ("Entry", 2, 700.0, 200.0),
        ("Entry", 3, 0.0, 500.0),
        ("7 smaller", 3, 500.0, 40.0),
        ("Item", 4, 0.0, 480.0),
    ];
    assert_eq!(shown, want.map(|(text, row, x, width)| (text.to_owned(), row, x, width)));
}

#[test]
fn double_clicked_a_box_fills_the_width_after_a_short_glide() {
    let mut view = sample();
    let entry = at(&view, "Entry", 3);
    view.zoom_to(entry, 10.0);
    assert_eq!(view.camera(10.0), Camera { left: 0.0, right: 1000.0, top: 0.0 });
    let middle = view.camera(10.1);
    assert!(middle.right < 1000.0 && middle.right > 500.0 && view.gliding(10.1));
    assert!(view.gliding(10.15) && view.camera(10.15).right > 500.0, "no less than 150 ms");
    assert_eq!(view.camera(10.25), Camera { left: 0.0, right: 500.0, top: 0.0 }, "no more than 250 ms");
    assert!(!view.gliding(10.25));
    let names: Vec<_> = view.breadcrumb().into_iter().map(|at| view.tree().name(at).short.to_string()).collect();
    assert_eq!(names, ["heap", "static a", "Cache", "Entry"]);
    assert!(view.above_zoom(0) && view.above_zoom(at(&view, "Cache", 2)));
    assert!(!view.above_zoom(entry) && !view.above_zoom(at(&view, "static b", 1)));

    view.zoom_out(11.0);
    assert_eq!(view.zoomed(), at(&view, "Cache", 2));
    view.zoom_to(0, 12.0);
    assert_eq!(view.camera(13.0), Camera { left: 0.0, right: 1000.0, top: 0.0 });
}

#[test]
fn the_wheel_keeps_what_is_under_the_pointer_and_finds_the_zoomed_box() {
    let mut view = sample();
    view.zoom_at(250.0, 0.5, 0.0);
    assert_eq!(view.camera(0.0), Camera { left: 125.0, right: 625.0, top: 0.0 });
    assert_eq!(view.zoomed(), at(&view, "static a", 1));
    view.zoom_at(250.0, 0.01, 0.0);
    assert_eq!(view.zoomed(), at(&view, "Item", 4));
    for _ in 0..100 {
        view.zoom_at(250.0, 0.5, 0.0);
    }
    assert!((view.camera(0.0).span() - 16.0).abs() < 1e-9);
    for _ in 0..100 {
        view.zoom_at(999.0, 2.0, 0.0);
    }
    assert_eq!((view.camera(0.0), view.zoomed()), (Camera { left: 0.0, right: 1000.0, top: 0.0 }, 0));
}

#[test]
fn dragging_pans_and_stops_at_the_edges() {
    let mut view = sample();
    view.resize(1000.0, 3.0);
    view.zoom_at(0.0, 0.5, 0.0);
    view.pan(-100.0, -1.0, 0.0);
    assert_eq!(view.camera(0.0), Camera { left: 50.0, right: 550.0, top: 1.0 });
    view.pan(-10_000.0, -100.0, 0.0);
    assert_eq!(view.camera(0.0), Camera { left: 500.0, right: 1000.0, top: 2.0 });
    view.pan(10_000.0, 100.0, 0.0);
    assert_eq!(view.camera(0.0), Camera { left: 0.0, right: 500.0, top: 0.0 });
}

#[test]
fn arrows_walk_from_box_to_box() {
    let mut view = sample();
    let walked: Vec<String> = [
        Direction::In,
        Direction::In,
        Direction::Right,
        Direction::Right,
        Direction::In,
        Direction::Left,
        Direction::In,
        Direction::Right,
        Direction::Right,
        Direction::Out,
    ]
    .into_iter()
    .map(|direction| {
        view.step(direction, 0.0);
        let at = view.selected().unwrap();
        format!("{}{}", view.tree().name(at).short, view.placed().row(at))
    })
    .collect();
    let want = ["heap0", "static a1", "static b1", "static b1", "Entry2", "B2", "B2", "Entry2", "Entry2", "static b1"];
    assert_eq!(walked, want);
}

#[test]
fn a_selected_box_out_of_sight_is_brought_back_readable() {
    let mut view = sample();
    view.resize(1000.0, 2.0);
    view.zoom_to(at(&view, "static b", 1), 0.0);
    view.select(Some(at(&view, "Item", 4)));
    view.reveal(1.0);
    let camera = view.camera(9.0);
    assert!(camera.left <= 0.0 + 1.0 && camera.right >= 480.0, "{camera:?}");
    assert_eq!(camera.top, 3.0);
}

#[test]
fn a_search_counts_what_lies_under_a_match_once_and_goes_round() {
    let mut view = sample();
    view.find("ENTRY|item");
    assert_eq!(view.search().weight(), 700);
    let hits: Vec<u32> = (0..4)
        .map(|i| {
            view.find_next(true, f64::from(i));
            view.selected().unwrap()
        })
        .collect();
    let [left, below, right] = [at(&view, "Entry", 3), at(&view, "Item", 4), at(&view, "Entry", 2)];
    assert_eq!(hits, [left, below, right, left]);
    view.find_next(false, 9.0);
    assert_eq!(view.selected(), Some(right));
    assert!(!view.search().matches(view.tree().frames[0].name));

    view.find("[");
    assert_eq!((view.search().weight(), view.search().boxes().len()), (0, 0), "a pattern still being typed");
    view.find_next(true, 10.0);
    view.find("");
    assert!(view.search().matches(0) && view.search().is_empty());
}

#[test]
fn the_card_says_what_the_box_is_worth() {
    let mut view = sample();
    let cache = at(&view, "Cache", 2);
    view.zoom_to(at(&view, "static a", 1), 0.0);
    let held = Held { through: Some(("Context".into(), "_cache".into())), other_roots: vec!["x".into()], others: 3 };
    let card = view.card(&Tile::Frame(cache), Some(&held));
    let lines: Vec<_> =
        card.lines.iter().map(|line| plain(&format!("{}: {}{}", line.label, line.text, line.more))).collect();
    assert_eq!((&*card.title, &*card.namespace), ("Cache", "N"));
    assert_eq!(
        lines,
        [
            "retained: 600 B",
            "of heap · of parent · of view: 30.0 % · 85.7 % · 85.7 %",
            "own · objects: 60 B · 1",
            "assembly: Shop.dll",
            "held through: Context._cache",
            "root: static a",
        ]
    );
    let smaller = Smaller { parent: cache, types: 7, weight: 40, left: 500, known: 0 };
    assert_eq!(view.card(&Tile::Smaller(smaller), None).title, "7 smaller");
    assert_eq!(path_text(view.placed(), cache), "static a → N.Cache");
    assert_eq!(
        path_markdown(view.placed(), cache, Unit::Bytes, 2000),
        "- `static a` 700 B (35.0 %)\n  - `N.Cache` 600 B (30.0 %)\n"
    );
}

#[test]
fn a_legend_names_the_colours_that_are_there_and_no_others() {
    let mut view = sample();
    let words = |entries: Vec<Entry>| entries.into_iter().map(|entry| entry.words.into_owned()).collect::<Vec<_>>();
    assert_eq!(words(view.legend()), ["roots", "program and libraries", "smaller ones"]);
    let spots = view.spots(0.0);
    assert_eq!(words(view.legend_of(&spots, |_| false)), ["roots", "program and libraries", "smaller ones"]);
    assert_eq!(words(view.legend_of(&spots[..2], |spot| spot.row == 1)), ["roots", "other roots hold it too"]);
    view.color = ColorBy::Namespace;
    assert_eq!(words(view.legend()), ["roots", "N", "smaller ones"]);
    view.color = ColorBy::RootKind;
    assert_eq!(words(view.legend()), ["static variables", "smaller ones"]);
    // What is not known is no reason to show another colour's meaning.
    view.color = ColorBy::Generation;
    assert_eq!((view.told(), words(view.legend()).len()), (ColorBy::Assembly, 3), "nobody asked for generations");
    let mut tree = view.tree().clone();
    tree.generations = vec![2; tree.frames.len()];
    tree.generations[at(&view, "B", 2) as usize] = NO_GENERATION;
    let mut view = FlameView::new(Arc::new(tree), Measure::default(), 2000);
    view.color = ColorBy::Generation;
    assert_eq!(words(view.legend()), ["roots", "generation 2", "generation not known", "smaller ones"]);
    assert_eq!((view.tone(at(&view, "B", 2)), view.tone(at(&view, "static a", 1))), (Tone::Untold, Tone::Root));
}

#[test]
fn a_picture_of_a_part_says_of_which() {
    let mut view = sample();
    assert_eq!(view.zoomed_text(), None);
    view.zoom_to(at(&view, "Entry", 3), 0.0);
    assert_eq!(view.zoomed_text().as_deref().map(plain).as_deref(), Some("zoomed to Entry: 500 B of 1.00 kB"));
}

#[test]
fn slivers_become_one_counted_box_that_opens_when_looked_at_closely() {
    let many = (0..500).map(|_| Spec("N.T", 1, 0, vec![])).collect();
    let tree = grown(&Spec("heap", 0, 100, vec![Spec("static a", 400, 0, vec![]), Spec("static b", 0, 0, many)]));
    let mut view = FlameView::new(Arc::new(tree), Measure::default(), 1000);
    view.resize(500.0, 10.0);
    let spots = view.spots(0.0);
    let Some(&Spot { tile: Tile::Smaller(smaller), row: 2, x, width }) = spots.last() else { panic!("{spots:?}") };
    assert_eq!((smaller.types, smaller.weight, smaller.known, x, width), (500, 500, 500, 0.0, 250.0));
    assert_eq!(view.hit(0.0, 100.0, 2.5), Some(Tile::Smaller(smaller)));
    view.zoom_to_smaller(&smaller, 0.0);
    assert_eq!(view.spots(1.0).iter().filter(|spot| spot.row == 2).count(), 500);
}

#[test]
fn an_empty_tree_is_an_empty_picture() {
    let mut view = FlameView::new(Arc::new(FlameTree::default()), Measure::default(), 0);
    view.resize(0.0, 0.0);
    view.step(Direction::In, 0.0);
    view.zoom_at(0.0, 0.5, 0.0);
    view.zoom_out(0.0);
    view.find("x");
    view.find_next(true, 0.0);
    assert!(view.spots(0.0).is_empty() && view.hit(0.0, 0.0, 0.0).is_none());
}

fn specs() -> impl Strategy<Value = Spec> {
    let names = prop::sample::select(vec!["N.A", "N.B", "N.C", "static d", "a;b"]);
    let leaf = (names.clone(), 0u64..50, 0u64..20).prop_map(|(name, own, smaller)| Spec(name, own, smaller, vec![]));
    leaf.prop_recursive(6, 60, 5, move |inner| {
        (names.clone(), 0u64..50, 0u64..20, prop::collection::vec(inner, 0..5))
            .prop_map(|(name, own, smaller, children)| Spec(name, own, smaller, children))
    })
}

#[test]
fn json_counts_what_lies_too_deep_for_readers_as_smaller_and_says_how_much() {
    const LINKS: u64 = 200;
    let list = (0..LINKS).fold(Spec("N.Last", 7, 0, vec![]), |below, _| Spec("N.Link", 10, 1, vec![below]));
    let tree = grown(&Spec("heap", 0, 5, vec![list]));
    let mut json = Vec::new();
    write_json(&tree, Unit::Bytes, &mut json).unwrap();
    let whole: serde_json::Value = serde_json::from_slice(&json).expect("not too deep");
    let (mut value, mut level) = (&whole, 0);
    while let Some(child) = value["children"].get(0) {
        (value, level) = (child, level + 1);
    }
    assert_eq!(level, u64::from(JSON_LEVELS));
    let deeper = (LINKS - level) * 11 + 1 + 7;
    assert_eq!((value["bytes"].as_u64(), value["own"].as_u64()), (Some(deeper + 10), Some(10)));
    assert_eq!((value["smaller_bytes"].as_u64(), value["smaller_types"].as_u64()), (Some(deeper), Some(8)));
    assert_eq!((whole["levels"].as_u64(), whole["deeper_bytes"].as_u64()), (Some(level), Some(deeper)));
}

#[test]
fn a_frame_looks_at_what_is_in_view_however_large_the_tree_is() {
    // 100 000 boxes: twenty rows, each as long as the last.
    let column =
        |i: u64| (0..20).fold(None, |below, _| Some(Spec("N.T", i % 7 + 1, 0, Vec::from_iter(below)))).unwrap();
    let tree = Arc::new(grown(&Spec("heap", 0, 0, (0..5_000).map(column).collect())));
    assert_eq!(tree.frames.len(), 100_001);
    let total = tree.frames[0].weight as f64;
    let placed = Placed::new(tree);
    let (width, rows) = (1000.0, 4..12);
    for zoom in [1.0, 3.0, 10.0, 50.0, 250.0] {
        for from in [0.0, 0.2, 0.5, 0.9] {
            let left = total * from * (1.0 - 1.0 / zoom);
            let camera = Camera { left, right: left + total / zoom, top: 4.0 };
            let mut spots = Vec::new();
            let seen = placed.tiles(&camera, width, rows.clone(), &mut spots);
            // Down through each row of a pixel-wide picture, and one tile of smaller ones a box.
            let most = 2 * (width / SLIVER) as usize;
            assert!(spots.len() <= most * rows.len(), "{} spots at {zoom}", spots.len());
            assert!(seen <= most * rows.end as usize, "looked at {seen} boxes at {zoom}");
        }
    }
}

fn json_matches(tree: &FlameTree, frame: u32, value: &serde_json::Value) {
    let want = &tree.frames[frame as usize];
    assert_eq!(value["name"], *tree.name(frame).full);
    assert_eq!((value["bytes"].as_u64(), value["own"].as_u64()), (Some(want.weight), Some(want.own)));
    assert_eq!(value["smaller_bytes"].as_u64(), Some(want.smaller));
    assert_eq!(value["smaller_types"].as_u64(), Some(want.smaller_types.into()));
    let children = value["children"].as_array().unwrap();
    assert_eq!(children.len(), want.children as usize);
    for (child, value) in tree.children(frame).zip(children) {
        json_matches(tree, child, value);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tiles_never_overlap_nor_leave_the_box_above(
        root in specs(), width in 1.0f32..600.0, left in 0.0..0.9, part in 0.01..1.0,
    ) {
        let tree = Arc::new(grown(&root));
        let total = tree.frames[0].weight as f64;
        prop_assume!(total > 0.0);
        let camera = Camera { left: left * total, right: f64::min(left + part, 1.0) * total, top: 0.0 };
        let placed = Placed::new(tree.clone());
        let mut spots = Vec::new();
        placed.tiles(&camera, width, 0..u32::MAX, &mut spots);
        for pair in spots.windows(2).filter(|pair| pair[0].row == pair[1].row) {
            prop_assert!(pair[0].x + pair[0].width <= pair[1].x + 1e-2);
        }
        for spot in &spots {
            prop_assert!(spot.x >= 0.0 && spot.x + spot.width <= width + 1e-2);
            let middle = spot.x + spot.width / 2.0;
            if spot.width > 0.01 {
                prop_assert_eq!(placed.hit(&camera, width, middle, spot.row), Some(spot.tile));
            }
            let parent = match spot.tile {
                Tile::Frame(frame) => tree.frames[frame as usize].parent,
                Tile::Smaller(smaller) => smaller.parent,
            };
            if spot.row > 0 {
                let above = spots.iter().find(|above| above.tile == Tile::Frame(parent) && above.row + 1 == spot.row);
                let above = above.expect("the box above is there");
                prop_assert!(above.x <= spot.x + 1e-2 && spot.x + spot.width <= above.x + above.width + 1e-2);
            }
        }
    }

    #[test]
    fn every_format_adds_up_to_the_whole(root in specs()) {
        let tree = grown(&root);
        let total = tree.frames[0].weight;

        let mut folded = Vec::new();
        write_folded(&tree, &mut folded).unwrap();
        let folded = String::from_utf8(folded).unwrap();
        let counts = folded.lines().map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap());
        prop_assert_eq!(counts.sum::<u64>(), total);

        let mut json = Vec::new();
        write_json(&tree, Unit::Bytes, &mut json).unwrap();
        json_matches(&tree, 0, &serde_json::from_slice(&json).unwrap());

        let mut speedscope = Vec::new();
        write_speedscope(&tree, "a \"dump\"", Measure::default(), &mut speedscope).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&speedscope).unwrap();
        let names = value["shared"]["frames"].as_array().unwrap();
        let profile = &value["profiles"][0];
        prop_assert_eq!(profile["endValue"].as_u64(), Some(total));
        let (mut open, mut last) = (Vec::new(), 0);
        for event in profile["events"].as_array().unwrap() {
            let (frame, at) = (event["frame"].as_u64().unwrap(), event["at"].as_u64().unwrap());
            prop_assert!(at >= last && (frame as usize) < names.len());
            last = at;
            if event["type"] == "O" {
                open.push(frame);
            } else {
                prop_assert_eq!(open.pop(), Some(frame));
            }
        }
        prop_assert!(open.is_empty() && last == total);
    }
}
