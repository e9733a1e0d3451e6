//! What the patterns make of each type, worked out once, when the type is first met.
//!
//! A *frame* is a type's index; one more stands for "not reachable from roots". Grouping comes first;
//! exclude, fold and include patterns match the grouped name. The first type that falls in a group lends
//! the group its index and, mostly, its verdict: PerfView shares them, and so its quirks are ours.

use regex::Regex;
use rustc_hash::FxHashMap;

use super::groups::Groups;
use super::names::{NOT_REACHABLE, long, short};
use super::{Error, Rules, patterns};
use crate::gcdump::{MemoryGraph, NodeType};

/// Sets of include patterns are bits of a word.
const MOST_INCLUDES: usize = 64;

/// What becomes of an object of this type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Keep,
    /// It disappears into its parent.
    Fold,
    /// It and everything below it is left out.
    Exclude,
}

/// The patterns' answer for one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub verdict: Verdict,
    /// The group's frame index: that of the first type that fell in it.
    pub group: Option<u32>,
    pub entry: bool,
    /// Which include patterns match: one bit each.
    pub includes: u64,
}

impl Frame {
    fn of(verdict: Verdict) -> Frame {
        Frame { verdict, group: None, entry: false, includes: 0 }
    }
}

pub(super) struct Frames<'a> {
    types: &'a [NodeType],
    groups: Groups,
    folds: Vec<Regex>,
    excludes: Vec<Regex>,
    includes: Vec<Regex>,
    known: Vec<Option<Frame>>,
    group_of_name: FxHashMap<Box<str>, u32>,
    /// By the group's frame index.
    group_names: FxHashMap<u32, Box<str>>,
}

impl<'a> Frames<'a> {
    pub fn new(graph: &'a MemoryGraph, rules: &Rules) -> Result<Frames<'a>, Error> {
        let includes = patterns::list(&rules.include)?;
        if includes.len() > MOST_INCLUDES {
            return Err(Error::TooManyIncludes);
        }
        Ok(Frames {
            types: &graph.types,
            groups: Groups::parse(&rules.group)?,
            folds: patterns::list(&rules.fold)?,
            excludes: patterns::list(&rules.exclude)?,
            includes,
            known: vec![None; graph.types.len() + 1],
            group_of_name: FxHashMap::default(),
            group_names: FxHashMap::default(),
        })
    }

    /// The frame of [`NOT_REACHABLE`].
    pub fn not_reachable(&self) -> u32 {
        self.types.len() as u32
    }

    /// The include patterns that must match somewhere on a path.
    pub fn wanted(&self) -> u64 {
        match self.includes.len() {
            0 => 0,
            count => u64::MAX >> (MOST_INCLUDES - count),
        }
    }

    pub fn get(&mut self, index: u32) -> Frame {
        if let Some(known) = self.known[index as usize] {
            return known;
        }
        let frame = self.work_out(index);
        self.known[index as usize] = Some(frame);
        frame
    }

    fn name(&self, index: u32, spell: fn(&NodeType) -> String) -> String {
        self.types.get(index as usize).map_or_else(|| NOT_REACHABLE.into(), spell)
    }

    fn work_out(&mut self, index: u32) -> Frame {
        let full = self.name(index, long);
        let mut group = self.groups.find(&full).map(|group| (group.name, group.entry));
        if group.is_none() && full.ends_with("!?") {
            group = Some((self.name(index, short), false));
        }
        let (name, frame) = match group {
            Some((name, entry)) => self.grouped(index, name, entry),
            None => {
                let includes = self.includes_in(&full);
                (full, Frame { includes, ..Frame::of(Verdict::Keep) })
            }
        };
        if self.excludes.iter().any(|pattern| pattern.is_match(&name)) {
            Frame::of(Verdict::Exclude)
        } else if self.folds.iter().any(|pattern| pattern.is_match(&name)) {
            Frame::of(Verdict::Fold)
        } else {
            frame
        }
    }

    /// The name to match and the frame of a type in a group.
    fn grouped(&mut self, index: u32, group: String, entry: bool) -> (String, Frame) {
        let id = *self.group_of_name.entry(group.as_str().into()).or_insert(index);
        let name = if entry { entry_name(&group, &self.name(index, short)) } else { group.clone() };
        self.group_names.entry(id).or_insert_with(|| group.into());
        let includes = self.includes_in(&name);
        let own = Frame { verdict: Verdict::Keep, group: Some(id), entry, includes };
        let frame = match self.known[id as usize] {
            Some(first) if !entry || (first.verdict == Verdict::Keep && first.includes == includes) => first,
            _ => own,
        };
        (name, frame)
    }

    fn includes_in(&self, name: &str) -> u64 {
        let matching = self.includes.iter().enumerate().filter(|(_, pattern)| pattern.is_match(name));
        matching.fold(0, |set, (bit, _)| set | 1 << bit)
    }

    /// What a frame is called in the table.
    pub fn shown(&mut self, index: u32) -> String {
        let frame = self.get(index);
        match frame.group.and_then(|id| self.group_names.get(&id)) {
            Some(group) if frame.entry => entry_name(group, &self.name(index, short)),
            Some(group) => group.to_string(),
            None => self.name(index, short),
        }
    }
}

fn entry_name(group: &str, shown: &str) -> String {
    format!("{group} <<{shown}>>")
}
