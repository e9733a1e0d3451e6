//! The cheapest way from a root to every object, as [`super::ranking`] counts cost.
//!
//! Dijkstra over the whole graph once, with a ring of buckets instead of a heap, since a step costs less
//! than 64. Afterwards the way to any object is a walk up its parents: a click needs no search.

use crate::heap::Graph;
use crate::progress::{Cancelled, Progress};

use super::ranking::{STACK, STEP_BOUND, StepCosts, best_root, root_cost};
use super::retaining::Retaining;

/// Marks an object whose cheapest way begins at itself: a root holds it.
const ROOT: u32 = u32::MAX;
/// Cost of what no root reaches.
const UNREACHED: u32 = u32::MAX;

/// How the cheapest way to an object ends.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    cost: u32,
    /// The object before it on the way, or [`ROOT`].
    parent: u32,
}

/// A way from a root to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Index of the root in [`Graph::roots`].
    pub root: u32,
    /// Objects from the one that the root holds to the one asked for.
    pub objects: Vec<u32>,
}

/// The tree of cheapest ways.
#[derive(Debug, Default)]
pub struct Cheapest(Vec<Arrival>);

impl Cheapest {
    pub fn new(graph: &Graph, retaining: &Retaining, progress: &Progress) -> Result<Cheapest, Cancelled> {
        let mut search = Search {
            graph,
            retaining,
            costs: StepCosts::new(graph),
            arrivals: vec![Arrival { cost: UNREACHED, parent: ROOT }; graph.len()],
            ring: vec![Vec::new(); STEP_BOUND as usize],
            waiting: 0,
        };
        let mut seeds: Vec<(u32, u32)> = Vec::new();
        for &root in retaining.roots() {
            let root = &graph.roots[root as usize];
            seeds.push((root_cost(root), root.object));
            let arrival = &mut search.arrivals[root.object as usize];
            arrival.cost = arrival.cost.min(root_cost(root));
        }
        seeds.sort_unstable();
        seeds.dedup();
        search.run(&seeds, progress)?;
        Ok(Cheapest(search.arrivals))
    }

    /// Cost of the cheapest way; `None` for what no root reaches.
    pub fn cost(&self, object: u32) -> Option<u32> {
        Some(self.0[object as usize].cost).filter(|&cost| cost != UNREACHED)
    }

    /// Is the object held, and by more than conservative stack words?
    pub fn is_held_beyond_stacks(&self, object: u32) -> bool {
        self.0[object as usize].cost < STACK
    }

    /// The object before this one on its cheapest way; `None` where a root holds it, or nothing does.
    pub fn parent(&self, object: u32) -> Option<u32> {
        Some(self.0[object as usize].parent).filter(|&parent| parent != ROOT)
    }

    /// The objects of the cheapest way, from the asked-for one upwards.
    pub fn upwards(&self, object: u32) -> impl Iterator<Item = u32> {
        std::iter::successors(Some(object), |&object| self.parent(object))
    }

    /// The cheapest way to an object; `None` if no root reaches it.
    pub fn path(&self, graph: &Graph, retaining: &Retaining, object: u32) -> Option<Path> {
        self.cost(object)?;
        let mut objects: Vec<u32> = self.upwards(object).collect();
        objects.reverse();
        let root = best_root(graph, retaining.roots_of(graph, objects[0]))?;
        Some(Path { root, objects })
    }
}

struct Search<'a> {
    graph: &'a Graph,
    retaining: &'a Retaining,
    costs: StepCosts,
    arrivals: Vec<Arrival>,
    /// Objects to be visited at cost c are in bucket c modulo its length.
    ring: Vec<Vec<u32>>,
    /// Objects in the ring.
    waiting: usize,
}

impl Search<'_> {
    /// `seeds` are (cost, object) in ascending order.
    fn run(&mut self, seeds: &[(u32, u32)], progress: &Progress) -> Result<(), Cancelled> {
        let mut seeds = seeds.iter().copied().peekable();
        let (mut cost, mut steps) = (0, 0);
        loop {
            if self.waiting == 0 {
                let Some(&(next, _)) = seeds.peek() else { return Ok(()) };
                cost = next;
            }
            while let Some((_, object)) = seeds.next_if(|&(at, _)| at == cost) {
                self.enter(object, cost);
            }
            let bucket = std::mem::take(&mut self.ring[(cost % STEP_BOUND) as usize]);
            self.waiting -= bucket.len();
            for &object in &bucket {
                steps += 1;
                progress.check_at(steps)?;
                // An object that was reached at a lower cost later on lies in two buckets.
                if self.arrivals[object as usize].cost == cost {
                    self.visit(object, cost);
                }
            }
            self.recycle(bucket, cost);
            cost += 1;
        }
    }

    fn enter(&mut self, object: u32, cost: u32) {
        self.ring[(cost % STEP_BOUND) as usize].push(object);
        self.waiting += 1;
    }

    /// Gives the bucket its memory back: rings go round millions of times.
    fn recycle(&mut self, mut bucket: Vec<u32>, cost: u32) {
        bucket.clear();
        self.ring[(cost % STEP_BOUND) as usize] = bucket;
    }

    fn visit(&mut self, object: u32, cost: u32) {
        let graph = self.graph;
        let plain = self.retaining.is_plain(object);
        let least = cost.saturating_add(self.costs.least(graph.objects.type_index(object)));
        for &target in graph.references.row(object) {
            let old = self.arrivals[target as usize];
            if plain && least > old.cost || !(plain || self.retaining.keeps(object, target)) {
                continue;
            }
            let new = cost.saturating_add(self.costs.step(graph, self.retaining, object, target));
            if new < old.cost {
                self.arrivals[target as usize] = Arrival { cost: new, parent: object };
                self.enter(target, new);
            } else if new == old.cost && old.parent != ROOT {
                let rank = |parent: u32| (self.arrivals[parent as usize].cost, parent);
                if rank(object) < rank(old.parent) {
                    self.arrivals[target as usize].parent = object;
                }
            }
        }
    }
}
