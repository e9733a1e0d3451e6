//! The graph as every question about "who keeps it alive" sees it: which roots retain, and which edges count.
//!
//! A static variable lives in an array (its bucket) that the runtime holds by a handle. Seen so, that handle
//! would hold the whole program. Hence a named static is a root of its own, and the edge out of its bucket
//! is cut: dominators, retained sizes, paths and independent roots then name the variable. Weak roots never
//! retain; a dependent handle is an edge from key to value. `--without-roots` leaves whole kinds out, with
//! a static also the edge it stands for.

use rustc_hash::FxHashMap;

use crate::heap::{ExtraKind, Graph, RootKind};
use crate::progress::{Cancelled, Progress};

use super::bits::Bits;

/// The type of the arrays in which the runtime keeps static variables that are references.
const BUCKET: &str = "System.Object[]";

/// Retaining roots and the edges that need a second look. Everything else is in the graph as it is.
#[derive(Clone, Debug, Default)]
pub struct Retaining {
    /// Indices of retaining roots in [`Graph::roots`], sorted by object.
    all: Vec<u32>,
    /// Those of them from which liveness starts: all, or all but the stack words that add nothing.
    roots: Vec<u32>,
    /// Objects with an edge in `cut` or `dependent`.
    special: Bits,
    /// (bucket, object) where every edge between the two is a named static, sorted.
    cut: Vec<(u32, u32)>,
    /// (key, value) of dependent handles, sorted.
    dependent: Vec<(u32, u32)>,
}

impl Retaining {
    /// All retaining roots but those of the kinds in `without`.
    pub fn new(graph: &Graph, without: &[RootKind]) -> Retaining {
        let keeps = |kind: RootKind| kind.retains() && without.iter().all(|left_out| left_out.id() != kind.id());
        let mut roots: Vec<u32> =
            (0..graph.roots.len() as u32).filter(|&root| keeps(graph.roots[root as usize].kind)).collect();
        roots.sort_by_key(|&root| graph.roots[root as usize].object);
        let mut cut = named_edges(graph);
        cut.extend(edges_named_without_address(graph));
        cut.sort_unstable();
        let mut dependent: Vec<(u32, u32)> = graph
            .extra
            .iter()
            .filter(|edge| edge.kind == ExtraKind::DependentHandle)
            .map(|edge| (edge.from, edge.to))
            .collect();
        dependent.sort_unstable();
        let mut special = Bits::new(graph.len());
        for &(from, _) in cut.iter().chain(&dependent) {
            special.insert(from);
        }
        Retaining { all: roots.clone(), roots, special, cut, dependent }
    }

    /// The same, with liveness starting from those conservative stack words only that hold what no other root
    /// reaches.
    ///
    /// A stack word says that an object may be held: a slot that is no longer used looks like any other. It keeps
    /// alive what would be dead without it, and takes nothing from the roots that do hold an object: what a static
    /// variable's cache retains does not shrink because an old word still points into it.
    pub fn stacks_last(mut self, graph: &Graph, progress: &Progress) -> Result<Retaining, Cancelled> {
        let is_stack = |root: u32| graph.roots[root as usize].kind == RootKind::Stack;
        if !self.all.iter().any(|&root| is_stack(root)) {
            return Ok(self);
        }
        let held = self.without(graph, RootKind::Stack).reached(graph, progress)?;
        self.roots.retain(|&root| !is_stack(root) || !held.contains(graph.roots[root as usize].object));
        Ok(self)
    }

    /// Everything that the roots reach.
    pub fn reached(&self, graph: &Graph, progress: &Progress) -> Result<Bits, Cancelled> {
        let mut held = Bits::new(graph.len());
        let mut todo: Vec<u32> = Vec::new();
        let objects = self.roots.iter().map(|&root| graph.roots[root as usize].object);
        todo.extend(objects.filter(|&object| held.insert(object)));
        let mut steps = 0;
        while let Some(object) = todo.pop() {
            steps += 1;
            progress.check_at(steps)?;
            todo.extend(self.references(graph, object).filter(|&to| held.insert(to)));
        }
        Ok(held)
    }

    /// The same without the roots of one kind (not a static one: its edge would stay cut).
    pub fn without(&self, graph: &Graph, kind: RootKind) -> Retaining {
        let mut other = self.clone();
        for roots in [&mut other.all, &mut other.roots] {
            roots.retain(|&root| graph.roots[root as usize].kind != kind);
        }
        other
    }

    /// Indices in [`Graph::roots`] of the roots from which liveness starts, sorted by the object they hold.
    pub fn roots(&self) -> &[u32] {
        &self.roots
    }

