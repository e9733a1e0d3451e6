//! Flame trees of real dumps against the truth, and that they add up for every tree and dump.

mod support;

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use heapglass::analysis::byname::{Nodes, Rules, SpanningTree, by_name, memory_graph};
use heapglass::analysis::flame::{FlameTree, Forest, Labels, Limits, Start, bottom_up, top_down};
use heapglass::analysis::independent::Holders;
use heapglass::analysis::liveness::Liveness;
use heapglass::heap::{Heap, Options, RootKind};
use heapglass::progress::Progress;
use heapglass::view::flame::write_folded;
use regex::Regex;
use serde_json::Value;

/// An open heap without stack roots, as the truth has it.
struct World {
    heap: Heap,
    liveness: Liveness,
    labels: Labels,
}

impl World {
    fn open(dump: &str) -> Option<World> {
        let path = support::dump(dump)?;
        let heap = Heap::open(&path, &Options::default(), &Progress::new()).expect("the dump opens");
        let liveness = Liveness::new(&heap.graph, &[RootKind::Stack], &Progress::new()).unwrap();
        let labels = Labels::new(&heap.graph);
        Some(World { heap, liveness, labels })
    }

    fn holders(&self) -> Holders<'_> {
        Holders { graph: &self.heap.graph, liveness: &self.liveness }
    }

    fn retained(&self) -> Forest {
        Forest::retained(self.holders(), &self.labels, &Progress::new()).unwrap()
    }

    fn cheapest(&self) -> Forest {
        Forest::cheapest(self.holders(), &self.labels, &Progress::new()).unwrap()
    }

    fn perfview(&self) -> Forest {
        let nodes = Nodes::new(&self.heap, &[RootKind::Stack], &Progress::new()).unwrap();
        let spanning = SpanningTree::new(&nodes.graph, &Rules::default().priority, &Progress::new()).unwrap();
        Forest::perfview(&nodes, &spanning, self.holders(), &self.labels, &Progress::new()).unwrap()
    }

    fn tree(&self, forest: &Forest, count: bool, limits: &Limits) -> FlameTree {
        let source = forest.source(self.holders(), &self.labels, count);
        top_down(&source, source.tops, "heap", limits, &Progress::new()).unwrap()
    }
}

/// As the truth was cut: 0.1 % of the whole, 60 levels below the roots, no chain folded.
fn truth_limits() -> Limits {
    Limits { fold_chains: false, max_depth: 61, ..Limits::default() }
}

fn child<'a>(truth: &'a Value, name: &str) -> Option<&'a Value> {
    truth["children"].as_array().unwrap().iter().find(|child| child["name"] == name)
}

fn named(tree: &FlameTree, parent: u32, name: &str) -> Option<u32> {
    tree.children(parent).find(|&child| &*tree.name(child).full == name)
}

/// Everything under a box, compared to the byte.
fn same(tree: &FlameTree, frame: u32, truth: &Value) -> usize {
    let box_ = &tree.frames[frame as usize];
    let text = &tree.name(frame).full;
    assert_eq!(**text, *truth["name"].as_str().unwrap());
    let figure = |key: &str| truth[key].as_u64().unwrap();
    assert_eq!(box_.weight, figure("bytes"), "bytes of {text}");
    assert_eq!(u64::from(box_.objects), figure("objects"), "objects of {text}");
    assert_eq!(box_.own, figure("own"), "own bytes of {text}");
    // At its last level the truth does not say what is below.
    if truth["smaller_bytes"].is_null() {
        return 1;
    }
    assert_eq!(box_.smaller, figure("smaller_bytes"), "smaller bytes of {text}");
    assert_eq!(u64::from(box_.smaller_types), figure("smaller_types"), "smaller types of {text}");
    let children = truth["children"].as_array().unwrap();
    assert_eq!(box_.children as usize, children.len(), "children of {text}");
    children
        .iter()
        .map(|truth| {
            let name = truth["name"].as_str().unwrap();
            let child = named(tree, frame, name).unwrap_or_else(|| panic!("{name} under {text}"));
            same(tree, child, truth)
        })
        .sum::<usize>()
        + 1
}

