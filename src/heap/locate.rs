//! Address → id for every reference of a heap, in a few nanoseconds.
//!
//! One bit per place where an object can start, with the number of objects before it beside each 64
//! bits: a reference costs one look at the page table (which block?) and one at the bits. Lives only
//! while references are read; afterwards a binary search in [`Objects`](super::Objects) is enough.

use rayon::prelude::*;

use super::Objects;

/// 64 places: their bits (low, high) and the id of the first object among or behind them.
type Line = [u32; 3];

/// Most pages in the page table; the page size follows from the heap's extent.
const MAX_PAGES: u64 = 1 << 18;
const MIN_PAGE_SHIFT: u32 = 16;

/// Where objects start.
#[derive(Debug)]
pub(super) struct Locator {
    blocks: Vec<Place>,
    lines: Vec<Line>,
    /// Open addressing: (page number + 1, index of the first block that reaches into the page).
    pages: Vec<(u64, u32)>,
    page_shift: u32,
    unit_shift: u32,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    base: u64,
    len: u64,
    first_line: usize,
}

impl Locator {
    pub fn new(objects: &Objects) -> Locator {
        let unit_shift = objects.unit.trailing_zeros();
        // Up to the last object's start, not its end: an object may claim to be longer than the dump is.
        let line_count =
            |index: usize| objects.block_offsets(index).last().map_or(0, |&offset| (offset as usize >> 6) + 1);
        let mut places = Vec::with_capacity(objects.blocks.len());
        let mut lines_before = 0;
        for (index, block) in objects.blocks.iter().enumerate() {
            let count = line_count(index);
            let len = (count as u64) << (6 + unit_shift);
            places.push(Place { base: block.base, len: len.min(block.end - block.base), first_line: lines_before });
            lines_before += count;
        }
        let mut lines = vec![[0; 3]; lines_before];
        let mut parts = Vec::with_capacity(objects.blocks.len());
        let mut rest = lines.as_mut_slice();
        for (index, block) in objects.blocks.iter().enumerate() {
            let (part, behind) = rest.split_at_mut(line_count(index));
            parts.push((part, objects.block_offsets(index), block.first));
            rest = behind;
        }
        parts.into_par_iter().for_each(|(lines, offsets, first_id)| fill(lines, offsets, first_id));
        let (pages, page_shift) = page_table(&places);
        Locator { blocks: places, lines, pages, page_shift, unit_shift }
    }

    /// The id of the object that starts at `address`.
    #[inline]
    pub fn find(&self, address: u64) -> Option<u32> {
        let mut index = self.first_block(address >> self.page_shift)? as usize;
        loop {
            let place = self.blocks.get(index)?;
            let distance = address.checked_sub(place.base)?;
            if distance < place.len {
                return self.find_in(place, distance);
            }
            index += 1;
        }
    }

    #[inline]
    fn find_in(&self, place: &Place, distance: u64) -> Option<u32> {
        let at = distance >> self.unit_shift;
        if at << self.unit_shift != distance {
            return None;
        }
        let [low, high, first] = self.lines[place.first_line + (at >> 6) as usize];
        let bits = u64::from(low) | u64::from(high) << 32;
        let bit = at & 63;
        (bits >> bit & 1 != 0).then(|| first + (bits & ((1 << bit) - 1)).count_ones())
    }

    #[inline]
    fn first_block(&self, page: u64) -> Option<u32> {
        let mut at = spread(page, self.pages.len());
        loop {
            match self.pages[at] {
                (0, _) => return None,
                (found, block) if found == page + 1 => return Some(block),
                _ => at = (at + 1) & (self.pages.len() - 1),
            }
        }
    }
}

fn fill(lines: &mut [Line], offsets: &[u32], first_id: u32) {
    let mut line = 0;
    for (i, &offset) in offsets.iter().enumerate() {
        let at = offset as usize >> 6;
        while line <= at {
            lines[line][2] = first_id + i as u32;
            line += 1;
        }
        lines[at][(offset >> 5 & 1) as usize] |= 1 << (offset & 31);
    }
}

/// A table from page number to the first block that reaches into the page. Pages are as small as they
/// can be with few entries, so that one look almost always finds the very block.
fn page_table(places: &[Place]) -> (Vec<(u64, u32)>, u32) {
    let bytes: u64 = places.iter().map(|place| place.len).sum();
    let mut shift = MIN_PAGE_SHIFT;
    while bytes >> shift > MAX_PAGES {
        shift += 1;
    }
    let pages_of = |place: &Place| place.base >> shift..=(place.base + place.len.max(1) - 1) >> shift;
    let count: u64 = places.iter().map(|place| pages_of(place).count() as u64).sum();
    let mut table = vec![(0, 0); (count as usize * 2).next_power_of_two().max(2)];
    for (index, place) in places.iter().enumerate() {
        for page in pages_of(place) {
            let mut at = spread(page, table.len());
            while table[at].0 != 0 && table[at].0 != page + 1 {
                at = (at + 1) & (table.len() - 1);
            }
            if table[at].0 == 0 {
                table[at] = (page + 1, index as u32);
            }
        }
    }
    (table, shift)
}

/// Fibonacci hashing: neighbouring pages land far from one another.
#[inline]
fn spread(page: u64, len: usize) -> usize {
    (page.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & (len - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_start_is_found_and_nothing_else() {
        let starts = [0x1000, 0x1018, 0x1200, 0x13f8, 0x1400, 0x3000, 0x4f40, 0x7f00_0000_0028, 0x7f00_0000_0230];
        let objects = Objects::from_list(&starts.map(|start| (start, 0, 12)));
        let locator = Locator::new(&objects);
        for around in starts {
            for address in around - 64..around + 64 {
                let id = starts.iter().position(|&start| start == address).map(|id| id as u32);
                assert_eq!(locator.find(address), id, "at {address:#x}");
            }
        }
        assert_eq!(locator.find(0), None);
        assert_eq!(locator.find(u64::MAX), None);
    }
}
