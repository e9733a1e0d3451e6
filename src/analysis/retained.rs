//! Retained size: the bytes that would be free if an object were gone.
//!
//! What an object dominates is one range of the dominator tree's numbers, so a retained size is the
//! difference of two prefix sums. Of a set (a type, a selection) only the outermost objects count: what a
//! member retains below another member is already in that one's size.

use rayon::prelude::*;

use crate::heap::Graph;
use crate::progress::{CHECK_EVERY, Cancelled, Progress};

use super::dominators::Dominators;
use super::histogram::{Tally, TypeGroups};
use super::sets::Set;

/// Retained bytes of every object.
#[derive(Debug, Default)]
pub struct Retained {
    /// Per object; `u32::MAX` where `large` has it.
    sizes: Vec<u32>,
    /// (object, bytes) of those with 4 GiB and more, sorted.
    large: Vec<(u32, u64)>,
}

impl Retained {
    pub fn new(graph: &Graph, dominators: &Dominators, progress: &Progress) -> Result<Retained, Cancelled> {
        let objects = dominators.objects();
        let mut before = Vec::with_capacity(objects.len() + 1);
        // The virtual root has no bytes; `before[n]` sums the sizes of all numbers below n.
        before.extend([0, 0]);
        let mut sum = 0u64;
        for (at, &object) in objects.iter().enumerate().skip(1) {
            sum += graph.objects.size(object);
            before.push(sum);
            progress.check_at(at)?;
        }
        let mut sizes = vec![0u32; graph.len()];
        sizes.par_chunks_mut(CHECK_EVERY).enumerate().try_for_each(|(chunk, sizes)| {
            for (i, size) in sizes.iter_mut().enumerate() {
                if let Some(number) = dominators.number((chunk * CHECK_EVERY + i) as u32) {
                    let below = dominators.subtree(number);
                    let bytes = before[below.end as usize] - before[below.start as usize];
                    *size = u32::try_from(bytes).unwrap_or(u32::MAX);
                }
            }
            progress.check()
        })?;
        let bytes_of = |&object: &u32| {
            let below = dominators.subtree(dominators.number(object)?);
            Some((object, before[below.end as usize] - before[below.start as usize]))
        };
        let large = (0..sizes.len() as u32).into_par_iter().filter(|&object| sizes[object as usize] == u32::MAX);
        let large = large.filter_map(|object| bytes_of(&object)).collect();
        Ok(Retained { sizes, large })
    }

    /// Bytes that only this object keeps alive, its own among them; 0 for what is dead already.
    pub fn of(&self, object: u32) -> u64 {
        match self.sizes[object as usize] {
            u32::MAX => self.large[self.large.partition_point(|&(large, _)| large < object)].1,
            size => u64::from(size),
        }
    }

    /// Retained bytes and number of outermost objects of every group of types.
    pub fn by_type(
        &self,
        graph: &Graph,
        dominators: &Dominators,
        groups: &TypeGroups,
        progress: &Progress,
    ) -> Result<Vec<Tally>, Cancelled> {
        let mut tallies = vec![Tally::default(); groups.len()];
        // Per group: the number up to which everything lies below its last outermost object.
        let mut covered = vec![0u32; groups.len()];
        for (number, &object) in dominators.objects().iter().enumerate().skip(1) {
            let group = groups.group_of[graph.objects.type_index(object) as usize] as usize;
            if number as u32 >= covered[group] {
                covered[group] = dominators.ends()[number];
                tallies[group] += Tally { count: 1, bytes: self.of(object) };
            }
            progress.check_at(number)?;
        }
        Ok(tallies)
    }