#[test]
fn under_the_query_cache_the_tree_is_the_truth_to_the_byte() {
    let (Some(world), Some(truth)) = (World::open(support::SAMPLE), support::truth(support::SAMPLE)) else { return };
    let tree = world.tree(&world.retained(), false, &truth_limits());
    const MODELS: &str = "[static var System.Data.Entity.Internal.LazyInternalContext._cachedModels]";
    const MANAGER: &str = "System.Data.Entity.Core.Common.QueryCache.QueryCacheManager";
    let truth = child(&truth["flame_without_stack"], MODELS).unwrap();
    let models = named(&tree, 0, MODELS).expect("the root that matters");
    let manager = named(&tree, models, MANAGER).expect("the cache under it");
    assert!(same(&tree, manager, child(truth, MANAGER).unwrap()) > 30);
    let frame = &tree.frames[manager as usize];
    assert_eq!(frame.shared, frame.weight, "a timer holds the cache too");
    let share = tree.frames[models as usize].weight as f64 / tree.frames[0].weight as f64;
    assert!(share > 0.72, "{share}");
}

#[test]
fn first_level_boxes_are_within_a_percent_of_the_truth() {
    for dump in [support::SAMPLE, "azmcp-net10-singlefile-win-x64.dmp", "zoo-net8-win-x64.dmp"] {
        let (Some(world), Some(truth)) = (World::open(dump), support::truth(dump)) else { continue };
        let tree = world.tree(&world.retained(), false, &Limits { min_percent: 0.0, ..truth_limits() });
        let known: HashSet<String> = truth["statics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| {
                format!("[static var {}.{}]", field["type"].as_str().unwrap(), field["field"].as_str().unwrap())
            })
            .collect();
        // Statics that the truth reader does not see hang from the handles of their buckets there.
        let more: u64 = tree
            .children(0)
            .filter(|&root| tree.name(root).full.contains("static var") && !known.contains(&*tree.name(root).full))
            .map(|root| tree.frames[root as usize].weight)
            .sum();
        let truth = &truth["flame_without_stack"];
        let total = truth["bytes"].as_u64().unwrap();
        // What only a static that the truth does not know holds is dead there.
        let weight = tree.frames[0].weight;
        assert!(if dump == support::SAMPLE { weight == total } else { weight >= total }, "{dump}: {weight}, {total}");
        for root in truth["children"].as_array().unwrap() {
            let (name, bytes) = (root["name"].as_str().unwrap(), root["bytes"].as_u64().unwrap());
            let ours = named(&tree, 0, name).map_or(0, |frame| tree.frames[frame as usize].weight);
            if name == "[StrongHandle]" {
                assert!(
                    (ours..=ours + more).contains(&bytes),
                    "{dump}: handles have {ours} and {more}, the truth {bytes}"
                );
            } else if bytes * 100 >= total && name != "[StaticVar]" {
                let off = ours.abs_diff(bytes) as f64 / bytes as f64;
                assert!(off <= 0.01, "{dump}: {name} has {ours}, the truth {bytes}");
            }
        }
    }
}

/// Own, children and smaller ones of every box are the box; children come heaviest first.
fn adds_up(tree: &FlameTree, what: &str) {
    for at in 0..tree.frames.len() as u32 {
        let frame = &tree.frames[at as usize];
        let children: Vec<u64> = tree.children(at).map(|child| tree.frames[child as usize].weight).collect();
        let sum = frame.own + frame.smaller + children.iter().sum::<u64>();
        assert_eq!(sum, frame.weight, "{what}: {}", tree.name(at).full);
        assert!(children.is_sorted_by(|a, b| a >= b) && frame.shared <= frame.weight, "{what}");
    }
}

