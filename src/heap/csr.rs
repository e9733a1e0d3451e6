//! Adjacency as flat arrays: row `i` is a slice of `u32` targets.
//!
//! Offsets take 4 bytes a row: a 64-bit base per 65 536 rows and the distance from it, so that
//! graphs of more than 2^32 edges fit and small ones pay nothing for it.

use rayon::prelude::*;

const BLOCK: usize = 1 << 16;

/// Compressed sparse rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Csr {
    base: Vec<u64>,
    /// One more than there are rows: row `i` ends where row `i + 1` starts.
    starts: Vec<u32>,
    targets: Vec<u32>,
}

impl Csr {
    /// From the length of each row and the targets of all rows, one after another.
    ///
    /// # Panics
    /// If the lengths do not add up to the number of targets.
    pub fn new(lengths: &[u32], targets: Vec<u32>) -> Csr {
        let mut base = Vec::with_capacity(lengths.len() / BLOCK + 1);
        let mut starts = Vec::with_capacity(lengths.len() + 1);
        let mut at = 0u64;
        for (i, len) in lengths.iter().chain([&0]).enumerate() {
            if i % BLOCK == 0 {
                base.push(at);
            }
            starts.push(u32::try_from(at - base[i / BLOCK]).expect("65 536 rows have less than 2^32 targets"));
            at += u64::from(*len);
        }
        assert_eq!(at, targets.len() as u64, "row lengths and targets disagree");
        Csr { base, starts, targets }
    }

    /// From a list of rows; for tests and small graphs.
    pub fn from_rows<R: AsRef<[u32]>>(rows: &[R]) -> Csr {
        let lengths: Vec<u32> = rows.iter().map(|row| row.as_ref().len() as u32).collect();
        Csr::new(&lengths, rows.iter().flat_map(|row| row.as_ref()).copied().collect())
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of edges.
    pub fn edges(&self) -> usize {
        self.targets.len()
    }

    fn start(&self, row: usize) -> usize {
        (self.base[row / BLOCK] + u64::from(self.starts[row])) as usize
    }

    /// The targets of a row, in the order they were given.
    pub fn row(&self, row: u32) -> &[u32] {
        let row = row as usize;
        &self.targets[self.start(row)..self.start(row + 1)]
    }

    /// All edges turned round: row `t` lists every source that has `t` among its targets, ascending,
    /// as often as it has it.
    ///
    /// Each thread looks at all edges and keeps those into its own range of rows, so that none waits for
    /// another and the scattered writes stay close together.
    pub fn transpose(&self) -> Csr {
        let share = self.len().div_ceil(rayon::current_num_threads()).max(1);
        let mut lengths = vec![0u32; self.len()];
        lengths.par_chunks_mut(share).enumerate().for_each(|(at, lengths)| {
            let first = at * share;
            for &target in &self.targets {
                if let Some(length) = lengths.get_mut((target as usize).wrapping_sub(first)) {
                    *length += 1;
                }
            }
        });
        let mut out = Csr::new(&lengths, vec![0; self.targets.len()]);
        let mut targets = std::mem::take(&mut out.targets);
        // What was a row's length becomes its next free place.
        let mut rest = targets.as_mut_slice();
        let mut shares = Vec::new();
        for (at, places) in lengths.chunks_mut(share).enumerate() {
            let first = at * share;
            let (mine, behind) = rest.split_at_mut(out.start(first + places.len()) - out.start(first));
            shares.push((first, places, mine));
            rest = behind;
        }
        shares.into_par_iter().for_each(|(first, places, mine)| {
            let begin = out.start(first);
            places.fill(0);
            for source in 0..self.len() as u32 {
                for &target in self.row(source) {
                    let row = (target as usize).wrapping_sub(first);
                    if let Some(place) = places.get_mut(row) {
                        mine[out.start(first + row) - begin + *place as usize] = source;
                        *place += 1;
                    }
                }
            }
        });
        Csr { targets, ..out }
    }
}

#[cfg(test)]
mod tests {
    use super::Csr;

    #[test]
    fn transposing_twice_sorts_the_rows_and_changes_nothing_else() {
        let csr = Csr::from_rows(&[vec![2, 1, 1], vec![], vec![0, 2]]);
        let back = csr.transpose();
        assert_eq!(back, Csr::from_rows(&[vec![2], vec![0, 0], vec![0, 2]]));
        assert_eq!(back.transpose(), Csr::from_rows(&[vec![1, 1, 2], vec![], vec![0, 2]]));
    }

    #[test]
    fn any_number_of_threads_turns_the_edges_round_alike() {
        let rows: Vec<Vec<u32>> =
            (0..500u32).map(|row| (0..row % 7).map(|edge| (row * row + edge * 31) % 500).collect()).collect();
        let csr = Csr::from_rows(&rows);
        let mut plain = vec![Vec::new(); rows.len()];
        for (source, row) in (0..).zip(&rows) {
            row.iter().for_each(|&target| plain[target as usize].push(source));
        }
        for threads in [1, 2, 3, 64] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| csr.transpose()), Csr::from_rows(&plain), "{threads} threads");
        }
    }
}
