//! GcDacVars: the struct in which the GC tells debuggers where its variables are.
//!
//! Found by its shape, not by a symbol: two version bytes, the size of a generation, (from 6.0 on) the
//! number of generations, then pointers to the GC's variables in an order that has not changed from 2.1
//! to 10. A hit counts only if every generation of every heap heads a valid heap_segment chain; with
//! that last test the hit is unique in all memory of every dump tried. Start of generations and of
//! heaps is declared in offset tables from 6.0 on and calibrated by the same chain test before.

use std::ops::Range;

use super::segments::{self, Header};
use crate::dump::Dump;
use crate::memory::AddressSpace;
use crate::progress::{Cancelled, Progress};
use crate::runtime::word;

/// Indices of the pointers that we use.
mod index {
    pub const BUILD_VARIANT: usize = 0;
    pub const BUILT_WITH_SVR: usize = 1;
    pub const GENERATION_TABLE: usize = 3;
    pub const MAX_GENERATION: usize = 4;
    pub const GC_STATE: usize = 6;
    pub const EPHEMERAL_SEGMENT: usize = 7;
    pub const ALLOC_ALLOCATED: usize = 12;
    pub const FINALIZE_QUEUE: usize = 15;
    pub const N_HEAPS: usize = 19;
    pub const HEAPS: usize = 20;
    pub const INVALID_COUNT: usize = 21;
    pub const HANDLE_TABLE_MAP: usize = 26;
    /// Pointers that every version has.
    pub const COMMON: usize = 27;
    pub const HEAP_OFFSETS: usize = 27;
    pub const GENERATION_OFFSETS: usize = 28;
}

/// Indices into gc_heap_field_offsets (i32 each; server GC, 6.0 on).
mod heap_field {
    pub const ALLOC_ALLOCATED: usize = 0;
    pub const EPHEMERAL_SEGMENT: usize = 1;
    pub const FINALIZE_QUEUE: usize = 2;
    pub const GENERATION_TABLE: usize = 18;
}

/// Generations where the struct does not say: 0, 1, 2 and the large objects.
const CLASSIC_GENERATIONS: u32 = 4;
/// More GC heaps than any machine has processors.
const MAX_HEAPS: u32 = 1024;
/// c_gc_state: marking 0, planning 1, free 2.
const BACKGROUND_FREE: u32 = 2;
/// How far into gc_heap the generation table is looked for where no table tells.
const MAX_HEAP_SIZE: u64 = 0x2000;
/// The .bss of an ELF image is no mapping of the file: it lies up to this far behind the last one.
const BSS: u64 = 2 << 20;

/// One GC heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GcHeapVars {
    /// Address of the array of generations.
    pub generation_table: u64,
    /// Address of the open segment's header.
    pub ephemeral_segment: u64,
    /// Where the open segment's objects end.
    pub alloc_allocated: u64,
    /// Address of the CFinalize object; 0 where it is not known.
    pub finalize_queue: u64,
}

/// GcDacVars, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GcVars {
    pub address: u64,
    pub version: (u8, u8),
    /// Bytes of one generation struct.
    pub generation_size: u64,
    pub generations: u32,
    /// Offset of start_segment in a generation.
    pub start_segment: u64,
    pub server: bool,
    pub regions: bool,
    pub heaps: Vec<GcHeapVars>,
    /// Address of the handle table map.
    pub handle_table_map: u64,
    /// Non-zero while a GC was moving objects.
    pub invalid_count: u32,
    /// Was a background GC marking or sweeping?
    pub background: bool,
    /// Were the offsets declared by the runtime (else calibrated)?
    pub declared: bool,
}

