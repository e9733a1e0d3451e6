//! The flame tree top-down: from roots or chosen objects to what they keep alive.
//!
//! Siblings of one type under one box become one box. An object of its box's own type joins that box where
//! chains are folded (a linked list is one box, not 20 000), and so does one of a hidden type.

use std::ops::Range;

use super::labels::Labels;
use super::level::{Direction, Expanded, Growth, Slots};
use super::tree::{Entry, Tree};
use super::{FlameTree, Frame};
use crate::heap::Graph;
use crate::progress::{Cancelled, Progress};

/// Members of one piece of work (few in tests, so that small trees are cut too).
const PIECE: usize = if cfg!(test) { 4 } else { 1 << 14 };
/// So many members are looked up at once: the processor then waits for memory once for all of them, not for each.
const AHEAD: usize = if cfg!(test) { 2 } else { 64 };

/// A tree of objects with what its boxes weigh, what they are called and where it starts.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    pub graph: &'a Graph,
    pub labels: &'a Labels,
    pub tree: Tree<'a>,
    /// By number, and one more.
    pub entries: &'a [Entry],
    /// Weigh objects, not bytes.
    pub count: bool,
    /// The numbers right below the virtual root, ascending, each under the label of its root.
    pub tops: &'a [Top],
}

impl Source<'_> {
    /// Weight of a number and all below it.
    pub fn weight(&self, number: u32) -> u64 {
        self.between(number, self.entries[number as usize].end)
    }

    /// Weight of a number alone.
    pub fn own(&self, number: u32) -> u64 {
        self.between(number, number + 1)
    }

    fn between(&self, from: u32, to: u32) -> u64 {
        if self.count {
            u64::from(to - from)
        } else {
            self.entries[to as usize].before - self.entries[from as usize].before
        }
    }

    /// The label of the type of a number's object.
    pub(super) fn label(&self, number: u32) -> u32 {
        self.entries[number as usize].kind
    }

    /// One past the last number below a number.
    fn end(&self, number: u32) -> u32 {
        self.entries[number as usize].end
    }

    /// Numbers right below a number, ascending.
    fn children(&self, number: u32, end: u32) -> impl Iterator<Item = u32> {
        let following = move |&child: &u32| Some(self.entries[child as usize].end).filter(|&next| next < end);
        std::iter::successors(Some(number + 1).filter(|&first| first < end), following)
    }

    fn is_leaf(&self, number: u32) -> bool {
        self.entries[number as usize].end == number + 1
    }
}

/// An object at which a flame tree starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Top {
    /// Its number in the tree.
    pub number: u32,
    /// The box it is put under: the label of its root, or of its own type where a selection is shown.
    pub label: u32,
    /// Do other roots hold it as well?
    pub shared: bool,
}

/// What a flame tree leaves out or puts together.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// A box of less than this share of the whole, in per cent, is summed with the other small ones.
    pub min_percent: f64,
    /// Levels below the whole; what is deeper is summed as small.
    pub max_depth: u32,
    /// Boxes altogether.
    pub max_frames: usize,
    /// Fold objects of one type under one another into one box.
    pub fold_chains: bool,
    /// Per label: count its objects to the box above. Empty: none.
    pub hidden: Vec<bool>,
}

impl Limits {
    /// Do objects under this label count to the box above?
    pub(super) fn hides(&self, label: u32) -> bool {
        self.hidden.get(label as usize).is_some_and(|&hidden| hidden)
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { min_percent: 0.1, max_depth: 1 << 12, max_frames: 1 << 18, fold_chains: true, hidden: Vec::new() }
    }
}

/// Builds the tree below `start` (the source's own tops, or a selection's). `whole` names the first box,
/// unless all of `start` are of one type: then that is it.
pub fn top_down(
    source: &Source<'_>,
    start: &[Top],
    whole: &str,
    limits: &Limits,
    progress: &Progress,
) -> Result<FlameTree, Cancelled> {
    let step = Step { source, limits, progress };
    let one = only_type(source.labels, start);
    let root = root_frame(source, start, false);
    let growth = Growth::new(source, root, limits, progress);
    let those = |shared: bool| start.iter().filter(move |top| top.shared == shared);
    let first = match one {
        Some(label) => {
            let numbers = [true, false].map(|shared| those(shared).map(|top| top.number).collect());
            growth.first_of(label, numbers, &step)?
        }
        None => growth.first(vec![(true, true), (false, false)], |shared, out, slots| {
            for top in those(shared) {
                out.add(slots, top.label, top.number, 1, source.weight(top.number), Some(top.number));
            }
            Ok(())
        })?,
    };
    let frames = growth.grow(first, &step)?;
    Ok(FlameTree::named(frames, source, whole))
}

/// The first box: all of `start`, not yet expanded. `alone`: it counts them without what lies below.
pub(super) fn root_frame(source: &Source<'_>, start: &[Top], alone: bool) -> Frame {
    let weight = |number| source.weight(number);
    let heaviest = start.iter().max_by_key(|top| (weight(top.number), std::cmp::Reverse(top.number)));
    let total = start.iter().map(|top| weight(top.number)).sum();
    let below = |top: &Top| source.tree.ends[top.number as usize] - top.number;
    let one = only_type(source.labels, start);
    Frame {
        name: one.unwrap_or(source.labels.len() as u32),
        // The whole is no type that would have objects: it says how many there are altogether.
        objects: if one.is_some() || alone { start.len() as u32 } else { start.iter().map(below).sum() },
        chain: 1,
        sample: heaviest.map_or(0, |top| top.number),
        weight: total,
        own: total,
        shared: start.iter().filter(|top| top.shared).map(|top| weight(top.number)).sum(),
        ..Frame::default()
    }
}