#[test]
fn every_tree_of_every_dump_adds_up_to_what_roots_reach() {
    for dump in support::DUMPS {
        let Some(world) = World::open(dump) else { continue };
        let (graph, dominators) = (&world.heap.graph, &world.liveness.dominators);
        let reached: Vec<u32> = graph.objects.ids().filter(|&object| dominators.is_reachable(object)).collect();
        let bytes: u64 = reached.iter().map(|&object| graph.objects.size(object)).sum();
        for (name, forest) in [("retained", world.retained()), ("shortest", world.cheapest())] {
            for fold_chains in [true, false] {
                for (min_percent, count, whole) in
                    [(0.0, false, bytes), (0.1, false, bytes), (0.1, true, reached.len() as u64)]
                {
                    let limits = Limits { min_percent, fold_chains, max_depth: 100, ..Limits::default() };
                    let tree = world.tree(&forest, count, &limits);
                    let what = format!("{dump} {name} {min_percent} {count}");
                    assert_eq!(tree.frames[0].weight, whole, "{what}");
                    assert_eq!(u64::from(tree.frames[0].objects), reached.len() as u64, "{what}");
                    adds_up(&tree, &what);
                }
            }
        }
        // PerfView's tree leaves out what PerfView does not write: its root is as wide as the objects that are in it.
        let perfview = world.perfview();
        let source = perfview.source(world.holders(), &world.labels, false);
        let inside = &source.tree.objects[1..];
        let bytes_inside: u64 = inside.iter().map(|&object| graph.objects.size(object)).sum();
        for (count, whole) in [(false, bytes_inside), (true, inside.len() as u64)] {
            let tree = world.tree(&perfview, count, &Limits::default());
            adds_up(&tree, dump);
            assert_eq!(tree.frames[0].weight, whole, "{dump} perfview {count}");
        }
        assert!(bytes_inside > bytes / 2, "{dump}: {bytes_inside} of {bytes}");
        let retained = world.retained();
        for count in [false, true] {
            let source = retained.source(world.holders(), &world.labels, count);
            let tree = bottom_up(&source, Start::Everything, "heap", &Limits::default(), &Progress::new()).unwrap();
            adds_up(&tree, &format!("{dump} bottom-up {count}"));
            assert_eq!(tree.frames[0].weight, if count { reached.len() as u64 } else { bytes }, "{dump} bottom-up");
        }
    }
}

#[test]
fn perfviews_tree_has_the_inc_of_its_own_table() {
    let Some(world) = World::open(support::SAMPLE) else { return };
    let limits = Limits { min_percent: 0.0, fold_chains: false, ..Limits::default() };
    let tree = world.tree(&world.perfview(), false, &limits);
    let nodes = memory_graph(&world.heap, &[RootKind::Stack], &Progress::new()).unwrap();
    let rules = Rules { priority: Rules::default().priority, ..Rules::plain() };
    let table = by_name(&nodes, &rules, &Progress::new()).unwrap();
    // Inc counts a type once on every way down: where it is met first.
    let inc = |name: &str| {
        let mut met = vec![false; tree.frames.len()];
        let mut sum = 0;
        for at in 0..tree.frames.len() {
            let above = at > 0 && met[tree.frames[at].parent as usize];
            let here = *tree.name(at as u32).full == *name;
            sum += if here && !above { tree.frames[at].weight } else { 0 };
            met[at] = above || here;
        }
        sum
    };
    for (ours, theirs) in [
        ("System.Data.SqlClient.SqlCommand", "!Data.SqlClient.SqlCommand"),
        (
            "System.Data.Entity.Core.Common.QueryCache.QueryCacheManager",
            "!Data.Entity.Core.Common.QueryCache.QueryCacheManager",
        ),
        (
            "System.Data.Entity.Core.Common.QueryCache.QueryCacheEntry",
            "!Data.Entity.Core.Common.QueryCache.QueryCacheEntry",
        ),
        ("System.Data.Entity.Core.Metadata.Edm.TypeUsage", "!Data.Entity.Core.Metadata.Edm.TypeUsage"),
    ] {
        let row =
            table.rows.iter().find(|row| row.name.ends_with(theirs)).unwrap_or_else(|| panic!("a row for {theirs}"));
        assert_eq!(inc(ours), row.inclusive.bytes, "{ours}");
    }
}

