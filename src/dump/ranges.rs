//! Memory ranges as a file promises them → ranges that can be trusted.
//!
//! Takes ranges in any order, overlapping, past the end of the file or of the address space. Gives them
//! sorted, disjoint and clipped, with the promised bytes that the file lacks counted. Where two ranges
//! overlap, the one that starts lower has the bytes, so that nothing is dropped but what is there twice.

use std::cmp::Reverse;

use super::Range;

/// Ranges that every file may have however small it is; a hostile file must not make a table that is
/// much larger than itself, so beyond this there must be [`BYTES_PER_RANGE`] bytes of file a range.
const FREE_RANGES: u64 = 1 << 20;
const BYTES_PER_RANGE: u64 = 32;

/// Ranges being collected.
#[derive(Debug)]
pub struct Collector {
    file_len: u64,
    /// One past the highest address a pointer can hold (at most `u64::MAX`: the very last byte of a
    /// 64-bit address space has no end that a `u64` could hold, and no process has it).
    address_end: u64,
    ranges: Vec<Range>,
    missing: u64,
    refused: u64,
}

/// What came of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Collected {
    /// Sorted by address, disjoint, not empty, inside the file.
    pub ranges: Vec<Range>,
    /// Bytes that the ranges promise and the file does not have.
    pub missing: u64,
    /// Ranges beyond what a file of this length may list.
    pub refused: u64,
}

impl Collector {
    pub fn new(file_len: u64, pointer_size: usize) -> Collector {
        let address_end = if pointer_size == 4 { 1 << 32 } else { u64::MAX };
        Collector { file_len, address_end, ranges: Vec::new(), missing: 0, refused: 0 }
    }

    /// Adds a range as the file states it.
    pub fn push(&mut self, address: u64, len: u64, offset: u64) {
        if self.ranges.len() as u64 >= FREE_RANGES + self.file_len / BYTES_PER_RANGE {
            self.refused += 1;
            return;
        }
        let here = len.min(self.file_len.saturating_sub(offset));
        self.missing = self.missing.saturating_add(len - here);
        let len = here.min(self.address_end.saturating_sub(address));
        if len > 0 {
            self.ranges.push(Range { address, len, offset });
        }
    }

    /// Sorts, and cuts off what a range has in common with one before it.
    pub fn finish(self) -> Collected {
        let mut ranges = self.ranges;
        ranges.sort_unstable_by_key(|range| (range.address, Reverse(range.len), range.offset));
        let mut end = 0u64;
        ranges.retain_mut(|range| {
            let cut = end.saturating_sub(range.address).min(range.len);
            range.address += cut;
            range.offset += cut;
            range.len -= cut;
            end = end.max(range.address + range.len);
            range.len > 0
        });
        ranges.shrink_to_fit();
        Collected { ranges, missing: self.missing, refused: self.refused }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn collect(file_len: u64, pointer_size: usize, promised: &[(u64, u64, u64)]) -> Collected {
        let mut collector = Collector::new(file_len, pointer_size);
        for &(address, len, offset) in promised {
            collector.push(address, len, offset);
        }
        collector.finish()
    }

    /// Address → offset, byte by byte: the promised range with the lowest start has it.
    fn byte_map(file_len: u64, promised: &[(u64, u64, u64)]) -> Vec<Option<u64>> {
        let mut sorted = promised.to_vec();
        for range in &mut sorted {
            range.1 = range.1.min(file_len.saturating_sub(range.2));
        }
        sorted.sort_by_key(|&(address, len, offset)| (address, Reverse(len), offset));
        let mut map = vec![None; 256];
        for (address, len, offset) in sorted {
            for at in 0..len {
                map[(address + at) as usize].get_or_insert(offset + at);
            }
        }
        map
    }

    proptest! {
        #[test]
        fn every_byte_is_where_the_oracle_has_it(
            promised in proptest::collection::vec((0..200u64, 0..50u64, 0..120u64), 0..20)
        ) {
            let collected = collect(100, 8, &promised);
            let mut map = vec![None; 256];
            for range in &collected.ranges {
                prop_assert!(range.len > 0 && range.offset + range.len <= 100);
                for at in 0..range.len {
                    prop_assert_eq!(map[(range.address + at) as usize].replace(range.offset + at), None);
                }
            }
            prop_assert!(collected.ranges.is_sorted_by_key(|range| range.address));
            prop_assert_eq!(map, byte_map(100, &promised));
        }
    }

    #[test]
    fn what_the_file_lacks_is_counted() {
        let collected = collect(100, 8, &[(0x1000, 50, 80), (0x2000, 10, 300)]);
        assert_eq!(collected.ranges, [Range { address: 0x1000, len: 20, offset: 80 }]);
        assert_eq!(collected.missing, 40);
    }

    #[test]
    fn ranges_end_before_the_address_space_does() {
        assert_eq!(collect(100, 8, &[(u64::MAX - 10, 50, 0)]).ranges[0].len, 10);
        assert_eq!(collect(100, 8, &[(u64::MAX, 50, 0)]).ranges, []);
        assert_eq!(collect(100, 4, &[(0xffff_fff0, 50, 0)]).ranges[0].len, 16);
        assert_eq!(collect(100, 4, &[(0x1_0000_0000, 50, 0)]).ranges, []);
    }

    #[test]
    fn huge_lengths_and_offsets_do_not_wrap() {
        let collected = collect(100, 8, &[(0, u64::MAX, u64::MAX), (8, u64::MAX, 8)]);
        assert_eq!(collected.ranges, [Range { address: 8, len: 92, offset: 8 }]);
        assert_eq!(collected.missing, u64::MAX);
    }
}
