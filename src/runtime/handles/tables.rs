//! Which handle tables there are, and the segments of each.
//!
//! HandleTableMap {buckets, next, …} names ten buckets, a bucket {tables, index} an array of tables: one on a
//! workstation, one a processor with server GC; no count is kept, so the array is read until a word is no
//! table. A table is what one of whose first words names a segment that names the table back. The same
//! proof finds tables without a map.

use rustc_hash::FxHashSet;

use super::segment::{self, ALIGNMENT, Segment};
use crate::memory::AddressSpace;
use crate::progress::{Cancelled, Progress};

/// INITIAL_HANDLE_TABLE_ARRAY_SIZE.
const BUCKETS: u64 = 10;
/// More than any machine has processors.
const MAX_TABLES: u64 = 1024;
const MAX_NODES: usize = 1024;
/// Where pSegmentList lies in a table: 0x30 in .NET 8, 0xD0 in 3.1 on Linux.
const SEGMENT_LIST: std::ops::Range<u64> = 0x20..0x200;

/// Tables named by the handle table map at `map`, in the order of the map.
pub(super) fn of_map(space: &AddressSpace, map: u64) -> Vec<u64> {
    let p = space.pointer_size() as u64;
    let word = |address: u64, index: u64| space.pointer(address.checked_add(index * p)?).filter(|&word| word != 0);
    let mut out = Vec::new();
    let mut seen = FxHashSet::default();
    let mut node = Some(map);
    while let Some(at) = node.filter(|&at| seen.len() < MAX_NODES && seen.insert(at)) {
        if let Some(buckets) = word(at, 0) {
            for tables in (0..BUCKETS).filter_map(|i| word(word(buckets, i)?, 0)) {
                let of_bucket = (0..MAX_TABLES).map_while(|i| word(tables, i));
                out.extend(of_bucket.take_while(|&table| first_segment(space, table).is_some()));
            }
        }
        node = word(at, 1);
    }
    out
}

/// Tables found by their segments, in address order.
pub(super) fn search(space: &AddressSpace, progress: &Progress) -> Result<Vec<u64>, Cancelled> {
    let mut out = Vec::new();
    for (start, bytes) in space.runs() {
        progress.check()?;
        let end = start + bytes.len() as u64;
        let first = start.next_multiple_of(ALIGNMENT);
        for address in (first..end).step_by(ALIGNMENT as usize) {
            let tables = segment::tables_named(space, address).map(|(_, table)| table);
            out.extend(tables.filter(|&table| first_segment(space, table) == Some(address)));
        }
    }
    out.sort_unstable();
    out.dedup();
    Ok(out)
}

/// All segments of a table; `seen` are segments that were had before.
pub(super) fn segments(space: &AddressSpace, table: u64, seen: &mut FxHashSet<u64>) -> Vec<Segment> {
    let mut out = Vec::new();
    let mut next = first_segment(space, table).unwrap_or(0);
    while next != 0 && seen.insert(next) {
        let Some(segment) = Segment::read(space, next, table) else { break };
        next = segment.next;
        out.push(segment);
    }
    out
}

/// The segment that heads the table's list: it names the table back.
fn first_segment(space: &AddressSpace, table: u64) -> Option<u64> {
    SEGMENT_LIST.step_by(space.pointer_size()).find_map(|offset| {
        let address = space.pointer(table.checked_add(offset)?)?;
        let ours = address != 0 && segment::tables_named(space, address).any(|(_, named)| named == table);
        ours.then_some(address)
    })
}
