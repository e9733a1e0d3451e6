//! Roots equal those that an independent reader found in the same memory.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;

use heapglass::dump::{Bytes, Dump};
use heapglass::heap::{Heap, Options, RootKind};
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

/// A dump as the program opens it.
struct Walked {
    heap: Heap,
    truth: Value,
}

impl Walked {
    fn new(name: &str) -> Option<Walked> {
        let (path, truth) = (support::dump(name)?, support::truth(name)?);
        let heap = Heap::open(&path, &Options::default(), &Progress::new()).expect("the dump opens");
        Some(Walked { heap, truth })
    }

    fn address(&self, object: u32) -> u64 {
        self.heap.graph.objects.address(object)
    }

    fn list(&self, key: &str) -> impl Iterator<Item = &Value> {
        self.truth[key].as_array().expect("a list of the truth").iter()
    }

    /// (name, slot, object) of all roots with this id.
    fn roots(&self, id: &str) -> BTreeSet<(String, u64, u64)> {
        let of_kind = self.heap.graph.roots.iter().filter(|root| root.kind.id() == id);
        of_kind.map(|root| (root.name.to_string(), root.address, self.address(root.object))).collect()
    }
}

fn field_name(entry: &Value) -> String {
    // The truth has no name for types of Reflection.Emit on Windows.
    format!("{}.{}", entry["type"].as_str().unwrap_or("Emitted.RuntimeMade"), entry["field"].as_str().unwrap())
}

fn assert_contains<T: Ord + Debug>(what: &str, dump: &str, ours: &BTreeSet<T>, truth: &BTreeSet<T>) {
    let missing: Vec<&T> = truth.difference(ours).take(3).collect();
    assert!(missing.is_empty(), "{what} of {dump}: missing {missing:#x?}");
}

#[test]
fn threads_equal_the_truth() {
    for name in support::DUMPS {
        let Some(walked) = Walked::new(name) else { continue };
        let threads = &walked.heap.runtime.as_ref().unwrap().threads;
        let ours: BTreeSet<(u64, u64)> =
            threads.iter().map(|thread| (thread.managed_id.into(), thread.os_id.into())).collect();
        let truth = walked.list("threads").map(|thread| (number(&thread["managedId"]), number(&thread["osId"])));
        assert_same("threads", name, &ours, &truth.collect());
        assert_eq!(threads.len(), ours.len(), "a thread of {name} comes twice");
    }
}

#[test]
fn where_no_managed_thread_names_a_native_one_the_contract_leads_to_the_threads() {
    let Some(path) = support::dump("zoo-net10-linux-x64-server.core") else { return };
    let progress = Progress::new();
    let whole = Heap::open(&path, &Options::default(), &progress).expect("the dump opens");
    let runtime = whole.runtime.as_ref().expect("a dump has a runtime");
    let dump = Dump::open(&path, &progress).expect("the dump opens");
    let mut bytes = dump.bytes.to_vec();
    for thread in runtime.threads.iter().filter(|thread| thread.object != 0) {
        let slots = (thread.object + 8..thread.object + 0x80).step_by(8);
        for slot in slots.filter(|&slot| runtime.space.pointer(slot) == Some(thread.address)) {
            let range = dump.ranges.iter().rfind(|range| range.address <= slot).expect("the dump has the heap");
            let at = (slot - range.address + range.offset) as usize;
            bytes[at..at + 8].fill(0);
        }
    }
    let bytes = Arc::new(Bytes::Owned(bytes));
    let read = |hints: &str| {
        let dump = Dump { bytes: bytes.clone(), ..Dump::open(&path, &progress).expect("the dump opens") };
        let options = Options { hints: hints.parse().expect("valid hints"), ..Options::default() };
        Heap::from_dump(dump, &options, &progress).expect("the dump opens")
    };
    let ids = |heap: &Heap| -> Vec<(u64, u32, u32)> {
        let threads = &heap.runtime.as_ref().expect("a dump has a runtime").threads;
        threads.iter().map(|thread| (thread.address, thread.managed_id, thread.os_id)).collect()
    };
    let blind = read("no-contract");
    assert!(ids(&blind).iter().all(|&(address, ..)| address == 0), "nothing else leads to them");
    let declared = read("");
    let how = &declared.facts.runtime.how;
    assert!(how.iter().any(|how| how.ends_with("by ThreadStore, as the contract declares it")), "{how:?}");
    assert_eq!(ids(&declared), ids(&whole));
}