impl GcVars {
    /// Reads the struct at `address`; `None` unless every check of this file's head holds.
    pub fn read(space: &AddressSpace, address: u64) -> Option<GcVars> {
        let p = space.pointer_size() as u64;
        let word = |i: u64| space.pointer(address.checked_add(i * p)?);
        let (head, generation_size, third) = (word(0)?, word(1)?, word(2)?);
        if !plausible_head(head, generation_size, p) {
            return None;
        }
        let (generations, first, declared) =
            if (3..=8).contains(&third) { (third as u32, 3, true) } else { (CLASSIC_GENERATIONS, 2, false) };
        let mut pointers = [0; index::GENERATION_OFFSETS + 1];
        let count = if declared { pointers.len() } else { index::COMMON };
        for (i, pointer) in pointers[..count].iter_mut().enumerate() {
            *pointer = word(first + i as u64)?;
        }
        let server = pointers[index::GENERATION_TABLE] == 0;
        let required = [index::BUILD_VARIANT, index::BUILT_WITH_SVR, index::MAX_GENERATION, index::INVALID_COUNT];
        // Server GC does not name its state before 5.0.
        if required.iter().any(|&i| pointers[i] == 0)
            || pointers[index::GC_STATE] == 0 && !server
            || pointers[..index::COMMON].iter().any(|&pointer| pointer != 0 && !space.contains(pointer))
            || space.u32(pointers[index::MAX_GENERATION])? != 2
            || space.u8(pointers[index::BUILT_WITH_SVR])? > 1
        {
            return None;
        }
        let generation_offsets = offsets::<3>(space, pointers[index::GENERATION_OFFSETS]);
        let heap_offsets = offsets::<22>(space, pointers[index::HEAP_OFFSETS]);
        let table = Table { size: generation_size, generations };

        let (heaps, start_segment) = if server {
            server_heaps(space, &pointers, heap_offsets, generation_offsets, table)?
        } else {
            let heap = GcHeapVars {
                generation_table: pointers[index::GENERATION_TABLE],
                ephemeral_segment: space.pointer(pointers[index::EPHEMERAL_SEGMENT])?,
                alloc_allocated: space.pointer(pointers[index::ALLOC_ALLOCATED])?,
                finalize_queue: space.pointer(pointers[index::FINALIZE_QUEUE]).unwrap_or(0),
            };
            let start = table.start_segment(space, &[heap.generation_table], generation_offsets)?;
            (vec![heap], start)
        };
        Some(GcVars {
            address,
            version: (head as u8, (head >> 8) as u8),
            generation_size,
            generations,
            start_segment,
            server,
            regions: generation_offsets.is_some_and(|offsets| offsets[2] == -1),
            heaps,
            handle_table_map: pointers[index::HANDLE_TABLE_MAP],
            invalid_count: space.u32(pointers[index::INVALID_COUNT])?,
            background: space.u32(pointers[index::GC_STATE]).is_some_and(|state| state < BACKGROUND_FREE),
            declared: generation_offsets.is_some(),
        })
    }

    /// The chain of segments of one generation.
    pub(super) fn chain(&self, space: &AddressSpace, heap: &GcHeapVars, generation: u32) -> Option<Vec<Header>> {
        let at =
            heap.generation_table.checked_add(u64::from(generation) * self.generation_size + self.start_segment)?;
        segments::chain(space, space.pointer(at)?)
    }

    /// Where the objects of a generation begin in the ephemeral segment (segments only).
    pub(super) fn allocation_start(&self, space: &AddressSpace, heap: &GcHeapVars, generation: u32) -> Option<u64> {
        let behind = self.start_segment + space.pointer_size() as u64;
        space.pointer(heap.generation_table.checked_add(u64::from(generation) * self.generation_size + behind)?)
    }
}

fn plausible_head(head: u64, generation_size: u64, p: u64) -> bool {
    let (major, minor) = (head & 0xFF, head >> 8 & 0xFF);
    (1..=8).contains(&major)
        && minor <= 32
        && head >> 16 == 0
        && (0x30..=0x1000).contains(&generation_size)
        && generation_size.is_multiple_of(p)
}

fn offsets<const N: usize>(space: &AddressSpace, address: u64) -> Option<[i32; N]> {
    let mut out = [0; N];
    for (i, offset) in out.iter_mut().enumerate() {
        *offset = space.u32(address.checked_add(4 * i as u64)?)? as i32;
    }
    Some(out)
}

/// The shape of a heap's array of generations.
#[derive(Clone, Copy)]
struct Table {
    size: u64,
    generations: u32,
}

impl Table {
    /// Offset of start_segment: declared, else the one with most segments for which every generation of
    /// every table heads a chain. (allocation_segment, behind it, passes too and has fewer.)
    fn start_segment(&self, space: &AddressSpace, tables: &[u64], declared: Option<[i32; 3]>) -> Option<u64> {
        if let Some(offsets) = declared {
            let offset = u64::try_from(offsets[1]).ok()?;
            return self.segments_at(space, tables, offset).map(|_| offset);
        }
        (0..self.size)
            .step_by(space.pointer_size())
            .filter_map(|offset| Some((self.segments_at(space, tables, offset)?, std::cmp::Reverse(offset))))
            .max()
            .map(|(_, offset)| offset.0)
    }

    /// Distinct segments reached when start_segment is at `offset`; `None` where a chain is none.
    fn segments_at(&self, space: &AddressSpace, tables: &[u64], offset: u64) -> Option<usize> {
        let mut seen = rustc_hash::FxHashSet::default();
        for table in tables {
            for generation in 0..u64::from(self.generations) {
                let at = table.checked_add(generation * self.size)?.checked_add(offset)?;
                seen.extend(segments::chain(space, space.pointer(at)?)?.iter().map(|header| header.address));
            }
        }
        Some(seen.len())
    }
}

