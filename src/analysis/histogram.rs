//! How many objects and bytes each type has: the plain table every other answer is measured against.
//!
//! Takes the graph, gives one [`Tally`] per type index, and groups types that are one row to a person:
//! several load contexts give one type several method tables, a window shows them as one name.

use std::hash::Hash;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::heap::{Graph, TypeInfo};
use crate::progress::{CHECK_EVERY, Cancelled, Progress};

/// Objects and bytes of one type or group of types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub count: u64,
    pub bytes: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.count += other.count;
        self.bytes += other.bytes;
    }
}

/// Count and bytes of every type, by type index; Free blocks and dead objects are in it.
pub fn histogram(graph: &Graph, progress: &Progress) -> Result<Vec<Tally>, Cancelled> {
    let objects = &graph.objects;
    let types = graph.types.len();
    // One array per worker, not one per chunk: a heap may have 100 000 types.
    let chunk = objects.len().div_ceil(rayon::current_num_threads()).max(CHECK_EVERY);
    let parts = objects
        .type_indices()
        .par_chunks(chunk)
        .enumerate()
        .map(|(part, kinds)| {
            let mut tallies = vec![Tally::default(); types];
            for (block, kinds) in kinds.chunks(CHECK_EVERY).enumerate() {
                progress.check()?;
                let first = part * chunk + block * CHECK_EVERY;
                for (i, &kind) in kinds.iter().enumerate() {
                    tallies[kind as usize] += Tally { count: 1, bytes: objects.size((first + i) as u32) };
                }
            }
            Ok(tallies)
        })
        .collect::<Result<Vec<_>, Cancelled>>()?;
    let mut total = vec![Tally::default(); types];
    for part in parts {
        for (sum, tally) in total.iter_mut().zip(part) {
            *sum += tally;
        }
    }
    Ok(total)
}

/// Types that are one row to a person: those of one name in one assembly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeGroups {
    /// Per type index its group.
    pub group_of: Vec<u32>,
    /// Per group its first type index.
    pub first: Vec<u32>,
}

impl TypeGroups {
    /// Groups types by full name and assembly; groups are in order of their first type.
    pub fn by_name_and_assembly(graph: &Graph) -> TypeGroups {
        TypeGroups::by(graph, |info| (&*info.name.full, &*info.assembly))
    }

    /// Groups types by what `key` tells of them; groups are in order of their first type.
    pub fn by<'a, K: Hash + Eq>(graph: &'a Graph, key: impl Fn(&'a TypeInfo) -> K) -> TypeGroups {
        let mut groups = TypeGroups::default();
        let mut known: FxHashMap<K, u32> = FxHashMap::default();
        for (index, info) in graph.types.iter().enumerate() {
            let group = *known.entry(key(info)).or_insert_with(|| {
                groups.first.push(index as u32);
                groups.first.len() as u32 - 1
            });
            groups.group_of.push(group);
        }
        groups
    }

    /// Each type its own group: a row per method table.
    pub fn by_method_table(graph: &Graph) -> TypeGroups {
        let all: Vec<u32> = (0..graph.types.len() as u32).collect();
        TypeGroups { group_of: all.clone(), first: all }
    }

    /// Number of groups.
    pub fn len(&self) -> usize {
        self.first.len()
    }

    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// Sums what is known per type into what is known per group.
    pub fn sum<T: Copy + Default + std::ops::AddAssign>(&self, per_type: &[T]) -> Vec<T> {
        let mut sums = vec![T::default(); self.len()];
        for (&group, &value) in self.group_of.iter().zip(per_type) {
            sums[group as usize] += value;
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::testing::graph_of;

    #[test]
    fn every_object_is_counted_once_whatever_its_chunk() {
        let rows = vec![vec![]; 2 * CHECK_EVERY + 10];
        let graph = graph_of(&rows, &[], 7);
        let tallies = histogram(&graph, &Progress::new()).unwrap();
        for (kind, tally) in tallies.iter().enumerate() {
            let of_type = graph.objects.ids().filter(|&o| graph.objects.type_index(o) == kind as u32);
            let sizes: Vec<u64> = of_type.map(|object| graph.objects.size(object)).collect();
            assert_eq!(*tally, Tally { count: sizes.len() as u64, bytes: sizes.iter().sum() });
        }
    }

    #[test]
    fn types_of_one_name_and_assembly_are_one_group() {
        let mut graph = graph_of(&[vec![], vec![], vec![]], &[], 3);
        graph.types[2].name = graph.types[0].name.clone();
        let groups = TypeGroups::by_name_and_assembly(&graph);
        assert_eq!(groups, TypeGroups { group_of: vec![0, 1, 0], first: vec![0, 1] });
        assert_eq!(groups.sum(&[1u64, 10, 100]), [101, 10]);
    }
}