    /// Those of [`roots`](Self::roots) that hold `object` directly.
    pub fn roots_of(&self, graph: &Graph, object: u32) -> &[u32] {
        holding(&self.roots, graph, object)
    }

    /// The same with stack words that add nothing: all that points at something, to be listed; sorted by the
    /// object they hold.
    pub fn all_roots(&self) -> &[u32] {
        &self.all
    }

    /// True where every edge of `object` counts and costs a plain step: most objects, so ask this first.
    pub fn is_plain(&self, object: u32) -> bool {
        !self.special.contains(object)
    }

    /// Does the edge keep its target alive? Not if it is a bucket's, and a static variable speaks for it.
    pub fn keeps(&self, from: u32, to: u32) -> bool {
        self.is_plain(from) || self.cut.binary_search(&(from, to)).is_err()
    }

    /// Is there a dependent handle with this key and this value?
    pub fn is_dependent(&self, from: u32, to: u32) -> bool {
        !self.is_plain(from) && self.dependent.binary_search(&(from, to)).is_ok()
    }

    /// What `object` keeps alive.
    pub fn references<'a>(&'a self, graph: &'a Graph, object: u32) -> impl Iterator<Item = u32> + 'a {
        let plain = self.is_plain(object);
        graph.references.row(object).iter().copied().filter(move |&to| plain || self.keeps(object, to))
    }

    /// What keeps `object` alive, reachable or not.
    pub fn referrers<'a>(&'a self, graph: &'a Graph, object: u32) -> impl Iterator<Item = u32> + 'a {
        graph.referrers.row(object).iter().copied().filter(move |&from| self.keeps(from, object))
    }
}

/// Those of `roots`, sorted by object, that hold this one.
fn holding<'a>(roots: &'a [u32], graph: &Graph, object: u32) -> &'a [u32] {
    let holds = |root: &u32| graph.roots[*root as usize].object;
    let rest = &roots[roots.partition_point(|root| holds(root) < object)..];
    &rest[..rest.partition_point(|root| holds(root) == object)]
}

/// (bucket, object) for all objects that a bucket holds by named statics only.
fn named_edges(graph: &Graph) -> Vec<(u32, u32)> {
    let mut slots: Vec<(u32, u32, u64)> = graph
        .roots
        .iter()
        .filter(|root| matches!(root.kind, RootKind::Static | RootKind::ThreadStatic))
        .filter_map(|root| Some((graph.objects.containing(root.address)?, root.object, root.address)))
        .collect();
    slots.sort_unstable();
    slots.dedup();
    let mut cut = Vec::new();
    for of_bucket in slots.chunk_by(|a, b| a.0 == b.0) {
        let named = |target: u32| {
            let rest = &of_bucket[of_bucket.partition_point(|slot| slot.1 < target)..];
            rest.partition_point(|slot| slot.1 == target)
        };
        cut_from(graph, of_bucket[0].0, named, &mut cut);
    }
    cut
}

/// The same where slots have no address, as in a .gcdump: buckets are the arrays of objects that handles hold, and
/// a variable has one slot.
fn edges_named_without_address(graph: &Graph) -> Vec<(u32, u32)> {
    let mut named: FxHashMap<u32, usize> = FxHashMap::default();
    for root in graph.roots.iter().filter(|root| root.address == 0) {
        if matches!(root.kind, RootKind::Static | RootKind::ThreadStatic) {
            *named.entry(root.object).or_default() += 1;
        }
    }
    if named.is_empty() {
        return Vec::new();
    }
    let handles = [RootKind::StrongHandle, RootKind::PinnedHandle];
    let held = graph.roots.iter().filter(|root| handles.contains(&root.kind)).map(|root| root.object);
    let mut buckets: Vec<u32> = held.filter(|&object| *graph.type_of(object).name.full == *BUCKET).collect();
    buckets.sort_unstable();
    buckets.dedup();
    let mut cut = Vec::new();
    for bucket in buckets {
        cut_from(graph, bucket, |target| named.get(&target).copied().unwrap_or(0), &mut cut);
    }
    cut
}

