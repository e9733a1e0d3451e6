//! How long a click takes on a large heap: who refers to a type, each row of that, the heaviest way up, the ways
//! from roots to an object, the object itself.
//!
//! ```text
//! cargo bench --bench clicks -- DUMP        a large dump, in the page cache
//! cargo bench --bench clicks                a made heap of extremes: a list of 20 M nodes, an object with 10 M
//!                                           referrers, an array of 50 M elements
//! ```
//!
//! Every kind of click is done on the types with most bytes and on objects from all over the heap; the slowest
//! counts, and is named. A click should answer within 100 ms.

use std::path::PathBuf;
use std::time::Instant;

use heapglass::dump::{Architecture, Container, Os, Process};
use heapglass::heap::{Csr, Facts, GcFacts, Graph, Heap, Objects, Options, Root, RootKind, RuntimeFacts};
use heapglass::heap::{TypeInfo, TypeKind, TypeName};
use heapglass::progress::Progress;
use heapglass::session::Opened;
use heapglass::view::inspection::Inspection;
use heapglass::view::place::Subject;

/// Types and objects that are clicked, and rows that are opened below each type.
const TYPES: usize = 40;
const OBJECTS: usize = 400;
const ROWS: u32 = 5;

/// Clicks of one kind.
#[derive(Default)]
struct Clicks {
    /// Milliseconds.
    times: Vec<f64>,
    slowest: (f64, String),
}

impl Clicks {
    fn time<T>(&mut self, what: impl FnOnce() -> String, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let answer = work();
        let took = start.elapsed().as_secs_f64() * 1e3;
        self.times.push(took);
        if took > self.slowest.0 {
            self.slowest = (took, what());
        }
        answer
    }

    fn print(mut self, kind: &str) {
        self.times.sort_unstable_by(f64::total_cmp);
        let Some(&slowest) = self.times.last() else { return };
        let over = self.times.iter().filter(|&&took| took > 100.0).count();
        println!(
            "{kind:28} {:4} clicks: median {:7.2} ms, slowest {slowest:7.1} ms, {over} over 100 ms ({})",
            self.times.len(),
            self.times[self.times.len() / 2],
            self.slowest.1
        );
    }
}

fn main() {
    let progress = Progress::new();
    let heap = match std::env::args().skip(1).find(|argument| !argument.starts_with("--")).map(PathBuf::from) {
        Some(dump) => Heap::open(&dump, &Options::default(), &progress).expect("the dump opens"),
        None => extremes(),
    };
    let opened = Opened::new(heap, Vec::new(), &progress).expect("objects are counted");
    let objects = opened.heap.graph.len();
    let start = Instant::now();
    opened.analyse(&progress).expect("the dump is analysed");
    let micros = start.elapsed().as_secs_f64() * 1e6 / objects as f64;
    println!("{objects} objects; the analysis takes {micros:.2} microseconds an object");
    of_types(&opened, &progress);
    of_objects(&opened, &progress);
}

/// A static list of nodes, each the only holder of the next; a static array that holds every item five times; one
/// logger that all items refer to.
fn extremes() -> Heap {
    const NODES: u32 = 20_000_000;
    const ITEMS: u32 = 10_000_000;
    let names = ["Made.Node", "Made.Item", "Made.Logger", "Made.Item[]"];
    let [node, item, logger, array] = [0, NODES, NODES + ITEMS, NODES + ITEMS + 1];
    let kind =
        |id: u32| names.len() as u32 - 1 - [item, logger, array].iter().filter(|&&first| id < first).count() as u32;
    let list: Vec<(u64, u32, u64)> = (0..=array).map(|id| (0x10000 + 32 * u64::from(id), kind(id), 32)).collect();
    let row = |id: u32| match id {
        _ if id < item - 1 => id + 1..id + 2,
        _ if id >= item && id < logger => logger..logger + 1,
        _ => 0..0,
    };
    let lengths: Vec<u32> = (0..=array).map(|id| if id == array { 5 * ITEMS } else { row(id).len() as u32 }).collect();
    let elements = (0..5 * ITEMS).map(|element| item + element % ITEMS);
    let references = Csr::new(&lengths, (0..array).flat_map(row).chain(elements).collect());
    let types = names.map(|name| TypeInfo {
        method_table: 0,
        name: TypeName { full: name.into(), short: name[5..].into(), namespace: 5 },
        assembly: "Made.dll".into(),
        kind: if name.ends_with(']') { TypeKind::Array } else { TypeKind::Object },
    });
    let root = |name: &str, object| Root {
        kind: RootKind::Static,
        name: name.into(),
        address: 8 + u64::from(object),
        object,
        assembly: "Made.dll".into(),
    };
    let graph = Graph {
        objects: Objects::from_list(&list),
        types: types.into(),
        referrers: references.transpose(),
        references,
        roots: vec![root("Made.List.s_first", node), root("Made.Items.s_all", array)],
        ..Graph::default()
    };
    let facts = Facts {
        file: PathBuf::from("extremes"),
        container: Container::Gcdump,
        os: Os::Linux,
        architecture: Architecture::X64,
        process: Process::default(),
        runtime: RuntimeFacts::default(),
        gc: GcFacts::default(),
        finalizable: 0,
        warnings: Vec::new(),
        timings: Vec::new(),
    };
    Heap { graph, facts, runtime: None }
}

