//! A tree of objects the other way round: from each object to those below it.
//!
//! Every tree here (dominators, cheapest paths, PerfView's) is first of all one parent per object.
//! Going down needs the children, packed one object's after the other: 8 bytes an object, built by
//! counting and filling. Each thread counts and fills for its own range of parents, so there are
//! neither atomics nor a second copy.

use rayon::prelude::*;

use crate::progress::{CHECK_EVERY, Cancelled, Progress};

/// Children of every object of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Children {
    /// One more than there are objects: the children of `i` end where those of `i + 1` start.
    starts: Vec<u32>,
    targets: Vec<u32>,
}

impl Children {
    /// From the parent of each object; one that is no object (`parents.len()` and above) is nobody's.
    pub fn new(parents: &[u32], progress: &Progress) -> Result<Children, Cancelled> {
        let n = parents.len();
        let part = n.div_ceil(rayon::current_num_threads().clamp(1, 8)).max(1);
        // Shifted by two, then by one: counting puts the length of `p` at `p + 2`, filling moves the start
        // at `p + 1` up to the end, which is where the next one starts.
        let mut starts = vec![0u32; n + 2];
        starts[2..]
            .par_chunks_mut(part)
            .enumerate()
            .try_for_each(|(k, counts)| each_in(parents, k * part, counts.len(), progress, |_, at| counts[at] += 1))?;
        for i in 2..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut targets = vec![0u32; starts[n + 1] as usize];
        let mut slices = Vec::new();
        let mut rest = targets.as_mut_slice();
        for first in (0..n).step_by(part) {
            let len = starts[(first + part).min(n) + 1] - starts[first + 1];
            let (slice, tail) = rest.split_at_mut(len as usize);
            slices.push(slice);
            rest = tail;
        }
        starts[1..=n].par_chunks_mut(part).zip(slices).enumerate().try_for_each(|(k, (cursors, out))| {
            let first = cursors[0] as usize;
            each_in(parents, k * part, cursors.len(), progress, |child, at| {
                out[cursors[at] as usize - first] = child;
                cursors[at] += 1;
            })
        })?;
        starts.truncate(n + 1);
        Ok(Children { starts, targets })
    }

    /// The objects right below `object`, ascending.
    pub fn of(&self, object: u32) -> &[u32] {
        let at = object as usize;
        &self.targets[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    /// Weight of each object and everything below it, for the objects at or below `tops`; 0 elsewhere.
    pub fn sums(
        &self,
        tops: impl Iterator<Item = u32>,
        parents: &[u32],
        own: impl Fn(u32) -> u64,
        progress: &Progress,
    ) -> Result<Vec<u64>, Cancelled> {
        // Depth first: neighbours in the tree are mostly neighbours in memory.
        let mut open: Vec<u32> = tops.collect();
        let mut order: Vec<u32> = Vec::with_capacity(parents.len());
        let mut sums = vec![0u64; parents.len()];
        while let Some(object) = open.pop() {
            if order.len().is_multiple_of(CHECK_EVERY) {
                progress.check()?;
            }
            order.push(object);
            sums[object as usize] = own(object);
            open.extend_from_slice(self.of(object));
        }
        for &object in order.iter().rev() {
            let parent = parents[object as usize] as usize;
            if parent < sums.len() {
                sums[parent] += sums[object as usize];
            }
        }
        Ok(sums)
    }
}

/// Calls `each(child, parent - first)` for every child whose parent is one of `len` objects from `first` on.
fn each_in(
    parents: &[u32],
    first: usize,
    len: usize,
    progress: &Progress,
    mut each: impl FnMut(u32, usize),
) -> Result<(), Cancelled> {
    for (block, slice) in parents.chunks(CHECK_EVERY).enumerate() {
        progress.check()?;
        for (i, &parent) in slice.iter().enumerate() {
            let at = (parent as usize).wrapping_sub(first);
            if at < len {
                each((block * CHECK_EVERY + i) as u32, at);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Children;
    use crate::progress::Progress;

    #[test]
    fn children_come_back_ascending_and_outsiders_are_nobodys() {
        let parents = [9, 0, 0, 2, 7, u32::MAX, 2];
        let children = Children::new(&parents, &Progress::new()).unwrap();
        let rows: Vec<&[u32]> = (0..7).map(|i| children.of(i)).collect();
        assert_eq!(rows, [&[1, 2][..], &[], &[3, 6], &[], &[], &[], &[]]);
        let sums = children.sums([0].into_iter(), &parents, |i| u64::from(i) + 1, &Progress::new()).unwrap();
        assert_eq!(sums, [17, 2, 14, 4, 0, 0, 7]);
    }

    #[test]
    fn an_empty_heap_has_no_children() {
        assert_eq!(Children::new(&[], &Progress::new()).unwrap().starts, [0]);
    }

    #[test]
    fn a_cancelled_job_stops() {
        let progress = Progress::new();
        progress.cancel();
        assert!(Children::new(&[0, 0], &progress).is_err());
    }
}
