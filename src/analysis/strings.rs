//! Duplicate strings: which values the heap holds more than once, and what the copies cost.
//!
//! Takes the graph and the memory it came from, gives one [`Group`] per value that two or more strings
//! have, most wasteful first. A string costs 8 bytes while it works (half a hash and its id), nothing is
//! copied out of the dump: strings of one hash are compared byte by byte where they lie.

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};

use rayon::prelude::*;

use crate::heap::{Graph, TypeKind};
use crate::memory::AddressSpace;
use crate::progress::{CHECK_EVERY, Cancelled, Phase, Progress};
use crate::runtime::strings::utf16;

/// All strings of a heap, dead ones included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strings {
    /// Strings in the heap.
    pub count: u64,
    /// Bytes of all of them.
    pub total_bytes: u64,
    /// Bytes that one copy of each value would save.
    pub duplicate_bytes: u64,
    /// Strings whose characters the dump lacks; they are in `count` and `total_bytes` only.
    pub unread: u64,
    /// Most wasteful first; ties by address of the first string.
    pub groups: Vec<Group>,
    /// Ids of the strings of all groups, one group after another; see [`Strings::objects`].
    objects: Vec<u32>,
}

/// Two or more strings of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The string of the lowest address.
    pub first: u32,
    pub count: u32,
    /// Bytes of all of them.
    pub bytes: u64,
    /// Bytes of all but one.
    pub wasted: u64,
    start: u32,
}

impl Strings {
    /// Ids of the group's strings, ascending.
    pub fn objects(&self, group: &Group) -> &[u32] {
        &self.objects[group.start as usize..][..group.count as usize]
    }
}

/// Finds equal strings.
pub fn duplicates(graph: &Graph, space: &AddressSpace, progress: &Progress) -> Result<Strings, Cancelled> {
    progress.begin(Phase::Answer, graph.len() as u64);
    // Keyed anew in each run, so that no dump can be made whose strings all share a hash. What comes out
    // does not depend on the key: equal hashes are only a first sieve.
    let hasher = RandomState::new();
    let strings = Source { graph, space };
    let mut all = hash_all(&strings, &hasher, progress)?;
    let mut out = Strings { unread: all.unread, count: all.count, total_bytes: all.bytes, ..Strings::default() };
    all.keys.par_sort_unstable();

    // Keys of one hash never stand in two chunks.
    let chunks: Vec<&[u64]> = chunks_by_hash(&all.keys);
    let found: Vec<(Vec<Group>, Vec<u32>)> = chunks
        .into_par_iter()
        .map(|chunk| {
            progress.check()?;
            Ok(strings.group(chunk))
        })
        .collect::<Result<_, Cancelled>>()?;
    for (groups, objects) in found {
        let offset = out.objects.len() as u32;
        out.groups.extend(groups.into_iter().map(|group| Group { start: group.start + offset, ..group }));
        out.objects.extend(objects);
    }
    out.groups.par_sort_unstable_by_key(|group| (std::cmp::Reverse(group.wasted), group.first));
    out.duplicate_bytes = out.groups.iter().map(|group| group.wasted).sum();
    Ok(out)
}

#[derive(Default)]
struct Hashed {
    /// Upper half: upper half of the hash; lower half: id.
    keys: Vec<u64>,
    count: u64,
    bytes: u64,
    unread: u64,
}

fn hash_all(strings: &Source, hasher: &RandomState, progress: &Progress) -> Result<Hashed, Cancelled> {
    let is_string: Vec<bool> = strings.graph.types.iter().map(|info| info.kind == TypeKind::String).collect();
    let parts = (strings.graph.objects.type_indices().par_chunks(CHECK_EVERY).enumerate())
        .map(|(chunk, types)| {
            progress.check()?;
            let mut part = Hashed::default();
            for (i, _) in types.iter().enumerate().filter(|&(_, &kind)| is_string[kind as usize]) {
                let id = (chunk * CHECK_EVERY + i) as u32;
                part.count += 1;
                part.bytes += strings.graph.objects.size(id);
                match strings.characters(id) {
                    Some(bytes) => part.keys.push(hasher.hash_one(&*bytes) & !0xFFFF_FFFF | u64::from(id)),
                    None => part.unread += 1,
                }
            }
            progress.add(types.len() as u64);
            Ok(part)
        })
        .collect::<Result<Vec<Hashed>, Cancelled>>()?;
    let mut all =
        Hashed { keys: Vec::with_capacity(parts.iter().map(|part| part.keys.len()).sum()), ..Hashed::default() };
    for part in parts {
        all.keys.extend(part.keys);
        all.count += part.count;
        all.bytes += part.bytes;
        all.unread += part.unread;
    }
    Ok(all)
}

