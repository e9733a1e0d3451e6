//! How long a click takes on a large heap: who refers to a type, each row of that, the heaviest way up, the ways
//! from roots to an object, the object itself.
//!
//! ```text
//! cargo bench --bench clicks -- DUMP        a large dump, in the page cache
//! ```
//!
//! Every kind of click is done on the types with most bytes and on objects from all over the heap; the slowest
//! counts, and is named. A click should answer within 100 ms.

use std::path::PathBuf;
use std::time::Instant;

use heapglass::heap::{Heap, Options};
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
    let Some(dump) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).map(PathBuf::from) else {
        eprintln!("name a dump: cargo bench --bench clicks -- DUMP");
        return;
    };
    let progress = Progress::new();
    let heap = Heap::open(&dump, &Options::default(), &progress).expect("the dump opens");
    let opened = Opened::new(heap, Vec::new(), &progress).expect("objects are counted");
    let objects = opened.heap.graph.len();
    let start = Instant::now();
    opened.analyse(&progress).expect("the dump is analysed");
    let micros = start.elapsed().as_secs_f64() * 1e6 / objects as f64;
    println!("{objects} objects; the analysis takes {micros:.2} microseconds an object");
    of_types(&opened, &progress);
    of_objects(&opened, &progress);
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
