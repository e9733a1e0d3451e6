//! Adjacency as flat arrays: row `i` is a slice of `u32` targets.
//!
//! Offsets take 4 bytes a row: a 64-bit base per 65 536 rows and the distance from it, so that
//! graphs of more than 2^32 edges fit and small ones pay nothing for it.

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
    pub fn transpose(&self) -> Csr {
        let mut lengths = vec![0u32; self.len()];
        for &target in &self.targets {
            lengths[target as usize] += 1;
        }
        let mut out = Csr::new(&lengths, vec![0; self.targets.len()]);
        let mut filled = lengths;
        filled.fill(0);
        for source in 0..self.len() as u32 {
            for &target in self.row(source) {
                let t = target as usize;
                let at = out.start(t) + filled[t] as usize;
                out.targets[at] = source;
                filled[t] += 1;
            }
        }
        out
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
}
