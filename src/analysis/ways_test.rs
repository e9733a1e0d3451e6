//! Paths and holders against what a plain search finds on small random graphs.

use proptest::prelude::*;

use super::cheapest::Path;
use super::independent::Holders;
use super::liveness::Liveness;
use super::paths::paths;
use super::ranking::{StepCosts, root_cost};
use super::testing::Sketch;
use crate::heap::{Graph, RootKind};
use crate::progress::Progress;

struct Made {
    graph: Graph,
    liveness: Liveness,
}

impl Made {
    fn of(graph: Graph) -> Made {
        let liveness = Liveness::new(&graph, &[], &Progress::new()).unwrap();
        Made { graph, liveness }
    }

    fn holders(&self) -> Holders<'_> {
        Holders { graph: &self.graph, liveness: &self.liveness }
    }

    fn cost(&self, path: &Path) -> u64 {
        let costs = StepCosts::new(&self.graph);
        let step = |pair: &[u32]| u64::from(costs.step(&self.graph, &self.liveness.retaining, pair[0], pair[1]));
        let root = &self.graph.roots[path.root as usize];
        u64::from(root_cost(root)) + path.objects.windows(2).map(step).sum::<u64>()
    }

    /// Cost of the cheapest way from one root to every object, by relaxing all edges until nothing changes.
    fn costs_from(&self, root: u32) -> Vec<Option<u64>> {
        let costs = StepCosts::new(&self.graph);
        let mut best = vec![None; self.graph.len()];
        let start = &self.graph.roots[root as usize];
        best[start.object as usize] = Some(u64::from(root_cost(start)));
        loop {
            let before = best.clone();
            for from in self.graph.objects.ids() {
                let Some(cost) = best[from as usize] else { continue };
                for to in self.liveness.retaining.references(&self.graph, from) {
                    let new = cost + u64::from(costs.step(&self.graph, &self.liveness.retaining, from, to));
                    let old = &mut best[to as usize];
                    *old = Some(old.map_or(new, |old: u64| old.min(new)));
                }
            }
            if best == before {
                return best;
            }
        }
    }
}

const NAMES: [&str; 4] = ["App.A", "App.B", "System.Threading.TimerQueue", "System.RuntimeType"];
const KINDS: [RootKind; 4] = [RootKind::Static, RootKind::StrongHandle, RootKind::Stack, RootKind::WeakHandle];

