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
use super::level::{Expanded, Growth, Member, Slots};
use super::{FlameTree, Frame};
use crate::progress::{Cancelled, Progress};

/// Objects of the first level taken at a time.
const PIECE: usize = 1 << 17;
/// Marks a way up that is not known yet.
const UNKNOWN: u32 = u32::MAX;

/// Which objects climb.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a> {
    /// Every object of the tree for itself, each with its own weight.
    Everything,
    /// These, under the labels of their types, ascending; each with all that lies below it.
    From(&'a [Top]),
}

/// A weight on its way to the roots.
#[derive(Clone, Copy, Debug)]
struct Climber {
    /// Where it goes next: see [`Ways::up`].
    next: u32,
    weight: u64,
}

impl Member for Climber {
    fn takes(&mut self, other: &Climber) -> bool {
        let together = self.next == other.next;
        self.weight += if together { other.weight } else { 0 };
        together
    }
}

/// Builds the tree of what keeps the objects of `start` alive.
pub fn bottom_up(
    source: &Source<'_>,
    start: Start<'_>,
    whole: &str,
    limits: &Limits,
    progress: &Progress,
) -> Result<FlameTree, Cancelled> {
    let ways = Ways::new(source, start, limits, progress)?;
    let one = start.only_type(source);
    let growth = Growth::new(source, usize::MAX, start.root_frame(source), limits, progress);
    // Objects that meet have to meet in one piece.
    let piece = if one.is_some() || !limits.hidden.is_empty() { usize::MAX } else { PIECE };
    let first = growth.first(start.pieces(source, piece), |range, out, slots| {
        let mut at: Vec<Climber> = Vec::new();
        start.each(source, range, out.shared, |number, weight| {
            let next = if one.is_some() || ways.is_hidden(number) { ways.up[number as usize] } else { number };
            if piece == PIECE {
                ways.stand(number, weight, out, slots);
            } else {
                at.push(Climber { next, weight });
            }
        });
        ways.step(&at, out, slots)
    })?;
    let frames = growth.grow(first, |_, climbers, out, slots| ways.step(climbers, out, slots))?;
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
    let ways = Ways::new(source, start, limits, progress)?;
    let one = start.only_type(source);
    let mut at = Vec::new();
    for (shared, range) in start.pieces(source, usize::MAX) {
        start.each(source, range, shared, |number, _| at.push(number));
    }
    for (step, &label) in path.iter().enumerate() {
        progress.check()?;
        let stays = |at: u32| step == 0 && one.is_none() && !ways.is_hidden(at);
        let ahead = |at: u32| if stays(at) { at } else { ways.up[at as usize] };
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
                let (&first, rest) = source.kinds.get(1..)?.split_first()?;
                rest.iter().all(|&kind| kind == first).then_some(first)
            }
        }
    }

    fn root_frame(self, source: &Source<'_>) -> Frame {
        match self {
            Start::From(tops) => root_frame(source, tops, true),
            Start::Everything => Frame {
                name: self.only_type(source).unwrap_or(source.labels.len() as u32),
                objects: source.tree.len() as u32,
                sample: (1..source.tree.objects.len() as u32)
                    .into_par_iter()
                    .max_by_key(|&number| (source.own(number), Reverse(number)))
                    .unwrap_or(0),
                ..root_frame(source, source.tops, true)
            },
        }
    }

    /// Ranges of what [`each`](Self::each) goes through, those of shared objects in front.
    fn pieces(self, source: &Source<'_>, piece: usize) -> Vec<(bool, Range<usize>)> {
        let all = match self {
            Start::Everything => 1..source.tree.objects.len(),
            Start::From(tops) => 0..tops.len(),
        };
        let cut = |at: usize| at..at.saturating_add(piece).min(all.end);
        [true, false]
            .into_iter()
            .flat_map(|shared| all.clone().step_by(piece).map(move |at| (shared, cut(at))))
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

/// The next step up from each object that is on some way.
struct Ways<'a> {
    source: &'a Source<'a>,
    limits: &'a Limits,
    progress: &'a Progress,
    /// Number → the next number above that is neither hidden nor of the same type. From its own length on: that
    /// much more than the label of a root.
    up: Vec<u32>,
}

impl<'a> Ways<'a> {
    fn new(
        source: &'a Source<'a>,
        start: Start<'_>,
        limits: &'a Limits,
        progress: &'a Progress,
    ) -> Result<Ways<'a>, Cancelled> {
        let mut ways = Ways { source, limits, progress, up: vec![UNKNOWN; source.tree.objects.len()] };
        match start {
            // Parents have smaller numbers.
            Start::Everything => {
                for number in 1..ways.up.len() {
                    ways.up[number] = ways.above(number as u32);
                    progress.check_at(number)?;
                }
            }
            Start::From(tops) => {
                let mut trail = Vec::new();
                for top in tops {
                    let mut at = top.number;
                    while at != 0 && ways.up[at as usize] == UNKNOWN {
                        trail.push(at);
                        at = source.tree.parents[at as usize];
                        progress.check_at(trail.len())?;
                    }
                    while let Some(number) = trail.pop() {
                        ways.up[number as usize] = ways.above(number);
                    }
                }
            }
        }
        Ok(ways)
    }

    /// The next step up from a number whose parent's next step is known.
    fn above(&self, number: u32) -> u32 {
        let parent = self.source.tree.parents[number as usize];
        if parent == 0 {
            let tops = self.source.tops;
            let label = tops.binary_search_by_key(&number, |top| top.number).map(|at| tops[at].label);
            // A start that no top leads to ends in the whole.
            let label = label.unwrap_or(self.source.labels.len() as u32);
            return (self.up.len() as u32).saturating_add(label);
        }
        let mut at = parent;
        if self.is_hidden(at) {
            at = self.up[at as usize];
        }
        if self.is_number(at) && self.label(at) == self.label(number) {
            at = self.up[at as usize];
        }
        at
    }

    fn is_number(&self, at: u32) -> bool {
        (at as usize) < self.up.len()
    }

    fn label(&self, at: u32) -> u32 {
        if self.is_number(at) { self.source.label(at) } else { at - self.up.len() as u32 }
    }

    fn is_hidden(&self, number: u32) -> bool {
        self.limits.hidden.get(self.label(number) as usize).is_some_and(|&hidden| hidden)
    }

    /// Takes every climber where it goes next, and joins those that meet there.
    fn step(&self, climbers: &[Climber], out: &mut Expanded<Climber>, slots: &mut Slots) -> Result<(), Cancelled> {
        self.progress.check()?;
        let mut sorted = Vec::new();
        let climbers = if climbers.is_sorted_by_key(|climber| climber.next) {
            climbers
        } else {
            // Ways of neighbours lead to neighbours: a stable sort makes use of that.
            sorted.extend_from_slice(climbers);
            sorted.par_sort_by_key(|climber| climber.next);
            &sorted
        };
        for (met, all) in climbers.chunk_by(|a, b| a.next == b.next).enumerate() {
            self.stand(all[0].next, all.iter().map(|climber| climber.weight).sum(), out, slots);
            self.progress.check_at(met)?;
        }
        Ok(())
    }

    /// Puts a weight into the group of where it has come to.
    fn stand(&self, at: u32, weight: u64, out: &mut Expanded<Climber>, slots: &mut Slots) {
        let number = if self.is_number(at) { at } else { 0 };
        let further = (number != 0).then(|| Climber { next: self.up[number as usize], weight });
        out.add(slots, self.label(at), number, weight, further);
    }
}
