//! By Name and `.gcdump` files against PerfView's own tables.
//!
//! The tables were written by PerfView's code from the very file that is read here. They say modules with
//! their folder; PerfView's window, and Heapglass, show the file name only.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use heapglass::analysis::byname::{Row, Rules, Table, by_name, memory_graph};
use heapglass::dump::{Bytes, Kind, Opened};
use heapglass::gcdump::{self, MemoryGraph, NodeType};
use heapglass::heap::{Csr, Heap, Options, RootKind};
use heapglass::progress::Progress;
use heapglass::view::byname::pattern_of;
use serde_json::Value;

const FILE: &str = "efshop-net8-win-x64.gcdump";

fn tables() -> Value {
    let path = support::dump("efshop-net8-win-x64.perfview.json").expect("it is packed in tests/data");
    serde_json::from_reader(std::io::BufReader::new(std::fs::File::open(path).expect("opens"))).expect("JSON")
}

fn sample() -> gcdump::Gcdump {
    gcdump::open(&support::dump(FILE).expect("it is packed in tests/data"), &Progress::new()).expect("it can be read")
}

/// `C:\app\EfShop\EntityFramework!X` → `EntityFramework!X`.
fn without_folders(name: &str) -> String {
    regex::Regex::new(r"[A-Z]:\\[^!<]*\\").expect("valid").replace_all(name, "").into_owned()
}

fn rules(view: &Value) -> Rules {
    let text = |key: &str| view[key].as_str().expect("a text").to_owned();
    let fold_percent = view["fold_percent"].as_f64().expect("a number") as f32;
    Rules { group: text("group"), fold: text("fold"), fold_percent, ..Rules::plain() }
}

/// Exc, Exc Ct, Inc and Inc Ct as PerfView's window has them.
fn shown(row: &Row) -> [f32; 4] {
    let (exclusive, inclusive) = (row.exclusive, row.inclusive);
    [exclusive.perfview_bytes, exclusive.perfview_count, inclusive.perfview_bytes, inclusive.perfview_count]
}

fn compare(name: &str, table: &Table, view: &Value) {
    assert_eq!(table.total.perfview_bytes, view["total_metric"].as_f64().unwrap() as f32, "{name}: total bytes");
    assert_eq!(table.total.perfview_count, view["total_count"].as_f64().unwrap() as f32, "{name}: total count");
    let mut left: Vec<&Row> = table.rows.iter().collect();
    for want in view["rows"].as_array().expect("rows") {
        let title = without_folders(want["name"].as_str().expect("a name"));
        let numbers = ["exc", "exc_ct", "inc", "inc_ct"].map(|key| want[key].as_f64().expect("a number") as f32);
        let found = left.iter().position(|row| *row.name == *title && shown(row) == numbers);
        let Some(at) = found else {
            let same_name: Vec<_> = left.iter().filter(|row| *row.name == *title).map(|row| shown(row)).collect();
            panic!("{name}: PerfView has {title} {numbers:?}, here are {same_name:?}");
        };
        let row = left.swap_remove(at);
        for (key, weight) in [("exc_percent", &row.exclusive), ("inc_percent", &row.inclusive)] {
            let percent = table.percent(weight).expect("a heap with bytes");
            assert!((percent - want[key].as_f64().unwrap()).abs() < 0.00051, "{name}: {title} {key} {percent}");
        }
    }
    assert_eq!(
        left.iter().map(|row| &*row.name).collect::<Vec<_>>(),
        Vec::<&str>::new(),
        "{name}: rows PerfView lacks"
    );
}

#[test]
fn every_row_of_every_perfview_table_is_reproduced_to_the_last_bit() {
    let graph = sample().graph;
    let tables = tables();
    assert_eq!(graph.len() as u64, tables["nodes"].as_u64().unwrap());
    assert_eq!(graph.sizes.iter().sum::<u64>(), tables["total_size"].as_u64().unwrap());
    let views = tables.as_object().expect("an object").iter().filter(|(_, view)| view["rows"].is_array());
    let mut count = 0;
    for (name, view) in views {
        compare(name, &by_name(&graph, &rules(view), &Progress::new()).expect("a table"), view);
        count += 1;
    }
    assert_eq!(count, 5);
}

