//! Allocation contexts: which gaps of the heap are memory handed to a thread and not used yet.
//!
//! A thread allocates from a stretch of its own, known to the runtime as a pair of words (ptr, limit).
//! The memory between them is zero and holds no objects, so the walk meets a gap there. The pairs are
//! found by these two words alone, in one look at all memory outside the GC heap: no offset into any
//! thread structure is needed. Objects between ptr and limit are none: either the process ran on while the
//! dump was written and they are newer than the copied pair, or the thread has not cleared its memory
//! yet and they are what lay there before. Where only that would tell, `records.rs` asks the threads.

mod records;

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

pub use records::{OfThreads, of_threads};

use crate::memory::AddressSpace;
use crate::progress::{Cancelled, Progress};
use crate::runtime::word;

/// How far before its gap a context that was copied too early may begin.
const TORN: u64 = 64 << 10;
/// No context is longer: the GC hands out 256 KiB at most, and adds to what is left.
const LONGEST: u64 = 1 << 20;

/// Memory between objects where none could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    pub start: u64,
    /// The next object, or the end of the segment.
    pub end: u64,
    /// Non-zero words inside; the last one is not counted: it is the header of the object behind.
    pub odd_words: u32,
    /// No object follows in the segment.
    pub is_last: bool,
}

/// What the contexts say about the gaps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contexts {
    /// Per gap: is it explained by a context?
    pub explained: Vec<bool>,
    /// Contexts that are no plain gap, because objects were met in them. Sorted.
    pub filled: Vec<Range<u64>>,
    /// Where the pairs of words lie that are contexts for certain. Sorted.
    pub certain: Vec<u64>,
    /// Pairs whose words bound whole objects: contexts not cleared yet, or words that look like one. Sorted.
    pub doubtful: Vec<Record>,
}

/// A pair of words that is, or may be, a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where the pair lies.
    pub at: u64,
    /// From ptr to the end of the smallest object behind limit.
    pub range: Range<u64>,
}

/// A pair of words as it lies in memory.
#[derive(Clone, Copy)]
struct Pair {
    at: u64,
    ptr: u64,
    limit: u64,
}

/// Explains `gaps` (sorted by start). `heap` is where the GC heap lies (not searched); `is_object` tells
/// whether an object starts at an address, `is_border` whether the second address lies behind the
/// first in its segment and an object starts or the segment ends there.
pub fn explain(
    space: &AddressSpace,
    heap: &[Range<u64>],
    gaps: &[Gap],
    is_object: impl Fn(u64) -> bool + Sync,
    is_border: impl Fn(u64, u64) -> bool + Sync,
    progress: &Progress,
) -> Result<Contexts, Cancelled> {
    let min_object = 3 * space.pointer_size() as u64;
    let mut out = Contexts { explained: vec![false; gaps.len()], ..Contexts::default() };
    let (Some(first), Some(last)) = (heap.first(), heap.last()) else { return Ok(out) };
    let by_start: FxHashMap<u64, usize> = gaps.iter().enumerate().map(|(i, gap)| (gap.start, i)).collect();
    let by_end: FxHashMap<u64, usize> = gaps.iter().enumerate().map(|(i, gap)| (gap.end, i)).collect();
    let limits: FxHashSet<u64> = gaps.iter().map(|gap| gap.end.wrapping_sub(min_object)).collect();
    let bounds_objects = |pair: Pair| {
        let end = pair.limit.saturating_add(min_object);
        pair.limit - pair.ptr < LONGEST && is_object(pair.ptr) && is_border(pair.ptr, end)
    };

    // Of a context that is used up only the smallest object behind its limit is left: a gap of just that size.
    let is_used_up =
        |pair: Pair| by_start.get(&pair.ptr).is_some_and(|&gap| gaps[gap].end == pair.limit.saturating_add(min_object));
    let pairs = pairs(space, heap, first.start..last.end, progress, |pair| match pair.ptr < pair.limit {
        true => by_start.contains_key(&pair.ptr) || limits.contains(&pair.limit) || bounds_objects(pair),
        false => is_used_up(pair),
    })?;
    for pair in pairs {
        let end = pair.limit.saturating_add(min_object);
        if let Some(&gap) = by_start.get(&pair.ptr)
            && (end == gaps[gap].end || is_border(pair.ptr, end))
        {
            // Memory cleared up to here only holds old objects behind.
            if gaps[gap].end < end {
                out.filled.push(pair.ptr..end);
            }
            out.explained[gap] = true;
            out.certain.push(pair.at);
        } else if let Some(&gap) = by_end.get(&end)
            && pair.ptr < gaps[gap].start
            && gaps[gap].start - pair.ptr < TORN
            && is_object(pair.ptr)
        {
            out.explained[gap] = true;
            out.filled.push(pair.ptr..end);
            out.certain.push(pair.at);
        } else if bounds_objects(pair) {
            out.doubtful.push(Record { at: pair.at, range: pair.ptr..end });
        }
    }
    out.filled.sort_unstable_by_key(|range| (range.start, range.end));
    out.filled.dedup();
    Ok(out)
}

