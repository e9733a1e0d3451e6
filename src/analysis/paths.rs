//! Other ways to an object than the cheapest: from roots of other objects first, then from other roots of the
//! same objects, then other ways in.
//!
//! Every way passes the object's top and ends as the cheapest does, so other roots are found by a search
//! from that top upwards, from top to top; between them the cheapest way through each top's own objects is
//! known. Ways in are then tried along the cheapest way, from its end, one for each type that refers.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use crate::progress::{Cancelled, Progress};

use super::bits::Bits;
use super::cheapest::{Cheapest, Path};
use super::independent::Holders;
use super::liveness::Liveness;
use super::ranking::{StepCosts, best_root, root_cost};

/// Referrers that one search looks at. A way found is right even where the search had to stop.
const REFERRERS: usize = 1 << 21;
/// Referrers of one object, and objects of the cheapest way, at which other ways in are looked for.
const REFERRERS_EACH: usize = 1 << 12;
const WAY: usize = 32;
/// Objects beside the cheapest way that another way in may lead through: nobody follows a longer one, and a list
/// of millions beside the way would be walked once for every type.
const DETOUR: usize = 1 << 12;

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
        other_ways_in(holders, wanted, &mut found, progress)?;
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
            let objects = way_down(holders, top, &found[0].objects, &reached);
            found.push(Path { root, objects });
        }
    }
    Ok(())
}

/// The objects of the cheapest way from a top to `object`, which `first` is the cheapest way to.
fn way_down(holders: Holders<'_>, mut top: u32, first: &[u32], reached: &FxHashMap<u32, Reached>) -> Vec<u32> {
    let Liveness { dominators, tops, cheapest, .. } = holders.liveness;
    let mut objects = Vec::new();
    loop {
        let Reached { leaves_by, next, .. } = reached[&top];
        let entry = tops.object(dominators, top);
        if next == u32::MAX {
            // Below its own top the way is the end of the first one.
            objects.extend_from_slice(&first[place_on(cheapest, first, entry)..]);
            return objects;
        }
        let start = objects.len();
        for object in cheapest.upwards(leaves_by) {
            objects.push(object);
            if object == entry {
                break;
            }
        }
        objects[start..].reverse();
        top = next;
    }
}

/// Where an object is on a cheapest way that leads through it: cost grows with every step.
fn place_on(cheapest: &Cheapest, way: &[u32], object: u32) -> usize {
    way.partition_point(|&before| cheapest.cost(before) < cheapest.cost(object))
}

/// A way that leaves the cheapest one, or begins elsewhere, and enters it further down.
struct Detour {
    /// Objects beside the cheapest way, the last one first.
    objects: Vec<u32>,
    /// Objects of the cheapest way before these and behind them.
    before: usize,
    behind: usize,
}

/// Adds ways that enter the cheapest one elsewhere, those first that have most objects of their own.
fn other_ways_in(
    holders: Holders<'_>,
    wanted: usize,
    found: &mut Vec<Path>,
    progress: &Progress,
) -> Result<(), Cancelled> {
    if found.len() >= wanted {
        return Ok(());
    }
    let Holders { graph, liveness: Liveness { retaining, .. } } = holders;
    let mut known = Bits::new(graph.len());
    found.iter().for_each(|path| known.extend(&path.objects));
    let mut detours = detours(holders, &found[0].objects, &known, progress)?;
    while found.len() < wanted {
        let own_share = |detour: &Detour| {
            let own = detour.objects.iter().filter(|&&object| !known.contains(object)).count();
            own * 1000 / (detour.before + detour.objects.len() + detour.behind)
        };
        // Equal ones stay in their order: nearest to the object first, then cheapest.
        let best = (0..detours.len()).rev().max_by_key(|&i| own_share(&detours[i]));
        let Some(best) = best.filter(|&best| own_share(&detours[best]) > 0) else { break };
        let Detour { objects, before, behind } = detours.remove(best);
        known.extend(&objects);
        let first = &found[0];
        let start = objects.last().filter(|_| before == 0);
        let own_root = start.and_then(|&start| best_root(graph, retaining.roots_of(graph, start)));
        let mut way = Vec::with_capacity(before + objects.len() + behind);
        way.extend_from_slice(&first.objects[..before]);
        way.extend(objects.into_iter().rev());
        way.extend_from_slice(&first.objects[first.objects.len() - behind..]);
        found.push(Path { root: own_root.unwrap_or(first.root), objects: way });
    }
    Ok(())
}

/// One detour for each type that refers to an object near the end of the cheapest way, beside the `known` ways.
fn detours(holders: Holders<'_>, way: &[u32], known: &Bits, progress: &Progress) -> Result<Vec<Detour>, Cancelled> {
    let Holders { graph, liveness: Liveness { retaining, cheapest, .. } } = holders;
    let costs = StepCosts::new(graph);
    let on_way = Bits::of(graph.len(), way);
    let mut detours = Vec::new();
    for (end, &entry) in way.iter().rev().take(WAY).enumerate() {
        progress.check()?;
        let mut by_type: FxHashMap<u32, (u64, u32)> = FxHashMap::default();
        for referrer in retaining.referrers(graph, entry).take(REFERRERS_EACH) {
            if known.contains(referrer) || !cheapest.is_held_beyond_stacks(referrer) {
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
            let beside = cheapest.upwards(referrer).take_while(|&object| !on_way.contains(object));
            let objects: Vec<u32> = beside.take(DETOUR + 1).collect();
            let above = objects.last().and_then(|&last| cheapest.parent(last));
            let before = above.map_or(0, |above| place_on(cheapest, way, above) + 1);
            let behind = end + 1;
            // One that leaves the way below the place where it enters is a circle.
            if objects.len() <= DETOUR && before + behind <= way.len() {
                detours.push(Detour { objects, before, behind });
            }
        }
    }
    Ok(detours)
}
