//! What a dump is, in the few words that bars and badges have room for.

use super::format;
use crate::dump::{Architecture, Os};
use crate::heap::{Facts, Heap, RootKind};
use crate::progress::Phase;

/// `.NET 8.0.31`; empty where it is not known.
pub fn runtime(facts: &Facts) -> String {
    format!("{} {}", facts.runtime.name, facts.runtime.version).trim().to_owned()
}

/// `Windows x64`.
pub fn system(facts: &Facts) -> String {
    let os = match facts.os {
        Os::Windows => "Windows ",
        Os::Linux => "Linux ",
        Os::Other => "",
    };
    let architecture = match facts.architecture {
        Architecture::X86 => "x86",
        Architecture::X64 => "x64",
        Architecture::Arm => "Arm",
        Architecture::Arm64 => "Arm64",
    };
    format!("{os}{architecture}")
}

/// `workstation GC, regions`, `server GC, 8 heaps, segments`; empty for a .gcdump, which does not say.
pub fn collector(facts: &Facts) -> String {
    let heaps = match facts.gc.heaps {
        0 => return String::new(),
        1 => String::new(),
        heaps => format!(", {heaps} heaps"),
    };
    let mode = if facts.gc.server { "server" } else { "workstation" };
    let layout = if facts.gc.regions { "regions" } else { "segments" };
    format!("{mode} GC{heaps}, {layout}")
}

/// The badges beside a dump's name; those that are not known are left out.
pub fn badges(facts: &Facts, without_roots: &[RootKind]) -> Vec<String> {
    let left_out = RootKind::ids(without_roots);
    let left_out = if left_out.is_empty() { String::new() } else { format!("without roots: {}", left_out.join(", ")) };
    [runtime(facts), system(facts), collector(facts), left_out].into_iter().filter(|words| !words.is_empty()).collect()
}

/// How much of a heap was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// `137 280 objects · 19.45 MB · 100 % of the heap read`
    pub words: String,
    /// Is nothing missing?
    pub whole: bool,
    /// What is missing or odd, in whole sentences.
    pub notes: Vec<String>,
}

/// `objects` and `bytes` as the type table sums them.
pub fn extent(heap: &Heap, objects: u64, bytes: u64) -> Extent {
    let unread = heap.graph.unread;
    let whole = unread.bytes == 0 && unread.objects == 0;
    let read = match bytes as f64 / (bytes + unread.bytes).max(1) as f64 * 100.0 {
        _ if unread.bytes == 0 => String::from("100"),
        // A heap with something missing is not read to 100 %, however little it is.
        percent => format!("{:.1}", percent.min(99.9)),
    };
    let mut notes = heap.facts.warnings.clone();
    // Of a dump a warning tells it, with whose references they are.
    if unread.references > heap.facts.gc.consistency.strays() {
        let references = format::counted(unread.references, "reference");
        notes.push(format!("{references} of these objects lead to no object that could be read."));
    }
    let words =
        format!("{} · {} · {read} % of the heap read", format::counted(objects, "object"), format::bytes(bytes));
    Extent { words, whole, notes }
}

/// `opened in 0.04 s · analysed in 0.11 s`.
pub fn timing(facts: &Facts, analysed: Option<f64>) -> String {
    let seconds = |wanted: fn(Phase) -> bool| {
        facts.timings.iter().filter(|(phase, _)| wanted(*phase)).map(|(_, seconds)| seconds).sum::<f64>()
    };
    let opened = format!("opened in {}", format::seconds(seconds(|_| true)));
    match analysed {
        Some(analysed) => format!("{opened} · analysed in {}", format::seconds(analysed)),
        None => opened,
    }
}

/// The same facts for a bug report: nothing of what the heap holds, no names of files or people.
pub fn diagnostics(heap: &Heap, analysed: Option<f64>) -> String {
    let facts = &heap.facts;
    let graph = &heap.graph;
    let mut lines = vec![
        format!("Heapglass {}", env!("CARGO_PKG_VERSION")),
        format!("{}, {}, {}", runtime(facts), system(facts), collector(facts)),
        format!(
            "{} objects, {} references, {} types, {} roots",
            graph.len(),
            graph.references.edges(),
            graph.types.len(),
            graph.roots.len()
        ),
        format!(
            "unread: {} bytes, {} objects, {} references",
            graph.unread.bytes, graph.unread.objects, graph.unread.references
        ),
    ];
    lines.extend(facts.runtime.how.iter().map(|how| format!("found: {how}")));
    lines.extend(facts.timings.iter().map(|(phase, seconds)| format!("{}: {seconds:.3} s", phase.label())));
    lines.extend(analysed.map(|seconds| format!("Analysis: {seconds:.3} s")));
    lines.extend(facts.warnings.iter().map(|warning| format!("note: {warning}")));
    lines.join("\n")
}