/// The types with most bytes: their referrers, the rows below the heaviest, the heaviest way, who holds them.
fn of_types(opened: &Opened, progress: &Progress) {
    let mut rows: Vec<_> = opened.table().rows.iter().map(|row| (row.figures.bytes, row.group)).collect();
    rows.sort_unstable_by(|a, b| b.cmp(a));
    let (mut first, mut below, mut heaviest, mut held) =
        (Clicks::default(), Clicks::default(), Clicks::default(), Clicks::default());
    for &(_, group) in rows.iter().take(TYPES) {
        let subject = Subject::Type(group);
        let name = || opened.name_of(&subject).full.to_string();
        let tree = first.time(name, || opened.referrers(&subject, progress)).expect("there are referrers");
        let rows = tree.referrers().top().unwrap_or(0..0);
        for row in rows.take(ROWS as usize) {
            let line = heapglass::view::tree::Line::Row(row);
            below.time(name, || opened.open_line(&tree, Some(line), progress)).expect("the row opens");
        }
        heaviest.time(name, || opened.open_line(&tree, None, progress)).expect("the way opens");
        let objects = opened.objects_of(&subject);
        held.time(name, || opened.holding(&objects, progress)).expect("holders are found");
    }
    first.print("referrers of a type");
    below.print("referrers of a row");
    heaviest.print("the heaviest way of a type");
    held.print("who holds a type");
}

/// Objects from all over the heap: who holds them, who refers to them, what is in them.
fn of_objects(opened: &Opened, progress: &Progress) {
    let graph = &opened.heap.graph;
    let mut ids: Vec<u32> = (0..OBJECTS).map(|i| (i * (graph.len() / OBJECTS)) as u32).collect();
    // The extremes: what has most referrers, most references, the longest way.
    let most = |figure: &dyn Fn(u32) -> u64| graph.objects.ids().max_by_key(|&object| figure(object));
    ids.extend(most(&|object| graph.referrers.row(object).len() as u64));
    ids.extend(most(&|object| graph.references.row(object).len() as u64));
    let cheapest = &opened.analysis().expect("the dump was analysed").liveness.cheapest;
    ids.extend(most(&|object| cheapest.cost(object).filter(|&cost| cost < 1 << 31).unwrap_or(0).into()));
    let (mut held, mut referrers, mut heaviest, mut inside) =
        (Clicks::default(), Clicks::default(), Clicks::default(), Clicks::default());
    for object in ids {
        let name = || format!("{} {:#x}", graph.type_of(object).name.full, graph.objects.address(object));
        held.time(name, || opened.holding(&[object], progress)).expect("holders are found");
        let subject = Subject::Object(object);
        let tree = referrers.time(name, || opened.referrers(&subject, progress)).expect("there are referrers");
        heaviest.time(name, || opened.open_line(&tree, None, progress)).expect("the way opens");
        inside.time(name, || Inspection::new(&opened.heap, object));
    }
    held.print("who holds an object");
    referrers.print("referrers of an object");
    heaviest.print("the heaviest way of an object");
    inside.print("an object's fields");
}
