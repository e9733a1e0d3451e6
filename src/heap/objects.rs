//! Objects: address ⇄ id, type and size of each.
//!
//! Ids follow addresses. An address is a 32-bit distance (in units of the alignment) from the base of
//! its block, so an object costs 4 bytes for it, 4 for its type, 4 for its size.

use std::ops::Range;

/// A contiguous stretch of objects: a GC segment (or a part of one larger than 2^32 units).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Block {
    base: u64,
    end: u64,
    first: u32,
}

/// All objects of a heap, in address order.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    blocks: Vec<Block>,
    unit: u32,
    offsets: Vec<u32>,
    types: Vec<u32>,
    sizes: Vec<u32>,
    /// Objects of 4 GiB and more: `sizes` holds `u32::MAX` for them. Sorted by id.
    large: Vec<(u32, u64)>,
}

impl Objects {
    /// From (address, type index, size in bytes) in ascending address order; for tests and small graphs.
    ///
    /// # Panics
    /// If addresses do not ascend or are not multiples of 4.
    pub fn from_list(list: &[(u64, u32, u64)]) -> Objects {
        let mut out = Objects { unit: 4, ..Objects::default() };
        for (i, &(address, kind, size)) in list.iter().enumerate() {
            assert!(address % 4 == 0 && (i == 0 || list[i - 1].0 < address), "addresses must ascend");
            let fits = out.blocks.last().is_some_and(|block| (address - block.base) / 4 < u64::from(u32::MAX));
            if !fits {
                out.blocks.push(Block { base: address, end: 0, first: i as u32 });
            }
            let block = out.blocks.last_mut().expect("a block was just pushed");
            block.end = address + size.max(1);
            out.offsets.push(((address - block.base) / 4) as u32);
            out.push_type_and_size(i as u32, kind, size);
        }
        out
    }

    fn push_type_and_size(&mut self, id: u32, kind: u32, size: u64) {
        self.types.push(kind);
        match u32::try_from(size) {
            Ok(size) if size < u32::MAX => self.sizes.push(size),
            _ => {
                self.sizes.push(u32::MAX);
                self.large.push((id, size));
            }
        }
    }

    pub fn len(&self) -> usize {
        self.types.len()
    }

    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }

    pub fn ids(&self) -> Range<u32> {
        0..self.len() as u32
    }

    pub fn type_index(&self, id: u32) -> u32 {
        self.types[id as usize]
    }

    /// Type index of every object.
    pub fn type_indices(&self) -> &[u32] {
        &self.types
    }

    /// Size in bytes as the runtime computes it, not rounded up.
    pub fn size(&self, id: u32) -> u64 {
        match self.sizes[id as usize] {
            u32::MAX => self.large[self.large.partition_point(|&(large, _)| large < id)].1,
            size => u64::from(size),
        }
    }

    pub fn address(&self, id: u32) -> u64 {
        let block = &self.blocks[self.blocks.partition_point(|block| block.first <= id) - 1];
        block.base + u64::from(self.offsets[id as usize]) * u64::from(self.unit)
    }

    /// The object that starts at `address`.
    pub fn at(&self, address: u64) -> Option<u32> {
        let id = self.before(address)?;
        (self.address(id) == address).then_some(id)
    }

    /// The object that `address` points to or into.
    pub fn containing(&self, address: u64) -> Option<u32> {
        let id = self.before(address)?;
        (address - self.address(id) < self.size(id)).then_some(id)
    }

    /// The last object that starts at or before `address`, in the same block.
    fn before(&self, address: u64) -> Option<u32> {
        let index = self.blocks.partition_point(|block| block.base <= address).checked_sub(1)?;
        let block = self.blocks[index];
        if address >= block.end {
            return None;
        }
        let last = self.blocks.get(index + 1).map_or(self.len(), |next| next.first as usize);
        let slice = &self.offsets[block.first as usize..last];
        let units = u32::try_from((address - block.base) / u64::from(self.unit)).ok()?;
        let n = slice.partition_point(|&offset| offset <= units);
        n.checked_sub(1).map(|n| block.first + n as u32)
    }
}