#[test]
fn static_variables_contain_the_truth() {
    for name in support::DUMPS {
        let Some(walked) = Walked::new(name) else { continue };
        let ours = walked.roots("static");
        let of_truth = walked.list("statics").filter(|entry| entry["threadStatic"] != true);
        let truth = of_truth.map(|entry| (field_name(entry), number(&entry["slot"]), number(&entry["object"])));
        let truth: BTreeSet<_> = truth.collect();
        assert_contains("static variables", name, &ours, &truth);
        let slots: BTreeSet<u64> = ours.iter().map(|variable| variable.1).collect();
        assert_eq!(slots.len(), ours.len(), "a slot of {name} has two names");
    }
}

#[test]
fn thread_statics_contain_the_truth() {
    for name in support::DUMPS {
        let Some(walked) = Walked::new(name) else { continue };
        let threads = &walked.heap.runtime.as_ref().unwrap().threads;
        let managed: BTreeMap<u64, u32> = threads.iter().map(|t| (t.os_id.into(), t.managed_id)).collect();
        let ours: BTreeSet<(String, u64)> = walked.roots("thread_static").into_iter().map(|r| (r.0, r.2)).collect();
        let of_truth = walked.list("statics").filter(|entry| entry["threadStatic"] == true);
        let truth: BTreeSet<_> = of_truth
            .map(|entry| {
                let thread = managed[&number(&entry["osThread"])];
                (format!("{} (thread {thread})", field_name(entry)), number(&entry["object"]))
            })
            .collect();
        assert_contains("thread statics", name, &ours, &truth);
    }
}

/// Objects that only the conservative reading of stacks and registers finds, per dump: old words and
/// plain numbers that happen to point into the heap. The same on every run.
const STACK_SURPLUS: [(&str, usize); 9] = [
    (support::SAMPLE, 11),
    ("azmcp-net10-singlefile-win-x64.dmp", 19),
    ("zoo-net9-linux-x64.core", 12),
    ("zoo-net8-win-x64.dmp", 22),
    ("zoo-net10-win-x64-clrgc.dmp", 46),
    ("zoo-net2.2-win-x64.dmp", 16),
    ("zoo-net2.1-win-x86.dmp", 19),
    ("zoo-net10-linux-x64-server.core", 2),
    ("zoo-net10-linux-x64-withheap.core", 20),
];

#[test]
fn stacks_contain_every_object_that_a_precise_reader_finds() {
    for (name, surplus) in STACK_SURPLUS {
        let Some(walked) = Walked::new(name) else { continue };
        let ours: BTreeSet<u64> = walked.roots("stack").into_iter().map(|root| root.2).collect();
        let of_truth = walked.list("roots").filter(|root| root["kind"] == "Stack");
        let truth: BTreeSet<u64> = of_truth.map(|root| number(&root["object"])).collect();
        assert_contains("stack roots", name, &ours, &truth);
        assert_eq!(ours.len() - truth.len(), surplus, "stack objects of {name} beyond the truth");
    }
}