/// Where the contexts end that lie in gaps, for segments whose end only contexts can tell. A context's
/// limit lies in a gap that begins at its ptr, with nothing but zeros between them, or, where the pair was
/// copied too early, at most 64 KiB behind an object at its ptr; then it must fill the gap. (Two
/// neighbouring handles look like a pair too, but both name objects.)
pub fn ends(
    space: &AddressSpace,
    heap: &[Range<u64>],
    gaps: &[Gap],
    is_object: impl Fn(u64) -> bool + Sync,
    progress: &Progress,
) -> Result<Vec<u64>, Cancelled> {
    let Some((first, last)) = gaps.first().zip(gaps.last()) else { return Ok(Vec::new()) };
    let bounds = first.start.saturating_sub(TORN)..last.end;
    let min_object = 3 * space.pointer_size() as u64;
    let pairs = pairs(space, heap, bounds, progress, |pair| {
        let gap = gaps.partition_point(|gap| gap.start < pair.limit).checked_sub(1).map(|index| gaps[index]);
        gap.is_some_and(|gap| {
            let fills = gap.is_last || pair.limit + min_object == gap.end;
            let torn = || fills && pair.ptr < gap.start && gap.start - pair.ptr < TORN && is_object(pair.ptr);
            pair.limit < gap.end && (pair.ptr == gap.start && is_zero(space, pair) || torn())
        })
    })?;
    Ok(pairs.iter().map(|pair| pair.limit.wrapping_add(min_object)).collect())
}

fn is_zero(space: &AddressSpace, pair: Pair) -> bool {
    let memory = space.bytes(pair.ptr, (pair.limit - pair.ptr) as usize);
    memory.is_some_and(|bytes| bytes.iter().all(|&byte| byte == 0))
}

/// All aligned pairs of words outside the heap with ptr <= limit inside `bounds` that `wanted` takes, by
/// where they lie.
fn pairs(
    space: &AddressSpace,
    heap: &[Range<u64>],
    bounds: Range<u64>,
    progress: &Progress,
    wanted: impl Fn(Pair) -> bool + Sync,
) -> Result<Vec<Pair>, Cancelled> {
    let p = space.pointer_size();
    space.scan(heap, p, progress, |address, bytes, own, hits| {
        let first = (address.next_multiple_of(p as u64) - address) as usize;
        for at in (first..own).step_by(p) {
            let (Some(ptr), Some(limit)) = (word(bytes, at, p), word(bytes, at + p, p)) else { return };
            if bounds.contains(&ptr) && ptr <= limit && limit <= bounds.end {
                let pair = Pair { at: address + at as u64, ptr, limit };
                if wanted(pair) {
                    hits.push(pair);
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_that_is_used_up_explains_a_gap_of_the_smallest_object_and_no_other() {
        let gap = |start: u64, end| Gap { start, end, odd_words: 0, is_last: false };
        let gaps = [gap(0x10_0100, 0x10_0118), gap(0x10_0200, 0x10_0230)];
        let words = gaps.map(|gap| [gap.start.to_le_bytes(), gap.start.to_le_bytes()].concat()).concat();
        let space = AddressSpace::from_pieces(&[(0x1000, &words)], 8);
        let heap = [0x10_0000..0x11_0000, 0x20_0000..0x21_0000];
        let found = explain(&space, &heap, &gaps, |_| false, |_, _| false, &Progress::new()).expect("not cancelled");
        assert_eq!((found.explained, found.certain), (vec![true, false], vec![0x1000]));
        assert!(found.filled.is_empty() && found.doubtful.is_empty());
    }
}