/// Where inferno is installed, its own program reads the folded stacks, and every box it draws weighs what ours does.
#[test]
fn inferno_draws_the_folded_stacks_to_the_last_byte() {
    let Some(world) = World::open(support::SAMPLE) else { return };
    let tree = world.tree(&world.retained(), false, &Limits::default());
    let folder = tempfile::tempdir().unwrap();
    let folded = folder.path().join("shop.folded");
    let mut out = Vec::new();
    write_folded(&tree, &mut out).unwrap();
    fs::write(&folded, &out).unwrap();
    let Ok(drawn) = Command::new("inferno-flamegraph").args(["--minwidth", "0"]).arg(&folded).output() else {
        println!("skipped: inferno-flamegraph is not there; cargo install inferno brings it");
        return;
    };
    assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
    let svg = String::from_utf8(drawn.stdout).unwrap();
    let plain = |text: &str| text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let mut boxes: Vec<(String, u64)> = Regex::new(r"<title>([^<]*) \(([\d,]+) samples, [\d.]+%\)</title>")
        .unwrap()
        .captures_iter(&svg)
        .map(|found| (plain(&found[1]), found[2].replace(',', "").parse().unwrap()))
        .collect();
    let frames = || tree.frames.iter();
    let mut ours: Vec<(String, u64)> =
        frames().zip(0..).map(|(frame, at)| (tree.name(at).full.to_string(), frame.weight)).collect();
    let smaller = frames().filter(|frame| frame.smaller > 0);
    ours.extend(smaller.map(|frame| (format!("({} smaller)", frame.smaller_types), frame.smaller)));
    // Its own root over ours.
    ours.push(("all".into(), tree.frames[0].weight));
    boxes.sort_unstable();
    ours.sort_unstable();
    assert!(boxes.len() > 100);
    assert_eq!(boxes, ours);
}

