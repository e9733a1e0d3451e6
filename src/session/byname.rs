//! PerfView's By Name of an open heap, asked for again and again with other patterns.
//!
//! The graph and its spanning tree cost most and do not depend on the patterns, so they are made at the
//! first question and kept; other priorities need another tree, not another graph. PerfView's flame graph is that
//! same tree.

use std::sync::{Arc, Mutex, PoisonError};

use crate::analysis::byname::{Nodes, Rules, SpanningTree, Table, by_name_in};
use crate::error::Result;
use crate::heap::{Heap, RootKind};
use crate::progress::Progress;

/// What is kept between two questions.
#[derive(Debug, Default)]
pub struct ByName {
    /// Kinds of roots that are left out.
    without: Vec<RootKind>,
    kept: Mutex<Option<Explored>>,
}

/// A graph and its tree by some priorities.
#[derive(Clone, Debug)]
pub(super) struct Explored {
    pub nodes: Arc<Nodes>,
    pub tree: Arc<SpanningTree>,
    priority: String,
}

impl ByName {
    /// For a heap without roots of some kinds.
    pub fn new(without: Vec<RootKind>) -> ByName {
        ByName { without, ..ByName::default() }
    }

    /// The table by the given rules.
    pub fn table(&self, heap: &Heap, rules: &Rules, progress: &Progress) -> Result<Table> {
        let explored = self.explored(heap, &rules.priority, progress)?;
        Ok(by_name_in(&explored.nodes.graph, &explored.tree, rules, progress)?)
    }

    /// The graph and its tree by the given priorities.
    pub(super) fn explored(&self, heap: &Heap, priority: &str, progress: &Progress) -> Result<Explored> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let nodes = match kept {
            Some(kept) if kept.priority == priority => return Ok(kept),
            Some(kept) => kept.nodes,
            None => Arc::new(Nodes::new(heap, &self.without, progress)?),
        };
        let tree = Arc::new(SpanningTree::new(&nodes.graph, priority, progress)?);
        let explored = Explored { nodes, tree, priority: priority.to_owned() };
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(explored.clone());
        Ok(explored)
    }
}
