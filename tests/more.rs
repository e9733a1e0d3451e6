//! Dumps made by `tests/dumps/make.sh`, in the folder that `HEAPGLASS_MORE_DUMPS` names: other GCs, other
//! writers of cores, a process that allocates. See `tests/dumps/README.md` for what must hold of each.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use heapglass::heap::{Heap, Options, RootKind, digests};
use heapglass::progress::Progress;
use serde_json::Value;

/// The folder, or `None` with a line that says so.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("HEAPGLASS_MORE_DUMPS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: HEAPGLASS_MORE_DUMPS names no folder with dumps made by tests/dumps/make.sh");
    }
    folder
}

/// Dumps whose names begin so, in order, without `.core`.
fn dumps(folder: &Path, prefix: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder can be listed").flatten();
    let names = entries.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".core").map(str::to_owned));
    let mut names: Vec<String> = names.filter(|name| name.starts_with(prefix)).collect();
    names.sort();
    names
}

/// Opens a dump; image files that it lacks come from the program's folder, where that is still there.
fn open(folder: &Path, name: &str, with_images: bool) -> heapglass::Result<Heap> {
    let path = folder.join(format!("{name}.core"));
    let heap = Heap::open(&path, &Options::default(), &Progress::new())?;
    let program = heap.facts.process.path.as_ref().map(PathBuf::from);
    let Some(images) = program.and_then(|path| Some(path.parent()?.to_owned())).filter(|path| path.is_dir()) else {
        return Ok(heap);
    };
    if !with_images {
        return Ok(heap);
    }
    Heap::open(&path, &Options { images: Some(images), ..Options::default() }, &Progress::new())
}

fn json(path: &Path) -> Option<Value> {
    Some(serde_json::from_str(&fs::read_to_string(path).ok()?).expect("JSON"))
}

/// Was a GC moving objects when the dump was taken?
fn moving(heap: &Heap) -> bool {
    let vars = heap.runtime.as_ref().and_then(|runtime| runtime.gc.vars.as_ref());
    vars.is_some_and(|vars| vars.invalid_count > 0)
}

/// Is there such a warning?
fn told(heap: &Heap, words: &str) -> bool {
    heap.facts.warnings.iter().any(|warning| warning.contains(words))
}

/// Did the truth reader stumble? It does where a GC moves objects, and where a thread was stopped while it took
/// memory from the heap.
fn stumbled(folder: &Path, name: &str) -> bool {
    let truth = json(&folder.join(format!("{name}.truth.json")));
    truth.is_some_and(|truth| truth["corrupt"].as_array().is_some_and(|places| !places.is_empty()))
}

/// Objects, bytes, references, digests, and count and bytes of each method table.
fn assert_equal_to_truth(heap: &Heap, folder: &Path, name: &str) {
    let Some(truth) = json(&folder.join(format!("{name}.truth.json"))) else {
        eprintln!("{name}: no truth beside it, only what is the same in each run is held");
        return;
    };
    if stumbled(folder, name) {
        eprintln!("{name}: the truth reader stumbled itself, so nothing is compared");
        return;
    }
    let graph = &heap.graph;
    let bytes: u64 = graph.objects.ids().map(|id| graph.objects.size(id)).sum();
    let references = (graph.references.edges() + graph.strays.len() - graph.extra.len()) as u64;
    let (digest, digest_references) = digests(graph, &Progress::new()).expect("not cancelled");
    assert_eq!(graph.len(), truth["objects"], "objects of {name}");
    assert_eq!(bytes, truth["bytes"], "bytes of {name}");
    assert_eq!(references, truth["references"], "references of {name}");
    assert_eq!(format!("{digest:016x}"), truth["digest"], "digest of {name}");
    assert_eq!(format!("{digest_references:016x}"), truth["digest_references"], "digest_references of {name}");

    let mut counted = vec![(0u64, 0u64); graph.types.len()];
    for id in graph.objects.ids() {
        let (count, bytes) = &mut counted[graph.objects.type_index(id) as usize];
        *count += 1;
        *bytes += graph.objects.size(id);
    }
    let mut rows: Vec<(u64, u64, u64)> =
        graph.types.iter().zip(counted).map(|(info, (count, bytes))| (info.method_table, count, bytes)).collect();
    let number = |row: &Value, key: &str| row[key].as_u64().expect("a number");
    let types = truth["types"].as_array().expect("types");
    let mut wanted: Vec<_> =
        types.iter().map(|row| (number(row, "mt"), number(row, "count"), number(row, "bytes"))).collect();
    rows.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(rows, wanted, "types of {name}");
}

