//! The heap of every dump against the truth that an independent reader found in the same memory.

mod support;

use std::fmt::Write;

use heapglass::dump::{Architecture, Os};
use heapglass::heap::{Heap, Options, TypeKind, digests};
use heapglass::progress::Progress;
use serde_json::Value;

fn open(name: &str, options: &Options) -> Option<Heap> {
    let path = support::dump(name)?;
    Some(Heap::open(&path, options, &Progress::new()).expect("the dump opens"))
}

/// What the truth should have said: .NET Core 2.x counts each Free block 2 bytes short, and in the x86
/// dump the truth reader stumbled and lost 235 objects. The right figures are proven in the dump set's notes.
struct Expected {
    objects: u64,
    bytes: u64,
    references: u64,
    digest: String,
    digest_references: String,
    /// Do the truth's counts and bytes per type hold too?
    types: bool,
}

fn expected(name: &str, truth: &Value) -> Expected {
    let number = |key: &str| truth[key].as_u64().expect("a number");
    let text = |key: &str| truth[key].as_str().expect("a text").to_owned();
    let mut expected = Expected {
        objects: number("objects"),
        bytes: number("bytes"),
        references: number("references"),
        digest: text("digest"),
        digest_references: text("digest_references"),
        types: true,
    };
    if name.starts_with("zoo-net2.2") {
        expected.bytes = 7_713_912;
        expected.digest = "d044e98cbaf17b82".into();
    }
    if name.starts_with("zoo-net2.1") {
        expected.objects = 65_776;
        expected.bytes = 5_877_088;
        expected.references = 76_420;
        expected.digest = "e5a8b2e3345fbe6f".into();
        expected.digest_references = "3ec248382c2fbdf8".into();
        expected.types = false;
    }
    expected
}

fn check(name: &str, options: &Options) {
    let (Some(heap), Some(truth)) = (open(name, options), support::truth(name)) else { return };
    let (graph, expected) = (&heap.graph, expected(name, &truth));
    if *options == Options::default() {
        let proven = PROVEN.iter().find(|proven| proven.dump == name).expect("every dump of the set has a row");
        assert_eq!(Facts::of(&heap), proven.facts, "what {name} says of itself");
    }
    let bytes: u64 = graph.objects.ids().map(|id| graph.objects.size(id)).sum();
    let references = graph.references.edges() + graph.strays.len() - graph.extra.len();
    let (digest, digest_references) = digests(graph, &Progress::new()).unwrap();
    assert_eq!(graph.len() as u64, expected.objects, "objects of {name}: {:?}", heap.facts.warnings);
    assert_eq!(bytes, expected.bytes, "bytes of {name}");
    assert_eq!(references as u64, expected.references, "references of {name}");
    assert_eq!(format!("{digest:016x}"), expected.digest, "digest of {name}");
    assert_eq!(format!("{digest_references:016x}"), expected.digest_references, "digest_references of {name}");
    assert_eq!(graph.unread.bytes, 0, "unread bytes of {name}: {:?}", heap.facts.warnings);

    let mut counted = vec![(0u64, 0u64); graph.types.len()];
    for id in graph.objects.ids() {
        let (count, bytes) = &mut counted[graph.objects.type_index(id) as usize];
        *count += 1;
        *bytes += graph.objects.size(id);
    }
    if !expected.types {
        return;
    }
    let truth_types = truth["types"].as_array().expect("types");
    assert_eq!(graph.types.len(), truth_types.len(), "number of types of {name}");
    for (info, (count, bytes)) in graph.types.iter().zip(counted) {
        let row = truth_types.iter().find(|row| row["mt"] == info.method_table).expect("a type of the truth");
        assert_eq!(row["count"], count, "count of {} in {name}", row["name"]);
        let short = if name.starts_with("zoo-net2") && info.kind == TypeKind::Free { 2 * 117 } else { 0 };
        assert_eq!(row["bytes"].as_u64().unwrap() + short, bytes, "bytes of {} in {name}", row["name"]);
    }
}

#[test]
fn every_dump_is_equal_to_its_truth() {
    for name in support::DUMPS {
        check(name, &Options::default());
    }
}
#[test]
fn every_dump_is_equal_to_its_truth_when_segments_are_found_by_structure() {
    for name in support::DUMPS {
        check(name, &Options { hints: "no-gcdacvars".parse().unwrap(), ..Options::default() });
    }
}

