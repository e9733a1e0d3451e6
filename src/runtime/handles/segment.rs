//! One handle segment: 64 KB at a multiple of 64 KB, a header of 4 KB, then handles in blocks of 64.
//!
//! The header's arrays have one entry a block, so with `b` = number of blocks every offset is a multiple
//! of `b` and the same formula holds for 32 and 64 bit. Behind them lie three arrays of two bytes a handle
//! *type*; how many types a runtime has is found from where the pointer back to the table stands. Pages that
//! were never committed are not in a dump: a missing block is an empty one.

use super::{Handle, HandleKind};
use crate::memory::AddressSpace;

pub(super) const ALIGNMENT: u64 = 0x10000;
const HEADER: usize = 0x1000;
const PER_BLOCK: usize = 64;
const UNUSED: u8 = 0xFF;
/// Bytes of all blocks' first arrays: 960 pointers' worth of blocks of 64 handles fill 60 KB.
const HANDLE_WORDS: usize = 960;
/// Numbers of internal handle types tried: 12 up to .NET 9, 13 in 10; the last one marks user data.
const TYPES: std::ops::RangeInclusive<usize> = 10..=20;

/// Where things are in a segment's header, by pointer size.
#[derive(Clone, Copy)]
struct Layout {
    pointer: usize,
    blocks: usize,
}

impl Layout {
    fn of(space: &AddressSpace) -> Layout {
        let pointer = space.pointer_size();
        Layout { pointer, blocks: HANDLE_WORDS / pointer }
    }

    fn block_types(self) -> usize {
        13 * self.blocks
    }

    fn user_data(self) -> usize {
        14 * self.blocks
    }

    fn next_segment(self, types: usize) -> usize {
        16 * self.blocks + 6 * types
    }

    fn table(self, types: usize) -> usize {
        self.next_segment(types) + self.pointer
    }
}

/// A segment whose header names its table.
pub(super) struct Segment {
    address: u64,
    types: usize,
    /// Address of the next segment of the table; 0 for the last one.
    pub next: u64,
    header: Vec<u8>,
    layout: Layout,
}

impl Segment {
    /// Reads the segment at `address` if it belongs to `table`.
    pub fn read(space: &AddressSpace, address: u64, table: u64) -> Option<Segment> {
        let layout = Layout::of(space);
        let types = tables_named(space, address).find(|&(_, named)| named == table)?.0;
        let mut header = vec![0; HEADER];
        space.read(address, &mut header)?;
        let next = space.pointer(address + layout.next_segment(types) as u64)?;
        Some(Segment { address, types, next, header, layout })
    }

    /// Its handles that are in use, in address order.
    pub fn handles(&self, space: &AddressSpace) -> Vec<Handle> {
        let of_blocks = |at: usize| &self.header[at..at + self.layout.blocks];
        let user_data = of_blocks(self.layout.user_data());
        let mut out = Vec::new();
        for (block, &kind) in of_blocks(self.layout.block_types()).iter().enumerate() {
            if kind == UNUSED || usize::from(kind) + 1 >= self.types {
                continue;
            }
            let Some(words) = self.block(space, block) else { continue };
            let user = usize::from(user_data[block]);
            let extra = if user < self.layout.blocks { self.block(space, user) } else { None };
            for (i, &object) in words.iter().enumerate().filter(|(_, object)| **object != 0) {
                out.push(Handle {
                    kind: HandleKind::from_index(kind),
                    address: self.block_address(block) + (i * self.layout.pointer) as u64,
                    object,
                    extra: extra.as_ref().map_or(0, |extra| extra[i]),
                });
            }
        }
        out
    }

    fn block_address(&self, block: usize) -> u64 {
        self.address + (HEADER + PER_BLOCK * self.layout.pointer * block) as u64
    }

    fn block(&self, space: &AddressSpace, block: usize) -> Option<[u64; PER_BLOCK]> {
        let start = self.block_address(block);
        let mut words = [0; PER_BLOCK];
        for (i, word) in words.iter_mut().enumerate() {
            *word = space.pointer(start + (i * self.layout.pointer) as u64)?;
        }
        Some(words)
    }
}

/// What the header at `address` may mean: (number of types, table), one for each number of types.
pub(super) fn tables_named(space: &AddressSpace, address: u64) -> impl Iterator<Item = (usize, u64)> {
    let layout = Layout::of(space);
    let header_end = address.is_multiple_of(ALIGNMENT).then(|| address.checked_add(ALIGNMENT)).flatten();
    TYPES.filter_map(move |types| {
        header_end?;
        let table = space.pointer(address + layout.table(types) as u64)?;
        (table != 0 && table.is_multiple_of(layout.pointer as u64)).then_some((types, table))
    })
}