    /// What the outermost of these objects retain, summed. Unreachable ones add nothing.
    pub fn of_set(&self, dominators: &Dominators, objects: &[u32]) -> u64 {
        let numbers = objects.iter().filter_map(|&object| dominators.number(object));
        let (mut covered, mut bytes) = (0, 0);
        Set::collect(dominators.objects().len(), objects.len(), numbers).for_each(|number| {
            if number >= covered {
                covered = dominators.subtree(number).end;
                bytes += self.of(dominators.object(number));
            }
        });
        bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::analysis::retaining::Retaining;
    use crate::analysis::testing::{graph_of, random_graph};

    fn retained(graph: &Graph) -> (Dominators, Retained) {
        let progress = Progress::new();
        let dominators = Dominators::new(graph, &Retaining::new(graph, &[]), &progress).unwrap();
        let retained = Retained::new(graph, &dominators, &progress).unwrap();
        (dominators, retained)
    }

    /// Bytes reachable while the objects in `gone` are gone.
    fn bytes_without(graph: &Graph, rows: &[Vec<u32>], roots: &[u32], gone: &[u32]) -> u64 {
        let mut seen = vec![false; rows.len()];
        let mut todo: Vec<u32> = roots.to_vec();
        let mut bytes = 0;
        while let Some(object) = todo.pop() {
            if !gone.contains(&object) && !std::mem::replace(&mut seen[object as usize], true) {
                bytes += graph.objects.size(object);
                todo.extend(&rows[object as usize]);
            }
        }
        bytes
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12_000))]

        #[test]
        fn retained_size_is_what_is_lost_when_the_object_goes((rows, roots) in random_graph(16)) {
            let graph = graph_of(&rows, &roots, 3);
            let (dominators, retained) = retained(&graph);
            let all = bytes_without(&graph, &rows, &roots, &[]);
            for object in graph.objects.ids() {
                let lost = all - bytes_without(&graph, &rows, &roots, &[object]);
                prop_assert_eq!(retained.of(object), lost);
            }
            // A type's figure sums its objects that no other one of it dominates.
            let groups = TypeGroups::by_method_table(&graph);
            let by_type = retained.by_type(&graph, &dominators, &groups, &Progress::new()).unwrap();
            for kind in 0..graph.types.len() as u32 {
                let of_type: Vec<u32> = graph.objects.ids().filter(|&o| graph.objects.type_index(o) == kind).collect();
                let outermost = of_type.iter().filter(|&&below| {
                    dominators.is_reachable(below)
                        && !of_type.iter().any(|&above| above != below && dominators.dominates(above, below))
                });
                let want: u64 = outermost.map(|&object| retained.of(object)).sum();
                prop_assert_eq!(by_type[kind as usize].bytes, want);
                prop_assert_eq!(retained.of_set(&dominators, &of_type), want);
            }
        }
    }

    #[test]
    fn in_a_diamond_a_spanning_tree_sum_is_not_the_retained_size() {
        // 0 → 1 → 3, 0 → 2 → 3. A spanning tree charges 3 to 1, though 1 alone keeps nothing but itself.
        let graph = graph_of(&[vec![1, 2], vec![3], vec![3], vec![]], &[0], 1);
        let (_, retained) = retained(&graph);
        let size = |object| graph.objects.size(object);
        let spanning_tree_sum = size(1) + size(3);
        assert_eq!(retained.of(1), size(1));
        assert_ne!(retained.of(1), spanning_tree_sum);
        assert_eq!(retained.of(0), graph.objects.ids().map(size).sum::<u64>());
    }

    #[test]
    fn four_gigabytes_and_more_are_kept_exactly() {
        let mut sketch = crate::analysis::testing::Sketch::default();
        sketch.object("A", 24, &[1, 2]);
        sketch.object("System.Byte[]", 3 << 30, &[]);
        sketch.object("System.Byte[]", 3 << 30, &[]);
        sketch.root(crate::heap::RootKind::StrongHandle, "strong handle", 0, 8);
        let graph = sketch.graph();
        let (_, retained) = retained(&graph);
        assert_eq!((retained.of(0), retained.of(1)), (24 + (6 << 30), 3 << 30));
    }
}