prop_compose! {
    fn graph()(count in 1..14u32)(
        objects in prop::collection::vec((0..NAMES.len(), prop::collection::vec(0..count, 0..4)), count as usize),
        roots in prop::collection::vec((0..KINDS.len(), 0..count), 0..5),
        dependent in prop::collection::vec((0..count, 0..count), 0..2),
    ) -> Graph {
        let mut sketch = Sketch::default();
        for (name, row) in &objects {
            sketch.object(NAMES[*name], 32, row);
        }
        for (i, (kind, object)) in roots.into_iter().enumerate() {
            let name = if i % 2 == 0 { "App.Cache.s_all" } else { "System.Cache.s_all" };
            sketch.root(KINDS[kind], name, object, 8 + 8 * i as u64);
        }
        for (key, value) in dependent {
            sketch.dependent(key, value);
        }
        sketch.graph()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn paths_are_the_cheapest_of_each_root_and_roots_are_those_that_reach_the_object(graph in graph()) {
        let made = Made::of(graph);
        let from: Vec<(u32, Vec<Option<u64>>)> =
            made.liveness.retaining.roots().iter().map(|&root| (root, made.costs_from(root))).collect();
        for object in made.graph.objects.ids() {
            let mut by_root: Vec<(u64, u32)> =
                from.iter().filter_map(|(root, costs)| Some((costs[object as usize]?, *root))).collect();
            by_root.sort_unstable();
            let independent: Vec<u32> = {
                let named = |root: &u32| made.graph.roots[*root as usize].kind != RootKind::Stack;
                let mut roots: Vec<u32> = by_root.iter().map(|&(_, root)| root).filter(named).collect();
                roots.sort_unstable();
                roots
            };
            prop_assert_eq!(made.holders().roots(&[object], usize::MAX), independent);
            let found = paths(made.holders(), object, 8, &Progress::new()).unwrap();
            let cheapest = by_root.first().map(|&(cost, _)| cost);
            prop_assert_eq!(found.first().map(|path| made.cost(path)), cheapest);
            for path in &found {
                let start = path.objects[0];
                prop_assert!(made.liveness.retaining.roots_of(&made.graph, start).contains(&path.root));
                prop_assert_eq!(path.objects.last(), Some(&object));
                for pair in path.objects.windows(2) {
                    prop_assert!(made.liveness.retaining.references(&made.graph, pair[0]).any(|to| to == pair[1]));
                }
                let mut once = path.objects.clone();
                once.sort_unstable();
                once.dedup();
                prop_assert_eq!(once.len(), path.objects.len(), "no object twice");
            }
            // First the best root of each object, in order of cost, then the others.
            let mut of_object: Vec<(u64, u32)> = Vec::new();
            for &(cost, root) in &by_root {
                let held = made.graph.roots[root as usize].object;
                if of_object.iter().all(|&(_, other)| other != held) {
                    of_object.push((cost, held));
                }
            }
            let first: Vec<u64> = found.iter().take(of_object.len()).map(|path| made.cost(path)).collect();
            prop_assert_eq!(first, of_object.iter().take(8).map(|&(cost, _)| cost).collect::<Vec<_>>());
            let mut roots: Vec<u32> = found.iter().take(by_root.len()).map(|path| path.root).collect();
            roots.sort_unstable();
            roots.dedup();
            prop_assert_eq!(roots.len(), by_root.len().min(8), "each root once");
        }
    }
}

/// The sample's story in small: a cache held by a static, and by its own timer through a shorter way.
fn cache_with_timer() -> Made {
    let mut sketch = Sketch::default();
    let queues = sketch.object("System.Threading.TimerQueue[]", 32, &[1]);
    sketch.object("System.Threading.TimerQueue", 88, &[2]);
    sketch.object("System.Threading.TimerQueueTimer", 88, &[5]);
    let models = sketch.object("System.Collections.Concurrent.ConcurrentDictionary", 64, &[4]);
    sketch.object("App.Model", 48, &[5]);
    sketch.object("App.QueryCache", 48, &[6]);
    sketch.object("App.Query", 24, &[]);
    sketch.root(RootKind::Static, "System.Threading.TimerQueue.Instances", queues, 8);
    sketch.root(RootKind::Static, "App.Context._models", models, 16);
    Made::of(sketch.graph())
}

#[test]
fn the_cause_comes_before_the_timer_and_both_are_named() {
    let made = cache_with_timer();
    let found = paths(made.holders(), 6, 5, &Progress::new()).unwrap();
    let name = |path: &Path| made.graph.roots[path.root as usize].name.to_string();
    assert_eq!(
        found.iter().map(name).collect::<Vec<_>>(),
        ["App.Context._models", "System.Threading.TimerQueue.Instances"]
    );
    assert_eq!(found[0].objects, [3, 4, 5, 6]);
    assert_eq!(found[1].objects, [0, 1, 2, 5, 6]);
    assert_eq!(made.holders().roots(&[6], usize::MAX).len(), 2);
    let top = made.liveness.tops.of(&made.liveness.dominators, 6).unwrap();
    assert!(made.holders().is_shared(top));
}

#[test]
fn a_stack_word_labels_nothing_that_a_static_holds() {
    let mut sketch = Sketch::default();
    sketch.object("App.Cache", 24, &[1]);
    sketch.object("App.Item", 24, &[]);
    sketch.root(RootKind::Static, "App.Cache.s_all", 0, 8);
    sketch.root(RootKind::Stack, "stack of thread 1 (conservative)", 1, 16);
    let made = Made::of(sketch.graph());
    let labels = made.liveness.tops.labels(
        &made.graph,
        &made.liveness.retaining,
        &made.liveness.dominators,
        &made.liveness.cheapest,
    );
    let kinds: Vec<RootKind> = labels.iter().map(|&root| made.graph.roots[root as usize].kind).collect();
    assert_eq!(kinds, [RootKind::Static], "the item hangs below the cache");
    assert_eq!(made.holders().roots(&[1], usize::MAX).len(), 1);
    assert!(!made.holders().is_shared(made.liveness.tops.of(&made.liveness.dominators, 1).unwrap()));
}

#[test]
fn other_ways_in_follow_other_roots() {
    // A static holds two holders of one item.
    let mut sketch = Sketch::default();
    sketch.object("App.Root", 24, &[1, 2]);
    sketch.object("App.A", 24, &[3]);
    sketch.object("App.B", 24, &[4]);
    sketch.object("App.Item", 24, &[]);
    sketch.object("App.C", 24, &[3]);
    sketch.root(RootKind::Static, "App.s_root", 0, 8);
    let made = Made::of(sketch.graph());
    let found = paths(made.holders(), 3, 5, &Progress::new()).unwrap();
    let objects: Vec<&[u32]> = found.iter().map(|path| &path.objects[..]).collect();
    assert_eq!(objects, [&[0, 1, 3][..], &[0, 2, 4, 3]]);
}
