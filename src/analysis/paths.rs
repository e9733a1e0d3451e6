//! Other ways to an object than the cheapest: from roots of other objects first, then from other roots of the
//! same objects, then other ways in.
//!
//! Every way passes the object's top and ends as the cheapest does, so other roots are found by a search
//! from that top upwards, from top to top; between them the cheapest way through each top's own objects is
//! known. Ways in are then tried along the cheapest way, from its end, one for each type that refers.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::progress::{Cancelled, Progress};

use super::cheapest::Path;
use super::independent::Holders;
use super::liveness::Liveness;
use super::ranking::{StepCosts, best_root, root_cost};

/// Referrers that one search looks at. A way found is right even where the search had to stop.
const REFERRERS: usize = 1 << 21;
/// Referrers of one object, and objects of the cheapest way, at which other ways in are looked for.
const REFERRERS_EACH: usize = 1 << 12;
const WAY: usize = 32;

/// A top that the search has reached: the cheapest way down from it.
#[derive(Clone, Copy)]
struct Reached {
    cost: u64,
    /// The object below this top that refers to the next one, and that one; both `u32::MAX` at the last.
    leaves_by: u32,
    next: u32,
}

/// Up to `wanted` ways to `object`: the cheapest, then the cheapest from other roots, then those that differ
/// most from the ones before them. Empty if nothing keeps it alive. Roots that hold one and the same object
/// make ways that differ in nothing else, so all but the best of them wait for the roots of other objects.
pub fn paths(holders: Holders<'_>, object: u32, wanted: usize, progress: &Progress) -> Result<Vec<Path>, Cancelled> {
    let Some(first) = holders.cheapest_path(object) else {
        return Ok(Vec::new());
    };
    let mut found = vec![first];
    if wanted > 1 {
        from_other_roots(holders, object, wanted, &mut found, progress)?;
        other_ways_in(holders, object, wanted, &mut found);
    }
    Ok(found)
}

/// Adds the cheapest way from every root that `found` lacks, cheapest first.
fn from_other_roots(
    holders: Holders<'_>,
    object: u32,
    wanted: usize,
    found: &mut Vec<Path>,
    progress: &Progress,
) -> Result<(), Cancelled> {
    let Holders { graph, liveness: Liveness { retaining, dominators, cheapest, tops, .. } } = holders;
    let costs = StepCosts::new(graph);
    let cost_of = |object: u32| u64::from(cheapest.cost(object).unwrap_or(u32::MAX));
    let Some(last) = tops.of(dominators, object) else { return Ok(()) };
    let mut reached = FxHashMap::default();
    let mut todo = BinaryHeap::from([Reverse((0, last))]);
    reached.insert(last, Reached { cost: 0, leaves_by: u32::MAX, next: u32::MAX });
    // The best of (cost, root, top at which it starts), the worst of them on top.
    let mut starts: BinaryHeap<(u64, u32, u32)> = BinaryHeap::new();
    let mut looked_at = 0;
    while let Some(Reverse((cost, top))) = todo.pop() {
        if reached[&top].cost != cost {
            continue;
        }
        // Nothing that follows can be cheaper than what is already there.
        let settled = starts.len() == wanted && starts.peek().is_some_and(|worst| worst.0 <= cost);
        if settled || looked_at >= REFERRERS {
            break;
        }
        let entry = tops.object(dominators, top);
        if let Some(root) = best_root(graph, retaining.roots_of(graph, entry)) {
            starts.push((cost + u64::from(root_cost(&graph.roots[root as usize])), root, top));
            if starts.len() > wanted {
                starts.pop();
            }
        }
        for referrer in retaining.referrers(graph, entry).take(REFERRERS - looked_at.min(REFERRERS)) {
            looked_at += 1;
            progress.check_at(looked_at)?;
            let Some(from) = tops.of(dominators, referrer).filter(|&from| from != top) else { continue };
            let through = cost_of(referrer) - cost_of(tops.object(dominators, from));
            let cost = cost + u64::from(costs.step(graph, retaining, referrer, entry)) + through;
            if reached.get(&from).is_none_or(|known| cost < known.cost) {
                reached.insert(from, Reached { cost, leaves_by: referrer, next: top });
                todo.push(Reverse((cost, from)));
            }
        }
    }
    let starts = starts.into_sorted_vec();
    let other_roots = starts.iter().flat_map(|&(_, best, top)| {
        let roots = retaining.roots_of(graph, tops.object(dominators, top));
        roots.iter().filter(move |&&root| root != best).map(move |&root| (root, top))
    });
    let best_roots = starts.iter().map(|&(_, root, top)| (root, top));
    for (root, top) in best_roots.chain(other_roots) {
        if found.len() >= wanted {
            break;
        }
        if found[0].root != root {
            found.push(Path { root, objects: way_down(holders, top, object, &reached) });
        }
    }
    Ok(())
}

