//! One level of referrers: from a set of objects to rows of those that refer to it.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{Pairs, Row, Scene, Who};
use crate::analysis::liveness::Liveness;
use crate::analysis::ranking::{best_root, root_cost};
use crate::analysis::sets::{Set, ascending};
use crate::heap::FieldId;
use crate::progress::{CHECK_EVERY, Cancelled, Progress};

/// Referrers that one task looks at.
const PIECE: usize = 1 << 14;

/// A row in the making.
#[derive(Default)]
struct Part {
    pairs: Pairs,
    fresh: Vec<u32>,
}

/// The rows that refer to `below`, unsorted, without what they hold. `above` has everything on the way so far.
/// Only reachable objects count: a dead one keeps nothing.
pub(super) fn rows(scene: Scene<'_>, below: &[u32], above: &Set, progress: &Progress) -> Result<Vec<Row>, Cancelled> {
    let (graph, liveness) = (scene.holders.graph, scene.holders.liveness);
    let wanted = Set::of(graph.len(), &[below]);
    let referrers = referrers_of(scene, below, progress)?;
    let pieces: Vec<Pieces> = referrers
        .par_chunks(PIECE)
        .map(|referrers| {
            progress.check()?;
            Ok(piece(scene, referrers, &wanted, above))
        })
        .collect::<Result<_, Cancelled>>()?;
    let mut index: FxHashMap<(u32, FieldId), usize> = FxHashMap::default();
    let mut parts: Vec<((u32, FieldId), Part)> = Vec::new();
    for (key, part) in pieces.into_iter().flatten() {
        let at = *index.entry(key).or_insert(parts.len());
        if at == parts.len() {
            parts.push((key, part));
        } else {
            parts[at].1.pairs.append(part.pairs);
            parts[at].1.fresh.extend(part.fresh);
        }
    }
    let cost = |objects: &[u32]| objects.iter().filter_map(|&object| liveness.cheapest.cost(object)).min();
    let of_types = parts.into_iter().map(|((group, field), Part { pairs, fresh })| Row {
        who: Who::Type { group, field },
        parent: None,
        referring: pairs.objects.len() as u64,
        held_objects: 0,
        held_bytes: 0,
        cycle: fresh.is_empty(),
        cost: cost(&pairs.objects).unwrap_or(u32::MAX),
        children: None,
        pairs: Arc::new(pairs),
        fresh: fresh.into(),
    });
    Ok(of_roots(scene, &wanted).into_iter().chain(of_types).collect())
}

/// All reachable objects that refer to one of `below`, ascending.
fn referrers_of(scene: Scene<'_>, below: &[u32], progress: &Progress) -> Result<Vec<u32>, Cancelled> {
    let (graph, Liveness { retaining, dominators, .. }) = (scene.holders.graph, scene.holders.liveness);
    let pieces = below.par_chunks(PIECE).map(|below| {
        let mut found = Vec::new();
        for &object in below {
            for referrers in graph.referrers.row(object).chunks(CHECK_EVERY) {
                progress.check()?;
                let keeps = |&referrer: &u32| dominators.is_reachable(referrer) && retaining.keeps(referrer, object);
                found.extend(referrers.iter().copied().filter(keeps));
            }
        }
        Ok(found)
    });
    let pieces: Vec<Vec<u32>> = pieces.collect::<Result<_, Cancelled>>()?;
    Ok(ascending(graph.len(), pieces.concat()).into_owned())
}

type Pieces = Vec<((u32, FieldId), Part)>;

/// Sorts the references of some objects into rows.
fn piece(scene: Scene<'_>, referrers: &[u32], wanted: &Set, above: &Set) -> Pieces {
    let (graph, Liveness { retaining, dominators, .. }) = (scene.holders.graph, scene.holders.liveness);
    let mut index: FxHashMap<(u32, FieldId), usize> = FxHashMap::default();
    let mut parts: Pieces = Vec::new();
    // The key before is often the key again: elements of one array, objects of one type.
    let mut last = (None, 0);
    let mut reader = scene.fields.reader(graph, scene.runtime);
    for &referrer in referrers {
        let group = scene.groups.group_of[graph.objects.type_index(referrer) as usize];
        reader.visit(referrer, |target, field| {
            if !wanted.contains(target) || !retaining.keeps(referrer, target) {
                return;
            }
            let key = (group, field);
            if last.0 != Some(key) {
                let at = *index.entry(key).or_insert(parts.len());
                if at == parts.len() {
                    parts.push((key, Part::default()));
                }
                last = (Some(key), at);
            }
            let part = &mut parts[last.1].1;
            part.pairs.add(referrer, target);
            let is_fresh = part.fresh.last() != Some(&referrer)
                && !above.contains(referrer)
                && !dominators.dominates(target, referrer);
            if is_fresh {
                part.fresh.push(referrer);
            }
        });
    }
    parts
}

/// One row for each kind and name of roots that hold a wanted object.
fn of_roots(scene: Scene<'_>, wanted: &Set) -> Vec<Row> {
    let (graph, retaining) = (scene.holders.graph, &scene.holders.liveness.retaining);
    let mut index = FxHashMap::default();
    let mut rows: Vec<(Vec<u32>, Pairs)> = Vec::new();
    for &root in retaining.all_roots() {
        let named = &graph.roots[root as usize];
        if !wanted.contains(named.object) {
            continue;
        }
        let at = *index.entry((named.kind, &named.name)).or_insert(rows.len());
        if at == rows.len() {
            rows.push((Vec::new(), Pairs::default()));
        }
        let (roots, pairs) = &mut rows[at];
        roots.push(root);
        if pairs.objects.last() != Some(&named.object) {
            pairs.objects.push(named.object);
        }
    }
    let row = |(roots, pairs): (Vec<u32>, Pairs)| {
        let best = best_root(graph, &roots)?;
        Some(Row {
            who: Who::Root(best),
            parent: None,
            referring: roots.len() as u64,
            held_objects: 0,
            held_bytes: 0,
            cycle: false,
            cost: root_cost(&graph.roots[best as usize]),
            children: Some(0..0),
            pairs: Arc::new(pairs),
            fresh: Arc::default(),
        })
    };
    rows.into_iter().filter_map(row).collect()
}
