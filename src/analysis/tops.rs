//! The objects that no single object keeps alive: the children of the virtual root.
//!
//! Every edge into what a top dominates enters at the top itself, and every root holds a top. So the roots that
//! hold an object are those that hold its top, and to find them it is enough to look at tops and at what refers
//! to them: a graph much smaller than the heap.

use crate::heap::Graph;

use super::bits::Bits;
use super::cheapest::Cheapest;
use super::dominators::Dominators;
use super::ranking::{STACK, best_root, root_cost};
use super::retaining::Retaining;
use super::sets::Ranks;

/// All tops, by ascending number in the dominator tree.
#[derive(Debug, Default)]
pub struct Tops {
    numbers: Vec<u32>,
    /// The same as a set: which top a number lies below is asked for every object of a selection.
    ranks: Ranks,
}

impl Tops {
    pub fn new(dominators: &Dominators) -> Tops {
        let bound = dominators.objects().len();
        let following =
            |&number: &u32| Some(dominators.ends()[number as usize]).filter(|&next| (next as usize) < bound);
        let numbers: Vec<u32> =
            std::iter::successors(Some(1).filter(|&first| first < bound as u32), following).collect();
        let ranks = Ranks::new(Bits::of(bound, &numbers));
        Tops { numbers, ranks }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The object of a top, by its index.
    pub fn object(&self, dominators: &Dominators, top: u32) -> u32 {
        dominators.object(self.numbers[top as usize])
    }

    /// Index of the top that dominates the object with this number.
    pub fn of_number(&self, number: u32) -> u32 {
        self.ranks.up_to(number) - 1
    }

    /// Index of the top that dominates `object`; `None` if nothing keeps it alive.
    pub fn of(&self, dominators: &Dominators, object: u32) -> Option<u32> {
        dominators.number(object).map(|number| self.of_number(number))
    }

    /// Per top the root at which its cheapest way begins, as an index into [`Graph::roots`]; the ways to all that
    /// it dominates begin there too.
    pub fn origins(
        &self,
        graph: &Graph,
        retaining: &Retaining,
        dominators: &Dominators,
        cheapest: &Cheapest,
    ) -> Vec<u32> {
        let object = |top: u32| self.object(dominators, top);
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_by_key(|&top| cheapest.cost(object(top)));
        // The cheapest way to a top passes its parent's top, which is cheaper, so its origin is known.
        let mut origins = vec![u32::MAX; self.len()];
        for &top in &order {
            let above = cheapest.parent(object(top)).and_then(|parent| self.of(dominators, parent));
            let own = || best_root(graph, retaining.roots_of(graph, object(top)));
            origins[top as usize] = above.map(|above| origins[above as usize]).or_else(own).unwrap_or(u32::MAX);
        }
        origins
    }

    /// Per top the root it is put under, as an index into [`Graph::roots`]: its own best one where a root
    /// holds it directly, else the one at which its cheapest way begins.
    pub fn labels(
        &self,
        graph: &Graph,
        retaining: &Retaining,
        dominators: &Dominators,
        cheapest: &Cheapest,
    ) -> Vec<u32> {
        let mut labels = self.origins(graph, retaining, dominators, cheapest);
        // A way may begin further up than at the last root on it.
        for (top, label) in labels.iter_mut().enumerate() {
            let own = best_root(graph, retaining.roots_of(graph, self.object(dominators, top as u32)));
            *label = own.filter(|&root| root_cost(&graph.roots[root as usize]) < STACK).unwrap_or(*label);
        }
        labels
    }
}
