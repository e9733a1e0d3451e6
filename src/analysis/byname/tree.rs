//! PerfView's spanning tree: which object counts as held by which.
//!
//! From the root everything is explored in order of priority, breadth first among equals. A node belongs
//! to the one that *saw* it first. A type's priority comes from patterns, a node's is that of its type and
//! a tenth of its parent's. All of it in 32-bit floats with PerfView's own queue, since ties are decided
//! by rounding. What no root reaches is visited last, below the pseudo frame [`ORPHANED`].

use super::Error;
use super::patterns::Priorities;
use super::queue::Queue;
use crate::gcdump::MemoryGraph;
use crate::progress::{CHECK_EVERY, Phase, Progress};

/// Parent of the root.
pub const NO_PARENT: u32 = u32::MAX;
/// Parent of those that neither a root nor another unreachable object leads to.
pub const ORPHANED: u32 = u32::MAX - 1;

/// Marks of the search for orphans: seen from another one, and the one that is looked from.
const SEEN: u32 = u32::MAX - 2;
const LOOKING: u32 = u32::MAX - 3;

/// A parent for every node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanningTree {
    /// By node: its parent, [`NO_PARENT`] or [`ORPHANED`].
    pub parents: Vec<u32>,
    /// All nodes as they were visited: parents before their children.
    pub order: Vec<u32>,
}

impl SpanningTree {
    /// Explores a graph with the given priorities (`pattern->number;…`, matched with bare type names).
    pub fn new(graph: &MemoryGraph, priorities: &str, progress: &Progress) -> Result<SpanningTree, Error> {
        let rules = Priorities::parse(priorities)?;
        let type_priorities: Vec<f32> = graph.types.iter().map(|kind| rules.of(&kind.name)).collect();
        progress.begin(Phase::Answer, graph.len() as u64);
        let mut search = Search {
            graph,
            type_priorities,
            priorities: vec![0.0; graph.len()],
            tree: SpanningTree { parents: vec![NO_PARENT; graph.len()], order: Vec::with_capacity(graph.len()) },
            queue: Queue::default(),
            pushes: 0.0,
        };
        search.queue.push(0.0, graph.root);
        search.run(progress)?;
        search.add_orphans(progress)?;
        search.run(progress)?;
        Ok(search.tree)
    }
}

struct Search<'a> {
    graph: &'a MemoryGraph,
    type_priorities: Vec<f32>,
    priorities: Vec<f32>,
    tree: SpanningTree,
    queue: Queue,
    /// 1e-7 for each node seen so far: among equal priorities the one seen first is bigger. It stops
    /// growing at 2.0, where 1e-7 is lost in rounding.
    pushes: f32,
}

impl Search<'_> {
    fn run(&mut self, progress: &Progress) -> Result<(), Error> {
        while let Some(node) = self.queue.pop() {
            let inherited = self.priorities[node as usize] / 10.0;
            for part in self.graph.children.row(node).chunks(CHECK_EVERY) {
                progress.check()?;
                for &child in part {
                    self.see(child, node, inherited);
                }
            }
            self.tree.order.push(node);
            if self.tree.order.len().is_multiple_of(CHECK_EVERY) {
                progress.add(CHECK_EVERY as u64);
            }
        }
        Ok(())
    }

    fn see(&mut self, child: u32, parent: u32, inherited: f32) {
        let c = child as usize;
        if self.tree.parents[c] != NO_PARENT || child == self.graph.root {
            return;
        }
        self.tree.parents[c] = parent;
        let priority = self.type_priorities[self.graph.kinds[c] as usize] + inherited;
        self.priorities[c] = priority;
        self.pushes += 1e-7;
        self.queue.push(priority - self.pushes, child);
    }

    /// Queues the nodes without a parent that no other such node leads to; of a cycle its lowest number.
    fn add_orphans(&mut self, progress: &Progress) -> Result<(), Error> {
        let parents = &mut self.tree.parents;
        let mut todo = Vec::new();
        for entry in 0..parents.len() as u32 {
            if parents[entry as usize] != NO_PARENT || entry == self.graph.root {
                continue;
            }
            parents[entry as usize] = LOOKING;
            todo.push(entry);
            while let Some(node) = todo.pop() {
                progress.check()?;
                for &child in self.graph.children.row(node) {
                    if parents[child as usize] == NO_PARENT && child != self.graph.root {
                        parents[child as usize] = SEEN;
                        todo.push(child);
                    }
                }
            }
            parents[entry as usize] = NO_PARENT;
        }
        for node in 0..parents.len() as u32 {
            match &mut parents[node as usize] {
                parent if *parent == SEEN => *parent = NO_PARENT,
                parent if *parent == NO_PARENT && node != self.graph.root => {
                    *parent = ORPHANED;
                    let priority = self.type_priorities[self.graph.kinds[node as usize] as usize];
                    self.queue.push(priority, node);
                }
                _ => {}
            }
        }
        Ok(())
    }
}
