//! The trees that a heap can be shown as, and the roots they hang from.
//!
//! In the dominator tree an object that no single root keeps alive is a child of the virtual root. A picture puts
//! it under the root its cheapest way comes from, and says that other roots hold it too (*shared*). To tell
//! that for all of them at once, sets of roots run along the references between tops; whether a set has none,
//! one or more members is all that counts, so each changes twice at most.

use super::build::{Source, Top};
use super::labels::Labels;
use super::tree::{Above, Entry, Preorder, Tree};
use crate::analysis::byname::{NO_PARENT, Nodes, ORPHANED, SpanningTree};
use crate::analysis::independent::Holders;
use crate::analysis::liveness::Liveness;
use crate::analysis::ranking::best_root;
use crate::heap::{Graph, RootKind};
use crate::progress::{Cancelled, Progress};

/// No object, no root.
const NONE: u32 = u32::MAX;

/// A tree of the whole heap with its first level, ready for pictures.
#[derive(Clone, Debug)]
pub struct Forest {
    /// `None`: the dominator tree.
    order: Option<Preorder>,
    entries: Vec<Entry>,
    tops: Vec<Top>,
}

impl Forest {
    /// The dominator tree: a box is what would be freed if it went.
    pub fn retained(holders: Holders<'_>, labels: &Labels, progress: &Progress) -> Result<Forest, Cancelled> {
        let Holders { graph, liveness } = holders;
        let Liveness { retaining, dominators, cheapest, tops, .. } = liveness;
        let roots = tops.labels(graph, retaining, dominators, cheapest);
        let held = root_sets(holders, progress)?;
        let tree = Tree::from(dominators);
        let tops = tree
            .children(0)
            .zip(roots.iter().zip(&held))
            .map(|(number, (&root, &set))| Top { number, label: labels.of_root(root), shared: set == Set::Several })
            .collect();
        let entries = entries(tree, graph, labels, progress)?;
        Ok(Forest { order: None, entries, tops })
    }

    /// Every object under the one through which it is reached most cheaply.
    pub fn cheapest(holders: Holders<'_>, labels: &Labels, progress: &Progress) -> Result<Forest, Cancelled> {
        let Holders { graph, liveness } = holders;
        let Liveness { cheapest, .. } = liveness;
        let above = |object: u32| match (cheapest.parent(object), cheapest.cost(object)) {
            (Some(parent), _) => Above::Object(parent),
            (None, Some(_)) => Above::Nothing,
            (None, None) => Above::Outside,
        };
        let order = Preorder::new(graph.len(), above, progress)?;
        Forest::of(order, holders, labels, progress)
    }

    /// PerfView's spanning tree: a box is what its Inc columns count.
    pub fn perfview(
        nodes: &Nodes,
        spanning: &SpanningTree,
        holders: Holders<'_>,
        labels: &Labels,
        progress: &Progress,
    ) -> Result<Forest, Cancelled> {
        // Pseudo nodes are no objects, and neither is what a reference that hits none leads to.
        let visits = spanning.order.iter().filter_map(|&node| {
            let above = match spanning.parents[node as usize] {
                NO_PARENT | ORPHANED => Above::Outside,
                parent => nodes.object(parent).map_or(Above::Nothing, Above::Object),
            };
            Some((nodes.object(node)?, above))
        });
        let order = Preorder::of_visits(holders.graph.len(), visits, progress)?;
        Forest::of(order, holders, labels, progress)
    }

    /// A tree whose tops are held by roots themselves.
    fn of(order: Preorder, holders: Holders<'_>, labels: &Labels, progress: &Progress) -> Result<Forest, Cancelled> {
        let Holders { graph, liveness } = holders;
        let tree = order.tree();
        let entries = entries(tree, graph, labels, progress)?;
        let top = |number: u32| {
            let roots = liveness.retaining.roots_of(graph, tree.objects[number as usize]);
            let root = best_root(graph, roots).unwrap_or(NONE);
            Top { number, label: labels.of_root(root), shared: false }
        };
        let tops = tree.children(0).map(top).collect();
        Ok(Forest { order: Some(order), entries, tops })
    }

    /// What pictures are built from; `count`: weigh objects, not bytes.
    pub fn source<'a>(&'a self, holders: Holders<'a>, labels: &'a Labels, count: bool) -> Source<'a> {
        let Holders { graph, liveness } = holders;
        let tree = match &self.order {
            None => Tree::from(&liveness.dominators),
            Some(order) => order.tree(),
        };
        Source { graph, labels, tree, entries: &self.entries, count, tops: &self.tops }
    }
}

/// What every picture of a tree asks of each object.
fn entries(tree: Tree<'_>, graph: &Graph, labels: &Labels, progress: &Progress) -> Result<Vec<Entry>, Cancelled> {
    let kind = |object| labels.of_type(graph.objects.type_index(object));
    tree.entries(kind, |object| graph.objects.size(object), progress)
}

/// The roots from which a top is reachable, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    Empty,
    One(u32),
    Several,
}

impl Set {
    fn with(self, other: Set) -> Set {
        match (self, other) {
            (Set::Empty, set) | (set, Set::Empty) => set,
            (Set::One(a), Set::One(b)) if a == b => self,
            _ => Set::Several,
        }
    }
}

/// Per top the roots that hold it, stacks left out.
fn root_sets(holders: Holders<'_>, progress: &Progress) -> Result<Vec<Set>, Cancelled> {
    let Holders { graph, liveness } = holders;
    let Liveness { retaining, dominators, cheapest, tops, .. } = liveness;
    let mut sets = vec![Set::Empty; tops.len()];
    // (from, to) where something below one top refers to another one.
    let mut edges: Vec<(u32, u32)> = Vec::new();
    let mut steps = 0;
    for top in 0..tops.len() as u32 {
        let object = tops.object(dominators, top);
        for &root in retaining.roots_of(graph, object) {
            if graph.roots[root as usize].kind != RootKind::Stack {
                sets[top as usize] = sets[top as usize].with(Set::One(root));
            }
        }
        for referrer in retaining.referrers(graph, object) {
            steps += 1;
            progress.check_at(steps)?;
            if cheapest.is_held_beyond_stacks(referrer)
                && let Some(from) = tops.of(dominators, referrer)
                && from != top
            {
                edges.push((from, top));
            }
        }
    }
    edges.sort_unstable();
    edges.dedup();
    let mut todo: Vec<u32> = (0..tops.len() as u32).filter(|&top| sets[top as usize] != Set::Empty).collect();
    while let Some(from) = todo.pop() {
        progress.check()?;
        let first = edges.partition_point(|edge| edge.0 < from);
        for &(_, to) in edges[first..].iter().take_while(|edge| edge.0 == from) {
            let joined = sets[to as usize].with(sets[from as usize]);
            if joined != sets[to as usize] {
                sets[to as usize] = joined;
                todo.push(to);
            }
        }
    }
    Ok(sets)
}
