//! The finalizer queue: objects registered for finalization, and those whose finalizer waits to run.
//!
//! CFinalize {fill pointers (generations + 2), m_Array, m_EndArray}: one array, cut by the fill pointers
//! into a part for each generation, then critical and ordinary f-reachable objects. The GC holds only the
//! f-reachable ones. Where GcDacVars do not name it, the queue is found by that order of its pointers.

use std::ops::Range;

use crate::memory::AddressSpace;
use crate::progress::{Cancelled, Progress};

/// Fill pointers: 4 generations and 2 up to 3.1, 5 generations and 2 from 5.0 on.
const FILL_POINTERS: [usize; 2] = [7, 6];
/// The last two parts are f-reachable.
const F_REACHABLE_PARTS: usize = 2;
/// Words of candidates that a search looks at: far more than any process registers, and a bound where a
/// broken dump has many candidates that share memory.
const SEARCH_BUDGET: usize = 1 << 26;

/// The queue of one GC heap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FinalizerQueue {
    /// (slot, object) of every object with a finalizer that has not been suppressed; no roots.
    pub registered: Vec<(u64, u64)>,
    /// (slot, object) of the objects whose finalizer is due; critical ones first. Roots.
    pub f_reachable: Vec<(u64, u64)>,
}

/// What the pointers of a CFinalize say, once they are in order.
struct Layout {
    registered: Range<u64>,
    f_reachable: Range<u64>,
}

impl Layout {
    /// The CFinalize at `address` with so many fill pointers.
    fn read(space: &AddressSpace, address: u64, fill: usize) -> Option<Layout> {
        let p = space.pointer_size() as u64;
        let words = (0..fill as u64 + 2).map(|i| space.pointer(address.checked_add(i * p)?));
        Layout::of(&words.collect::<Option<Vec<u64>>>()?, p)
    }

    /// Its non-null slots; `None` where the dump lacks a part of the array.
    fn queue(self, space: &AddressSpace) -> Option<FinalizerQueue> {
        let used = |range| {
            slots(space, range).filter_map(|(slot, object)| match object {
                Some(0) => None,
                object => Some(object.map(|object| (slot, object))),
            })
        };
        Some(FinalizerQueue {
            registered: used(self.registered).collect::<Option<_>>()?,
            f_reachable: used(self.f_reachable).collect::<Option<_>>()?,
        })
    }

    /// `words` = fill pointers, m_Array, m_EndArray.
    fn of(words: &[u64], pointer_size: u64) -> Option<Layout> {
        let [fill @ .., array, end] = words else { return None };
        let (first, last) = (*fill.first()?, *fill.last()?);
        let ordered = *array != 0 && *array <= first && fill.is_sorted() && last <= *end;
        if !ordered || words.iter().any(|word| !word.is_multiple_of(pointer_size)) {
            return None;
        }
        let split = fill[fill.len().checked_sub(F_REACHABLE_PARTS + 1)?];
        Some(Layout { registered: *array..split, f_reachable: split..last })
    }
}

impl FinalizerQueue {
    /// Reads the CFinalize at `address` of a GC with so many `generations`; `None` if it is none.
    pub fn read(space: &AddressSpace, address: u64, generations: u32) -> Option<FinalizerQueue> {
        Layout::read(space, address, generations as usize + F_REACHABLE_PARTS)?.queue(space)
    }

    /// Finds the queues of all GC heaps by structure, outside `skip` (the GC heap): one that holds
    /// anything, and nothing but objects.
    pub fn search(
        space: &AddressSpace,
        skip: &[Range<u64>],
        is_object: impl Fn(u64) -> bool + Sync,
        progress: &Progress,
    ) -> Result<Vec<FinalizerQueue>, Cancelled> {
        let p = space.pointer_size();
        let span = (FILL_POINTERS[0] + 2) * p;
        let candidates = space.scan(skip, span, progress, |address, bytes, own, hits| {
            let first = (address.next_multiple_of(p as u64) - address) as usize;
            for at in (first..own).step_by(p) {
                let Some(bytes) = bytes.get(at..) else { return };
                let found = FILL_POINTERS.into_iter().find(|&fill| shape(bytes, fill, p));
                hits.extend(found.map(|fill| (address + at as u64, fill)));
            }
        })?;
        let mut out = Vec::new();
        let (mut end, mut budget) = (0, SEARCH_BUDGET);
        for (address, fill) in candidates {
            progress.check()?;
            // Without its first pointer a queue of five generations looks like one of four.
            let Some(layout) = Layout::read(space, address, fill).filter(|_| address >= end && budget > 0) else {
                continue;
            };
            let mut slots = slots(space, layout.registered.start..layout.f_reachable.end).take(budget);
            let only_objects = slots.all(|(_, object)| {
                budget -= 1;
                object.is_some_and(|object| object == 0 || is_object(object))
            });
            let Some(queue) = only_objects.then(|| layout.queue(space)).flatten() else { continue };
            if !queue.registered.is_empty() || !queue.f_reachable.is_empty() {
                end = address + ((fill + 2) * p) as u64;
                out.push(queue);
            }
        }
        Ok(out)
    }
}

/// The words of a range and their addresses; `None` for a word that the dump lacks.
fn slots(space: &AddressSpace, range: Range<u64>) -> impl Iterator<Item = (u64, Option<u64>)> {
    range.step_by(space.pointer_size()).map(|slot| (slot, space.pointer(slot)))
}

/// A fast look at whether `bytes` may start with a queue that holds something.
fn shape(bytes: &[u8], fill: usize, p: usize) -> bool {
    let word = |i: usize| -> Option<u64> {
        let bytes = bytes.get(i * p..(i + 1) * p)?;
        Some(bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)))
    };
    // Nearly every place fails here, at the two words that are looked at first.
    let (Some(array), Some(end)) = (word(fill), word(fill + 1)) else { return false };
    if array == 0 || array >= end || !array.is_multiple_of(p as u64) {
        return false;
    }
    let mut last = array;
    for i in 0..fill {
        match word(i) {
            Some(next) if (last..=end).contains(&next) && next.is_multiple_of(p as u64) => last = next,
            _ => return false,
        }
    }
    last > array
}
