//! Questions about what does no work: duplicate strings, and every other kind of waste.
//!
//! Both are found once, by whichever panel asks first.

use std::sync::Arc;

use super::Opened;
use crate::analysis::strings::{Strings, duplicates};
use crate::analysis::waste::{Kind, Source, Waste, waste};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::runtime::Runtime;
use crate::view::waste::Line;

impl Opened {
    /// Strings of equal values.
    pub fn strings(&self, progress: &Progress) -> Result<Arc<Strings>> {
        if let Some(strings) = self.strings.get() {
            return Ok(strings.clone());
        }
        let found = Arc::new(duplicates(&self.heap.graph, &self.runtime()?.space, progress)?);
        Ok(self.strings.get_or_init(|| found).clone())
    }

    /// Memory that does no work.
    pub fn waste(&self, progress: &Progress) -> Result<Arc<Waste>> {
        if let Some(waste) = self.waste.get() {
            return Ok(waste.clone());
        }
        let strings = self.strings(progress)?;
        let liveness = self.scene()?.holders.liveness;
        let source = Source { graph: &self.heap.graph, runtime: self.runtime()?, liveness, strings: &strings };
        let found = Arc::new(waste(&source, progress)?);
        Ok(self.waste.get_or_init(|| found).clone())
    }

    /// The objects behind a line of the waste, ascending.
    pub fn wasted(&self, line: Line, progress: &Progress) -> Result<Vec<u32>> {
        let (strings, waste) = (self.strings(progress)?, self.waste(progress)?);
        let objects = &self.heap.graph.objects;
        let part = &waste.parts[line.part()];
        let mut meant = vec![false; self.heap.graph.types.len()];
        for (at, (index, _)) in part.types.iter().enumerate() {
            meant[*index as usize] = matches!(line, Line::Part(_)) || line == Line::Type(line.part(), at);
        }
        let of_type = |object: &u32| meant[objects.type_index(*object) as usize];
        let mut found: Vec<u32> = match part.kind {
            Kind::DuplicateStrings => {
                let copies = strings.groups.iter().flat_map(|group| &strings.objects(group)[1..]).copied();
                copies.filter(of_type).collect()
            }
            Kind::BoxedValues | Kind::Fragmentation => objects.ids().filter(of_type).collect(),
            _ => part.objects.iter().copied().filter(of_type).collect(),
        };
        progress.check()?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    fn runtime(&self) -> Result<&Runtime> {
        let none =
            || Error::Question(String::from("A .gcdump has no values in it: take a dump to see strings and waste."));
        self.heap.runtime.as_ref().ok_or_else(none)
    }
}
