//! Questions about single objects: lists of them, what they say, what is in them.
//!
//! Each function is run by a worker; what a list needs of every object (steps from the nearest root) is made
//! once, when the first one asks for it.

use std::sync::Arc;

use super::{Analysis, Opened};
use crate::analysis::distances::distances;
use crate::error::Result;
use crate::progress::Progress;
use crate::view::inspection::Inspection;
use crate::view::instances::{Instances, Known, Query, value};
use crate::view::place::Subject;

/// Objects and how they are arranged.
#[derive(Clone, Debug)]
pub struct Listed {
    /// All of them, ascending.
    pub objects: Arc<[u32]>,
    pub instances: Arc<Instances>,
}

impl Opened {
    /// What is known of all objects, once retained sizes are there.
    pub fn known(&self) -> Option<Known<'_>> {
        self.analysis().map(|analysis| self.known_in(analysis))
    }

    fn known_in<'a>(&'a self, analysis: &'a Analysis) -> Known<'a> {
        let distances = analysis.distances.get().map(Vec::as_slice);
        Known { heap: &self.heap, retained: &analysis.liveness.retained, distances }
    }

    /// Counts steps from the nearest root, if that was not done yet.
    pub fn measure_distances(&self, progress: &Progress) -> Result<()> {
        let analysis = self.analysed()?;
        if analysis.distances.get().is_none() {
            let found = distances(&self.heap.graph, &analysis.liveness.retaining, progress)?;
            // Whoever was first found the same.
            let _ = analysis.distances.set(found);
        }
        Ok(())
    }

    /// The objects of a subject in order; `watched` is one whose place is wanted.
    pub fn list(&self, subject: &Subject, query: &Query, watched: Option<u32>, progress: &Progress) -> Result<Listed> {
        self.relist(self.objects_of(subject).into(), query, watched, progress)
    }

    /// The same objects in another order.
    pub fn relist(
        &self,
        objects: Arc<[u32]>,
        query: &Query,
        watched: Option<u32>,
        progress: &Progress,
    ) -> Result<Listed> {
        let known = self.known_in(self.analysed()?);
        let instances = Instances::arrange(known, &objects, query, watched, progress)?;
        Ok(Listed { objects, instances: Arc::new(instances) })
    }

    /// What these objects say of themselves.
    pub fn values_of(&self, objects: &[u32]) -> Vec<(u32, Option<Box<str>>)> {
        objects.iter().map(|&object| (object, value(&self.heap, object).map(Into::into))).collect()
    }

    /// The same object with a row opened or closed.
    pub fn toggle_row(&self, inspection: &Inspection, row: usize) -> Inspection {
        let mut inspection = inspection.clone();
        inspection.toggle(&self.heap, row);
        inspection
    }
}
