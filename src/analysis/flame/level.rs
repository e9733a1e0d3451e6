//! Growing a flame tree level by level: members of a box come in, groups of one label under it come out.
//!
//! A level is expanded in pieces (a box, or a part of a large one) side by side. Merging the pieces of a
//! box, ordering its groups and summing the small ones is done in order, so that the result does not
//! depend on how the work was split. No hashing: a group is found by a slot per label.

use std::borrow::Borrow;
use std::ops::Range;

use rayon::prelude::*;

use super::{Frame, Limits, Source};
use crate::progress::{Cancelled, Progress};

/// Marks "no group", "no object", "no box".
const NONE: u32 = u32::MAX;
/// Members expanded per object of the heap, before the rest is summed as small. Top-down needs one; bottom-up a
/// few, but without an end on a long chain of alternating types that all climb side by side.
const WORK: usize = 64;
/// Below this many members in a level, threads cost more than they gain.
const ALONE: usize = 1 << 12;

/// The sum of all members of one label under one box.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    label: u32,
    objects: u32,
    sample: u32,
    /// How many members lead further, and the last one of this piece.
    members: u32,
    last: u32,
    weight: u64,
    sample_weight: u64,
    shared: u64,
}

/// What leads from a box to the next level.
pub(super) trait Member: Copy + Send + Sync {
    /// Takes in the next member of the same group, where both lead to the same place.
    fn takes(&mut self, next: &Self) -> bool;
}

/// A number, to be expanded on its own.
impl Member for u32 {
    fn takes(&mut self, _: &u32) -> bool {
        false
    }
}

/// What one piece of a box gave.
#[derive(Debug)]
pub(super) struct Expanded<M> {
    groups: Vec<Group>,
    /// Group and member, of everything that leads further.
    members: Vec<(u32, M)>,
    pub shared: bool,
    /// Objects that became part of the box itself, and how many levels of its own type they fill.
    pub absorbed: u32,
    pub chain: u32,
}

/// One slot per label, to find the group of a label; all empty between two uses.
pub(super) struct Slots(Vec<u32>);

impl<M: Member> Expanded<M> {
    /// Adds an object to the group of its label, and to the members of the next level if it leads further.
    pub fn add(&mut self, slots: &mut Slots, label: u32, object: u32, weight: u64, further: Option<M>) {
        let shared = if self.shared { weight } else { 0 };
        let one =
            Group { label, objects: 1, sample: object, members: 0, last: NONE, weight, sample_weight: weight, shared };
        let at = slots.join(&mut self.groups, &one);
        let Some(member) = further else { return };
        let group = &mut self.groups[at as usize];
        if let Some((_, last)) = self.members.get_mut(group.last as usize)
            && last.takes(&member)
        {
            return;
        }
        group.members += 1;
        group.last = self.members.len() as u32;
        self.members.push((at, member));
    }
}

impl Slots {
    fn join(&mut self, groups: &mut Vec<Group>, group: &Group) -> u32 {
        let slot = &mut self.0[group.label as usize];
        if *slot == NONE {
            *slot = groups.len() as u32;
            groups.push(*group);
            return *slot;
        }
        let sum = &mut groups[*slot as usize];
        sum.objects += group.objects;
        sum.members += group.members;
        sum.weight += group.weight;
        sum.shared += group.shared;
        if (group.sample_weight, sum.sample) > (sum.sample_weight, group.sample) {
            (sum.sample, sum.sample_weight) = (group.sample, group.sample_weight);
        }
        *slot
    }

    fn fill<M, E>(
        &mut self,
        shared: bool,
        fill: impl FnOnce(&mut Expanded<M>, &mut Slots) -> Result<(), E>,
    ) -> Result<Expanded<M>, E> {
        let mut out = Expanded { groups: Vec::new(), members: Vec::new(), shared, absorbed: 0, chain: 0 };
        let done = fill(&mut out, self);
        self.clear(&out.groups);
        done.map(|()| out)
    }

    fn clear(&mut self, groups: &[Group]) {
        for group in groups {
            self.0[group.label as usize] = NONE;
        }
    }
}

/// The boxes of one level and their members, box by box, those that other roots hold as well in front.
#[derive(Debug)]
struct Front<M> {
    boxes: Range<u32>,
    members: Vec<M>,
    /// Per box: where its members start, where the shared ones end, where all end.
    spans: Vec<[usize; 3]>,
}

/// Boxes under construction; their `name` is still a label.
pub(super) struct Growth<'a> {
    frames: Vec<Frame>,
    limits: &'a Limits,
    floor: u64,
    slots: Slots,
    piece: usize,
    /// Members that may still be expanded.
    work: usize,
    progress: &'a Progress,
}