/// Names, and what keeps objects alive: handles and queues the same, of stacks at least as much.
fn assert_names_and_roots(heap: &Heap, folder: &Path, name: &str) {
    let Some(truth) = json(&folder.join(format!("{name}.truth.json"))) else { return };
    let graph = &heap.graph;
    for row in truth["types"].as_array().expect("types") {
        let info = graph.types.iter().find(|info| row["mt"] == info.method_table).expect("a type of the truth");
        let (ours, theirs) = (support::squeezed(&info.name.full), row["name"].as_str().map(support::squeezed));
        // Without pages of files its reader has no names at all.
        let Some(theirs) = theirs else { continue };
        assert!(theirs == ours || support::explained(&ours, Some(&theirs)), "{name}: {ours}, truth {theirs}");
    }
    for (kind, id) in [
        (RootKind::StrongHandle, "StrongHandle"),
        (RootKind::PinnedHandle, "PinnedHandle"),
        (RootKind::FinalizerQueue, "FinalizerQueue"),
        (RootKind::Stack, "Stack"),
    ] {
        let of_kind = graph.roots.iter().filter(|root| root.kind == kind);
        let ours: BTreeSet<u64> = of_kind.map(|root| graph.objects.address(root.object)).collect();
        let of_kind = truth["roots"].as_array().expect("roots").iter().filter(|root| root["kind"] == id);
        let theirs: BTreeSet<u64> = of_kind.map(|root| root["object"].as_u64().expect("an address")).collect();
        assert!(ours.is_superset(&theirs), "{id} of {name}");
        // Its reader asks as many handle tables as there are GC heaps; with DATAS there are more.
        if kind != RootKind::Stack && !name.contains("datas") {
            assert_eq!(ours.len(), theirs.len(), "{id} of {name}");
        }
    }
    assert_eq!(heap.facts.finalizable, truth["finalizable"].as_array().expect("a list").len() as u64, "{name}");
}

/// Nothing is unread, and the heap agrees with itself; only while a background GC sweeps, dead objects
/// refer to what it has swept already.
fn assert_nothing_unread(heap: &Heap, name: &str) {
    let unread = heap.graph.unread;
    assert_eq!(unread.bytes, 0, "{name}: {:?}", heap.facts.warnings);
    let found = heap.facts.gc.consistency;
    assert_eq!((found.unexplained.count, found.missing), (0, 0), "{name}: {:?}", heap.facts.warnings);
    assert_eq!(found.live_strays, 0, "{name}: {:?}", heap.facts.warnings);
    let vars = heap.runtime.as_ref().and_then(|runtime| runtime.gc.vars.as_ref()).expect("GcDacVars");
    assert_eq!(told(heap, "during a background GC"), vars.background, "{name}: {:?}", heap.facts.warnings);
    assert!(found.dead_strays == 0 || vars.background, "{name}: {:?}", heap.facts.warnings);
    assert!(!told(heap, "moving objects"), "{name}");
}

/// Where a heap does not agree with itself, its warnings have the numbers.
fn assert_told(heap: &Heap, name: &str) {
    let found = heap.facts.gc.consistency;
    let strays = found.strays();
    assert_eq!(strays, heap.graph.unread.references, "{name}");
    let words = format!("{strays} references lead to no object: {} of live objects", found.live_strays);
    assert_eq!(told(heap, &words), strays > 0, "{name}: {:?}", heap.facts.warnings);
    let gaps = told(heap, "hold no objects that can be read") || told(heap, "belong to no thread that is still known");
    assert_eq!(gaps, found.unexplained.count > 0, "{name}: {:?}", heap.facts.warnings);
    assert!(heap.graph.unread.bytes >= found.missing, "{name}");
}

/// Of each type at least as many objects as the truth reader saw before it stumbled, but for those left out.
fn assert_no_less_than_truth(heap: &Heap, folder: &Path, name: &str) {
    let Some(truth) = json(&folder.join(format!("{name}.truth.json"))) else { return };
    let graph = &heap.graph;
    let mut counted = vec![0u64; graph.types.len()];
    graph.objects.ids().for_each(|id| counted[graph.objects.type_index(id) as usize] += 1);
    let mut lost = 0;
    for row in truth["types"].as_array().expect("types") {
        let index = graph.types.iter().position(|info| row["mt"] == info.method_table);
        lost += row["count"].as_u64().expect("a number").saturating_sub(index.map_or(0, |index| counted[index]));
    }
    let all = truth["objects"].as_u64().expect("a number");
    eprintln!("{name}: {} objects, the truth reader stumbled after {all}; {lost} fewer of a type", graph.len());
    assert!(graph.len() as u64 >= all, "{name}");
}

