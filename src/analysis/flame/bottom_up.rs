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
use crate::progress::{CHECK_EVERY, Cancelled, Progress};

/// A weight on its way to the roots, and how far it has come.
#[derive(Clone, Copy, Debug)]
struct Climber {
    object: u32,
    weight: u64,
}

/// Builds the tree of what keeps the objects of `start` alive, each of them (under the label of its type)
/// counting what `weight` says.
pub fn bottom_up(
    source: &Source<'_>,
    start: &[Top],
    weight: impl Fn(u32) -> u64 + Sync,
    whole: &str,
    limits: &Limits,
    progress: &Progress,
) -> Result<FlameTree, Cancelled> {
    let ways = Ways::new(source, start, limits, progress)?;
    let root = root_frame(source, start, &weight);
    let one = only_type(source.labels, start);
    let mut growth = Growth::new(source, usize::MAX, root, limits, progress);
    let mut first = Vec::new();
    for shared in [true, false] {
        let start = start.par_iter().filter(|top| top.shared == shared);
        let climbers = start.map(|top| Climber { object: top.object, weight: weight(top.object) }).collect();
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
    /// The next object above that is neither hidden nor of the same type; from the number of objects on: that
    /// many less, the label of a root.
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
        let mut ways = Ways { source, limits, progress, up: vec![UNKNOWN; source.tree.parents.len()] };
        let mut roots: Vec<(u32, u32)> = source.tops.iter().map(|top| (top.object, top.label)).collect();
        roots.sort_unstable();
        let mut trail = Vec::new();
        let mut steps = 0usize;
        for top in start {
            let mut at = top.object as usize;
            while ways.up.get(at) == Some(&UNKNOWN) {
                trail.push(at as u32);
                at = source.tree.parents[at] as usize;
                steps += 1;
                if steps.is_multiple_of(CHECK_EVERY) {
                    progress.check()?;
                }
            }
            while let Some(object) = trail.pop() {
                let above = source.tree.parents[object as usize];
                ways.up[object as usize] = if ways.is_object(above) {
                    let mut visible = above;
                    if ways.is_hidden(visible) {
                        visible = ways.up[visible as usize];
                    }
                    if ways.is_object(visible) && ways.label(visible) == ways.label(object) {
                        visible = ways.up[visible as usize];
                    }
                    visible
                } else {
                    let root = roots.binary_search_by_key(&object, |&(top, _)| top);
                    let label = root.map_or(source.labels.len() as u32, |at| roots[at].1);
                    (ways.up.len() as u32).saturating_add(label)
                };
            }
        }
        Ok(ways)
    }

    fn is_object(&self, at: u32) -> bool {
        (at as usize) < self.up.len()
    }

    fn label(&self, at: u32) -> u32 {
        if self.is_object(at) {
            self.source.labels.of_type(self.source.graph.objects.type_index(at))
        } else {
            at - self.up.len() as u32
        }
    }

    fn is_hidden(&self, object: u32) -> bool {
        self.limits.hidden.get(self.label(object) as usize).is_some_and(|&hidden| hidden)
    }

    /// Groups the climbers where they stand; those of hidden types one step up.
    fn begin(
        &self,
        mut climbers: Vec<Climber>,
        out: &mut Expanded<Climber>,
        slots: &mut Slots,
    ) -> Result<(), Cancelled> {
        climbers.par_iter_mut().for_each(|climber| {
            if self.is_hidden(climber.object) {
                climber.object = self.up[climber.object as usize];
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
        climbers.par_iter_mut().for_each(|climber| climber.object = self.up[climber.object as usize]);
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
        climbers.par_sort_unstable_by_key(|climber| climber.object);
        for met in climbers.chunk_by(|a, b| a.object == b.object) {
            let here = Climber { object: met[0].object, weight: met.iter().map(|climber| climber.weight).sum() };
            let further = self.is_object(here.object).then_some(here);
            out.add(slots, self.label(here.object), here.object, here.weight, further);
        }
        Ok(())
    }
}
