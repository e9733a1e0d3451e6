//! The flame tree bottom-up: from chosen objects outward to what keeps them alive, ending in roots.
//!
//! The same boxes and sums as top-down, but the children of a box are the parents of its objects: the weight
//! of each object climbs its own way up. Objects that meet at one parent go on as one, so that ten million
//! strings are a few thousand climbers after a step or two. Chains of one type are always folded: they
//! are stepped over once for all objects, in place of once for each.

use std::cmp::Reverse;
use std::ops::Range;

use rayon::prelude::*;

use super::build::{Limits, Source, Top, only_type, root_frame};
use super::climb::{Climb, Climber, PIECE, stand};
use super::level::Growth;
use super::ways::Ways;
use super::{FlameTree, Frame};
use crate::progress::{Cancelled, Progress};

/// Which objects climb.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a> {
    /// Every object of the tree for itself, each with its own weight.
    Everything,
    /// These, under the labels of their types, ascending; each with all that lies below it.
    From(&'a [Top]),
}

/// Builds the tree of what keeps the objects of `start` alive.
pub fn bottom_up(
    source: &Source<'_>,
    start: Start<'_>,
    whole: &str,
    limits: &Limits,
    progress: &Progress,
) -> Result<FlameTree, Cancelled> {
    let climb = Climb { ways: start.ways(source, limits, progress)?, progress };
    let ways = &climb.ways;
    let one = start.only_type(source);
    let growth = Growth::new(source, start.root_frame(source), limits, progress);
    let first = if one.is_none() && limits.hidden.is_empty() {
        growth.first(start.pieces(source), |range, out, slots| {
            progress.check()?;
            out.reserve(range.len());
            start.each(source, range, out.shared, |number, weight| stand(number, ways.at(number), weight, out, slots));
            Ok(())
        })?
    } else {
        // Some are not to be seen where they start, so they meet already on their way to the first level.
        let climbers = |shared: bool| {
            let mut climbers = Vec::new();
            start.each(source, start.all(source), shared, |number, weight| {
                let stays = one.is_none() && !ways.is_hidden(number);
                let next = if stays { number } else { ways.at(number).up };
                climbers.push(Climber { next, objects: 1, weight });
            });
            climbers
        };
        growth.first_of(0, [climbers(true), climbers(false)], &climb)?
    };
    let frames = growth.grow(first, &climb)?;
    Ok(FlameTree::named(frames, source, whole))
}

/// All objects merged into the box that `path` leads to, as [`super::FlameTree::labels_to`] gives it of a tree built
/// bottom-up with the same limits. Of roots at its end: the objects of the box before them that those roots hold.
pub fn objects_of_outward(
    source: &Source<'_>,
    start: Start<'_>,
    path: &[u32],
    limits: &Limits,
    progress: &Progress,
) -> Result<Vec<u32>, Cancelled> {
    let ways = start.ways(source, limits, progress)?;
    let one = start.only_type(source);
    let mut at = Vec::new();
    for shared in [true, false] {
        start.each(source, start.all(source), shared, |number, _| at.push(number));
    }
    for (step, &label) in path.iter().enumerate() {
        progress.check()?;
        let stays = |at: u32| step == 0 && one.is_none() && !ways.is_hidden(at);
        let ahead = |at: u32| if stays(at) { at } else { ways.at(at).up };
        at.retain(|&at| ways.label(ahead(at)) == label);
        if source.labels.is_type(label) {
            at.iter_mut().for_each(|at| *at = ahead(*at));
        }
        at.sort_unstable();
        at.dedup();
    }
    let mut objects: Vec<u32> = at.into_iter().map(|number| source.tree.objects[number as usize]).collect();
    objects.sort_unstable();
    Ok(objects)
}

impl Start<'_> {
    /// The type that all are of, where they are.
    fn only_type(self, source: &Source<'_>) -> Option<u32> {
        match self {
            Start::From(tops) => only_type(source.labels, tops),
            Start::Everything => {
                let (first, rest) = source.entries.get(1..source.tree.objects.len())?.split_first()?;
                rest.iter().all(|entry| entry.kind == first.kind).then_some(first.kind)
            }
        }
    }

    fn ways<'a>(self, source: &'a Source<'a>, limits: &'a Limits, progress: &Progress) -> Result<Ways<'a>, Cancelled> {
        match self {
            Start::Everything => Ways::of_all(source, limits, progress),
            Start::From(tops) => Ways::of(tops, source, limits, progress),
        }
    }

    fn root_frame(self, source: &Source<'_>) -> Frame {
        match self {
            Start::From(tops) => root_frame(source, tops, true),
            Start::Everything => Frame {
                name: self.only_type(source).unwrap_or(source.labels.len() as u32),
                objects: source.tree.len() as u32,
                sample: heaviest(source),
                ..root_frame(source, source.tops, true)
            },
        }
    }

    /// What [`each`](Self::each) goes through.
    fn all(self, source: &Source<'_>) -> Range<usize> {
        match self {
            Start::Everything => 1..source.tree.objects.len(),
            Start::From(tops) => 0..tops.len(),
        }
    }

    /// Parts of it, those of shared objects in front.
    fn pieces(self, source: &Source<'_>) -> Vec<(bool, Range<usize>)> {
        let all = self.all(source);
        let part = |at: usize| at..(at + PIECE).min(all.end);
        [true, false]
            .into_iter()
            .flat_map(|shared| all.clone().step_by(PIECE).map(move |at| (shared, part(at))))
            .collect()
    }

    /// Calls `each(number, weight)` for those of a range that are shared, or for those that are not.
    fn each(self, source: &Source<'_>, range: Range<usize>, shared: bool, mut each: impl FnMut(u32, u64)) {
        match self {
            Start::From(tops) => {
                let tops = tops[range].iter().filter(|top| top.shared == shared);
                tops.for_each(|top| each(top.number, source.weight(top.number)));
            }
            Start::Everything => {
                let (from, to) = (range.start as u32, range.end as u32);
                let end = |top: &Top| source.tree.ends[top.number as usize];
                let first = source.tops.partition_point(|top| end(top) <= from);
                let tops = source.tops[first..].iter().take_while(|top| top.number < to);
                for top in tops.filter(|top| top.shared == shared) {
                    (top.number.max(from)..end(top).min(to)).for_each(|number| each(number, source.own(number)));
                }
            }
        }
    }
}

/// The heaviest object of a tree by itself, of equal ones the first; 0 where there is none.
fn heaviest(source: &Source<'_>) -> u32 {
    let of = |piece: usize| {
        let numbers = (piece * PIECE).max(1)..((piece + 1) * PIECE).min(source.tree.objects.len());
        let mut best = (0, Reverse(0));
        for number in numbers {
            best = best.max((source.own(number as u32), Reverse(number as u32)));
        }
        best
    };
    let best = (0..source.tree.objects.len().div_ceil(PIECE)).into_par_iter().map(of).max();
    best.map_or(0, |(_, Reverse(number))| number)
}