fn chunks_by_hash(mut keys: &[u64]) -> Vec<&[u64]> {
    let mut chunks = Vec::new();
    while keys.len() > CHECK_EVERY {
        let hash = keys[CHECK_EVERY] >> 32;
        let end = CHECK_EVERY + keys[CHECK_EVERY..].partition_point(|key| key >> 32 == hash);
        let (chunk, rest) = keys.split_at(end);
        chunks.push(chunk);
        keys = rest;
    }
    chunks.push(keys);
    chunks
}

struct Source<'a> {
    graph: &'a Graph,
    space: &'a AddressSpace,
}

impl<'a> Source<'a> {
    fn characters(&self, id: u32) -> Option<Cow<'a, [u8]>> {
        utf16(self.space, self.graph.objects.address(id), self.graph.objects.size(id))
    }

    /// The groups of a sorted run of keys and the ids in them.
    fn group(&self, keys: &[u64]) -> (Vec<Group>, Vec<u32>) {
        let (mut groups, mut objects) = (Vec::new(), Vec::new());
        for run in keys.chunk_by(|a, b| a >> 32 == b >> 32).filter(|run| run.len() > 1) {
            // Almost always one value; strings that only share a hash are split off round by round.
            let mut rest: Vec<u32> = run.iter().map(|&key| key as u32).collect();
            while let [first, others @ ..] = &rest[..] {
                let value = self.characters(*first);
                let (same, different): (Vec<u32>, Vec<u32>) =
                    others.iter().partition(|&&other| self.characters(other) == value);
                if !same.is_empty() {
                    groups.push(self.summary(*first, &same, objects.len() as u32));
                    objects.push(*first);
                    objects.extend(same);
                }
                rest = different;
            }
        }
        (groups, objects)
    }

    fn summary(&self, first: u32, others: &[u32], start: u32) -> Group {
        let wasted: u64 = others.iter().map(|&id| self.graph.objects.size(id)).sum();
        let bytes = wasted + self.graph.objects.size(first);
        Group { first, count: others.len() as u32 + 1, bytes, wasted, start }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::{Objects, TypeInfo};
    use crate::runtime::types::TypeName;

    /// A heap of strings (8-byte pointers), 64 bytes apart; `None` is an object of another type.
    fn heap(values: &[Option<&str>]) -> (Graph, AddressSpace) {
        let mut memory = vec![0u8; values.len() * 64];
        let mut list = Vec::new();
        for (i, value) in values.iter().enumerate() {
            let units: Vec<u16> = value.unwrap_or("same bytes, no string").encode_utf16().collect();
            let at = i * 64 + 8;
            memory[at..at + 4].copy_from_slice(&(units.len() as u32).to_le_bytes());
            for (k, unit) in units.iter().enumerate() {
                memory[at + 4 + 2 * k..][..2].copy_from_slice(&unit.to_le_bytes());
            }
            list.push((0x1_0000 + i as u64 * 64, u32::from(value.is_none()), 22 + 2 * units.len() as u64));
        }
        let info = |kind| TypeInfo { method_table: 0, name: TypeName::default(), assembly: "".into(), kind };
        let types = vec![info(TypeKind::String), info(TypeKind::Object)];
        let graph = Graph { objects: Objects::from_list(&list), types, ..Graph::default() };
        (graph, AddressSpace::from_pieces(&[(0x1_0000, &memory)], 8))
    }

    #[test]
    fn equal_strings_are_grouped_and_all_but_one_copy_is_waste() {
        let (graph, space) = heap(&[Some("b"), Some("aa"), None, Some("b"), Some("c"), Some("aa"), Some("aa"), None]);
        let found = duplicates(&graph, &space, &Progress::new()).unwrap();
        assert_eq!((found.count, found.unread), (6, 0));
        assert_eq!(found.total_bytes, 3 * 24 + 3 * 26);
        assert_eq!(found.duplicate_bytes, 2 * 26 + 24);
        let groups: Vec<_> = found.groups.iter().map(|g| (g.first, g.count, g.wasted, found.objects(g))).collect();
        assert_eq!(groups, [(1, 3, 52, &[1, 5, 6][..]), (0, 2, 24, &[0, 3][..])]);
    }

    #[test]
    fn strings_of_one_hash_but_different_values_stay_apart() {
        let (graph, space) = heap(&[Some("x"), Some("y"), Some("x"), Some("y"), Some("z")]);
        let (groups, objects) = Source { graph: &graph, space: &space }.group(&[0, 1, 2, 3, 4]);
        assert_eq!(groups.iter().map(|group| (group.first, group.count)).collect::<Vec<_>>(), [(0, 2), (1, 2)]);
        assert_eq!(objects, [0, 2, 1, 3]);
    }

    #[test]
    fn keys_of_one_hash_stay_in_one_chunk() {
        let keys: Vec<u64> = (0..3 * CHECK_EVERY as u64).map(|i| (i / 1000) << 32 | i).collect();
        let chunks = chunks_by_hash(&keys);
        assert_eq!(chunks.concat(), keys);
        assert!(chunks.windows(2).all(|pair| pair[0].last().unwrap() >> 32 != pair[1][0] >> 32));
    }
}