/// A row of `docs/runtimes.md` that a real dump proves.
struct Proven {
    dump: &'static str,
    facts: Facts,
}

/// What the table says of a dump, as the program must find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Facts {
    runtime: &'static str,
    os: Os,
    architecture: Architecture,
    server: bool,
    regions: bool,
}

impl Facts {
    fn of(heap: &Heap) -> Facts {
        let facts = &heap.facts;
        let runtime = format!("{} {}", facts.runtime.name, facts.runtime.version);
        let known = PROVEN.iter().map(|proven| proven.facts.runtime).find(|known| *known == runtime);
        Facts {
            runtime: known.unwrap_or_else(|| panic!("{runtime} is in no row")),
            os: facts.os,
            architecture: facts.architecture,
            server: facts.gc.server,
            regions: facts.gc.regions,
        }
    }
}

const fn proven(dump: &'static str, runtime: &'static str, os: Os, server: bool, regions: bool) -> Proven {
    Proven { dump, facts: Facts { runtime, os, architecture: Architecture::X64, server, regions } }
}

const PROVEN: [Proven; 9] = [
    Proven {
        dump: "zoo-net2.1-win-x86.dmp",
        facts: Facts {
            runtime: ".NET Core 2.1.8",
            os: Os::Windows,
            architecture: Architecture::X86,
            server: false,
            regions: false,
        },
    },
    proven("zoo-net2.2-win-x64.dmp", ".NET Core 2.2.2", Os::Windows, false, false),
    proven("zoo-net8-win-x64.dmp", ".NET 8.0.31", Os::Windows, false, true),
    proven(support::SAMPLE, ".NET 8.0.31", Os::Windows, false, true),
    proven("zoo-net9-linux-x64.core", ".NET 9.0.5", Os::Linux, false, true),
    proven("azmcp-net10-singlefile-win-x64.dmp", ".NET 10.0.9", Os::Windows, false, true),
    proven("zoo-net10-win-x64-clrgc.dmp", ".NET 10.0.12", Os::Windows, false, false),
    proven("zoo-net10-linux-x64-withheap.core", ".NET 10.0", Os::Linux, false, true),
    proven("zoo-net10-linux-x64-server.core", ".NET 10.0.12", Os::Linux, true, true),
];

/// Rows that no dump at hand proves, and why they should hold.
const UNPROVEN: [(&str, &str, &str, &str, &str); 7] = [
    (".NET Framework 4.x", "Windows", "x64, x86", "any, segments", "by source only: as 2.x, segments by structure"),
    (".NET Core 2.x, 3.1", "Linux", "x64", "any, segments", "by source only: as on Windows"),
    (".NET Core 2.x, 3.1", "any", "x64, x86", "server, segments", "by source only: offsets calibrated"),
    (".NET 5, 6, 7", "any", "x64", "any", "by source only: between two proven layouts"),
    (".NET 5 to 10", "Windows", "x86", "any", "by source only: as 2.1 x86"),
    ("any", "any", "arm64", "any", "by source only: as x64, registers apart"),
    ("any", "macOS", "any", "any", "not yet"),
];

/// The table as the document must have it.
fn table() -> String {
    let mut out = String::from("| runtime | system | processor | GC | evidence |\n|---|---|---|---|---|\n");
    for Proven { dump, facts } in PROVEN {
        let system = if facts.os == Os::Windows { "Windows" } else { "Linux" };
        let processor = if facts.architecture == Architecture::X86 { "x86" } else { "x64" };
        let mode = if facts.server { "server" } else { "workstation" };
        let layout = if facts.regions { "regions" } else { "segments" };
        let runtime = facts.runtime;
        writeln!(out, "| {runtime} | {system} | {processor} | {mode}, {layout} | exact on a real dump: `{dump}` |")
            .unwrap();
    }
    for (runtime, system, processor, gc, evidence) in UNPROVEN {
        writeln!(out, "| {runtime} | {system} | {processor} | {gc} | {evidence} |").unwrap();
    }
    out
}

#[test]
fn the_document_says_of_each_runtime_what_the_dumps_prove() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/runtimes.md");
    let document = std::fs::read_to_string(path).expect("docs/runtimes.md is there");
    assert!(document.contains(&table()), "docs/runtimes.md must hold this table:\n{}", table());
}
