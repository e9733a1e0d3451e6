//! The GC heap: which segments there are and where their objects end.
//!
//! GcDacVars tell it where they are found; otherwise segments are found by their own shape
//! (`search.rs`). Either way the answer says which step won.

mod search;
mod segments;
mod vars;

use std::ops::Range;

pub use segments::{Generation, Segment, SegmentKind};
pub use vars::{GcHeapVars, GcVars};

use super::Hints;
use crate::dump::{Dump, Module};
use crate::memory::AddressSpace;
use crate::progress::{Cancelled, Progress};

/// The GC heap of one runtime.
#[derive(Clone, Debug, Default)]
pub struct Gc {
    /// `None` where segments were found by structure.
    pub vars: Option<GcVars>,
    /// In address order; empty ones included.
    pub segments: Vec<Segment>,
    /// Are they regions, small and of one generation each (7 and later), and no classic segments?
    pub regions: bool,
    /// May the end of an open segment lie behind its `end`? Then allocation contexts must tell.
    pub open_ends: bool,
    /// How the segments were found, in words.
    pub how: String,
    pub warnings: Vec<String>,
}

impl Gc {
    /// Finds the GC heap. The result has no segments where the dump holds none.
    pub fn discover(dump: &Dump, space: &AddressSpace, hints: &Hints, progress: &Progress) -> Result<Gc, Cancelled> {
        if !hints.no_gcdacvars {
            let found = vars::find(dump, space, hints.module.as_deref(), progress)?;
            if let Some(gc) = pick(dump, space, found) {
                return Ok(gc);
            }
        }
        search::find(space, progress)
    }

    /// Address ranges of all segments up to their committed end, sorted, not overlapping: where no
    /// runtime structure lies.
    pub fn ranges(&self) -> Vec<Range<u64>> {
        let mut out: Vec<Range<u64>> = Vec::new();
        for segment in self.segments.iter().filter(|segment| segment.committed.max(segment.end) > segment.start) {
            let end = segment.committed.max(segment.end);
            match out.last_mut() {
                Some(last) if segment.start <= last.end => last.end = last.end.max(end),
                _ => out.push(segment.start..end),
            }
        }
        out
    }

    pub fn is_server(&self) -> bool {
        self.vars.as_ref().is_some_and(|vars| vars.server)
    }

    /// Number of GC heaps.
    pub fn heaps(&self) -> u32 {
        self.vars.as_ref().map_or(1, |vars| vars.heaps.len() as u32)
    }
}

/// Of several runtimes in one process the one with the largest heap is taken, and the others are named.
fn pick(dump: &Dump, space: &AddressSpace, found: Vec<GcVars>) -> Option<Gc> {
    let mut heaps: Vec<(u64, GcVars, Vec<Segment>)> = found
        .into_iter()
        .map(|vars| {
            let segments = segments_of(space, &vars);
            (segments.iter().map(Segment::len).sum(), vars, segments)
        })
        .collect();
    heaps.sort_by_key(|(bytes, vars, _)| (std::cmp::Reverse(*bytes), vars.address));
    let mut warnings = Vec::new();
    for (bytes, vars, _) in heaps.iter().skip(1) {
        warnings.push(format!(
            "Another .NET runtime ({}) has a heap of {bytes} bytes; --runtime-hint module=PATH shows it instead.",
            module_of(dump, vars.address).map_or("outside every module", |module| &module.path)
        ));
    }
    let (_, vars, segments) = heaps.into_iter().next()?;
    if vars.invalid_count != 0 {
        warnings.push("The dump was taken during a GC that was moving objects: parts of the heap may be torn.".into());
    } else if vars.background {
        warnings.push("The dump was taken during a background GC.".into());
    }
    let offsets = if vars.declared { "declared" } else { "calibrated" };
    let (major, minor) = vars.version;
    let how = format!("GcDacVars {major}.{minor} in {}, offsets {offsets}", place(dump, vars.address));
    let regions = vars.regions;
    Some(Gc { vars: Some(vars), segments, regions, open_ends: false, how, warnings })
}

/// `coreclr.dll+0x47d680`, or the plain address outside every module.
fn place(dump: &Dump, address: u64) -> String {
    match module_of(dump, address) {
        Some(module) => format!("{}+{:#x}", module.file_name(), address - module.base),
        None => format!("{address:#x}"),
    }
}

/// The module in which, or in whose `.bss`, an address lies.
fn module_of(dump: &Dump, address: u64) -> Option<&Module> {
    let behind = dump.modules.iter().filter(|module| module.base <= address).max_by_key(|module| module.base);
    behind.filter(|module| address - module.base < module.size.saturating_add(2 << 20))
}

fn segments_of(space: &AddressSpace, vars: &GcVars) -> Vec<Segment> {
    let mut seen = rustc_hash::FxHashSet::default();
    let mut out = Vec::new();
    for (index, heap) in vars.heaps.iter().enumerate() {
        for generation in 0..vars.generations {
            for header in vars.chain(space, heap, generation).unwrap_or_default() {
                if !seen.insert(header.address) {
                    continue;
                }
                let open = header.address == heap.ephemeral_segment;
                // alloc_allocated is the truth for the open segment: its own `allocated` may be stale.
                let end = if open { heap.alloc_allocated } else { header.allocated };
                let kind = header.kind().unwrap_or(match (vars.regions, generation) {
                    (true, 0) => SegmentKind::Gen0,
                    (true, 1) => SegmentKind::Gen1,
                    (true, _) => SegmentKind::Gen2,
                    (false, _) if open => SegmentKind::Ephemeral,
                    (false, _) => SegmentKind::Gen2,
                });
                let start_of = |generation| {
                    let start = vars.allocation_start(space, heap, generation);
                    start.filter(|start| kind == SegmentKind::Ephemeral && (header.mem..=end).contains(start))
                };
                let gen0_start = start_of(0).unwrap_or(end);
                out.push(Segment {
                    kind,
                    heap: index as u32,
                    start: header.mem,
                    end: end.clamp(header.mem, header.reserved),
                    committed: header.committed,
                    gen1_start: start_of(1).unwrap_or(gen0_start).min(gen0_start),
                    gen0_start,
                });
            }
        }
    }
    out.sort_by_key(|segment| segment.start);
    // Headers that name overlapping memory cannot both be right; the walk must not see an object twice.
    out.dedup_by(|next, kept| next.start < kept.end && !next.is_empty());
    out
}