/// The sample dump, opened as any dump.
fn dump() -> Heap {
    let path = support::dump(support::SAMPLE).expect("the sample is in the project");
    Heap::open(&path, &Options::default(), &Progress::new()).expect("it can be read")
}

/// Title or static variable → addresses of what it holds, in file order.
fn roots(graph: &MemoryGraph) -> Vec<(&str, Vec<u64>)> {
    let held = |node: u32| -> Vec<u64> {
        graph.children.row(node).iter().map(|child| graph.addresses[*child as usize]).filter(|at| *at != 0).collect()
    };
    let below =
        |node: u32| graph.children.row(node).iter().copied().filter(|child| graph.addresses[*child as usize] == 0);
    let titles = below(graph.root).flat_map(|title| [title].into_iter().chain(below(title)));
    titles.map(|node| (&*graph.type_of(node).name, held(node))).collect()
}

#[test]
fn the_graph_of_a_dump_is_perfviews_but_for_stacks_and_names_perfview_lacks() {
    let (file, ours) = (sample().graph, memory_graph(&dump(), &[], &Progress::new()).expect("a graph"));
    // PerfView walks stacks precisely; ours are conservative.
    let named = |graph| roots(graph).into_iter().filter(|(name, _)| *name != "[local vars]").collect::<Vec<_>>();
    assert_eq!(named(&ours), named(&file));
    let by_address: BTreeMap<u64, u32> =
        (0..).zip(&ours.addresses).filter(|(_, at)| **at != 0).map(|(node, at)| (*at, node)).collect();
    // A dependent handle without a value leads to address 0 in PerfView, and nowhere in ours.
    let children = |graph: &MemoryGraph, node: u32| -> Vec<u64> {
        graph.children.row(node).iter().map(|child| graph.addresses[*child as usize]).filter(|at| *at != 0).collect()
    };
    let mut objects = 0;
    for (node, &at) in (0u32..).zip(&file.addresses).filter(|(_, at)| **at != 0) {
        let own = by_address[&at];
        assert_eq!(ours.sizes[own as usize], file.sizes[node as usize], "size at {at:#x}");
        assert_eq!(children(&ours, own), children(&file, node), "children at {at:#x}");
        if !file.type_of(node).name.starts_with("<Unnamed") {
            assert_eq!(ours.type_of(own), file.type_of(node), "type at {at:#x}");
        }
        objects += 1;
    }
    assert_eq!((objects, by_address.len()), (137_280, 137_280));
}

#[test]
fn by_name_of_a_dump_is_within_a_tenth_of_a_percent_point_of_perfviews() {
    let graph = memory_graph(&dump(), &[], &Progress::new()).expect("a graph");
    let tables = tables();
    for (name, view) in tables.as_object().expect("an object").iter().filter(|(_, view)| view["rows"].is_array()) {
        let table = by_name(&graph, &rules(view), &Progress::new()).expect("a table");
        let percents = |row: &Row| [&row.exclusive, &row.inclusive].map(|weight| table.percent(weight).expect("bytes"));
        let mut ours: BTreeMap<String, [f64; 2]> =
            table.rows.iter().map(|row| (row.name.to_string(), percents(row))).collect();
        for row in view["rows"].as_array().expect("rows") {
            let title = without_folders(row["name"].as_str().expect("a name"));
            let want = ["exc_percent", "inc_percent"].map(|key| row[key].as_f64().expect("a number"));
            let have = ours.remove(&title).unwrap_or_default();
            for (want, have) in want.iter().zip(have) {
                assert!((want - have).abs() < 0.1, "{name}: {title}: {want} % in PerfView, {have} % here");
            }
        }
        for (title, have) in ours {
            assert!(have.iter().all(|percent| *percent < 0.1), "{name}: PerfView has no {title}, {have:?} % here");
        }
    }
}

