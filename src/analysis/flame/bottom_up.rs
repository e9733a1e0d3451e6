//! The flame tree bottom-up: from chosen objects outward to what keeps them alive, ending in roots.
//!
//! The same boxes and sums as top-down, but the children of a box are the parents of its objects: the weight
//! of each object climbs its own way up. Objects that meet at one parent go on as one, so that ten million
//! strings are a few thousand climbers after a step or two. Chains of one type are always folded: they
//! are stepped over once for all objects, in place of once for each.

use rayon::prelude::*;

use super::FlameTree;
use super::build::{Limits, Source, Top, only_type, root_frame};
use super::level::{Expanded, Growth, Slots};
use crate::progress::{Cancelled, Progress};

/// A weight on its way to the roots, and how far it has come.
#[derive(Clone, Copy, Debug)]
struct Climber {
    /// A number, or what stands for a root: see [`Ways::up`].
    at: u32,
    weight: u64,
}

/// Builds the tree of what keeps the objects of `start` alive, each of them (under the label of its type)
/// counting what `weight` says of its number.
pub fn bottom_up(
    source: &Source<'_>,
    start: &[Top],
    weight: impl Fn(u32) -> u64 + Sync,
    whole: &str,
    limits: &Limits,
    progress: &Progress,
) -> Result<FlameTree, Cancelled> {
    let ways = Ways::new(source, start, limits, progress)?;
    let root = root_frame(source, start, true, &weight);
    let one = only_type(source.labels, start);
    let mut growth = Growth::new(source, usize::MAX, root, limits, progress);
    let mut first = Vec::new();
    for shared in [true, false] {
        let start = start.par_iter().filter(|top| top.shared == shared);
        let climbers = start.map(|top| Climber { at: top.number, weight: weight(top.number) }).collect();
        first.push(growth.first(shared, |out, slots| match one {
            Some(_) => ways.expand(climbers, out, slots),
            None => ways.begin(climbers, out, slots),
        })?);
    }
    let frames = growth.grow(first, |_, climbers, out, slots| ways.expand(climbers.to_vec(), out, slots))?;
    Ok(FlameTree::named(frames, source, whole))
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
        start: &[Top],
        limits: &'a Limits,
        progress: &'a Progress,
    ) -> Result<Ways<'a>, Cancelled> {
        const UNKNOWN: u32 = u32::MAX;
        let mut ways = Ways { source, limits, progress, up: vec![UNKNOWN; source.tree.objects.len()] };
        let mut trail = Vec::new();
        for top in start {
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

    /// Groups the climbers where they stand; those of hidden types one step up.
    fn begin(
        &self,
        mut climbers: Vec<Climber>,
        out: &mut Expanded<Climber>,
        slots: &mut Slots,
    ) -> Result<(), Cancelled> {
        climbers.par_iter_mut().for_each(|climber| {
            if self.is_hidden(climber.at) {
                climber.at = self.up[climber.at as usize];
            }
        });
        self.arrive(climbers, out, slots)
    }

    /// Takes every climber one step up.
    fn expand(
        &self,
        mut climbers: Vec<Climber>,
        out: &mut Expanded<Climber>,
        slots: &mut Slots,
    ) -> Result<(), Cancelled> {
        climbers.par_iter_mut().for_each(|climber| climber.at = self.up[climber.at as usize]);
        self.arrive(climbers, out, slots)
    }

    /// Joins those that stand at one object, and groups them.
    fn arrive(
        &self,
        mut climbers: Vec<Climber>,
        out: &mut Expanded<Climber>,
        slots: &mut Slots,
    ) -> Result<(), Cancelled> {
        self.progress.check()?;
        climbers.par_sort_unstable_by_key(|climber| climber.at);
        for met in climbers.chunk_by(|a, b| a.at == b.at) {
            let here = Climber { at: met[0].at, weight: met.iter().map(|climber| climber.weight).sum() };
            let number = if self.is_number(here.at) { here.at } else { 0 };
            out.add(slots, self.label(here.at), number, here.weight, (number != 0).then_some(here));
        }
        Ok(())
    }
}
