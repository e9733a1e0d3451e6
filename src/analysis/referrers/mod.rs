//! Who refers to a set of objects, who to those, and so on up to the roots: a tree that is opened row by row.
//!
//! A row is what refers by one field of one type, or one root. Each row remembers which object refers to which
//! of the row below, so that what it holds of the *asked-for* set is found by walking down those pairs.
//! Rows are in order of what they hold; of two that hold the same, the one nearer to a telling root comes
//! first, so that going up by first rows leads to the cause.

mod gather;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::histogram::TypeGroups;
use super::independent::Holders;
use super::sets::{Set, ascending};
use crate::heap::{FieldId, FieldNames};
use crate::progress::{Cancelled, Progress};
use crate::runtime::Runtime;

/// Rows that the heaviest path goes up at most.
const HIGHEST: usize = 256;

/// Where referrers are looked for, and what they are called.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    pub holders: Holders<'a>,
    /// Types that are one row to a person.
    pub groups: &'a TypeGroups,
    pub fields: &'a FieldNames,
    /// Absent for a graph that came without memory: then fields have no names.
    pub runtime: Option<&'a Runtime>,
}

/// Who refers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Roots of one kind and name, given as the first of them in [`crate::heap::Graph::roots`].
    Root(u32),
    /// A group of types, by one field.
    Type { group: u32, field: FieldId },
}

/// Objects that refer by one field, or roots of one name.
#[derive(Clone, Debug)]
pub struct Row {
    pub who: Who,
    /// The row that this one refers into; `None` for the asked-for set.
    pub parent: Option<u32>,
    /// Distinct objects, or roots.
    pub referring: u64,
    /// Objects of the asked-for set that are reached through this row, and what they retain together.
    pub held_objects: u64,
    pub held_bytes: u64,
    /// Every object of the row is above already, or alive only through what it refers to: nothing new follows.
    pub cycle: bool,
    /// Cost of the cheapest way from a root to one of the objects (see [`super::ranking`]).
    pub cost: u32,
    /// Rows that refer to this one, once it was opened.
    pub children: Option<Range<u32>>,
    pairs: Arc<Pairs>,
    /// The objects whose referrers follow: new ones.
    fresh: Arc<[u32]>,
}

impl Row {
    pub fn is_root(&self) -> bool {
        matches!(self.who, Who::Root(_))
    }
}

/// Which object refers to which of the row below. Of a root: the objects below that it holds, without targets.
#[derive(Clone, Debug, Default)]
struct Pairs {
    /// Ascending.
    objects: Vec<u32>,
    /// Where each object's targets begin.
    starts: Vec<u32>,
    targets: Vec<u32>,
}

impl Pairs {
    fn add(&mut self, object: u32, target: u32) {
        if self.objects.last() != Some(&object) {
            self.objects.push(object);
            self.starts.push(self.targets.len() as u32);
        }
        self.targets.push(target);
    }

    fn append(&mut self, other: Pairs) {
        let shift = self.targets.len() as u32;
        self.objects.extend(other.objects);
        self.starts.extend(other.starts.into_iter().map(|start| start + shift));
        self.targets.extend(other.targets);
    }

    /// What these objects (ascending, all of them here) refer to, ascending and once; all ids are below `bound`.
    fn targets_of(&self, objects: &[u32], bound: usize) -> Cow<'_, [u32]> {
        if objects.len() == self.objects.len() {
            return ascending(bound, &self.targets[..]);
        }
        let mut targets = Vec::new();
        let mut from = 0;
        for &object in objects {
            let at = from + gallop(&self.objects[from..], object);
            let end = self.starts.get(at + 1).map_or(self.targets.len(), |&end| end as usize);
            targets.extend_from_slice(&self.targets[self.starts[at] as usize..end]);
            from = at;
        }
        ascending(bound, targets)
    }
}

/// Where `wanted` is in a sorted list, probably near its beginning.
fn gallop(sorted: &[u32], wanted: u32) -> usize {
    let mut reach = 1;
    while sorted.get(reach).is_some_and(|&id| id < wanted) {
        reach *= 2;
    }
    let start = reach / 2;
    start + sorted[start..sorted.len().min(reach + 1)].partition_point(|&id| id < wanted)
}

/// The tree of referrers of a set of objects. A clone shares what is large.
#[derive(Clone, Debug)]
pub struct Referrers {
    /// The asked-for objects, ascending.
    asked: Arc<[u32]>,
    /// What they retain together.
    bytes: u64,
    rows: Vec<Row>,
    top: Option<Range<u32>>,
}

impl Referrers {
    /// Of these objects, and what they retain together where that is known; nothing is opened yet.
    pub fn of(scene: Scene<'_>, objects: Vec<u32>, bytes: Option<u64>) -> Referrers {
        let asked: Arc<[u32]> = ascending(scene.holders.graph.len(), objects).into_owned().into();
        let bytes = bytes.unwrap_or_else(|| scene.retained(&asked));
        Referrers { asked, bytes, rows: Vec::new(), top: None }
    }

    /// The asked-for objects, ascending.
    pub fn asked(&self) -> &[u32] {
        &self.asked
    }

