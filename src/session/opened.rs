//! An open dump and what has been found out about it so far.
//!
//! The type table is there from the start; retained sizes and what else needs the dominator tree follow
//! when [`Opened::analyse`] is through. Everything is shared and never changes once it is there.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use crate::analysis::dominators::Dominators;
use crate::analysis::histogram::{TypeGroups, histogram};
use crate::analysis::owned::owned;
use crate::analysis::retained::Retained;
use crate::analysis::retaining::Retaining;
use crate::error::Result;
use crate::heap::Heap;
use crate::progress::{Phase, Progress};
use crate::view::types::{Figures, TypeTable};

/// A heap with its answers.
#[derive(Debug)]
pub struct Opened {
    pub heap: Heap,
    /// Types that are one row to a person.
    pub groups: TypeGroups,
    first_table: Arc<TypeTable>,
    analysis: OnceLock<Analysis>,
}

/// What the dominator tree tells.
#[derive(Debug)]
pub struct Analysis {
    pub retaining: Retaining,
    pub dominators: Dominators,
    pub retained: Retained,
    pub table: Arc<TypeTable>,
    /// Seconds it took.
    pub seconds: f64,
}

impl Opened {
    /// Counts objects by type.
    pub fn new(heap: Heap, progress: &Progress) -> Result<Opened> {
        let groups = TypeGroups::by_name_and_assembly(&heap.graph);
        let tallies = groups.sum(&histogram(&heap.graph, progress)?);
        let figures: Vec<Figures> = tallies
            .iter()
            .map(|tally| Figures { count: tally.count, bytes: tally.bytes, ..Figures::default() })
            .collect();
        let first_table = Arc::new(TypeTable::new(&heap.graph.types, &groups, &figures, false));
        Ok(Opened { heap, groups, first_table, analysis: OnceLock::new() })
    }

    /// Computes dominators and retained sizes; what was computed before stays.
    pub fn analyse(&self, progress: &Progress) -> Result<()> {
        let (graph, started) = (&self.heap.graph, Instant::now());
        progress.begin(Phase::Dominators, graph.len() as u64);
        let retaining = Retaining::new(graph, &[]);
        let dominators = Dominators::new(graph, &retaining, progress)?;
        let retained = Retained::new(graph, &dominators, progress)?;
        let by_type = retained.by_type(graph, &dominators, &self.groups, progress)?;
        let owned = self.groups.sum(&owned(graph, &dominators, progress)?);
        let figures: Vec<Figures> = self
            .first_table
            .rows
            .iter()
            .map(|row| {
                let group = row.group as usize;
                Figures { owned: owned[group], retained: by_type[group].bytes, ..row.figures }
            })
            .collect();
        let table = Arc::new(self.first_table.with(figures));
        let seconds = started.elapsed().as_secs_f64();
        // A second analysis finds the same; the first one stays.
        let _ = self.analysis.set(Analysis { retaining, dominators, retained, table, seconds });
        Ok(())
    }

    /// What the dominator tree tells, once it is there.
    pub fn analysis(&self) -> Option<&Analysis> {
        self.analysis.get()
    }

    /// The type table with as many figures as are known.
    pub fn table(&self) -> &Arc<TypeTable> {
        self.analysis().map_or(&self.first_table, |analysis| &analysis.table)
    }
}