#[test]
fn a_gcdump_opens_as_the_same_heap_as_the_dump_it_was_made_from() {
    let path = support::dump(FILE).expect("it is packed in tests/data");
    let heap = gcdump::open_heap(&path, &Options::default(), &Progress::new()).expect("it can be read");
    let truth = support::truth(support::SAMPLE).expect("it is packed in tests/data");
    let graph = &heap.graph;
    assert_eq!(graph.len() as u64, truth["objects"].as_u64().unwrap());
    // Types without metadata have no name in the truth, and a token for one in the file.
    let mut want: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for kind in truth["types"].as_array().expect("types") {
        let sum = want.entry(kind["name"].as_str().unwrap_or_default()).or_default();
        sum.0 += kind["count"].as_u64().unwrap();
        sum.1 += kind["bytes"].as_u64().unwrap();
    }
    let mut found: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for id in graph.objects.ids() {
        let name = &*graph.type_of(id).name.full;
        let unnamed = name.starts_with("<Unnamed ") || name.starts_with('[');
        let sum = found.entry(if unnamed { "" } else { name }).or_default();
        sum.0 += 1;
        sum.1 += graph.objects.size(id);
    }
    assert_eq!(found, want);
    let cached =
        graph.roots.iter().find(|root| &*root.name == "System.Data.Entity.Internal.LazyInternalContext._cachedModels");
    let cached = cached.expect("the story's static variable is a root");
    assert_eq!(cached.kind, RootKind::Static);
    assert!(graph.type_of(cached.object).name.full.starts_with("System.Collections.Concurrent.ConcurrentDictionary<"));
    assert!(graph.roots.iter().any(|root| root.kind == RootKind::Stack));
}

const TYPES: [(&str, Option<&str>); 6] = [
    ("UNDEFINED", None),
    ("System.String", Some(r"C:\lib\System.Private.CoreLib.dll")),
    ("Shop.Cart", Some(r"C:\app\Shop.dll")),
    ("Shop.Item", Some(r"C:\app\Shop.dll")),
    ("[.NET Roots]", None),
    ("[StrongHandle]", None),
];

/// Node 0 is the root, 1 its one title, the rest objects; the last of them is dead.
fn shop(multipliers: &[f32]) -> Vec<u8> {
    let nodes = [
        (4, 0, 0, vec![1]),
        (5, 0, 0, vec![2, 3]),
        (2, 24, 0x1000, vec![4, 5]),
        (2, 24, 0x1020, vec![4]),
        (3, 40, 0x1040, vec![6]),
        (3, 40, 0x1080, vec![2, 7]),
        (1, 100, 0x2000, vec![]),
        (0, 0, 0x9000, vec![]),
        (1, 1000, 0x3000, vec![]),
    ];
    support::gcdump::file(&TYPES, &nodes, multipliers)
}

fn read(bytes: Vec<u8>) -> Result<gcdump::Gcdump, gcdump::Error> {
    let opened = Opened { bytes: Arc::new(Bytes::Owned(bytes)), kind: Kind::Gcdump, cut: None };
    gcdump::read(Path::new("shop.gcdump"), &opened, &Progress::new())
}

/// Name, Exc, Exc Ct, Inc, Inc Ct of every row.
fn summary(graph: &MemoryGraph, rules: &Rules) -> Vec<(String, u64, u64, u64, u64)> {
    let table = by_name(graph, rules, &Progress::new()).expect("a table");
    let row = |row: &Row| {
        let (exclusive, inclusive) = (row.exclusive, row.inclusive);
        (row.name.to_string(), exclusive.bytes, exclusive.count, inclusive.bytes, inclusive.count)
    };
    table.rows.iter().map(row).collect()
}

