//! `info`: what a dump is and how much of it could be read.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use serde::Serialize;

use super::common::Reading;
use super::print::{Address, Print};
use super::table::{Align, Table, count};
use crate::analysis::dominators::Dominators;
use crate::dump::{Architecture, Container, Os};
use crate::error::Error;
use crate::heap::{Consistency, Heap, RootKind, TypeKind, digests};
use crate::runtime::gc::Segment;

/// What a dump is: process, runtime, GC heap, and what could not be read
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  heapglass info shop.dmp\n  heapglass info core.1234 --json | jq .unread")]
pub struct Args {
    /// The dump
    dump: PathBuf,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    print: Print,
}

#[derive(Serialize)]
struct Info {
    file: PathBuf,
    container: &'static str,
    os: &'static str,
    architecture: &'static str,
    process: Process,
    runtime: Runtime,
    gc: Gc,
    segments: Vec<SegmentRow>,
    objects: u64,
    bytes: u64,
    free_bytes: u64,
    references: u64,
    digest: String,
    digest_references: String,
    finalizable: u64,
    types: u64,
    roots: BTreeMap<&'static str, u64>,
    unreachable_objects: u64,
    unreachable_bytes: u64,
    unread: Unread,
    consistency: Agreement,
    warnings: Vec<String>,
    timings: BTreeMap<&'static str, f64>,
}

#[derive(Serialize)]
struct Process {
    id: Option<u32>,
    path: Option<String>,
    /// Seconds since 1970.
    taken: Option<u64>,
}

#[derive(Serialize)]
struct Runtime {
    name: String,
    version: String,
    how: Vec<String>,
}

#[derive(Serialize)]
struct Gc {
    mode: &'static str,
    heaps: u32,
    layout: &'static str,
}

#[derive(Serialize)]
struct SegmentRow {
    kind: &'static str,
    generation: Option<&'static str>,
    heap: u32,
    start: Address,
    end: Address,
    bytes: u64,
}

#[derive(Serialize)]
struct Unread {
    bytes: u64,
    objects: u64,
    references: u64,
}

/// How far the heap agrees with itself: [`Consistency`].
#[derive(Serialize)]
struct Agreement {
    segments: u64,
    whole_segments: u64,
    context_gaps: u64,
    unexplained_gaps: u64,
    unexplained_bytes: u64,
    live_strays: u64,
    dead_strays: u64,
    newer_strays: u64,
}

impl Agreement {
    fn new(found: &Consistency) -> Agreement {
        Agreement {
            segments: found.segments,
            whole_segments: found.whole,
            context_gaps: found.contexts.count,
            unexplained_gaps: found.unexplained.count,
            unexplained_bytes: found.unexplained.bytes,
            live_strays: found.live_strays,
            dead_strays: found.dead_strays,
            newer_strays: found.newer_strays,
        }
    }
}

/// Opens the dump and prints what it is.
pub fn run(args: Args) -> Result<(), Error> {
    let info = args.reading.ask(&args.dump, |heap, progress| {
        let dominators = Dominators::new(&heap.graph, &args.reading.retaining(&heap.graph, progress)?, progress)?;
        Ok(Info::new(heap, &dominators, digests(&heap.graph, progress)?))
    })?;
    args.print.answer(&info, people)
}

impl Info {
    fn new(heap: &Heap, dominators: &Dominators, (digest, digest_references): (u64, u64)) -> Info {
        let Heap { graph, facts, .. } = heap;
        let (mut bytes, mut free_bytes, mut unreachable) = (0, 0, (0, 0));
        for id in graph.objects.ids() {
            let size = graph.objects.size(id);
            bytes += size;
            if graph.type_of(id).kind == TypeKind::Free {
                free_bytes += size;
            } else if !dominators.is_reachable(id) {
                unreachable = (unreachable.0 + 1, unreachable.1 + size);
            }
        }
        let mut roots: BTreeMap<&'static str, u64> = RootKind::ALL.map(|kind| (kind.id(), 0)).into();
        for root in &graph.roots {
            *roots.entry(root.kind.id()).or_default() += 1;
        }
        Info {
            file: facts.file.clone(),
            container: match facts.container {
                Container::Minidump => "minidump",
                Container::ElfCore => "elf core",
                Container::Gcdump => "gcdump",
            },
            os: os(facts.os),
            architecture: architecture(facts.architecture),
            process: Process { id: facts.process.id, path: facts.process.path.clone(), taken: facts.process.taken },
            runtime: Runtime {
                name: facts.runtime.name.clone(),
                version: facts.runtime.version.clone(),
                how: facts.runtime.how.clone(),
            },
            gc: Gc {
                mode: if facts.gc.server { "server" } else { "workstation" },
                heaps: facts.gc.heaps,
                layout: if facts.gc.regions { "regions" } else { "segments" },
            },
            segments: facts.gc.segments.iter().map(SegmentRow::new).collect(),
            objects: graph.objects.len() as u64,
            bytes,
            free_bytes,
            references: (graph.references.edges() + graph.strays.len() - graph.extra.len()) as u64,
            digest: format!("{digest:016x}"),
            digest_references: format!("{digest_references:016x}"),
            finalizable: facts.finalizable,
            types: graph.types.len() as u64,
            roots,
            unreachable_objects: unreachable.0,
            unreachable_bytes: unreachable.1,
            unread: Unread {
                bytes: graph.unread.bytes,
                objects: graph.unread.objects,
                references: graph.unread.references,
            },
            consistency: Agreement::new(&facts.gc.consistency),
            warnings: facts.warnings.clone(),
            timings: facts.timings.iter().map(|(phase, seconds)| (phase.id(), *seconds)).collect(),
        }
    }
}