fn server_heaps(
    space: &AddressSpace,
    pointers: &[u64],
    heap_offsets: Option<[i32; 22]>,
    generation_offsets: Option<[i32; 3]>,
    table: Table,
) -> Option<(Vec<GcHeapVars>, u64)> {
    let p = space.pointer_size() as u64;
    let count = space.u32(pointers[index::N_HEAPS])?;
    if count == 0 || count > MAX_HEAPS {
        return None;
    }
    let array = space.pointer(pointers[index::HEAPS])?;
    let heaps: Vec<u64> =
        (0..u64::from(count)).map(|i| space.pointer(array.checked_add(i * p)?)).collect::<Option<_>>()?;
    let tables_at = |offset: u64| heaps.iter().map(|heap| heap.checked_add(offset)).collect::<Option<Vec<u64>>>();
    let field = |i: usize, otherwise: u64| match heap_offsets {
        Some(offsets) => u64::try_from(offsets[i]).ok(),
        None => Some(otherwise),
    };
    let (tables, start) = match heap_offsets {
        Some(offsets) => {
            let tables = tables_at(u64::try_from(offsets[heap_field::GENERATION_TABLE]).ok()?)?;
            let start = table.start_segment(space, &tables, generation_offsets)?;
            (tables, start)
        }
        None => (0..MAX_HEAP_SIZE).step_by(p as usize).find_map(|offset| {
            let tables = tables_at(offset)?;
            let start = table.start_segment(space, &tables, generation_offsets)?;
            Some((tables, start))
        })?,
    };
    // Without a table (3.1) gc_heap begins with alloc_allocated, ephemeral_heap_segment, finalize_queue.
    let heaps = heaps
        .iter()
        .zip(tables)
        .map(|(heap, generation_table)| {
            let pointer = |offset: u64| space.pointer(heap.checked_add(offset)?);
            Some(GcHeapVars {
                generation_table,
                ephemeral_segment: pointer(field(heap_field::EPHEMERAL_SEGMENT, p)?)?,
                alloc_allocated: pointer(field(heap_field::ALLOC_ALLOCATED, 0)?)?,
                finalize_queue: pointer(field(heap_field::FINALIZE_QUEUE, 2 * p)?).unwrap_or(0),
            })
        })
        .collect::<Option<Vec<_>>>()?;
    Some((heaps, start))
}

/// Every GcDacVars of the dump: in the modules that are named like a runtime, else in executables
/// (single-file programs), else in any module, else anywhere.
pub(super) fn find(
    dump: &Dump,
    space: &AddressSpace,
    only_module: Option<&str>,
    progress: &Progress,
) -> Result<Vec<GcVars>, Cancelled> {
    let mut modules: Vec<_> = dump.modules.iter().map(|module| (rank(module.file_name()), module)).collect();
    if let Some(only) = only_module {
        modules.retain(|(_, module)| module.path.to_lowercase().contains(only));
    }
    modules.sort_by_key(|(rank, module)| (*rank, module.base));
    for group in modules.chunk_by(|a, b| a.0 == b.0) {
        let mut hits = Vec::new();
        for (_, module) in group {
            let end = module.base.saturating_add(module.size).saturating_add(BSS);
            hits.extend(find_in(space, module.base..end, progress)?);
        }
        hits.sort_by_key(|vars: &GcVars| vars.address);
        hits.dedup();
        if !hits.is_empty() {
            return Ok(hits);
        }
    }
    if only_module.is_some() { Ok(Vec::new()) } else { find_in(space, 0..u64::MAX, progress) }
}

fn rank(file_name: &str) -> u8 {
    let name = file_name.to_lowercase();
    let stem = name.strip_prefix("lib").unwrap_or(&name);
    if stem.starts_with("coreclr.") || stem.starts_with("clr.") {
        0
    } else if name.ends_with(".exe") || !name.contains('.') {
        1
    } else {
        2
    }
}

fn find_in(space: &AddressSpace, range: Range<u64>, progress: &Progress) -> Result<Vec<GcVars>, Cancelled> {
    let p = space.pointer_size();
    let skip = [0..range.start, range.end..u64::MAX];
    let candidates = space.scan(&skip, 2 * p, progress, |address, bytes, own, hits| {
        let first = address.next_multiple_of(p as u64) - address;
        for at in (first as usize..own).step_by(p) {
            // The two version bytes and zeros behind them reject nearly every word at once.
            let Some([major @ 1..=8, minor @ 0..=32, 0, 0]) = bytes.get(at..at + 4) else { continue };
            let (Some(head), Some(size)) = (word(bytes, at, p), word(bytes, at + p, p)) else { continue };
            debug_assert_eq!(head & 0xFFFF, u64::from(*major) | u64::from(*minor) << 8);
            if plausible_head(head, size, p as u64) {
                hits.push(address + at as u64);
            }
        }
    })?;
    let mut found = Vec::new();
    for address in candidates {
        progress.check()?;
        found.extend(GcVars::read(space, address));
    }
    Ok(found)
}