#[test]
fn every_part_of_a_gcdump_is_read() {
    let shop = read(shop(&[])).expect("a good file");
    assert_eq!((shop.process.as_deref(), shop.process_id, shop.pointer_size), (Some("shop"), Some(4711), Some(8)));
    let heap = shop.into_heap(Path::new("shop.gcdump"), &Progress::new()).expect("a heap");
    let graph = &heap.graph;
    let objects: Vec<_> = graph.objects.ids().map(|id| (graph.objects.address(id), graph.objects.size(id))).collect();
    let expected = [(0x1000, 24), (0x1020, 24), (0x1040, 40), (0x1080, 40), (0x2000, 100), (0x3000, 1000)];
    assert_eq!(objects, expected);
    assert_eq!([graph.references.row(0), graph.references.row(3)], [&[2, 3][..], &[0]]);
    assert_eq!((graph.strays.len(), graph.strays[0].target, graph.unread.references), (1, 0x9000, 1));
    let roots: Vec<_> = graph.roots.iter().map(|root| (root.kind, &*root.name, root.object)).collect();
    assert_eq!(roots, [(RootKind::StrongHandle, "StrongHandle", 0), (RootKind::StrongHandle, "StrongHandle", 1)]);
    assert_eq!(&*graph.type_of(4).assembly, "System.Private.CoreLib.dll");
}

#[test]
fn include_patterns_count_only_what_lies_on_a_path_that_matches_all_of_them() {
    let graph = read(shop(&[])).expect("a good file").graph;
    let rules = Rules { include: "Cart;Item".into(), ..Rules::plain() };
    let rows = [
        ("System.Private.CoreLib!String", 100, 1, 100, 1),
        ("Shop!Shop.Item", 80, 2, 180, 4),
        // The node that was never walked shares a row with ROOT.
        ("ROOT", 0, 1, 180, 4),
        ("[.NET Roots]", 0, 0, 180, 4),
        ("[StrongHandle]", 0, 0, 180, 4),
        ("Shop!Shop.Cart", 0, 0, 180, 4),
    ];
    assert_eq!(summary(&graph, &rules), rows.map(|(name, a, b, c, d)| (name.to_owned(), a, b, c, d)));
}

#[test]
fn our_defaults_fold_the_strings_of_todays_core_library_and_perfviews_do_not() {
    let graph = read(shop(&[])).expect("a good file").graph;
    let item = |rules| summary(&graph, &rules).into_iter().find(|row| row.0 == "Shop!Shop.Item").map(|row| row.1);
    assert_eq!((item(Rules::perfview()), item(Rules::default())), (Some(80), Some(180)));
}

#[test]
fn a_sampled_heap_counts_each_object_as_many_times_as_it_stands_for() {
    let graph = read(shop(&[1.0, 2.5, 1.0, 3.0, 1.0, 1.0])).expect("a good file").graph;
    let rows = summary(&graph, &Rules::plain());
    assert_eq!(rows[0], ("System.Private.CoreLib!String".into(), 250, 3, 250, 3));
    assert_eq!(rows[1], ("Shop!Shop.Item".into(), 240, 6, 490, 10));
}

#[test]
fn a_damaged_gcdump_is_refused_or_read_and_never_panics() {
    let good = shop(&[1.0; 6]);
    let browse = |bytes: Vec<u8>| {
        let Ok(shop) = read(bytes) else { return false };
        let rules = Rules { exclude: String::new(), priority: String::new(), fold_percent: 1.0, ..Rules::plain() };
        by_name(&shop.graph, &rules, &Progress::new()).expect("what can be read can be counted");
        shop.into_heap(Path::new("shop.gcdump"), &Progress::new()).expect("what can be read can be browsed");
        true
    };
    assert!(browse(good.clone()));
    // What follows the multipliers is not needed.
    let needed = good.len() - 19;
    for len in 0..good.len() {
        assert_eq!(browse(good[..len].to_vec()), len >= needed, "cut to {len} bytes");
    }
    for at in 0..good.len() {
        for byte in [0, 1, 2, 0x3F, 0x40, 0x7F, 0x80, 0xFF, good[at] ^ 1, good[at] ^ 0x10, good[at].wrapping_add(1)] {
            let mut bytes = good.clone();
            bytes[at] = byte;
            browse(bytes);
        }
    }
}

