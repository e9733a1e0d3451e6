//! Stacks and registers, read conservatively: every word that may point into the GC heap.
//!
//! Without the debugger's libraries nobody can say which words of a stack are live references, so all of
//! them count. What is found covers every root that a precise reader finds, and some more: the names of
//! these roots say *conservative*.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::threads::Thread;
use crate::dump;
use crate::memory::AddressSpace;
use crate::progress::{Cancelled, Progress};

/// A word that points into the GC heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackWord {
    /// Index of the thread.
    pub thread: u32,
    /// Where the word lies; 0 for a register.
    pub address: u64,
    pub value: u64,
}

/// All such words of the stacks and registers of `threads`, by thread, registers first. `heap` are the
/// ranges of the GC heap, sorted.
pub fn words(
    space: &AddressSpace,
    threads: &[Thread],
    os: &[dump::Thread],
    heap: &[Range<u64>],
    progress: &Progress,
) -> Result<Vec<StackWord>, Cancelled> {
    let by_id: FxHashMap<u32, &dump::Thread> = os.iter().map(|thread| (thread.id, thread)).collect();
    let Some(bounds) = heap.first().zip(heap.last()).map(|(first, last)| first.start..last.end) else {
        return Ok(Vec::new());
    };
    let in_heap = |value: u64| {
        bounds.contains(&value)
            && heap[..heap.partition_point(|r| r.start <= value)].last().is_some_and(|r| value < r.end)
    };
    let used = |thread: &Thread| {
        let pointer = by_id.get(&thread.os_id).map_or(0, |os| os.stack_pointer);
        pointer.max(thread.stack.start)
    };
    // No two threads share a stack: one whose base is only guessed ends where the next one begins, and a
    // broken dump cannot make us read memory twice.
    let mut order: Vec<usize> = (0..threads.len()).filter(|&i| !threads[i].stack.is_empty()).collect();
    order.sort_unstable_by_key(|&i| (used(&threads[i]), i));
    let mut out = Vec::new();
    for (i, thread) in threads.iter().enumerate() {
        let registers = by_id.get(&thread.os_id).map_or(&[][..], |os| &os.registers);
        let mut found: Vec<u64> = registers.iter().copied().filter(|&value| in_heap(value)).collect();
        found.sort_unstable();
        found.dedup();
        out.extend(found.into_iter().map(|value| StackWord { thread: i as u32, address: 0, value }));
    }
    for (place, &i) in order.iter().enumerate() {
        progress.check()?;
        let next = order.get(place + 1).map_or(u64::MAX, |&next| used(&threads[next]));
        aligned_words(space, used(&threads[i])..threads[i].stack.end.min(next), |address, value| {
            if in_heap(value) {
                out.push(StackWord { thread: i as u32, address, value });
            }
        });
    }
    out.sort_by_key(|word| word.thread);
    Ok(out)
}

/// Visits the pointer-aligned words of `range` that the dump has.
fn aligned_words(space: &AddressSpace, range: Range<u64>, mut visit: impl FnMut(u64, u64)) {
    let p = space.pointer_size();
    for (start, bytes) in space.parts(range.start & !(p as u64 - 1)..range.end) {
        let first = (start.next_multiple_of(p as u64) - start) as usize;
        for (i, word) in bytes.get(first..).unwrap_or(&[]).chunks_exact(p).enumerate() {
            let value = word.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte));
            visit(start + (first + i * p) as u64, value);
        }
    }
}
