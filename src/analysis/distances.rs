//! How far every object is from the nearest root, in steps.
//!
//! One search in breadth from all retaining roots: 0 for what a root holds itself. It says how deep an object
//! lies, not why it is alive; for that there is [`super::cheapest`].

use super::retaining::Retaining;
use crate::heap::Graph;
use crate::progress::{Cancelled, Phase, Progress};

/// Marks what no root reaches.
pub const UNREACHED: u32 = u32::MAX;

/// Steps from the nearest root by object.
pub fn distances(graph: &Graph, retaining: &Retaining, progress: &Progress) -> Result<Vec<u32>, Cancelled> {
    progress.begin(Phase::Answer, graph.len() as u64);
    let mut distances = vec![UNREACHED; graph.len()];
    let mut now: Vec<u32> = Vec::new();
    for &root in retaining.roots() {
        let object = graph.roots[root as usize].object;
        if std::mem::replace(&mut distances[object as usize], 0) == UNREACHED {
            now.push(object);
        }
    }
    let (mut next, mut distance, mut steps) = (Vec::new(), 0, 0);
    while !now.is_empty() {
        distance += 1;
        for object in now.drain(..) {
            steps += 1;
            progress.check_at(steps)?;
            for target in retaining.references(graph, object) {
                if distances[target as usize] == UNREACHED {
                    distances[target as usize] = distance;
                    next.push(target);
                }
            }
        }
        std::mem::swap(&mut now, &mut next);
    }
    Ok(distances)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::testing::graph_of;

    #[test]
    fn the_nearest_root_counts_and_what_none_reaches_has_no_distance() {
        // 0 → 1 → 2 → 3 → 1, 4 is dead and refers to 3; roots hold 0 and 3.
        let graph = graph_of(&[vec![1], vec![2], vec![3], vec![1], vec![3]], &[0, 3], 1);
        let distances = distances(&graph, &Retaining::new(&graph, &[]), &Progress::new()).unwrap();
        assert_eq!(distances, [0, 1, 2, 0, UNREACHED]);
    }
}
