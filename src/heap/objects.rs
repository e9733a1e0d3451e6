//! Objects: address ⇄ id, type and size of each.
//!
//! Ids follow addresses. An address is a 32-bit distance (in units of the alignment) from the base of
//! its block, so an object costs 4 bytes for it, 4 for its type, 4 for its size.

use std::ops::Range;

use super::walk::Stretch;

/// A contiguous stretch of objects: a GC segment (or a part of one larger than 2^32 units).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub base: u64,
    /// Address behind its last object.
    pub end: u64,
    /// Id of its first object.
    pub first: u32,
}

/// All objects of a heap, in address order.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    pub(super) blocks: Vec<Block>,
    /// Bytes of an offset's unit.
    pub(super) unit: u32,
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

    /// From walked stretches in address order; `unit` is the alignment of objects.
    pub(super) fn from_stretches(stretches: Vec<Stretch>, unit: u32) -> Objects {
        let count = stretches.iter().map(|stretch| stretch.offsets.len()).sum();
        let mut out = Objects {
            blocks: Vec::with_capacity(stretches.len()),
            unit,
            offsets: Vec::with_capacity(count),
            types: Vec::with_capacity(count),
            sizes: Vec::with_capacity(count),
            large: Vec::new(),
        };
        // Each stretch is freed as soon as it is copied: the peak is one heap, not two.
        for stretch in stretches {
            let first = out.offsets.len() as u32;
            out.blocks.push(Block { base: stretch.base, end: stretch.end, first });
            out.offsets.extend_from_slice(&stretch.offsets);
            out.types.extend_from_slice(&stretch.types);
            out.sizes.extend_from_slice(&stretch.sizes);
            out.large.extend(stretch.large.iter().map(|&(index, size)| (first + index, size)));
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
        self.address_in(self.block_of(id), id)
    }

    fn address_in(&self, block: usize, id: u32) -> u64 {
        self.blocks[block].base + u64::from(self.offsets[id as usize]) * u64::from(self.unit)
    }

    /// The addresses of `id` and all objects behind it: faster than asking for each.
    pub fn addresses_from(&self, id: u32) -> impl Iterator<Item = u64> {
        let first_block = if self.is_empty() { 0 } else { self.block_of(id) };
        self.blocks[first_block..].iter().enumerate().flat_map(move |(i, block)| {
            let offsets = self.block_offsets(first_block + i);
            let skip = id.saturating_sub(block.first) as usize;
            offsets[skip..].iter().map(|&offset| block.base + u64::from(offset) * u64::from(self.unit))
        })
    }

    /// Its address, and its block: a guess that is right more often than not for the object behind it.
    pub(super) fn address_near(&self, id: u32, guess: usize) -> (u64, usize) {
        let follows = |next: &Block| next.first > id;
        let right = self.blocks.get(guess).is_some_and(|block| block.first <= id)
            && self.blocks.get(guess + 1).is_none_or(follows);
        let at = if right { guess } else { self.block_of(id) };
        (self.address_in(at, id), at)
    }

    fn block_of(&self, id: u32) -> usize {
        self.blocks.partition_point(|block| block.first <= id) - 1
    }

    /// Distances of the objects of a block from its base, in units.
    pub(super) fn block_offsets(&self, block: usize) -> &[u32] {
        let end = self.blocks.get(block + 1).map_or(self.len(), |next| next.first as usize);
        &self.offsets[self.blocks[block].first as usize..end]
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
        let slice = self.block_offsets(index);
        let units = u32::try_from((address - block.base) / u64::from(self.unit)).ok()?;
        let n = slice.partition_point(|&offset| offset <= units);
        n.checked_sub(1).map(|n| block.first + n as u32)
    }
}