/// What `flame` writes of the sample with these arguments.
fn written(folder: &Path, name: &str, arguments: &[&str]) -> Vec<u8> {
    let path = folder.join(name);
    let sample = support::dump(support::SAMPLE).expect("the sample is in the project");
    let out = Command::new(env!("CARGO_BIN_EXE_heapglass"))
        .args(["flame", "-o"])
        .args([&path, &sample])
        .args(arguments)
        .output()
        .expect("the program starts");
    assert!(out.status.success(), "{name} {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    fs::read(&path).expect("the file is written")
}

#[test]
fn the_command_writes_every_format_with_what_its_options_ask_for() {
    let folder = tempfile::tempdir().unwrap();
    let written = |name: &str, arguments: &[&str]| written(folder.path(), name, arguments);
    let json = |arguments: &[&str]| -> Value { serde_json::from_slice(&written("a.json", arguments)).expect("JSON") };
    let picture = |arguments: &[&str]| {
        let bytes = written("a.png", arguments);
        image::load_from_memory(&bytes).expect("a picture").to_rgba8()
    };

    let whole = json(&[]);
    let keys: Vec<&str> = whole.as_object().unwrap().keys().map(String::as_str).collect();
    for key in ["name", "bytes", "objects", "own", "shared", "children", "smaller_bytes", "smaller_types"] {
        assert!(keys.contains(&key), "{key} in {keys:?}");
    }
    let bytes = whole["bytes"].as_u64().unwrap();
    let boxes = |value: &Value| value["children"].as_array().unwrap().len();
    assert!(boxes(&json(&["--min-percent", "0"])) > boxes(&whole) && boxes(&json(&["--min-percent", "5"])) == 1);
    assert_eq!(json(&["--without-roots", "stack"])["bytes"], 14_808_323);
    // Each tree has all bytes, and its own root below the whole.
    let names = |value: &Value| -> Vec<String> {
        value["children"].as_array().unwrap().iter().map(|child| child["name"].to_string()).collect()
    };
    let trees = ["retained", "shortest", "perfview"].map(|tree| json(&["--tree", tree]));
    assert!(trees.iter().all(|tree| tree["bytes"] == bytes) && trees[0] == whole);
    assert_ne!(names(&trees[1]), names(&trees[2]));
    let command = json(&["--root", "SqlCommand"]);
    assert_eq!(command["name"], "System.Data.SqlClient.SqlCommand");
    assert_eq!((command["objects"].as_u64(), boxes(&command) > 1), (Some(801), true));

    let one = picture(&["--width", "600"]);
    let two = picture(&["--width", "600", "--scale", "2"]);
    let four = picture(&["--width", "600", "--scale", "4"]);
    assert_eq!((one.width(), two.dimensions()), (600, (1200, 2 * one.height())));
    assert_eq!(four.dimensions(), (2400, 4 * one.height()));
    let light = picture(&["--width", "600", "--theme", "light"]);
    assert!(one.get_pixel(2, 2).0[0] < 0x20 && light.get_pixel(2, 2).0[0] > 0xe0);
    for color in ["namespace", "generation", "root-kind"] {
        assert_ne!(picture(&["--width", "600", "--color", color]).as_raw(), one.as_raw(), "{color}");
    }

    let svg = String::from_utf8(written("a.svg", &["--width", "800"])).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains(" width=\"800\" ") && svg.ends_with("</svg>\n"));
    assert_eq!(svg.matches("http").count(), 1, "nothing from elsewhere: the name of the format is all");
    assert!(svg.contains("<title>System.Data.SqlClient.SqlCommand\nretained: 1533002 B"), "titles on hover");
    let folded = String::from_utf8(written("a.folded", &[])).unwrap();
    let sum = folded.lines().map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum::<u64>();
    assert_eq!(sum, bytes);
    let speedscope: Value = serde_json::from_slice(&written("a.speedscope.json", &[])).unwrap();
    assert_eq!(speedscope["profiles"][0]["endValue"], bytes);
}

#[test]
fn the_picture_in_the_readme_is_what_the_program_paints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shown = root.join("assets/flame.png");
    let painted = tempfile::tempdir().unwrap();
    let painted = painted.path().join("flame.png");
    let sample = support::dump(support::SAMPLE).expect("the sample is in the project");
    let out = Command::new(env!("CARGO_BIN_EXE_heapglass"))
        .args(["flame", "--without-roots", "stack", "--width", "1200", "-o"])
        .args([&painted, &sample])
        .output()
        .expect("the program starts");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    if std::env::var_os("HEAPGLASS_PAINT").is_some() {
        fs::copy(&painted, &shown).expect("the picture is written");
    }
    let pixels = |path: &Path| image::open(path).expect("a picture").to_rgba8();
    let (is, should_be) = (pixels(&shown), pixels(&painted));
    // Processors round the edges of letters differently; a word or box that moved differs far more.
    let alike =
        is.dimensions() == should_be.dimensions() && is.iter().zip(should_be.iter()).all(|(a, b)| a.abs_diff(*b) <= 16);
    assert!(alike, "assets/flame.png is stale: HEAPGLASS_PAINT=1 cargo test --test flame readme");
    assert!(fs::metadata(&shown).unwrap().len() <= 300_000);
    assert!(fs::read_to_string(root.join("README.md")).unwrap().contains("](assets/flame.png)"));
}