impl<'a> Growth<'a> {
    /// `piece`: how many members are expanded at a time. Weights below `limits.min_percent` of the root's get no box.
    pub fn new(
        source: &Source<'_>,
        piece: usize,
        root: Frame,
        limits: &'a Limits,
        progress: &'a Progress,
    ) -> Growth<'a> {
        let floor = (root.weight as f64 * limits.min_percent / 100.0).ceil() as u64;
        let slots = Slots(vec![NONE; source.labels.len() + 1]);
        let work = source.tree.len().saturating_mul(WORK);
        Growth { frames: vec![root], limits, floor, slots, piece, work, progress }
    }

    /// The first level in pieces; `fill` makes one of what stands beside whether its members are shared.
    pub fn first<P: Send, M: Member>(
        &self,
        pieces: Vec<(bool, P)>,
        fill: impl Fn(P, &mut Expanded<M>, &mut Slots) -> Result<(), Cancelled> + Sync,
    ) -> Result<Vec<Expanded<M>>, Cancelled> {
        let labels = self.slots.0.len();
        let one = |slots: &mut Slots, (shared, piece)| slots.fill(shared, |out, slots| fill(piece, out, slots));
        pieces.into_par_iter().map_init(|| Slots(vec![NONE; labels]), one).collect()
    }

    /// Grows all levels: `first` is what the root gave, shared pieces in front; `expand` takes a box's label and
    /// members of it.
    pub fn grow<M: Member>(
        mut self,
        first: Vec<Expanded<M>>,
        expand: impl Fn(u32, &[M], &mut Expanded<M>, &mut Slots) -> Result<(), Cancelled> + Sync,
    ) -> Result<Vec<Frame>, Cancelled> {
        let mut front = Front { boxes: 1..1, members: Vec::new(), spans: Vec::new() };
        self.merge(0, &first, 1, &mut front);
        drop(first);
        for depth in 2.. {
            front.boxes.end = self.frames.len() as u32;
            if front.members.is_empty() {
                break;
            }
            let parts = self.expand_level(&front, &expand)?;
            front = Front { boxes: front.boxes.end..0, members: Vec::new(), spans: Vec::new() };
            for of_one_box in parts.chunk_by(|a, b| a.0 == b.0) {
                let pieces: Vec<&Expanded<M>> = of_one_box.iter().map(|(_, piece)| piece).collect();
                self.merge(of_one_box[0].0, &pieces, depth, &mut front);
            }
        }
        Ok(self.frames)
    }

    fn expand_level<M: Member>(
        &mut self,
        front: &Front<M>,
        expand: &(impl Fn(u32, &[M], &mut Expanded<M>, &mut Slots) -> Result<(), Cancelled> + Sync),
    ) -> Result<Vec<(u32, Expanded<M>)>, Cancelled> {
        let mut pieces: Vec<(u32, Range<usize>, bool)> = Vec::new();
        for (frame, &[start, shared, end]) in front.boxes.clone().zip(&front.spans) {
            for (range, is_shared) in [(start..shared, true), (shared..end, false)] {
                let cuts = range.clone().step_by(self.piece);
                pieces.extend(cuts.map(|at| (frame, at..at.saturating_add(self.piece).min(range.end), is_shared)));
            }
        }
        self.progress.check()?;
        self.work = self.work.saturating_sub(front.members.len());
        let labels = self.slots.0.len();
        let frames = &self.frames;
        let one = |slots: &mut Slots, (frame, range, shared): (u32, Range<usize>, bool)| {
            let label = frames[frame as usize].name;
            let out = slots.fill(shared, |out, slots| expand(label, &front.members[range], out, slots))?;
            Ok((frame, out))
        };
        if front.members.len() < ALONE {
            return pieces.into_iter().map(|piece| one(&mut self.slots, piece)).collect();
        }
        pieces.into_par_iter().map_init(|| Slots(vec![NONE; labels]), one).collect()
    }

    /// Joins the pieces of one box (shared ones first), makes its children and lists their members in `next`.
    fn merge<M: Member>(&mut self, frame: u32, pieces: &[impl Borrow<Expanded<M>>], depth: u32, next: &mut Front<M>) {
        let pieces = || pieces.iter().map(Borrow::borrow);
        let mut groups = Vec::new();
        let mut joined: Vec<Vec<u32>> = Vec::new();
        for piece in pieces() {
            joined.push(piece.groups.iter().map(|group| self.slots.join(&mut groups, group)).collect());
        }
        self.slots.clear(&groups);

        let mut order: Vec<u32> = (0..groups.len() as u32).collect();
        order.sort_unstable_by_key(|&at| {
            let group = &groups[at as usize];
            (std::cmp::Reverse(group.weight), group.label)
        });
        let room = if depth > self.limits.max_depth || self.work == 0 {
            0
        } else {
            self.limits.max_frames.saturating_sub(self.frames.len())
        };
        let kept = order.partition_point(|&at| groups[at as usize].weight >= self.floor).min(room);

        let total: u64 = groups.iter().map(|group| group.weight).sum();
        let smaller: u64 = order[kept..].iter().map(|&at| groups[at as usize].weight).sum();
        let first_child = self.frames.len() as u32;
        let parent = &mut self.frames[frame as usize];
        parent.own = parent.weight - total;
        parent.smaller = smaller;
        parent.smaller_types = (order.len() - kept) as u32;
        parent.first_child = first_child;
        parent.children = kept as u32;
        parent.objects += pieces().map(|piece| piece.absorbed).sum::<u32>();
        parent.chain += pieces().map(|piece| piece.chain).max().unwrap_or(0);

        // Per group: where its next member goes. Shared pieces come first, so shared members do.
        let mut place = vec![usize::MAX; groups.len()];
        let mut end = next.members.len();
        for &at in &order[..kept] {
            let group = &groups[at as usize];
            place[at as usize] = end;
            next.spans.push([end, end, end + group.members as usize]);
            end += group.members as usize;
            self.frames.push(Frame {
                name: group.label,
                parent: frame,
                objects: group.objects,
                chain: 1,
                sample: group.sample,
                weight: group.weight,
                own: group.weight,
                shared: group.shared,
                ..Frame::default()
            });
        }
        let Some(&(_, filler)) = pieces().flat_map(|piece| &piece.members).next() else { return };
        next.members.resize(end, filler);
        let spans = next.spans.len() - kept;
        for (piece, joined) in pieces().zip(&joined) {
            for &(at, member) in &piece.members {
                let at = &mut place[joined[at as usize] as usize];
                if *at != usize::MAX {
                    next.members[*at] = member;
                    *at += 1;
                }
            }
            if piece.shared {
                for (span, &at) in next.spans[spans..].iter_mut().zip(&order) {
                    span[1] = place[at as usize];
                }
            }
        }
    }
}
