//! Answers about whole heaps, on real dumps: strings, waste, suspects, lists of objects.
//!
//! The specimen program is known line by line, so what it wastes can be counted in its source.

mod support;

use std::collections::HashMap;

use heapglass::analysis::flame::{Forest, Labels, Limits, top_down};
use heapglass::analysis::independent::Holders;
use heapglass::analysis::liveness::Liveness;
use heapglass::analysis::strings::{self, Strings};
use heapglass::analysis::suspects::suspects;
use heapglass::analysis::waste::{Kind, Part, Source, waste};
use heapglass::gcdump::open_heap;
use heapglass::heap::{Heap, Options, RootKind};
use heapglass::progress::Progress;
use heapglass::runtime::Runtime;
use heapglass::runtime::strings::text;
use heapglass::session::Opened;
use heapglass::view::filter::Filter;
use heapglass::view::inspection::Inspection;
use heapglass::view::instances::{InstanceColumn, Query};
use heapglass::view::place::Subject;
use heapglass::view::rows::{Rows, tsv};
use heapglass::view::string_table::{self, StringColumn};
use heapglass::view::suspects::sentences;

/// The open heap of a dump of the set, if it is here.
fn open(name: &str) -> Option<Heap> {
    let path = support::dump(name)?;
    Some(Heap::open(&path, &Options::default(), &Progress::new()).expect("the dump opens"))
}

fn runtime(heap: &Heap) -> &Runtime {
    heap.runtime.as_ref().expect("a dump has a runtime")
}

fn duplicates(heap: &Heap) -> Strings {
    strings::duplicates(&heap.graph, &runtime(heap).space, &Progress::new()).expect("nobody cancels")
}

fn value(heap: &Heap, id: u32) -> String {
    let objects = &heap.graph.objects;
    text(&runtime(heap).space, objects.address(id), objects.size(id), usize::MAX).expect("the string is in the dump")
}

#[test]
fn duplicate_strings_are_those_that_a_plain_comparison_of_all_values_finds() {
    let heap = open(support::SAMPLE).expect("the sample is always here");
    let graph = &heap.graph;
    let is_string = |&id: &u32| &*graph.type_of(id).name.full == "System.String";
    let mut expected: HashMap<String, Vec<u32>> = HashMap::new();
    for id in graph.objects.ids().filter(is_string) {
        expected.entry(value(&heap, id)).or_default().push(id);
    }
    let count = expected.values().map(Vec::len).sum::<usize>() as u64;
    expected.retain(|_, ids| ids.len() > 1);

    let found = duplicates(&heap);
    assert_eq!((found.count, found.unread), (count, 0));
    assert_eq!(found.groups.len(), expected.len());
    let mut wasted = 0;
    for group in &found.groups {
        let ids = &expected[&value(&heap, group.first)];
        assert_eq!(found.objects(group), ids);
        let copies: u64 = ids[1..].iter().map(|&id| graph.objects.size(id)).sum();
        assert_eq!((group.wasted, group.bytes), (copies, copies + graph.objects.size(ids[0])));
        wasted += copies;
    }
    assert_eq!(found.duplicate_bytes, wasted);
    assert!(found.groups.is_sorted_by_key(|group| std::cmp::Reverse(group.wasted)));
}

/// The parts of a specimen dump's waste by kind, and the total.
fn parts(heap: &Heap) -> (HashMap<Kind, Part>, u64) {
    let liveness = Liveness::new(&heap.graph, &[], &Progress::new()).expect("nobody cancels");
    let strings = duplicates(heap);
    let source = Source { graph: &heap.graph, runtime: runtime(heap), liveness: &liveness, strings: &strings };
    let found = waste(&source, &Progress::new()).expect("nobody cancels");
    (found.parts.into_iter().map(|part| (part.kind, part)).collect(), found.bytes)
}

/// Objects and bytes of the type of that name in a part.
fn of_type(heap: &Heap, part: &Part, name: &str) -> (u64, u64) {
    let named = |&&(index, _): &&(u32, _)| &*heap.graph.types[index as usize].name.full == name;
    part.types.iter().find(named).map_or((0, 0), |(_, tally)| (tally.count, tally.bytes))
}

