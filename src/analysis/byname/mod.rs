//! PERFVIEW'S "BY NAME": what each type weighs, by PerfView's own rules.
//!
//! Inclusive sums come from one spanning tree ([`SpanningTree`]), not from dominators: an object counts
//! to whatever reached it first. Patterns group, fold, exclude and include types by name ([`Rules`]); the
//! tree then becomes a call tree of frames, and that a table of one row a frame. Everything is added up
//! twice: in 32-bit floats in PerfView's order, which gives its very numbers, and exactly.

mod calls;
mod defaults;
mod frames;
mod groups;
mod kinds;
mod names;
mod of_heap;
mod patterns;
mod queue;
mod roots_of_heap;
mod sums;
mod table;
mod tree;

use crate::gcdump::MemoryGraph;
use crate::progress::{Cancelled, Progress};

pub use of_heap::{Nodes, memory_graph};
pub use tree::{NO_PARENT, ORPHANED, SpanningTree};

/// The texts of the boxes above PerfView's table, in its pattern language (`patterns.rs`, `groups.rs`).
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    pub group: String,
    pub fold: String,
    pub exclude: String,
    pub include: String,
    pub priority: String,
    /// Call nodes of less than this many percent of all bytes are folded into their caller; 0: none.
    pub fold_percent: f32,
}

/// The By Name table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What the patterns left of the heap.
    pub total: Weight,
    /// Heaviest first, by what they weigh themselves.
    pub rows: Vec<Row>,
}

/// One frame: a type, or the types of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub name: Box<str>,
    /// Its own objects and what was folded into them.
    pub exclusive: Weight,
    /// With everything that was first reached through them.
    pub inclusive: Weight,
}

/// Bytes and objects of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weight {
    /// The exact sum; where the heap was sampled, the estimate.
    pub bytes: u64,
    pub count: u64,
    /// What PerfView shows: a sum of 32-bit floats, in its order.
    pub perfview_bytes: f32,
    pub perfview_count: f32,
}

impl Table {
    /// What `Exc %` and `Inc %` show: of all bytes the patterns left. `None` where they left nothing.
    pub fn percent(&self, weight: &Weight) -> Option<f64> {
        (self.total.bytes > 0).then(|| weight.bytes as f64 * 100.0 / self.total.bytes as f64)
    }
}

impl From<sums::Sum> for Weight {
    fn from(sum: sums::Sum) -> Weight {
        Weight {
            bytes: sum.exact_bytes.round() as u64,
            count: sum.exact_count.round() as u64,
            perfview_bytes: sum.bytes,
            perfview_count: sum.count,
        }
    }
}

/// The table of a heap by the given rules.
pub fn by_name(graph: &MemoryGraph, rules: &Rules, progress: &Progress) -> Result<Table, Error> {
    let tree = SpanningTree::new(graph, &rules.priority, progress)?;
    by_name_in(graph, &tree, rules, progress)
}

/// The same with a tree made before: all but its priorities can change without a new one.
pub fn by_name_in(
    graph: &MemoryGraph,
    tree: &SpanningTree,
    rules: &Rules,
    progress: &Progress,
) -> Result<Table, Error> {
    let frames = frames::Frames::new(graph, rules)?;
    let calls = calls::CallTree::new(graph, tree, frames, progress)?;
    let sums = sums::Sums::new(graph, &tree.order, &calls, progress)?;
    Ok(table::table(&calls, sums, rules.fold_percent))
}

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the pattern {pattern} cannot be understood: {reason}")]
    Pattern { pattern: Box<str>, reason: Box<str> },
    #[error("the priority {rule} is not of the form PATTERN->NUMBER")]
    Priority { rule: Box<str> },
    #[error("there are more than 64 include patterns")]
    TooManyIncludes,
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl From<Error> for crate::Error {
    fn from(error: Error) -> crate::Error {
        match error {
            Error::Cancelled(cancelled) => crate::Error::Cancelled(cancelled),
            pattern => crate::Error::Question(pattern.to_string()),
        }
    }
}