#[test]
fn other_files_and_versions_are_refused_with_a_reason() {
    let refusal = |from: &[u8], to: &[u8]| {
        let mut bytes = shop(&[]);
        let at = bytes.windows(from.len()).position(|part| part == from).expect("it is there");
        bytes[at..at + to.len()].copy_from_slice(to);
        read(bytes).expect_err("a bad file").to_string()
    };
    assert!(refusal(b"!Fast", b"!Slow").contains("not a .gcdump file"));
    assert!(refusal(b"GCHeapDump", b"TraceLog--").contains("it holds a TraceLog--, not a heap"));
    assert!(refusal(&[10, 0, 0, 0, 8], &[8, 0, 0, 0, 8]).contains("version 8"));
    assert!(refusal(&[10, 0, 0, 0, 8], &[11, 0, 0, 0, 11]).contains("newer than this program"));
    assert!(refusal(&[1, 0, 0, 0, 0, 0, 0, 0, 18], &[1, 0, 0, 0, 1]).contains("types have no names"));
    let cut = shop(&[])[..200].to_vec();
    assert!(read(cut).expect_err("a bad file").to_string().contains("cut short: it ends inside its types"));
}

/// Root → one chain of `len` objects of two types by turns, 1000 bytes each.
fn chain(len: u32) -> MemoryGraph {
    let kind = |name: &str| NodeType { name: name.into(), module: None };
    let kinds = [0].into_iter().chain((0..len).map(|node| 1 + node % 2)).collect();
    let rows: Vec<Vec<u32>> = (0..=len).map(|node| if node < len { vec![node + 1] } else { vec![] }).collect();
    MemoryGraph {
        types: vec![kind("[.NET Roots]"), kind("A"), kind("B")],
        kinds,
        sizes: (0..=len).map(|node| if node == 0 { 0 } else { 1000 }).collect(),
        children: Csr::from_rows(&rows),
        addresses: (0..=len).map(|node| u64::from(node) * 1024).collect(),
        root: 0,
        multipliers: Vec::new(),
    }
}

#[test]
fn a_chain_of_two_types_a_hundred_thousand_deep_is_summed_in_a_moment() {
    let rows = summary(&chain(100_000), &Rules { fold_percent: 1.0, ..Rules::plain() });
    let sum = |name: &str| rows.iter().find(|row| row.0 == name).map(|row| (row.1, row.3)).expect("a row");
    assert_eq!((sum("A"), sum("B")), ((50_000_000, 100_000_000), (50_000_000, 99_999_000)));
}

#[test]
fn perfviews_floats_are_kept_beside_the_exact_sums() {
    let mut graph = chain(3);
    // One more is lost in a float of 2^24, each time.
    graph.sizes = vec![0, 1 << 24, 1, 1];
    let table = by_name(&graph, &Rules::plain(), &Progress::new()).expect("a table");
    assert_eq!((table.total.perfview_bytes, table.total.bytes), (16_777_216.0, 16_777_218));
}

#[test]
fn a_rows_own_pattern_folds_or_leaves_out_that_row_alone() {
    let graph = sample().graph;
    let table = |rules: &Rules| by_name(&graph, rules, &Progress::new()).expect("a table");
    let before = table(&Rules::default());
    // Of a module with a path, of an entry group, of a title without a module; ROOT has no holder.
    let wanted = |part: &str| before.rows.iter().find(|row| row.name.contains(part) && row.exclusive.bytes > 0);
    for part in ["SqlClient.SqlCommand", "LIB <<", "EfShop!"] {
        let name = &wanted(part).unwrap_or_else(|| panic!("no row has {part}")).name;
        let add = |text: &str| format!("{text};{}", pattern_of(name));
        let ours = Rules::default();
        let folded = table(&Rules { fold: add(&ours.fold), ..ours.clone() });
        let names = |table: &Table| table.rows.iter().map(|row| row.name.clone()).collect::<BTreeSet<_>>();
        let gone: Vec<_> = names(&before).difference(&names(&folded)).cloned().collect();
        assert_eq!(gone, std::slice::from_ref(name));
        assert_eq!(folded.total.bytes, before.total.bytes, "{name}: folding loses nothing");
        let left = table(&Rules { exclude: add(&ours.exclude), ..ours });
        assert!(!names(&left).contains(name) && left.total.bytes < before.total.bytes, "{name} is left out");
    }
}