impl SegmentRow {
    fn new(segment: &Segment) -> SegmentRow {
        SegmentRow {
            kind: segment.kind.id(),
            generation: segment.kind.generation().map(|generation| generation.id()),
            heap: segment.heap,
            start: Address(segment.start),
            end: Address(segment.end),
            bytes: segment.len(),
        }
    }
}

fn os(os: Os) -> &'static str {
    match os {
        Os::Windows => "windows",
        Os::Linux => "linux",
        Os::Other => "other",
    }
}

fn architecture(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86 => "x86",
        Architecture::X64 => "x64",
        Architecture::Arm => "arm",
        Architecture::Arm64 => "arm64",
    }
}

fn people(info: &Info, out: &mut dyn Write) -> io::Result<()> {
    let line = |out: &mut dyn Write, label: &str, value: String| writeln!(out, "{label:<14} {value}");
    line(out, "File", info.file.display().to_string())?;
    line(out, "Dump", format!("{}, {} {}", info.container, info.os, info.architecture))?;
    if let Some(path) = &info.process.path {
        line(out, "Process", format!("{path}{}", info.process.id.map(|id| format!(" ({id})")).unwrap_or_default()))?;
    }
    line(out, "Runtime", format!("{} {}", info.runtime.name, info.runtime.version))?;
    // A .gcdump does not say how the GC worked.
    if info.gc.heaps > 0 {
        line(out, "GC", format!("{}, {} heap(s), {}", info.gc.mode, info.gc.heaps, info.gc.layout))?;
    }
    line(out, "Objects", format!("{} of {} types", count(info.objects), count(info.types)))?;
    line(out, "Bytes", format!("{}, of which {} free", count(info.bytes), count(info.free_bytes)))?;
    line(out, "References", count(info.references))?;
    line(
        out,
        "Unreachable",
        format!("{} objects, {} bytes", count(info.unreachable_objects), count(info.unreachable_bytes)),
    )?;
    let unread = &info.unread;
    line(
        out,
        "Unread",
        format!("{} bytes, {} objects, {} references", unread.bytes, unread.objects, unread.references),
    )?;
    let found = &info.consistency;
    if found.segments > 0 {
        let segments = format!("{} of {} segments without a gap", found.whole_segments, found.segments);
        let gaps = format!("{} gaps handed to threads, {} unexplained", found.context_gaps, found.unexplained_gaps);
        let strays = format!("references into nowhere: {} live, {} dead", found.live_strays, found.dead_strays);
        line(out, "Agreement", format!("{segments}; {gaps}; {strays}"))?;
    }
    for how in &info.runtime.how {
        line(out, "Found by", how.clone())?;
    }
    for warning in &info.warnings {
        line(out, "Note", warning.clone())?;
    }
    writeln!(out)?;
    let mut table = Table::new([
        ("Segment", Align::Left),
        ("Heap", Align::Right),
        ("Start", Align::Right),
        ("End", Align::Right),
        ("Bytes", Align::Right),
    ]);
    for segment in &info.segments {
        let cells =
            [segment.heap.to_string(), segment.start.to_string(), segment.end.to_string(), count(segment.bytes)];
        table.row([segment.kind.to_owned()].into_iter().chain(cells));
    }
    if !info.segments.is_empty() {
        table.write(out)?;
        writeln!(out)?;
    }
    let mut table = Table::new([("Roots", Align::Left), ("Count", Align::Right)]);
    for (kind, number) in info.roots.iter().filter(|(_, number)| **number > 0) {
        table.row([(*kind).to_owned(), count(*number)]);
    }
    table.write(out)
}