/// Makes every module of an older runtime look like one that two application domains share, as the source
/// of .NET Framework has it: an odd index instead of the pointer, and tables of the pointers by index.
fn share_modules(dump: &mut Dump, heap: &Heap) {
    let runtime = heap.runtime.as_ref().expect("a dump has a runtime");
    let p = runtime.space.pointer_size();
    let how = heap.facts.runtime.how.iter().find_map(|how| Some(how.split_once("Module+0x")?.1)).expect("an offset");
    let offset = u64::from_str_radix(how, 16).expect("a hexadecimal number");
    let mut bytes = dump.bytes.to_vec();
    let mut tables = [BTreeMap::new(), BTreeMap::new()];
    for (i, module) in runtime.types.modules().iter().enumerate() {
        let at = module.address + offset;
        let Some(local) = runtime.space.pointer(at).filter(|&local| local != 0) else { continue };
        let index = runtime.space.pointer(local + 5 * p as u64).expect("an index");
        let range = dump.ranges.iter().rfind(|range| range.address <= at).expect("the dump has the module");
        let place = (at - range.address + range.offset) as usize;
        bytes[place..place + p].copy_from_slice(&(index << 1 | 1).to_le_bytes()[..p]);
        // The second domain uses every other module.
        for table in tables.iter_mut().take(2 - i % 2) {
            table.insert(index, local);
        }
    }
    let end = |range: &heapglass::dump::Range| range.address + range.len;
    let hole =
        dump.ranges.windows(2).position(|pair| pair[0].address > 0x10000 && pair[1].address - end(&pair[0]) > 0x10000);
    let hole = hole.expect("some memory is free");
    let address = end(&dump.ranges[hole]).next_multiple_of(0x1000);
    let mut words = Vec::new();
    for table in &tables {
        let entries = 1 + table.keys().max().expect("modules");
        let at = address + ((words.len() + 3) * p) as u64;
        words.extend([0x1234, at, entries]);
        words.extend((0..entries).map(|index| table.get(&index).copied().unwrap_or(0)));
    }
    let added: Vec<u8> = words.iter().flat_map(|word: &u64| word.to_le_bytes()[..p].to_vec()).collect();
    let (offset, len) = (bytes.len() as u64, added.len() as u64);
    bytes.extend(added);
    dump.ranges.insert(hole + 1, heapglass::dump::Range { address, len, offset });
    dump.bytes = Arc::new(Bytes::Owned(bytes));
}

#[test]
fn statics_of_modules_that_application_domains_share_are_found_by_their_index() {
    for name in ["zoo-net2.1-win-x86.dmp", "zoo-net2.2-win-x64.dmp", "zoo-net8-win-x64.dmp"] {
        let Some(path) = support::dump(name) else { continue };
        let progress = Progress::new();
        let own = Heap::open(&path, &Options::default(), &progress).expect("the dump opens");
        let mut dump = Dump::open(&path, &progress).expect("the dump opens");
        share_modules(&mut dump, &own);
        let shared = Heap::from_dump(dump, &Options::default(), &progress).expect("the dump opens");
        let how = &shared.facts.runtime.how;
        assert!(how.iter().any(|how| how.contains("of shared modules in 2 domains")), "{name}: {how:?}");
        let roots = |heap: &Heap| -> BTreeSet<_> {
            let roots = heap.graph.roots.iter();
            roots.map(|root| (root.kind, root.address, root.object, root.name.clone())).collect()
        };
        assert_same("roots", name, &roots(&shared), &roots(&own));
    }
}

#[test]
fn the_command_lists_the_roots_of_one_kind() {
    let path = support::dump(support::SAMPLE).expect("the sample is always here");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_heapglass"));
    let out = command.arg("roots").arg(path).args(["--kind", "static", "--json"]).output().expect("it starts");
    assert_eq!(out.status.code(), Some(0));
    let answer: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let roots = answer["roots"].as_array().expect("a list");
    assert!(roots.iter().all(|root| root["kind"] == "static"));
    let cache = "System.Data.Entity.Internal.LazyInternalContext._cachedModels";
    let cached = roots.iter().find(|root| root["name"] == cache).expect("the story's root");
    assert_eq!(cached["address"], "0x7f165b0023b8");
    assert_eq!(cached["object"], "0x7f165d039730");
    assert!(
        cached["type"].as_str().expect("a type").starts_with("System.Collections.Concurrent.ConcurrentDictionary<")
    );
}

#[test]
fn conservative_stack_words_never_outrank_a_named_root() {
    let named = RootKind::ALL.into_iter().filter(|kind| kind.retains() && *kind != RootKind::Stack);
    assert!(named.max() < Some(RootKind::Stack));
}
