//! Where each object's way to the roots goes next, for trees that grow outward.
//!
//! Chains of one type and hidden types are stepped over here, once for all objects, in place of once for each
//! that climbs. What stands at a number and where it leads lie side by side: a climb is a walk through memory, and
//! what it costs are the waits.

use rayon::prelude::*;

use super::build::{Limits, Source, Top};
use super::climb::PIECE;
use crate::progress::{Cancelled, Progress};

/// Marks a way up that is not known yet.
const UNKNOWN: u32 = u32::MAX;

/// What stands at a number.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Way {
    /// The next number above that is neither hidden nor of the same type. From [`Ways::len`] on: that much more than
    /// the label of a root.
    pub up: u32,
    /// The label of its type.
    pub label: u32,
}

/// The next step up from each number that is on some way.
pub(super) struct Ways<'a> {
    rules: Rules<'a>,
    /// By number, in pieces: made side by side, each where it stays.
    ways: Vec<Vec<Way>>,
}

/// What decides about a step.
#[derive(Clone, Copy)]
struct Rules<'a> {
    source: &'a Source<'a>,
    limits: &'a Limits,
}

impl<'a> Ways<'a> {
    /// From every number.
    pub fn of_all(source: &'a Source<'a>, limits: &'a Limits, progress: &Progress) -> Result<Ways<'a>, Cancelled> {
        let rules = Rules { source, limits };
        // Parents have smaller numbers. What goes where one in another piece goes waits for all pieces.
        let piece = |first: usize| {
            progress.check()?;
            let numbers = first..(first + PIECE).min(rules.len());
            let mut ways: Vec<Way> = Vec::with_capacity(numbers.len());
            let mut late = Vec::new();
            for number in first as u32..numbers.end as u32 {
                if number == 0 {
                    ways.push(Way::default());
                    continue;
                }
                let known = |other: u32| (other as usize).checked_sub(first).map_or(UNKNOWN, |at| ways[at].up);
                let next = rules.next(number, known);
                let up = next.up(known);
                if up == UNKNOWN {
                    late.push((number, if let Next::AsFrom(other) = next { other } else { UNKNOWN }));
                }
                ways.push(Way { up, label: source.label(number) });
            }
            Ok((ways, late))
        };
        let pieces = (0..rules.len()).into_par_iter().step_by(PIECE).map(piece);
        let (ways, late): (Vec<_>, Vec<_>) = pieces.collect::<Result<Vec<_>, Cancelled>>()?.into_iter().unzip();
        let mut ways = Ways { rules, ways };
        // Along a list each waits for the one before it, which is at hand without a look into memory.
        let mut last = (0, 0);
        for (steps, (number, as_from)) in late.into_iter().flatten().enumerate() {
            let known = |other: u32| if other == last.0 { last.1 } else { ways.at(other).up };
            let up = if as_from == UNKNOWN { rules.next(number, known).up(known) } else { known(as_from) };
            ways.at_mut(number).up = up;
            last = (number, up);
            progress.check_at(steps)?;
        }
        Ok(ways)
    }

    /// From these and all above them.
    pub fn of(
        tops: &[Top],
        source: &'a Source<'a>,
        limits: &'a Limits,
        progress: &Progress,
    ) -> Result<Ways<'a>, Cancelled> {
        let rules = Rules { source, limits };
        let piece = |first: usize| vec![Way { up: UNKNOWN, label: 0 }; PIECE.min(rules.len() - first)];
        let mut ways = Ways { rules, ways: (0..rules.len()).step_by(PIECE).map(piece).collect() };
        let mut trail = Vec::new();
        for top in tops {
            let mut at = top.number;
            while at != 0 && ways.at(at).up == UNKNOWN {
                trail.push(at);
                at = source.tree.parents[at as usize];
                progress.check_at(trail.len())?;
            }
            while let Some(number) = trail.pop() {
                let known = |other: u32| ways.at(other).up;
                let up = rules.next(number, known).up(known);
                *ways.at_mut(number) = Way { up, label: source.label(number) };
            }
        }
        Ok(ways)
    }

    /// Numbers are below this, roots from here on.
    pub fn len(&self) -> u32 {
        self.rules.len() as u32
    }

    pub fn is_number(&self, at: u32) -> bool {
        at < self.len()
    }

    /// What stands at a number.
    pub fn at(&self, number: u32) -> Way {
        self.ways[number as usize / PIECE][number as usize % PIECE]
    }

    fn at_mut(&mut self, number: u32) -> &mut Way {
        &mut self.ways[number as usize / PIECE][number as usize % PIECE]
    }

    /// The label of what a way leads to: a number or a root.
    pub fn label(&self, at: u32) -> u32 {
        if self.is_number(at) { self.at(at).label } else { at - self.len() }
    }

    pub fn is_hidden(&self, number: u32) -> bool {
        self.rules.is_hidden(number)
    }
}

/// Where a step leads.
#[derive(Clone, Copy)]
enum Next {
    /// There, or [`UNKNOWN`].
    Is(u32),
    /// Where the step from this smaller number leads.
    AsFrom(u32),
}

impl Next {
    fn up(self, known: impl Fn(u32) -> u32) -> u32 {
        match self {
            Next::Is(up) => up,
            Next::AsFrom(other) => known(other),
        }
    }
}

impl Rules<'_> {
    fn len(&self) -> usize {
        self.source.tree.objects.len()
    }

    /// The next step up from a number; `known` gives that of a smaller one, or [`UNKNOWN`].
    fn next(&self, number: u32, known: impl Fn(u32) -> u32) -> Next {
        let parent = self.source.tree.parents[number as usize];
        if parent == 0 {
            let tops = self.source.tops;
            let label = tops.binary_search_by_key(&number, |top| top.number).map(|at| tops[at].label);
            // A start that no top leads to ends in the whole.
            let label = label.unwrap_or(self.source.labels.len() as u32);
            return Next::Is((self.len() as u32).saturating_add(label));
        }
        let at = if self.is_hidden(parent) { known(parent) } else { parent };
        if (at as usize) < self.len() && self.source.label(at) == self.source.label(number) {
            Next::AsFrom(at)
        } else {
            Next::Is(at)
        }
    }

    fn is_hidden(&self, number: u32) -> bool {
        // Most pictures hide nothing: then no label need be looked up.
        !self.limits.hidden.is_empty() && self.limits.hides(self.source.label(number))
    }
}