#[test]
fn the_specimens_waste_is_what_its_source_says() {
    for name in
        ["zoo-net8-win-x64.dmp", "zoo-net9-linux-x64.core", "zoo-net10-win-x64-clrgc.dmp", "zoo-net2.1-win-x86.dmp"]
    {
        let Some(heap) = open(name) else { continue };
        let (parts, total) = parts(&heap);
        let p = runtime(&heap).space.pointer_size() as u64;

        // 800 options, each a dictionary of one entry with room for three; an entry is two ints, a key and a reference.
        let sparse = of_type(
            &heap,
            &parts[&Kind::SparseCollections],
            "System.Collections.Generic.Dictionary<System.Int32, System.String>",
        );
        assert_eq!(sparse, (800, 800 * 2 * if p == 8 { 24 } else { 16 }), "{name}");

        // Every fifth order has no lines; some orders are dead and gone. .NET Core 2.1 has one field more.
        let list = if name.contains("2.1") { 6 * p } else { 4 * p };
        let empty =
            of_type(&heap, &parts[&Kind::EmptyCollections], "System.Collections.Generic.List<Acme.Store.OrderLine>");
        assert!(empty.0 > 300 && empty.1 == empty.0 * list, "{name}: {empty:?}");

        // 5000 in the hub, 800 parameters, one each from Tuple and int?; a box is a method table, four bytes and a header.
        let boxed = of_type(&heap, &parts[&Kind::BoxedValues], "System.Int32");
        assert!(boxed.0 >= 5801 && boxed.1 == boxed.0 * 3 * p, "{name}: {boxed:?}");

        // The string that is made a thousand times, and its literal.
        let strings = duplicates(&heap);
        let duplicate =
            strings.groups.iter().find(|group| value(&heap, group.first).starts_with("duplicate-connection"));
        assert_eq!(duplicate.expect("it is there").count, 1001, "{name}");

        // 300 watchers that only the event holds, each with a buffer of 512 bytes.
        let forgotten = of_type(&heap, &parts[&Kind::EventHandlers], "Acme.Store.PriceWatcher");
        let (buffer, watcher) = (512 + 3 * p, 3 * p);
        assert_eq!(forgotten, (300, 300 * (buffer + watcher)), "{name}");

        // Sessions have 50 timers; the runtime may have some of its own.
        let timers = of_type(&heap, &parts[&Kind::Timers], "System.Threading.TimerQueueTimer");
        assert!(timers.0 >= 50, "{name}: {timers:?}");

        // The finalizer thread is blocked on purpose; in 2.1 no GC has found them dead by then.
        let waiting = of_type(&heap, &parts[&Kind::FinalizerBacklog], "Zoo.Finalizable");
        assert_eq!(waiting.0 > 0, !name.contains("2.1"), "{name}: {waiting:?}");

        // Arrays that nobody wrote to, and of 30 000 references all null.
        for (of, bytes) in [("System.Byte[]", 200_000), ("System.Double[]", 160_000), ("System.Object[]", 30_000 * p)] {
            assert!(of_type(&heap, &parts[&Kind::SparseArrays], of).1 >= bytes, "{name}: {of}");
        }
        assert!(total <= parts.values().map(|part| part.bytes).sum(), "{name}: each byte once");
    }
}

#[test]
fn the_samples_leak_is_its_first_suspect_and_the_sentence_names_the_cache_and_the_commands() {
    let heap = open(support::SAMPLE).expect("the sample is always here");
    let truth = support::truth(support::SAMPLE).expect("its truth too");
    let (graph, progress) = (&heap.graph, Progress::new());
    // The truth's tree leaves stacks out.
    let liveness = Liveness::new(graph, &[RootKind::Stack], &progress).unwrap();
    let holders = Holders { graph, liveness: &liveness };
    let labels = Labels::new(graph);
    let forest = Forest::retained(holders, &labels, &progress).unwrap();
    let source = forest.source(holders, &labels, false);
    let tree = top_down(&source, source.tops, "", &Limits::default(), &progress).unwrap();
    let found = suspects(&tree, 200_000);

    let mut box_of_entries = &truth["flame_without_stack"];
    for _ in 0..5 {
        box_of_entries = &box_of_entries["children"][0];
    }
    let leak = &found[0];
    assert_eq!(*tree.name(leak.frame).full, *box_of_entries["name"].as_str().unwrap());
    assert_eq!(u64::from(leak.objects), box_of_entries["objects"].as_u64().unwrap());
    assert_eq!(leak.bytes, box_of_entries["bytes"].as_u64().unwrap());
    let text = sentences(&tree, leak, 19_448_769, 1).replace('\u{2009}', " ");
    assert_eq!(
        text,
        "804 QueryCacheEntry objects with 801 SqlCommand objects in them (7.92 MB, 40.7 % of the heap) and \
         801 LinqQueryCacheKey objects (2.27 MB) are kept alive by static var LazyInternalContext._cachedModels through \
         QueryCacheManager → Dictionary<QueryCacheKey, QueryCacheEntry> → Dictionary<QueryCacheKey, QueryCacheEntry>+Entry[]."
    );
}