    /// What the asked-for objects retain together.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The rows that refer to the asked-for set, once they were opened.
    pub fn top(&self) -> Option<Range<u32>> {
        self.top.clone()
    }

    /// Number of rows found so far; they are numbered from 0.
    pub fn rows(&self) -> u32 {
        self.rows.len() as u32
    }

    pub fn row(&self, row: u32) -> &Row {
        &self.rows[row as usize]
    }

    /// The objects of a row: for selecting them elsewhere. A root row gives the objects that it holds.
    pub fn objects(&self, row: u32) -> &[u32] {
        &self.rows[row as usize].pairs.objects
    }

    /// The rows that refer to a row (`None`: to the asked-for set), heaviest first. They are found when first
    /// asked for and then stay.
    pub fn open(
        &mut self,
        scene: Scene<'_>,
        parent: Option<u32>,
        progress: &Progress,
    ) -> Result<Range<u32>, Cancelled> {
        let known = parent.map_or(&self.top, |parent| &self.rows[parent as usize].children);
        if let Some(known) = known {
            return Ok(known.clone());
        }
        let bound = scene.holders.graph.len();
        let mut above: Vec<&[u32]> = vec![&self.asked];
        above.extend(self.upwards(parent).map(|row| &self.rows[row as usize].pairs.objects[..]));
        let above = Set::of(bound, &above);
        let below = parent.map_or(&self.asked, |parent| &self.rows[parent as usize].fresh);
        let mut rows = gather::rows(scene, below, &above, progress)?;
        rows.par_iter_mut().try_for_each(|row| {
            progress.check()?;
            row.parent = parent;
            (row.held_objects, row.held_bytes) = self.held(scene, row);
            Ok(())
        })?;
        // Equal ones stay in the order of their first object.
        rows.sort_by_key(|row| (Reverse(row.held_bytes), Reverse(row.held_objects), row.cost));
        let first = self.rows.len() as u32;
        self.rows.append(&mut rows);
        let range = first..self.rows.len() as u32;
        *parent.map_or(&mut self.top, |parent| &mut self.rows[parent as usize].children) = Some(range.clone());
        Ok(range)
    }

    /// Opens row after row, each time the heaviest that leads on, until a root; gives them from below.
    pub fn open_heaviest(&mut self, scene: Scene<'_>, progress: &Progress) -> Result<Vec<u32>, Cancelled> {
        let mut way: Vec<u32> = Vec::new();
        while way.len() < HIGHEST {
            let mut rows = self.open(scene, way.last().copied(), progress)?;
            let Some(next) = rows.find(|&row| !self.row(row).cycle) else { break };
            way.push(next);
            if self.row(next).is_root() {
                break;
            }
        }
        Ok(way)
    }

    /// Opens up to `most` rows of at most `depth` levels, of each level's rows the first `width`: always the one
    /// that holds most, of equal ones the one nearest to a telling root.
    pub fn unfold(
        &mut self,
        scene: Scene<'_>,
        depth: usize,
        width: usize,
        most: usize,
        progress: &Progress,
    ) -> Result<(), Cancelled> {
        let mut todo = BinaryHeap::from([(u64::MAX, Reverse(0), Reverse(0), Reverse(None))]);
        for _ in 0..most {
            let Some((.., Reverse(level), Reverse(parent))) = todo.pop() else { break };
            let rows = self.open(scene, parent, progress)?;
            if level + 1 < depth {
                let follow = rows.take(width).filter(|&row| !self.row(row).cycle && !self.row(row).is_root());
                todo.extend(follow.map(|next| {
                    let row = self.row(next);
                    (row.held_bytes, Reverse(row.cost), Reverse(level + 1), Reverse(Some(next)))
                }));
            }
        }
        Ok(())
    }

    /// A row and those below it, down to the one that refers to the asked-for set.
    fn upwards(&self, row: Option<u32>) -> impl Iterator<Item = u32> {
        std::iter::successors(row, |&row| self.rows[row as usize].parent)
    }

    /// How many of the asked-for objects a new row reaches, and what those retain together.
    fn held(&self, scene: Scene<'_>, row: &Row) -> (u64, u64) {
        if self.asked.len() == 1 {
            return (1, self.bytes);
        }
        let bound = scene.holders.graph.len();
        let mut held = match row.who {
            Who::Root(_) => Cow::Borrowed(&row.pairs.objects[..]),
            Who::Type { .. } => ascending(bound, &row.pairs.targets[..]),
        };
        for below in self.upwards(row.parent) {
            let below = &self.rows[below as usize];
            // What refers to all of a row's objects reaches all that this row reaches.
            if held.len() == below.pairs.objects.len() {
                return (below.held_objects, below.held_bytes);
            }
            held = below.pairs.targets_of(&held, bound);
        }
        let all = held.len() == self.asked.len();
        (held.len() as u64, if all { self.bytes } else { scene.retained(&held) })
    }
}

impl Scene<'_> {
    fn retained(self, objects: &[u32]) -> u64 {
        let liveness = self.holders.liveness;
        liveness.retained.of_set(&liveness.dominators, objects)
    }
}
