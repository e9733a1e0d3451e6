//! How much of the heap each generation has, and how much of that is free space between objects.

use rayon::prelude::*;

use super::histogram::Tally;
use crate::heap::{Graph, TypeKind};
use crate::progress::{CHECK_EVERY, Cancelled, Progress};
use crate::runtime::gc::{Generation, Segment};

/// What lies in one generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// `None`: outside of all segments that are known, or nothing is said of segments.
    pub generation: Option<Generation>,
    /// Objects.
    pub used: Tally,
    /// Free blocks between them.
    pub free: Tally,
}

/// Shares of the generations that have anything in them, youngest first; `segments` by address.
pub fn generations(graph: &Graph, segments: &[Segment], progress: &Progress) -> Result<Vec<Share>, Cancelled> {
    const KINDS: usize = Generation::ALL.len() + 1;
    let objects = &graph.objects;
    let is_free: Vec<bool> = graph.types.iter().map(|info| info.kind == TypeKind::Free).collect();
    let parts = objects
        .type_indices()
        .par_chunks(CHECK_EVERY)
        .enumerate()
        .map(|(chunk, kinds)| {
            progress.check()?;
            let first = (chunk * CHECK_EVERY) as u32;
            let mut sums = [[Tally::default(); 2]; KINDS];
            let mut at = 0;
            for ((id, address), &kind) in (first..).zip(objects.addresses_from(first)).zip(kinds) {
                // Both go up, so the next segment is at most a few further.
                while segments.get(at).is_some_and(|segment| segment.end <= address) {
                    at += 1;
                }
                let segment = segments.get(at).filter(|segment| segment.start <= address);
                let generation = segment.map_or(KINDS - 1, |segment| segment.generation(address) as usize);
                let tally = Tally { count: 1, bytes: objects.size(id) };
                sums[generation][usize::from(is_free[kind as usize])] += tally;
            }
            Ok(sums)
        })
        .collect::<Result<Vec<_>, Cancelled>>()?;
    let names = Generation::ALL.into_iter().map(Some).chain([None]);
    let shares = names.enumerate().map(|(at, generation)| {
        let mut share = Share { generation, used: Tally::default(), free: Tally::default() };
        for part in &parts {
            share.used += part[at][0];
            share.free += part[at][1];
        }
        share
    });
    Ok(shares.filter(|share| share.used.count + share.free.count > 0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::testing::Sketch;
    use crate::runtime::gc::SegmentKind;

    #[test]
    fn objects_count_where_they_lie_and_free_blocks_apart() {
        let mut sketch = Sketch::default();
        for (name, size) in [("A", 24), ("Free", 32), ("A", 24), ("A", 4096)] {
            sketch.object(name, size, &[]);
        }
        let [start, second, third, last] = [0, 1, 2, 3].map(|object| sketch.address(object));
        let segment = |kind, start, end| Segment {
            kind,
            heap: 0,
            start,
            end,
            committed: end,
            gen1_start: second,
            gen0_start: third,
        };
        let segments = [segment(SegmentKind::Ephemeral, start, last), segment(SegmentKind::Large, last, last + 4096)];
        let found = generations(&sketch.graph(), &segments, &Progress::new()).unwrap();
        let tally = |count, bytes| Tally { count, bytes };
        let plain: Vec<_> = found.iter().map(|share| (share.generation, share.used, share.free)).collect();
        assert_eq!(
            plain,
            [
                (Some(Generation::Gen0), tally(1, 24), tally(0, 0)),
                (Some(Generation::Gen1), tally(0, 0), tally(1, 32)),
                (Some(Generation::Gen2), tally(1, 24), tally(0, 0)),
                (Some(Generation::Large), tally(1, 4096), tally(0, 0)),
            ]
        );
    }
}