/// The sample, opened and analysed as the window does it.
fn analysed() -> Opened {
    let heap = open(support::SAMPLE).expect("the sample is always here");
    let opened = Opened::new(heap, Vec::new(), &Progress::new()).expect("nobody cancels");
    opened.analyse(&Progress::new()).expect("nobody cancels");
    opened.measure_distances(&Progress::new()).expect("nobody cancels");
    opened
}

fn group(opened: &Opened, name: &str) -> Subject {
    let row = opened.table().rows.iter().find(|row| &*row.name.full == name).expect("the type is there");
    Subject::Type(row.group)
}

#[test]
fn objects_of_a_type_are_sorted_by_every_column_both_ways() {
    let opened = analysed();
    let graph = &opened.heap.graph;
    let known = opened.known().expect("it is analysed");
    let distances = known.distances.expect("they were measured");
    let strings = group(&opened, "System.String");
    let generation = |id: u32| opened.heap.facts.gc.generation(graph.objects.address(id)).map(|of| of.id());
    let keys: [(InstanceColumn, &dyn Fn(u32) -> u64); 4] = [
        (InstanceColumn::Address, &|id| graph.objects.address(id)),
        (InstanceColumn::Size, &|id| graph.objects.size(id)),
        (InstanceColumn::Retained, &|id| known.retained.of(id)),
        (InstanceColumn::Distance, &|id| distances[id as usize].into()),
    ];
    for (sort, key) in keys {
        for descending in [false, true] {
            let query = Query { sort, descending, ..Query::default() };
            let watched = opened.objects_of(&strings)[77];
            let listed = opened.list(&strings, &query, Some(watched), &Progress::new()).expect("nobody cancels");
            let order = &listed.instances.order;
            assert_eq!((order.len(), listed.instances.mixed), (19_136, false));
            assert_eq!(order.iter().position(|&id| id == watched), listed.instances.at, "{sort:?}");
            let keys: Vec<u64> = order.iter().map(|&id| key(id)).collect();
            let sorted = if descending { keys.iter().rev().is_sorted() } else { keys.is_sorted() };
            assert!(sorted, "{sort:?} {descending}");
        }
    }
    let query = Query { sort: InstanceColumn::Generation, descending: false, ..Query::default() };
    let listed = opened.list(&strings, &query, None, &Progress::new()).expect("nobody cancels");
    assert!(listed.instances.order.iter().map(|&id| generation(id)).is_sorted());
}

#[test]
fn a_filter_of_objects_looks_at_the_whole_of_a_long_string() {
    let opened = analysed();
    let strings = group(&opened, "System.String");
    let long = opened.objects_of(&strings).into_iter().max_by_key(|&id| opened.heap.graph.objects.size(id));
    let tail: String = value(&opened.heap, long.expect("a string")).chars().skip(600).take(24).collect();
    let filter = Filter::parse(&format!("/{}/", regex::escape(&tail))).expect("a pattern");
    let query = Query { filter, ..Query::default() };
    let listed = opened.list(&strings, &query, None, &Progress::new()).expect("nobody cancels");
    let expected = opened
        .objects_of(&strings)
        .into_iter()
        .filter(|&id| value(&opened.heap, id).to_lowercase().contains(&tail.to_lowercase()));
    let mut found = listed.instances.order.clone();
    found.sort_unstable();
    assert_eq!(found, expected.collect::<Vec<_>>());
    assert!(!found.is_empty());
}

#[test]
fn distances_are_one_more_than_those_of_the_nearest_referrer() {
    let opened = analysed();
    let graph = &opened.heap.graph;
    let distances = opened.known().and_then(|known| known.distances).expect("they were measured");
    let liveness = &opened.analysis().expect("it is analysed").liveness;
    for id in graph.objects.ids() {
        let held = !liveness.retaining.roots_of(graph, id).is_empty();
        let nearest = liveness.retaining.referrers(graph, id).map(|from| distances[from as usize]).min();
        let expected = if held { 0 } else { nearest.map_or(u32::MAX, |nearest| nearest.saturating_add(1)) };
        assert_eq!(distances[id as usize], expected, "{:#x}", graph.objects.address(id));
        assert_eq!(expected != u32::MAX, liveness.dominators.is_reachable(id));
    }
}

