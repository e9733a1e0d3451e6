//! What a dump is: the facts that `info` and the window show beside the graph.

use std::path::PathBuf;

use super::Consistency;
use crate::dump::{Architecture, Container, Os, Process};
use crate::progress::Phase;
use crate::runtime::gc::{Gc, Generation, Segment};

/// Facts about an open dump.
#[derive(Clone, Debug)]
pub struct Facts {
    pub file: PathBuf,
    pub container: Container,
    pub os: Os,
    pub architecture: Architecture,
    pub process: Process,
    pub runtime: RuntimeFacts,
    pub gc: GcFacts,
    /// Objects registered for finalization, the f-reachable ones among them.
    pub finalizable: u64,
    /// What is missing or odd, in whole sentences.
    pub warnings: Vec<String>,
    /// Seconds per phase, in order.
    pub timings: Vec<(Phase, f64)>,
}

/// Which runtime it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuntimeFacts {
    /// `.NET`, `.NET Core`, `.NET Framework`.
    pub name: String,
    /// `8.0.31`; empty where it is not known.
    pub version: String,
    /// Which steps found what, in words.
    pub how: Vec<String>,
}

/// How the GC has laid out the heap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GcFacts {
    pub server: bool,
    pub regions: bool,
    /// 0 where nothing says how the GC worked: a .gcdump.
    pub heaps: u32,
    /// By address.
    pub segments: Vec<Segment>,
    /// How far the heap agrees with itself.
    pub consistency: Consistency,
}

impl GcFacts {
    /// The generation of the object at `address`; `None` outside of all segments.
    pub fn generation(&self, address: u64) -> Option<Generation> {
        let at = self.segments.partition_point(|segment| segment.start <= address).checked_sub(1)?;
        let segment = &self.segments[at];
        (address < segment.end).then(|| segment.generation(address))
    }

    pub(super) fn of(gc: &Gc, consistency: Consistency) -> GcFacts {
        let segments = gc.segments.clone();
        GcFacts { server: gc.is_server(), regions: gc.regions, heaps: gc.heaps(), segments, consistency }
    }
}