/// The type that all tops are of, where they are a selection of one type.
pub(super) fn only_type(labels: &Labels, tops: &[Top]) -> Option<u32> {
    let label = tops.first()?.label;
    (labels.is_type(label) && tops.iter().all(|top| top.label == label)).then_some(label)
}

/// From the objects of a box to those below it.
pub(super) struct Step<'a> {
    pub source: &'a Source<'a>,
    pub limits: &'a Limits,
    pub progress: &'a Progress,
}

/// What becomes of an object below a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It goes into the group of its label.
    Group,
    /// It joins the box as the next link of a chain.
    Link,
    /// It is hidden: its own weight counts to the box, its children are the box's.
    Dissolve,
}

/// Tells the fate of what lies right below one box.
#[derive(Clone, Copy)]
pub(super) struct Fates<'a> {
    /// The label that is folded into the box; `u32::MAX` for none.
    link: u32,
    limits: &'a Limits,
}

impl<'a> Fates<'a> {
    /// Below a box with the label `above`.
    pub fn below(source: &Source<'_>, limits: &'a Limits, above: u32) -> Fates<'a> {
        let folds = limits.fold_chains && source.labels.is_type(above);
        Fates { link: if folds { above } else { u32::MAX }, limits }
    }

    /// What becomes of an object with this label.
    pub fn of(self, label: u32) -> Fate {
        if label == self.link {
            Fate::Link
        } else if self.limits.hides(label) {
            Fate::Dissolve
        } else {
            Fate::Group
        }
    }
}

impl Direction for Step<'_> {
    type Member = u32;
    type Piece = Range<usize>;

    fn pieces(&self, numbers: &[u32]) -> Vec<Range<usize>> {
        (0..numbers.len()).step_by(PIECE).map(|at| at..(at + PIECE).min(numbers.len())).collect()
    }

    fn expand(
        &self,
        above: u32,
        numbers: &[u32],
        piece: Range<usize>,
        out: &mut Expanded<u32>,
        slots: &mut Slots,
    ) -> Result<(), Cancelled> {
        let mut links = 0;
        out.chain = self.visit(above, &numbers[piece], |number, label, fate| match fate {
            Fate::Group => {
                let further = (!self.source.is_leaf(number)).then_some(number);
                out.add(slots, label, number, 1, self.source.weight(number), further);
            }
            Fate::Link => links += 1,
            Fate::Dissolve => {}
        })?;
        out.absorbed = links;
        Ok(())
    }
}

impl Step<'_> {
    /// Calls `each(number, label of its type, fate)` for all that lies right below a box: the children of its objects,
    /// of the links that join it and of those dissolved in it. Gives the number of rounds that found links.
    pub fn visit(&self, above: u32, numbers: &[u32], mut each: impl FnMut(u32, u32, Fate)) -> Result<u32, Cancelled> {
        let fates = Fates::below(self.source, self.limits, above);
        let mut open = Open { links: Vec::new(), dissolved: Vec::new(), seen: 0 };
        // A group of roots has its objects below it, a type has them in it.
        let mut round: &[u32] = numbers;
        let mut last = Vec::new();
        if !self.source.labels.is_type(above) {
            self.take(fates, numbers.iter().copied(), &mut open, &mut each)?;
            round = &[];
        }
        for rounds in 0.. {
            let (blocks, rest) = round.as_chunks::<AHEAD>();
            for numbers in blocks {
                let ends = numbers.map(|number| self.source.end(number));
                for (&number, end) in numbers.iter().zip(ends) {
                    self.take(fates, self.source.children(number, end), &mut open, &mut each)?;
                }
            }
            for &number in rest {
                self.take(fates, self.source.children(number, self.source.end(number)), &mut open, &mut each)?;
            }
            while let Some(number) = open.dissolved.pop() {
                let children = self.source.children(number, self.source.end(number));
                self.take(fates, children, &mut open, &mut each)?;
            }
            if open.links.is_empty() {
                return Ok(rounds);
            }
            // A list of millions has as many rounds: two vectors serve them all.
            std::mem::swap(&mut last, &mut open.links);
            open.links.clear();
            round = &last;
        }
        unreachable!("the loop ends when no links are left")
    }

    fn take(
        &self,
        fates: Fates<'_>,
        numbers: impl Iterator<Item = u32>,
        open: &mut Open,
        each: &mut impl FnMut(u32, u32, Fate),
    ) -> Result<(), Cancelled> {
        for number in numbers {
            let label = self.source.label(number);
            let fate = fates.of(label);
            match fate {
                Fate::Group => {}
                Fate::Link => open.links.push(number),
                Fate::Dissolve => open.dissolved.push(number),
            }
            each(number, label, fate);
            open.seen += 1;
            self.progress.check_at(open.seen)?;
        }
        Ok(())
    }
}

/// What a visit still has to go into.
struct Open {
    links: Vec<u32>,
    dissolved: Vec<u32>,
    seen: usize,
}