#[test]
fn an_inspection_opens_pages_and_structs_and_closes_them_again() {
    let opened = analysed();
    let dictionary = group(&opened, "System.Collections.Generic.Dictionary<System.String, System.Byte[]>");
    let [object] = opened.objects_of(&dictionary)[..] else { panic!("there is one of them") };
    let mut inspection = Inspection::new(&opened.heap, object);
    assert_eq!(inspection.name(0), "Entries = 400");
    // A page, the row that stands for the rest, and the closed section of fields.
    assert_eq!(inspection.len(), 1 + 100 + 1 + 1);
    for rows in [202, 302, 401] {
        let more = inspection.len() - 2;
        inspection.toggle(&opened.heap, more);
        assert_eq!(inspection.len(), rows + 1, "{rows}");
    }
    let keys: std::collections::HashSet<_> = inspection.lines.iter().filter_map(|line| line.key).collect();
    assert_eq!(keys.len(), 400, "every key once");
    inspection.toggle(&opened.heap, 0);
    assert_eq!(inspection.len(), 2);
    let text = tsv(&inspection, 0..2);
    assert!(text.starts_with("Name\tValue\nEntries\t400\nFields\t"), "{text}");
}

#[test]
fn the_table_of_strings_is_sorted_by_every_column_and_filtered_by_values() {
    let heap = open(support::SAMPLE).expect("the sample is always here");
    let strings = duplicates(&heap);
    let query = |sort| string_table::Query { sort, ..string_table::Query::default() };
    for (sort, key) in [
        (StringColumn::Wasted, &(|at: usize| strings.groups[at].wasted) as &dyn Fn(usize) -> u64),
        (StringColumn::Bytes, &|at| strings.groups[at].bytes),
        (StringColumn::Count, &|at| strings.groups[at].count.into()),
    ] {
        let order = string_table::arrange(&heap, &strings, &query(sort), &Progress::new()).expect("nobody cancels");
        assert_eq!(order.len(), strings.groups.len());
        assert!(order.iter().rev().map(|&at| key(at as usize)).is_sorted(), "{sort:?}");
    }
    let filter = Filter::parse("edm.decimal >100").expect("a filter");
    let query = string_table::Query { filter, ..string_table::Query::default() };
    let order = string_table::arrange(&heap, &strings, &query, &Progress::new()).expect("nobody cancels");
    let expected = strings
        .groups
        .iter()
        .filter(|group| group.count > 100 && value(&heap, group.first).to_lowercase().contains("edm.decimal"));
    let groups: Vec<_> = order.iter().map(|&at| strings.groups[at as usize]).collect();
    assert_eq!(groups, expected.copied().collect::<Vec<_>>());
    assert!(!groups.is_empty());
}

#[test]
fn suspicions_and_shares_add_up() {
    let opened = analysed();
    let progress = Progress::new();
    let shares = opened.shares(&progress).expect("nobody cancels");
    let total: u64 = shares.iter().map(|share| share.used.bytes + share.free.bytes).sum();
    assert_eq!(total, opened.table().total.bytes);
    let free = opened.table().rows.iter().find(|row| &*row.name.full == "Free").expect("there is free space");
    assert_eq!(shares.iter().map(|share| share.free.bytes).sum::<u64>(), free.figures.bytes);
    let suspicions = opened.suspicions(&progress).expect("nobody cancels");
    let first = &suspicions[0];
    assert_eq!(first.root, "static var LazyInternalContext._cachedModels");
    assert_eq!(first.parts()[1], first.root);
    assert_eq!(opened.objects_of(&first.objects).len(), 804);
}

#[test]
fn a_gcdump_counts_the_independent_roots_that_the_dump_of_the_process_counts() {
    let counts = |name: &str| -> Vec<(u64, usize)> {
        let path = support::dump(name).expect("both are packed in tests/data");
        let heap = open_heap(&path, &Options::default(), &Progress::new()).expect("it opens");
        let liveness = Liveness::new(&heap.graph, &[], &Progress::new()).expect("nobody cancels");
        let holders = Holders { graph: &heap.graph, liveness: &liveness };
        let is_command = |&id: &u32| &*heap.graph.type_of(id).name.full == "System.Data.SqlClient.SqlCommand";
        let commands = heap.graph.objects.ids().filter(is_command);
        commands.map(|id| (heap.graph.objects.address(id), holders.roots(&[id], usize::MAX).len())).collect()
    };
    let of_dump = counts(support::SAMPLE);
    assert_eq!(of_dump.len(), 801);
    assert_eq!(counts("efshop-net8-win-x64.gcdump"), of_dump);
}
