//! Runs put into the holes of an address space.

use crate::dump::Range;
use crate::memory::{AddressSpace, Run};

impl Run {
    pub(super) fn of(range: Range, source: u32) -> Run {
        Run { address: range.address, len: range.len, offset: range.offset, source }
    }

    fn end(&self) -> u64 {
        self.address + self.len
    }
}

impl AddressSpace {
    /// Adds what `runs` have where there is nothing yet (of two that overlap, what the first has); gives the
    /// number of bytes added. Runs must lie within their source and the address space.
    pub(super) fn fill(&mut self, runs: Vec<Run>) -> u64 {
        let mut added = 0;
        for run in runs {
            let mut holes = Vec::new();
            let mut at = run.address;
            let first = self.runs.partition_point(|here| here.end() <= run.address);
            let last = first + self.runs[first..].partition_point(|here| here.address < run.end());
            for (start, end) in
                self.runs[first..last].iter().map(|here| (here.address, here.end())).chain([(run.end(), run.end())])
            {
                if at < start {
                    let offset = run.offset + (at - run.address);
                    holes.push(Run { address: at, len: start - at, offset, source: run.source });
                }
                at = at.max(end);
            }
            added += holes.iter().map(|hole| hole.len).sum::<u64>();
            holes.extend_from_slice(&self.runs[first..last]);
            holes.sort_unstable_by_key(|run| run.address);
            self.runs.splice(first..last, holes);
        }
        added
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn only_holes_are_filled(
            here in proptest::collection::vec(any::<bool>(), 60),
            files in proptest::collection::vec((0..60u64, 1..20u64), 0..8),
        ) {
            // Byte by byte: the dump has 1s, file number n has n.
            let mut map: Vec<Option<u8>> = here.iter().map(|&here| here.then_some(1)).collect();
            map.resize(100, None);
            let pieces: Vec<(u64, &[u8])> =
                here.iter().enumerate().filter(|(_, here)| **here).map(|(at, _)| (at as u64, [1u8].as_slice())).collect();
            let mut space = AddressSpace::from_pieces(&pieces, 8);
            for (number, &(start, len)) in files.iter().enumerate() {
                let content = number as u8 + 2;
                space.sources.push(std::sync::Arc::new(crate::dump::Bytes::Owned(vec![content; 20])));
                let source = space.sources.len() as u32 - 1;
                let added = space.fill(vec![Run { address: start, len, offset: 0, source }]);
                let mut expected = 0;
                for byte in &mut map[start as usize..(start + len) as usize] {
                    expected += u64::from(byte.is_none());
                    byte.get_or_insert(content);
                }
                prop_assert_eq!(added, expected);
            }
            let found: Vec<Option<u8>> = (0..100).map(|at| space.u8(at)).collect();
            prop_assert_eq!(found, map);
            prop_assert!(space.runs.windows(2).all(|pair| pair[0].end() <= pair[1].address));
        }
    }
}