/// Cuts a bucket's edges to every object that it refers to no more often than `named` slots hold that one.
fn cut_from(graph: &Graph, bucket: u32, named: impl Fn(u32) -> usize, cut: &mut Vec<(u32, u32)>) {
    let mut targets = graph.references.row(bucket).to_vec();
    targets.sort_unstable();
    let spoken_for = targets.chunk_by(|a, b| a == b).filter(|edges| edges.len() <= named(edges[0]));
    cut.extend(spoken_for.map(|edges| (bucket, edges[0])));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::testing::Sketch;

    /// Bucket 0 holds 1 by two named slots, 2 by a named and an unnamed one, 3 by an unnamed one.
    fn bucket() -> Graph {
        let mut sketch = Sketch::default();
        let bucket = sketch.object("System.Object[]", 64, &[1, 1, 2, 2, 3]);
        for _ in 1..=3 {
            sketch.object("T", 24, &[]);
        }
        let slot = sketch.address(bucket) + 16;
        sketch.root(RootKind::StrongHandle, "strong handle", 0, 0x10);
        sketch.root(RootKind::Static, "A.first", 1, slot);
        sketch.root(RootKind::Static, "A.second", 1, slot + 8);
        sketch.root(RootKind::Static, "A.third", 2, slot + 16);
        sketch.root(RootKind::WeakHandle, "weak handle", 3, 0x18);
        sketch.graph()
    }

    #[test]
    fn a_bucket_keeps_only_what_no_named_static_speaks_for() {
        let graph = bucket();
        let retaining = Retaining::new(&graph, &[]);
        assert_eq!(retaining.references(&graph, 0).collect::<Vec<_>>(), [2, 2, 3]);
        assert_eq!(retaining.referrers(&graph, 1).count(), 0);
        assert_eq!(retaining.roots_of(&graph, 1).len(), 2);
    }

    #[test]
    fn variables_without_addresses_speak_for_the_array_that_a_handle_holds() {
        let mut sketch = Sketch::default();
        let bucket = sketch.object("System.Object[]", 64, &[1, 2, 2]);
        sketch.object("T", 24, &[]);
        sketch.object("T", 24, &[]);
        sketch.object("System.Object[]", 32, &[1]);
        sketch.root(RootKind::StrongHandle, "StrongHandle", bucket, 0);
        sketch.root(RootKind::Static, "A.first", 1, 0);
        sketch.root(RootKind::Static, "A.second", 2, 0);
        let graph = sketch.graph();
        let retaining = Retaining::new(&graph, &[]);
        let kept = retaining.references(&graph, bucket).collect::<Vec<_>>();
        assert_eq!(kept, [2, 2], "one of both slots has no name");
        assert_eq!(retaining.references(&graph, 3).collect::<Vec<_>>(), [1], "no handle holds this array");
    }

    #[test]
    fn weak_roots_hold_nothing() {
        let graph = bucket();
        assert!(Retaining::new(&graph, &[]).roots_of(&graph, 3).is_empty());
    }

    #[test]
    fn leaving_statics_out_leaves_their_edges_out_too() {
        let graph = bucket();
        let retaining = Retaining::new(&graph, &[RootKind::Static]);
        assert!(retaining.roots_of(&graph, 1).is_empty());
        assert_eq!(retaining.references(&graph, 0).collect::<Vec<_>>(), [2, 2, 3]);
    }

    #[test]
    fn a_dependent_handle_is_an_edge_from_key_to_value() {
        let mut sketch = Sketch::default();
        sketch.object("Key", 24, &[]);
        sketch.object("Value", 24, &[]);
        sketch.dependent(0, 1);
        let graph = sketch.graph();
        let retaining = Retaining::new(&graph, &[]);
        assert_eq!(retaining.references(&graph, 0).collect::<Vec<_>>(), [1]);
        assert!(retaining.is_dependent(0, 1) && !retaining.is_dependent(1, 0));
    }

    #[test]
    fn a_stack_word_keeps_alive_what_nothing_else_does_and_takes_nothing_away() {
        // A static holds a cache with an entry; stack words point at the entry and at a leftover with a child.
        let mut sketch = Sketch::default();
        let cache = sketch.object("Cache", 24, &[1]);
        let entry = sketch.object("Entry", 24, &[]);
        let leftover = sketch.object("Leftover", 24, &[3]);
        sketch.object("Child", 24, &[]);
        sketch.root(RootKind::Static, "A.cache", cache, 0x10);
        sketch.root(RootKind::Stack, "stack of thread 1", entry, 0x20);
        sketch.root(RootKind::Stack, "stack of thread 1", leftover, 0x28);
        let graph = sketch.graph();
        let all = Retaining::new(&graph, &[]);
        assert_eq!(all.roots().len(), 3);
        let kept = all.stacks_last(&graph, &Progress::new()).unwrap();
        let objects: Vec<u32> = kept.roots().iter().map(|&root| graph.roots[root as usize].object).collect();
        assert_eq!(objects, [cache, leftover]);
    }
}
