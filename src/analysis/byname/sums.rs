//! What each call node weighs: by itself and with all it calls, as PerfView adds it up and exactly.
//!
//! PerfView adds one object after another in 32-bit floats, to its call node and to every caller. Up to
//! 2^24 such a sum is exact whatever the order, so only call nodes heavier than that are added up
//! in that order here; the others take the exact sum. In a tree so deep that even this would cost too
//! much (PerfView does not come back from one) all take the exact sum, rounded.

use super::Error;
use super::calls::{CallTree, NONE};
use crate::gcdump::MemoryGraph;
use crate::progress::{CHECK_EVERY, Progress};

/// Bytes and objects: as PerfView's floats and exactly (whole numbers, unless the heap was sampled).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sum {
    pub bytes: f32,
    pub count: f32,
    pub exact_bytes: f64,
    pub exact_count: f64,
}

impl Sum {
    pub fn add(&mut self, other: Sum) {
        self.bytes += other.bytes;
        self.count += other.count;
        self.add_exactly(other);
    }

    fn add_exactly(&mut self, other: Sum) {
        self.exact_bytes += other.exact_bytes;
        self.exact_count += other.exact_count;
    }
}

/// By call node.
#[derive(Debug)]
pub(super) struct Sums {
    pub exclusive: Vec<Sum>,
    pub inclusive: Vec<Sum>,
    /// The lowest address below it.
    pub lowest: Vec<u64>,
}

/// The largest float below which no whole number is missing.
const EXACT: f64 = (1 << 24) as f64;
/// Ordered additions that a node of the graph may cost on average.
const MOST_ADDITIONS: u64 = 128;

impl Sums {
    /// `order`: the nodes of the graph as they were visited.
    pub fn new(graph: &MemoryGraph, order: &[u32], calls: &CallTree, progress: &Progress) -> Result<Sums, Error> {
        let mut exclusive = vec![Sum::default(); calls.len()];
        let mut lowest = vec![u64::MAX; calls.len()];
        for part in order.chunks(CHECK_EVERY) {
            progress.check()?;
            for &node in part {
                let call = calls.call_of[node as usize];
                if call != NONE {
                    exclusive[call as usize].add(weight(graph, node));
                    let lowest = &mut lowest[call as usize];
                    *lowest = graph.addresses[node as usize].min(*lowest);
                }
            }
        }
        let mut inclusive = exclusive.clone();
        for call in (1..calls.len()).rev() {
            let caller = calls.callers[call] as usize;
            let below = inclusive[call];
            inclusive[caller].add_exactly(below);
            lowest[caller] = lowest[caller].min(lowest[call]);
        }
        let mut sums = Sums { exclusive, inclusive, lowest };
        sums.round(graph, order, calls, progress)?;
        Ok(sums)
    }

    /// Gives the inclusive sums their floats.
    fn round(
        &mut self,
        graph: &MemoryGraph,
        order: &[u32],
        calls: &CallTree,
        progress: &Progress,
    ) -> Result<(), Error> {
        let sampled = !graph.multipliers.is_empty();
        let is_heavy = |sum: &Sum| sampled || sum.exact_bytes > EXACT || sum.exact_count > EXACT;
        // By call node: the nearest heavy one at or above it, and how many there are on the way up.
        let mut heavy: Vec<u32> = Vec::with_capacity(calls.len());
        let mut depth: Vec<u32> = Vec::with_capacity(calls.len());
        for (call, sum) in self.inclusive.iter_mut().enumerate() {
            let caller = calls.callers[call];
            let above = if caller == NONE { (NONE, 0) } else { (heavy[caller as usize], depth[caller as usize]) };
            let here = if is_heavy(sum) { (call as u32, above.1 + 1) } else { above };
            heavy.push(here.0);
            depth.push(here.1);
            (sum.bytes, sum.count) = (sum.exact_bytes as f32, sum.exact_count as f32);
        }
        let objects = calls.call_of.iter().filter(|call| **call != NONE);
        let additions: u64 = objects.map(|call| u64::from(depth[*call as usize])).sum();
        if heavy[0] == NONE || additions > MOST_ADDITIONS * order.len() as u64 {
            return Ok(());
        }
        for (call, sum) in self.inclusive.iter_mut().enumerate() {
            if heavy[call] == call as u32 {
                (sum.bytes, sum.count) = (0.0, 0.0);
            }
        }
        for part in order.chunks(CHECK_EVERY) {
            progress.check()?;
            for &node in part {
                let call = calls.call_of[node as usize];
                if call == NONE {
                    continue;
                }
                let weight = weight(graph, node);
                let mut at = heavy[call as usize];
                while at != NONE {
                    let sum = &mut self.inclusive[at as usize];
                    sum.bytes += weight.bytes;
                    sum.count += weight.count;
                    let caller = calls.callers[at as usize];
                    at = if caller == NONE { NONE } else { heavy[caller as usize] };
                }
            }
        }
        Ok(())
    }
}

/// What one node counts: where the writer sampled, as much as the objects it stands for.
fn weight(graph: &MemoryGraph, node: u32) -> Sum {
    let size = graph.sizes[node as usize];
    // PerfView's sizes end at 2^31 - 1.
    let bytes = size.min(i32::MAX as u64) as f32;
    match graph.multipliers.get(graph.kinds[node as usize] as usize) {
        None => Sum { bytes, count: 1.0, exact_bytes: size as f64, exact_count: 1.0 },
        Some(&times) => {
            let exact = f64::from(times);
            Sum { bytes: bytes * times, count: times, exact_bytes: size as f64 * exact, exact_count: exact }
        }
    }
}
