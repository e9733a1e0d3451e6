//! What retains what, in real heaps: equal to what an independent reader found by deletion and by dominators.
//!
//! With the truth's own roots everything must be equal to the byte, on every dump. Ours are more (the truth
//! knows fewer static variables), so with them only what more statics cannot change is compared.

mod support;

use std::collections::BTreeMap;

use heapglass::analysis::histogram::{TypeGroups, histogram};
use heapglass::analysis::liveness::Liveness;
use heapglass::analysis::owned::owned;
use heapglass::heap::{Graph, Heap, Options, Root, RootKind};
use heapglass::progress::Progress;
use serde_json::Value;

/// The truth's address or count.
fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number of the truth")
}

fn list<'a>(truth: &'a Value, key: &str) -> &'a [Value] {
    truth[key].as_array().expect("a list of the truth")
}

fn open(name: &str) -> Option<(Graph, Value)> {
    let (path, truth) = (support::dump(name)?, support::truth(name)?);
    let heap = Heap::open(&path, &Options::default(), &Progress::new()).expect("the dump opens");
    Some((heap.graph, truth))
}

/// The truth's roots without those on stacks; its static variables too, where they are to be roots of their own.
fn truth_roots(graph: &Graph, truth: &Value, statics: bool) -> Vec<Root> {
    let object = |value: &Value| graph.objects.at(number(&value["object"]));
    let root = |kind, name: &str, address, object, assembly: &str| Root {
        kind,
        name: name.into(),
        address,
        object,
        assembly: assembly.into(),
    };
    let mut roots: Vec<Root> = list(truth, "roots")
        .iter()
        .filter_map(|value| {
            let kind = match value["kind"].as_str()? {
                "Stack" => return None,
                "PinnedHandle" => RootKind::PinnedHandle,
                "FinalizerQueue" => RootKind::FinalizerQueue,
                // Arrays of thread statics, and buckets of statics under a wrong name.
                _ => RootKind::StrongHandle,
            };
            Some(root(kind, value["kind"].as_str()?, number(&value["address"]), object(value)?, ""))
        })
        .collect();
    if statics {
        let variables = list(truth, "statics").iter().filter(|value| value["threadStatic"] != true);
        roots.extend(variables.filter_map(|value| {
            let name = format!("{}.{}", value["type"].as_str()?, value["field"].as_str()?);
            let own = graph.roots.iter().find(|root| root.kind == RootKind::Static && *root.name == *name);
            let assembly = own.map_or("", |root| &root.assembly);
            Some(root(RootKind::Static, &name, number(&value["slot"]), object(value)?, assembly))
        }));
    }
    roots
}

fn liveness(graph: &Graph) -> Liveness {
    Liveness::new(graph, &[], &Progress::new()).expect("not cancelled")
}

/// Reachable objects and their bytes.
fn reachable(graph: &Graph, liveness: &Liveness) -> (u64, u64) {
    let objects = &liveness.dominators.objects()[1..];
    (objects.len() as u64, objects.iter().map(|&object| graph.objects.size(object)).sum())
}

/// Compares each sample that the truth found by deleting it with what our dominators say.
fn compare_retained(graph: &Graph, liveness: &Liveness, truth: &Value) {
    let samples = list(truth, "retained_without_stack");
    assert!(!samples.is_empty());
    for sample in samples {
        let object = graph.objects.at(number(&sample["object"])).expect("an object");
        let number_of = liveness.dominators.number(object).expect("a reachable object");
        let objects = liveness.dominators.subtree(number_of).len() as u64;
        let ours = (objects, liveness.retained.of(object));
        assert_eq!(ours, (number(&sample["objects"]), number(&sample["bytes"])), "{sample}");
    }
}

fn compare_with_the_truths_roots(name: &str) {
    let Some((mut graph, truth)) = open(name) else { return };
    let own = std::mem::take(&mut graph.roots);

    graph.roots = truth_roots(&graph, &truth, false);
    let live = liveness(&graph);
    let want = &truth["reachable"];
    let want = (number(&want["objects_without_stack"]), number(&want["bytes_without_stack"]));
    assert_eq!(reachable(&graph, &live), want, "{name}");
    compare_retained(&graph, &live, &truth);

    graph.roots = own;
    graph.roots = truth_roots(&graph, &truth, true);
    let live = liveness(&graph);
    assert_eq!(reachable(&graph, &live), want, "{name}");
    compare_types(&graph, &live, &truth);
}

/// Own, owned and retained bytes of every type name. The truth has several types without a name under one `?`.
fn compare_types(graph: &Graph, live: &Liveness, truth: &Value) {
    let progress = Progress::new();
    // Types of one name are one row of the truth, whatever their assembly.
    let mut groups = TypeGroups::default();
    let mut by_name = BTreeMap::new();
    for info in &graph.types {
        let next = by_name.len() as u32;
        groups.group_of.push(*by_name.entry(&*info.name.full).or_insert(next));
    }
    groups.first = vec![0; by_name.len()];
    let exc = groups.sum(&histogram(graph, &progress).expect("not cancelled"));
    let owned = groups.sum(&owned(graph, &live.dominators, &progress).expect("not cancelled"));
    let retained = live.retained.by_type(graph, &live.dominators, &groups, &progress).expect("not cancelled");
    for row in list(truth, "by_type_without_stack") {
        let name = row["name"].as_str().expect("a name");
        let Some(&group) = by_name.get(name) else {
            assert!(name == "?" || name.contains("<*>"), "{name} is a type of the truth only");
            continue;
        };
        let group = group as usize;
        let ours = (exc[group].bytes, owned[group], retained[group].bytes);
        let want = (number(&row["exc_bytes"]), number(&row["owned_bytes"]), number(&row["retained_bytes"]));
        assert_eq!(ours, want, "{name}");
    }
}

#[test]
fn reachability_retained_sizes_and_folding_are_the_truths_on_the_sample() {
    compare_with_the_truths_roots(support::SAMPLE);
}

#[test]
fn reachability_retained_sizes_and_folding_are_the_truths_on_a_server() {
    compare_with_the_truths_roots("azmcp-net10-singlefile-win-x64.dmp");
}
