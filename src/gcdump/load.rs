//! From any file to a heap: a dump is read as one, a `.gcdump` as one, whichever it is by its content.

use std::path::Path;
use std::time::Instant;

use super::{Gcdump, read};
use crate::dump::{self, Architecture, Container, Dump, Kind, Os, Process};
use crate::error::Result;
use crate::heap::{Facts, GcFacts, Heap, Options, RuntimeFacts};
use crate::progress::{Phase, Progress};

/// Opens a dump or a `.gcdump`. The latter has no runtime behind it: no field names and no values.
pub fn open_heap(path: &Path, options: &Options, progress: &Progress) -> Result<Heap> {
    let started = Instant::now();
    let opened = dump::open(path, progress)?;
    let mapped = (Phase::Map, started.elapsed().as_secs_f64());
    let mut heap = match opened.kind {
        Kind::Gcdump => read(path, &opened, progress)?.into_heap(path, progress)?,
        _ => Heap::from_dump(Dump::read(path, opened)?, options, progress)?,
    };
    heap.facts.timings.insert(0, mapped);
    Ok(heap)
}

impl Gcdump {
    /// The heap it holds; `path` is its file.
    pub fn into_heap(self, path: &Path, progress: &Progress) -> Result<Heap> {
        let started = Instant::now();
        let graph = self.graph.objects(progress)?;
        let mut warnings = vec![String::from(
            "A .gcdump holds types, sizes and references only: fields have no names and objects no values.",
        )];
        if !self.graph.multipliers.is_empty() {
            warnings.push(String::from(
                "It is a sample of a larger heap: counts and sizes are those of the objects in the file. \
                 PerfView's By Name scales them up.",
            ));
        }
        let facts = Facts {
            file: path.to_owned(),
            container: Container::Gcdump,
            os: Os::Other,
            architecture: if self.pointer_size == Some(4) { Architecture::X86 } else { Architecture::X64 },
            process: Process { id: self.process_id, path: self.process.map(String::from), taken: None },
            runtime: RuntimeFacts {
                name: String::from(".NET"),
                version: String::new(),
                how: vec![format!("a .gcdump of version {}", self.version)],
            },
            gc: GcFacts::default(),
            finalizable: 0,
            warnings,
            timings: vec![(Phase::References, started.elapsed().as_secs_f64())],
        };
        Ok(Heap { graph, facts, runtime: None })
    }
}
