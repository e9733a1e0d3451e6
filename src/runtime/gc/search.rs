//! Segments found by their own shape, for runtimes without GcDacVars (.NET Framework).
//!
//! All memory is looked through for the seven words of a heap_segment whose first object has a valid
//! method table. This finds every segment that has objects, and no false one, on every dump with which it
//! was tried. What it cannot tell: which generation a segment belongs to beyond its flags, which GC heap,
//! and the end of the open segment (its `allocated` may be stale), so `open_ends` is set and the
//! allocation contexts have to give that.

use super::Gc;
use super::segments::{Header, Segment, SegmentKind};
use crate::memory::AddressSpace;
use crate::progress::{Cancelled, Progress};
use crate::runtime::method_table::MethodTable;

/// Lowest address at which a heap can lie.
const LOWEST: u64 = 0x10000;
const PAGE: u64 = 0x1000;
const UNTOLD: &str = "GcDacVars were not found, so segments were found by their structure: generations of small objects, \
    and workstation or server GC with its heaps are not told.";

pub(super) fn find(space: &AddressSpace, progress: &Progress) -> Result<Gc, Cancelled> {
    let p = space.pointer_size();
    let mut headers = space.scan(&[], 7 * p, progress, |address, bytes, own, hits| {
        let first = (address.next_multiple_of(p as u64) - address) as usize;
        for at in (first..own).step_by(p) {
            let Some(bytes) = bytes.get(at..at + 7 * p) else { return };
            if let Some(header) = shape(bytes, address + at as u64, p)
                && first_object_is_valid(space, &header)
            {
                hits.push(header);
            }
        }
    })?;
    headers.sort_by_key(|header| (header.mem, header.address));
    // The header of a segment lies in its own first page, those of regions lie together elsewhere.
    let own = headers.iter().filter(|header| header.kind() != Some(SegmentKind::Frozen));
    let (first_page, elsewhere): (Vec<&Header>, Vec<&Header>) =
        own.partition(|header| header.mem.checked_sub(PAGE) == Some(header.address));
    let regions = elsewhere.len() > first_page.len();
    let mut segments: Vec<Segment> = Vec::new();
    for header in headers {
        // W^X maps loader pages twice and a copy of a header may lie in any buffer: one segment a start.
        if segments.last().is_some_and(|last| header.mem < last.committed) {
            continue;
        }
        segments.push(Segment {
            kind: header.kind().unwrap_or(SegmentKind::Small),
            heap: 0,
            start: header.mem,
            end: header.allocated,
            committed: header.committed,
            gen1_start: header.allocated,
            gen0_start: header.allocated,
        });
    }
    Ok(Gc {
        vars: None,
        segments,
        regions,
        open_ends: true,
        how: "heap segments by structure (generations and GC heaps unknown)".into(),
        warnings: vec![UNTOLD.to_owned()],
    })
}

fn shape(bytes: &[u8], address: u64, p: usize) -> Option<Header> {
    let mut words = [0u64; 7];
    for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(p)) {
        *word = if p == 8 {
            u64::from_le_bytes(chunk.try_into().expect("eight bytes"))
        } else {
            u64::from(u32::from_le_bytes(chunk.try_into().expect("four bytes")))
        };
    }
    let used = words[3];
    let header = Header::from_words(address, words, p as u64)?;
    let pages = header.committed.is_multiple_of(PAGE) && header.reserved.is_multiple_of(PAGE);
    // `used` of frozen segments lies below `allocated`, that of gen-2 regions at `mem`: only bounds hold.
    let bounded = used <= header.committed && used.saturating_add(0x100) >= header.mem;
    (header.mem >= LOWEST && pages && bounded && header.mem != header.committed).then_some(header)
}

fn first_object_is_valid(space: &AddressSpace, header: &Header) -> bool {
    let mask = if space.pointer_size() == 8 { !7 } else { !3 };
    let table = space.pointer(header.mem).map(|word| word & mask);
    table.is_some_and(|table| {
        !(header.mem..header.committed).contains(&table) && MethodTable::read(space, table).is_some()
    })
}