#[test]
fn the_specimen_is_read_whole_with_every_gc_and_from_every_writer() {
    let Some(folder) = folder() else { return };
    let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dumps/expected.json");
    let expected = json(&expected).expect("the expectations are in the project");
    for (name, facts) in expected["dumps"].as_object().expect("dumps") {
        if !folder.join(format!("{name}.core")).exists() {
            eprintln!("skipped: {name}.core is not in the folder");
            continue;
        }
        let heap = open(&folder, name, true).expect("the dump opens");
        let runtime = &heap.facts.runtime;
        assert_eq!(format!("{} {}", runtime.name, runtime.version), facts["runtime"].as_str().expect("a text"));
        assert_eq!(heap.facts.gc.server, facts["server"], "{name}");
        // With DATAS the number of heaps follows the load.
        let heaps = facts["heaps"].as_u64().unwrap_or(heap.facts.gc.heaps.into());
        assert_eq!(u64::from(heap.facts.gc.heaps), heaps, "{name}");
        assert_eq!(heap.facts.gc.regions, facts["regions"], "{name}");
        assert_nothing_unread(&heap, name);
        for (wanted, figures) in expected["types"].as_object().expect("types") {
            let objects = &heap.graph.objects;
            let is_wanted = |id: &u32| *heap.graph.types[objects.type_index(*id) as usize].name.full == **wanted;
            let ids: Vec<u32> = objects.ids().filter(is_wanted).collect();
            let bytes: u64 = ids.iter().map(|&id| objects.size(id)).sum();
            assert_eq!(ids.len(), figures["count"], "count of {wanted} in {name}");
            assert_eq!(bytes, figures["bytes"], "bytes of {wanted} in {name}");
        }
        assert_equal_to_truth(&heap, &folder, name);
        assert_names_and_roots(&heap, &folder, name);
    }
}

#[test]
fn cores_without_a_heap_are_refused_with_the_way_to_a_better_one() {
    let Some(folder) = folder() else { return };
    for name in dumps(&folder, "normal").into_iter().chain(dumps(&folder, "triage")) {
        let error = open(&folder, &name, false).expect_err("there is no heap").to_string();
        assert!(error.contains("without heap memory") && error.contains("dotnet-dump collect"), "{name}: {error}");
    }
}

#[test]
fn a_process_that_allocates_on_all_threads_agrees_with_itself_or_says_how_far_it_does_not() {
    let Some(folder) = folder() else { return };
    let names = dumps(&folder, "alloc-");
    let mut whole = 0;
    for name in &names {
        let heap = open(&folder, name, false).expect("the dump opens");
        assert_told(&heap, name);
        if moving(&heap) {
            assert!(told(&heap, "during a GC that was moving objects"), "{name}");
            assert_no_less_than_truth(&heap, &folder, name);
            continue;
        }
        whole += 1;
        assert_eq!(heap.facts.gc.consistency.live_strays, 0, "{name}: {:?}", heap.facts.warnings);
        if stumbled(&folder, name) {
            assert_no_less_than_truth(&heap, &folder, name);
            continue;
        }
        assert_nothing_unread(&heap, name);
        assert_equal_to_truth(&heap, &folder, name);
    }
    eprintln!("{whole} of {} dumps were taken while no GC was moving objects", names.len());
}

#[test]
fn a_process_in_the_midst_of_a_gc_opens_and_says_so() {
    let Some(folder) = folder() else { return };
    for name in dumps(&folder, "gc-") {
        let heap = open(&folder, &name, false).expect("the dump opens");
        assert_told(&heap, &name);
        if moving(&heap) {
            assert!(told(&heap, "during a GC that was moving objects"), "{name}");
            assert_no_less_than_truth(&heap, &folder, &name);
        } else if !stumbled(&folder, &name) {
            assert_nothing_unread(&heap, &name);
            assert_equal_to_truth(&heap, &folder, &name);
        }
    }
}

#[test]
fn a_process_copied_while_it_runs_opens_and_says_what_is_torn() {
    let Some(folder) = folder() else { return };
    for name in dumps(&folder, "torn-") {
        let heap = open(&folder, &name, false).expect("the dump opens");
        assert!(heap.graph.len() > 10_000, "{name}");
        assert_told(&heap, &name);
        assert!(!heap.facts.warnings.is_empty(), "{name}");
    }
}
