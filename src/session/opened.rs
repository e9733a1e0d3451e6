//! An open dump and what has been found out about it so far.
//!
//! The type table is there from the start; retained sizes and what else needs the dominator tree follow
//! when [`Opened::analyse`] is through. Everything is shared and never changes once it is there.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use super::byname::ByName;
use super::flame::Flames;
use crate::analysis::histogram::{TypeGroups, histogram};
use crate::analysis::independent::Holders;
use crate::analysis::liveness::Liveness;
use crate::analysis::owned::owned;
use crate::analysis::strings::Strings;
use crate::analysis::waste::Waste;
use crate::error::{Error, Result};
use crate::heap::{FieldNames, Heap, RootKind};
use crate::progress::{Phase, Progress};
use crate::view::root_table::RootTable;
use crate::view::types::{Figures, TypeTable};

/// A heap with its answers.
#[derive(Debug)]
pub struct Opened {
    pub heap: Heap,
    /// Kinds of roots that keep nothing alive here.
    pub without_roots: Vec<RootKind>,
    /// Types that are one row to a person.
    pub groups: TypeGroups,
    pub fields: FieldNames,
    /// PerfView's table of it.
    pub by_name: Arc<ByName>,
    /// Found by whichever panel asks first.
    pub(super) strings: OnceLock<Arc<Strings>>,
    pub(super) waste: OnceLock<Arc<Waste>>,
    first_table: Arc<TypeTable>,
    analysis: OnceLock<Analysis>,
    problem: OnceLock<String>,
}

/// What roots and references tell.
#[derive(Debug)]
pub struct Analysis {
    pub liveness: Liveness,
    pub table: Arc<TypeTable>,
    pub flames: Flames,
    origins: OnceLock<Vec<u32>>,
    pub(super) roots: OnceLock<Arc<RootTable>>,
    /// Steps from the nearest root by object.
    pub(super) distances: OnceLock<Vec<u32>>,
    /// Seconds it took.
    pub seconds: f64,
}

impl Opened {
    /// Counts objects by type.
    pub fn new(heap: Heap, without_roots: Vec<RootKind>, progress: &Progress) -> Result<Opened> {
        let groups = TypeGroups::by_name_and_assembly(&heap.graph);
        let tallies = groups.sum(&histogram(&heap.graph, progress)?);
        let figures: Vec<Figures> = tallies
            .iter()
            .map(|tally| Figures { count: tally.count, bytes: tally.bytes, ..Figures::default() })
            .collect();
        let first_table = Arc::new(TypeTable::new(&heap.graph.types, &groups, &figures, false));
        let fields = FieldNames::new(&heap.graph);
        Ok(Opened {
            heap,
            by_name: Arc::new(ByName::new(without_roots.clone())),
            without_roots,
            groups,
            fields,
            strings: OnceLock::new(),
            waste: OnceLock::new(),
            first_table,
            analysis: OnceLock::new(),
            problem: OnceLock::new(),
        })
    }

    /// Computes dominators and retained sizes; what was computed before stays.
    pub fn analyse(&self, progress: &Progress) -> Result<()> {
        let (graph, started) = (&self.heap.graph, Instant::now());
        progress.begin(Phase::Dominators, graph.len() as u64);
        let liveness = Liveness::new(graph, &self.without_roots, progress)?;
        let by_type = liveness.retained.by_type(graph, &liveness.dominators, &self.groups, progress)?;
        let owned = self.groups.sum(&owned(graph, &liveness.dominators, progress)?);
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
        let _ = self.analysis.set(Analysis {
            liveness,
            table,
            flames: Flames::beside(self.by_name.clone()),
            origins: OnceLock::new(),
            roots: OnceLock::new(),
            distances: OnceLock::new(),
            seconds,
        });
        Ok(())
    }

    /// The root at which the cheapest way to an object begins, as an index into the graph's roots; `None` for
    /// what nothing keeps alive.
    pub fn origin(&self, object: u32) -> Option<u32> {
        let Analysis { liveness, origins, .. } = self.analysis()?;
        let Liveness { retaining, dominators, cheapest, tops, .. } = liveness;
        let origins = origins.get_or_init(|| tops.origins(&self.heap.graph, retaining, dominators, cheapest));
        let top = tops.of(dominators, object)?;
        Some(origins[top as usize]).filter(|&root| root != u32::MAX)
    }

    /// Where questions about holders are asked, once they can be.
    pub fn holders(&self) -> Option<Holders<'_>> {
        self.analysis().map(|analysis| Holders { graph: &self.heap.graph, liveness: &analysis.liveness })
    }

    /// Notes why there will be no analysis.
    pub(super) fn give_up(&self, problem: String) {
        // Only the first reason counts.
        let _ = self.problem.set(problem);
    }

    /// Why there will be no analysis.
    pub fn problem(&self) -> Option<&str> {
        self.problem.get().map(String::as_str)
    }

    /// What roots and references tell, once that is there.
    pub fn analysis(&self) -> Option<&Analysis> {
        self.analysis.get()
    }

    /// The same, for a question that needs it.
    pub fn analysed(&self) -> Result<&Analysis> {
        self.analysis().ok_or_else(|| Error::Question(String::from("Retained sizes are not there yet.")))
    }

    /// The type table with as many figures as are known.
    pub fn table(&self) -> &Arc<TypeTable> {
        self.analysis().map_or(&self.first_table, |analysis| &analysis.table)
    }
}
