//! Which roots hold an object, each on its own: freeing one of two does not free it.
//!
//! A walk from the object's top to the tops of all that refer to it, and on. Weak roots and conservative
//! stack words do not count; an edge out of a static's bucket counts as that static (see
//! [`super::retaining`]).

use crate::heap::{Graph, RootKind};

use super::bits::Bits;
use super::cheapest::Path;
use super::liveness::Liveness;

/// A graph and what is known about it: where questions about holders are asked.
#[derive(Clone, Copy, Debug)]
pub struct Holders<'a> {
    pub graph: &'a Graph,
    pub liveness: &'a Liveness,
}

impl Holders<'_> {
    /// The roots from which any of `objects` is reachable, as ascending indices into [`Graph::roots`]; at
    /// least `enough` of them where there are more.
    pub fn roots(self, objects: &[u32], enough: usize) -> Vec<u32> {
        let Liveness { retaining, dominators, cheapest, tops, .. } = self.liveness;
        let mut seen = Bits::new(tops.len());
        let mut todo: Vec<u32> = Vec::new();
        let mut visit = |object: u32, todo: &mut Vec<u32>| {
            if cheapest.is_held_beyond_stacks(object)
                && let Some(top) = tops.of(dominators, object)
                && seen.insert(top)
            {
                todo.push(top);
            }
        };
        objects.iter().for_each(|&object| visit(object, &mut todo));
        let mut roots = Vec::new();
        while let Some(top) = todo.pop() {
            let object = tops.object(dominators, top);
            let own = retaining.roots_of(self.graph, object).iter();
            roots.extend(own.filter(|&&root| self.graph.roots[root as usize].kind != RootKind::Stack));
            if roots.len() >= enough {
                break;
            }
            retaining.referrers(self.graph, object).for_each(|referrer| visit(referrer, &mut todo));
        }
        roots.sort_unstable();
        roots
    }

    /// Does no root hold this top alone? Then its bytes stay when the root it is put under lets go.
    pub fn is_shared(self, top: u32) -> bool {
        let Liveness { retaining, dominators, tops, .. } = self.liveness;
        let object = tops.object(dominators, top);
        // What roots hold only through other objects has several, or one object would dominate it.
        let roots = retaining.roots_of(self.graph, object);
        roots.is_empty() || self.roots(&[object], 2).len() > 1
    }

    /// The cheapest way to an object; `None` if no root reaches it.
    pub fn cheapest_path(self, object: u32) -> Option<Path> {
        let Liveness { retaining, cheapest, .. } = self.liveness;
        cheapest.path(self.graph, retaining, object)
    }
}
