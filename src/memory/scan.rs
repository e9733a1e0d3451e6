//! One parallel look at all memory of a dump.
//!
//! Structures are found by their shape, so discovery must be able to see every byte once, fast, and
//! without the GC heap where that is known and only a distraction.

use std::ops::Range;

use rayon::prelude::*;

use super::AddressSpace;
use crate::progress::{Cancelled, Progress};

/// Bytes one task looks at.
const CHUNK: usize = 4 << 20;

impl AddressSpace {
    /// Calls `visit(address, bytes, own, hits)` for chunks that cover all memory outside `skip` (sorted,
    /// not overlapping). `bytes` starts at `address`, which is a multiple of 8 wherever its run starts at
    /// one; it goes up to `overlap` bytes beyond the `own` bytes that this call answers for, so that a
    /// pattern across two chunks of one run is seen exactly once. Hits come back in address order.
    pub fn scan<T: Send>(
        &self,
        skip: &[Range<u64>],
        overlap: usize,
        progress: &Progress,
        visit: impl Fn(u64, &[u8], usize, &mut Vec<T>) + Sync,
    ) -> Result<Vec<T>, Cancelled> {
        let mut chunks = Vec::new();
        for (start, bytes) in self.runs() {
            let end = start + bytes.len() as u64;
            let mut at = start;
            let first = skip.partition_point(|range| range.end <= start);
            for range in skip[first..].iter().take_while(|range| range.start < end) {
                push_chunks(&mut chunks, start, at, range.start.max(at), bytes);
                at = range.end.clamp(at, end);
            }
            push_chunks(&mut chunks, start, at, end, bytes);
        }
        let found: Vec<Vec<T>> = chunks
            .into_par_iter()
            .map(|(address, bytes, own)| {
                progress.check()?;
                let mut hits = Vec::new();
                visit(address, &bytes[..bytes.len().min(own.saturating_add(overlap))], own, &mut hits);
                progress.add(own as u64);
                Ok(hits)
            })
            .collect::<Result<_, Cancelled>>()?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Every pointer-aligned word outside `skip` that `wanted` takes: its address and the word, in address
    /// order.
    pub fn scan_words(
        &self,
        skip: &[Range<u64>],
        progress: &Progress,
        wanted: impl Fn(u64) -> bool + Sync,
    ) -> Result<Vec<(u64, u64)>, Cancelled> {
        let p = self.pointer_size();
        self.scan(skip, p, progress, |address, bytes, own, hits| {
            let first = (address.next_multiple_of(p as u64) - address) as usize;
            let own = bytes.get(first..bytes.len().min(own.next_multiple_of(p))).unwrap_or(&[]);
            let mut look = |i: usize, word: u64| {
                if wanted(word) {
                    hits.push((address + (first + i * p) as u64, word));
                }
            };
            if p == 8 {
                for (i, word) in own.chunks_exact(8).enumerate() {
                    look(i, u64::from_le_bytes(word.try_into().expect("eight bytes")));
                }
            } else {
                for (i, word) in own.chunks_exact(4).enumerate() {
                    look(i, u64::from(u32::from_le_bytes(word.try_into().expect("four bytes"))));
                }
            }
        })
    }
}

/// Cuts `from..to` of the run at `start` into chunks; each keeps the bytes to the end of the run.
fn push_chunks<'a>(chunks: &mut Vec<(u64, &'a [u8], usize)>, start: u64, from: u64, to: u64, run: &'a [u8]) {
    let mut at = from;
    while at < to {
        let own = (to - at).min(CHUNK as u64) as usize;
        chunks.push((at, &run[(at - start) as usize..], own));
        at += own as u64;
    }
}
