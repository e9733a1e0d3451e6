//! Who keeps whom alive: everything that is worked out once, so that each question is a look-up.
//!
//! At rest it takes 28 bytes an object beside the graph.

use crate::heap::{Graph, RootKind};
use crate::progress::{Cancelled, Progress};

use super::cheapest::Cheapest;
use super::dominators::Dominators;
use super::retained::Retained;
use super::retaining::Retaining;
use super::tops::Tops;

/// What roots and references say about a graph.
#[derive(Debug, Default)]
pub struct Liveness {
    pub retaining: Retaining,
    pub dominators: Dominators,
    pub retained: Retained,
    pub cheapest: Cheapest,
    pub tops: Tops,
}

impl Liveness {
    /// Works it all out; roots of the kinds in `without` are left out.
    pub fn new(graph: &Graph, without: &[RootKind], progress: &Progress) -> Result<Liveness, Cancelled> {
        let retaining = Retaining::new(graph, without).stacks_last(graph, progress)?;
        let retained = || {
            let dominators = Dominators::new(graph, &retaining, progress)?;
            let retained = Retained::new(graph, &dominators, progress)?;
            Ok((dominators, retained))
        };
        let (retained, cheapest) = rayon::join(retained, || Cheapest::new(graph, &retaining, progress));
        let (dominators, retained) = retained?;
        let tops = Tops::new(&dominators);
        Ok(Liveness { cheapest: cheapest?, retaining, dominators, retained, tops })
    }
}