/// The objects of the cheapest way from a top to `object`.
fn way_down(holders: Holders<'_>, mut top: u32, object: u32, reached: &FxHashMap<u32, Reached>) -> Vec<u32> {
    let Liveness { dominators, tops, .. } = holders.liveness;
    let mut objects = Vec::new();
    loop {
        let Reached { leaves_by, next, .. } = reached[&top];
        let at_end = next == u32::MAX;
        append_way(holders, tops.object(dominators, top), if at_end { object } else { leaves_by }, &mut objects);
        if at_end {
            return objects;
        }
        top = next;
    }
}

/// The cheapest way from a top's object down to one that it dominates, both included.
fn append_way(holders: Holders<'_>, from: u32, to: u32, objects: &mut Vec<u32>) {
    let start = objects.len();
    for object in holders.liveness.cheapest.upwards(to) {
        objects.push(object);
        if object == from {
            break;
        }
    }
    objects[start..].reverse();
}

/// Adds ways that enter the cheapest one elsewhere, those first that have most objects of their own.
fn other_ways_in(holders: Holders<'_>, object: u32, wanted: usize, found: &mut Vec<Path>) {
    if found.len() >= wanted {
        return;
    }
    let mut known: FxHashSet<u32> = found.iter().flat_map(|path| path.objects.iter().copied()).collect();
    let mut candidates = ways_in(holders, object, &known);
    while found.len() < wanted {
        let own_share = |path: &Path| {
            let own = path.objects.iter().filter(|object| !known.contains(object)).count();
            own * 1000 / path.objects.len()
        };
        // Equal ones stay in their order: nearest to the object first, then cheapest.
        let best = (0..candidates.len()).rev().max_by_key(|&i| own_share(&candidates[i]));
        let Some(best) = best.filter(|&best| own_share(&candidates[best]) > 0) else { return };
        let path = candidates.remove(best);
        known.extend(&path.objects);
        found.push(path);
    }
}

/// One way for each type that refers to an object near the end of the cheapest way, beside that way.
fn ways_in(holders: Holders<'_>, object: u32, known: &FxHashSet<u32>) -> Vec<Path> {
    let Holders { graph, liveness: Liveness { retaining, cheapest, .. } } = holders;
    let costs = StepCosts::new(graph);
    let mut ways = Vec::new();
    // From the object upwards: what every way found here has at its end.
    let mut end = Vec::new();
    for entry in cheapest.upwards(object).take(WAY) {
        end.push(entry);
        let mut by_type: FxHashMap<u32, (u64, u32)> = FxHashMap::default();
        for referrer in retaining.referrers(graph, entry).take(REFERRERS_EACH) {
            if known.contains(&referrer) || !cheapest.is_held_beyond_stacks(referrer) {
                continue;
            }
            let cost = u64::from(cheapest.cost(referrer).unwrap_or(u32::MAX));
            let rank = (cost + u64::from(costs.step(graph, retaining, referrer, entry)), referrer);
            let best = by_type.entry(graph.objects.type_index(referrer)).or_insert(rank);
            *best = rank.min(*best);
        }
        let mut best: Vec<(u64, u32)> = by_type.into_values().collect();
        best.sort_unstable();
        for (_, referrer) in best {
            let Some(mut path) = holders.cheapest_path(referrer) else { continue };
            if !path.objects.iter().any(|object| end.contains(object)) {
                path.objects.extend(end.iter().rev());
                ways.push(path);
            }
        }
    }
    ways
}
