//! Wasted memory: one number and the parts it is made of.
//!
//! Takes an open heap, its dominators and its duplicate strings; gives a [`Part`] per kind of waste with the
//! types and objects behind it. Every part says what it would come to alone. The total counts each byte once:
//! what a forgotten event handler holds is wasted whole, so an empty list in it adds nothing.

mod arrays;
mod collections;
mod held;

use std::cmp::Reverse;

use super::bits::Bits;
use super::histogram::Tally;
use super::liveness::Liveness;
use super::strings::Strings;
use crate::heap::{Graph, TypeKind};
use crate::progress::{Cancelled, Phase, Progress};
use crate::runtime::Runtime;

/// A way to waste memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Strings of a value that another string has already.
    DuplicateStrings,
    /// Collections without an element, and the room they set aside.
    EmptyCollections,
    /// Unused room of collections that are at most half full.
    SparseCollections,
    /// Arrays of length 0 beyond the first of their type.
    EmptyArrays,
    /// Arrays at least half null, and arrays of nothing but zeros; those inside of collections are left out.
    SparseArrays,
    /// Values in objects of their own.
    BoxedValues,
    /// What only event handlers keep alive, where several subscribers of one type are forgotten so.
    EventHandlers,
    /// Timers.
    Timers,
    /// What only waits for a finalizer.
    FinalizerBacklog,
    /// Free blocks between objects.
    Fragmentation,
}

impl Kind {
    /// Are all bytes of its objects wasted, and all that they hold?
    fn is_whole(self) -> bool {
        matches!(self, Kind::EventHandlers | Kind::FinalizerBacklog)
    }

    /// Do its types alone say which objects they are?
    fn is_by_type(self) -> bool {
        matches!(self, Kind::DuplicateStrings | Kind::BoxedValues | Kind::Fragmentation)
    }
}

/// One kind of waste in a heap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub kind: Kind,
    pub count: u64,
    /// Bytes wasted.
    pub bytes: u64,
    /// Of timers: bytes that only they keep alive. They may be needed, so they are not counted as wasted.
    pub held: u64,
    /// Type index and what its objects waste, most first.
    pub types: Vec<(u32, Tally)>,
    /// Ids; empty where the types say it all (boxed values, Free) or [`Strings`] does.
    pub objects: Vec<u32>,
}

/// All waste of a heap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waste {
    /// Every wasted byte once.
    pub bytes: u64,
    /// Parts that waste something, most first.
    pub parts: Vec<Part>,
}

/// What the search for waste looks at.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    pub graph: &'a Graph,
    pub runtime: &'a Runtime,
    pub liveness: &'a Liveness,
    pub strings: &'a Strings,
}

/// An object and the bytes that it wastes.
type Hit = (u32, u64);

/// Finds all waste.
pub fn waste(source: &Source<'_>, progress: &Progress) -> Result<Waste, Cancelled> {
    progress.begin(Phase::Answer, 0);
    let Source { graph, strings, .. } = *source;
    let objects = &graph.objects;
    let mut sum = Sum { graph, whole: Bits::new(graph.len()), waste: Waste::default() };

    let forgotten = held::event_handlers(source, progress)?;
    let backlog = held::backlog(source, progress)?;
    sum.wasted_whole(backlog.iter().map(|&(object, _)| object));
    for &(object, _) in &forgotten {
        sum.wasted_whole(held::below(source, object));
    }
    sum.add(Kind::EventHandlers, forgotten, progress)?;
    sum.add(Kind::FinalizerBacklog, backlog, progress)?;

    let collections = collections::find(source, progress)?;
    let arrays = arrays::find(source, &collections.backing, progress)?;
    sum.add(Kind::EmptyCollections, collections.empty, progress)?;
    sum.add(Kind::SparseCollections, collections.sparse, progress)?;
    sum.add(Kind::EmptyArrays, arrays.empty, progress)?;
    sum.add(Kind::SparseArrays, arrays.sparse, progress)?;

    let copies = strings.groups.iter().flat_map(|group| &strings.objects(group)[1..]);
    sum.add(Kind::DuplicateStrings, copies.map(|&id| (id, objects.size(id))), progress)?;
    for (kind, of_type) in [(Kind::BoxedValues, boxes(source)), (Kind::Fragmentation, free(graph))] {
        let all = objects.ids().filter(|&id| of_type[objects.type_index(id) as usize]);
        sum.add(kind, all.map(|id| (id, objects.size(id))), progress)?;
    }
    let timers = held::timers(source);
    let held = source.liveness.retained.of_set(&source.liveness.dominators, &timers);
    sum.add(Kind::Timers, timers.into_iter().map(|id| (id, objects.size(id))), progress)?;

    let mut waste = sum.waste;
    waste.parts.retain(|part| part.count > 0);
    for timers in waste.parts.iter_mut().filter(|part| part.kind == Kind::Timers) {
        timers.held = held;
    }
    waste.parts.sort_by_key(|part| (Reverse(part.bytes), part.kind));
    Ok(waste)
}

/// Per type: is it a value type? Then its objects are boxes.
fn boxes(source: &Source<'_>) -> Vec<bool> {
    let types = source.graph.types.iter();
    types
        .map(|info| {
            info.kind == TypeKind::Object
                && source.runtime.types.is_value_type(&source.runtime.space, info.method_table)
        })
        .collect()
}

fn free(graph: &Graph) -> Vec<bool> {
    graph.types.iter().map(|info| info.kind == TypeKind::Free).collect()
}

/// Adds up parts.
struct Sum<'a> {
    graph: &'a Graph,
    /// Objects of which every byte is counted already.
    whole: Bits,
    waste: Waste,
}

impl Sum<'_> {
    fn wasted_whole(&mut self, objects: impl IntoIterator<Item = u32>) {
        for object in objects {
            if self.whole.insert(object) {
                self.waste.bytes += self.graph.objects.size(object);
            }
        }
    }

    fn add(&mut self, kind: Kind, hits: impl IntoIterator<Item = Hit>, progress: &Progress) -> Result<(), Cancelled> {
        let mut part = Part { kind, count: 0, bytes: 0, held: 0, types: Vec::new(), objects: Vec::new() };
        let mut tallies = vec![Tally::default(); self.graph.types.len()];
        for (at, (object, bytes)) in hits.into_iter().enumerate() {
            progress.check_at(at)?;
            part.count += 1;
            part.bytes += bytes;
            tallies[self.graph.objects.type_index(object) as usize] += Tally { count: 1, bytes };
            if !kind.is_whole() && !self.whole.contains(object) {
                self.waste.bytes += bytes;
            }
            if !kind.is_by_type() {
                part.objects.push(object);
            }
        }
        part.types = (0..).zip(tallies).filter(|(_, tally)| tally.count > 0).collect();
        part.types.sort_by_key(|(index, tally)| (Reverse(tally.bytes), *index));
        self.waste.parts.push(part);
        Ok(())
    }
}
