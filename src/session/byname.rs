//! PerfView's By Name of an open heap, asked for again and again with other patterns.
//!
//! The graph and its spanning tree cost most and do not depend on the patterns, so they are made at the
//! first question and kept; other priorities need another tree, not another graph.

use std::sync::{Arc, Mutex, PoisonError};

use crate::analysis::byname::{Rules, SpanningTree, Table, by_name_in, memory_graph};
use crate::error::Result;
use crate::gcdump::MemoryGraph;
use crate::heap::Heap;
use crate::progress::Progress;

/// What is kept between two questions.
#[derive(Debug, Default)]
pub struct ByName(Mutex<Option<Explored>>);

#[derive(Clone, Debug)]
struct Explored {
    graph: Arc<MemoryGraph>,
    tree: Arc<SpanningTree>,
    priority: String,
}

impl ByName {
    /// The table by the given rules.
    pub fn table(&self, heap: &Heap, rules: &Rules, progress: &Progress) -> Result<Table> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let explored = match kept {
            Some(kept) if kept.priority == rules.priority => kept,
            kept => {
                let graph = match kept {
                    Some(kept) => kept.graph,
                    None => Arc::new(memory_graph(heap, &[], progress)?),
                };
                let tree = Arc::new(SpanningTree::new(&graph, &rules.priority, progress)?);
                let explored = Explored { graph, tree, priority: rules.priority.clone() };
                *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(explored.clone());
                explored
            }
        };
        Ok(by_name_in(&explored.graph, &explored.tree, rules, progress)?)
    }
}
