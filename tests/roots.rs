//! Roots equal those that an independent reader found in the same memory.

mod support;

use std::collections::BTreeSet;
use std::fmt::Debug;

use heapglass::dump::Dump;
use heapglass::memory::AddressSpace;
use heapglass::progress::Progress;
use heapglass::runtime::Hints;
use heapglass::runtime::finalizer::FinalizerQueue;
use heapglass::runtime::gc::{Gc, GcVars};
use heapglass::runtime::handles::{HandleKind, Handles};
use heapglass::runtime::method_table::MethodTables;
use serde_json::Value;

/// A dump before its heap is walked.
struct Opened {
    space: AddressSpace,
    gc: Gc,
    tables: MethodTables,
    truth: Value,
}

impl Opened {
    fn new(name: &str) -> Option<Opened> {
        let (path, truth) = (support::dump(name)?, support::truth(name)?);
        let progress = Progress::new();
        let dump = Dump::open(&path, &progress).expect("the dump opens");
        let space = AddressSpace::new(&dump);
        let gc = Gc::discover(&dump, &space, &Hints::default(), &progress).expect("not cancelled");
        let tables = MethodTables::new(gc.ranges());
        Some(Opened { space, gc, tables, truth })
    }

    fn vars(&self) -> &GcVars {
        self.gc.vars.as_ref().expect("GcDacVars are in every dump of the set")
    }

    fn is_object(&self, address: u64) -> bool {
        self.space.pointer(address).is_some_and(|table| self.tables.get(&self.space, table).is_some())
    }

    fn list(&self, key: &str) -> impl Iterator<Item = &Value> {
        self.truth[key].as_array().expect("a list of the truth").iter()
    }

    fn roots(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.list("roots").filter(move |root| root["kind"] == kind)
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

/// Fails with a few of the differences, not with two lists of a thousand.
fn assert_same<T: Ord + Debug>(what: &str, dump: &str, ours: &BTreeSet<T>, truth: &BTreeSet<T>) {
    let missing: Vec<&T> = truth.difference(ours).take(3).collect();
    let extra: Vec<&T> = ours.difference(truth).take(3).collect();
    assert!(missing.is_empty() && extra.is_empty(), "{what} of {dump}: missing {missing:#x?}, extra {extra:#x?}");
}

/// (kind, address, object, dependent object)
type Handle = (String, u64, u64, u64);

fn truth_handle(handle: &Value) -> Handle {
    let kind = handle["kind"].as_str().expect("a kind").to_owned();
    (kind, number(&handle["address"]), number(&handle["object"]), number(&handle["dependent"]))
}

fn our_handles(handles: &Handles) -> BTreeSet<Handle> {
    handles
        .iter()
        .map(|handle| match handle.kind {
            HandleKind::Dependent => ("Dependent".to_owned(), handle.address, handle.object, handle.extra),
            // The truth has no name for it.
            HandleKind::WeakInterior => ("10".to_owned(), handle.address, handle.object, 0),
            kind => (format!("{kind:?}"), handle.address, handle.object, 0),
        })
        .collect()
}

#[test]
fn handles_equal_the_truth_with_and_without_gcdacvars() {
    for name in support::DUMPS {
        let Some(opened) = Opened::new(name) else { continue };
        let truth: BTreeSet<Handle> = opened.list("handles").map(truth_handle).collect();
        let progress = Progress::new();
        let named = Handles::from_map(&opened.space, opened.vars().handle_table_map, &progress).unwrap();
        assert_same("handles by map", name, &our_handles(&named), &truth);
        let found = Handles::search(&opened.space, |address| opened.is_object(address), &progress).unwrap();
        assert_same("handles by structure", name, &our_handles(&found), &truth);
    }
}

#[test]
fn finalizer_queues_equal_the_truth_with_and_without_gcdacvars() {
    for name in support::DUMPS {
        let Some(opened) = Opened::new(name) else { continue };
        let finalizable: BTreeSet<u64> = opened.list("finalizable").map(number).collect();
        let due: BTreeSet<(u64, u64)> =
            opened.roots("FinalizerQueue").map(|root| (number(&root["address"]), number(&root["object"]))).collect();
        let vars = opened.vars();
        let named: Vec<FinalizerQueue> = vars
            .heaps
            .iter()
            .map(|heap| FinalizerQueue::read(&opened.space, heap.finalize_queue, vars.generations).expect("a queue"))
            .collect();
        let skip = opened.gc.ranges();
        let is_object = |address| opened.is_object(address);
        let found = FinalizerQueue::search(&opened.space, &skip, is_object, &Progress::new()).unwrap();
        for (how, queues) in [("named", named), ("found", found)] {
            let all = queues.iter().flat_map(|queue| queue.registered.iter().chain(&queue.f_reachable));
            assert_same(
                &format!("finalizable objects ({how})"),
                name,
                &all.map(|entry| entry.1).collect(),
                &finalizable,
            );
            let ours = queues.iter().flat_map(|queue| queue.f_reachable.iter().copied()).collect();
            assert_same(&format!("f-reachable objects ({how})"), name, &ours, &due);
        }
    }
}
