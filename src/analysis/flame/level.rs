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
const ALONE: usize = if cfg!(test) { 8 } else { 1 << 12 };

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

/// Which way a tree grows.
pub(super) trait Direction: Sync {
    type Member: Member;
    /// Some members of a box.
    type Piece: Send;

    /// Members of one box, cut into pieces that can be expanded each for itself; none where there are no members.
    fn pieces(&self, members: &[Self::Member]) -> Vec<Self::Piece>;

    /// What a piece of these members of a box with this label leads to.
    fn expand(
        &self,
        label: u32,
        members: &[Self::Member],
        piece: Self::Piece,
        out: &mut Expanded<Self::Member>,
        slots: &mut Slots,
    ) -> Result<(), Cancelled>;
}

/// What one piece of a box gave.
#[derive(Debug)]
pub(super) struct Expanded<M> {
    groups: Vec<Group>,
    /// Everything that leads further, and the group of each.
    members: Vec<M>,
    group_of: Vec<u32>,
    pub shared: bool,
    /// Objects that became part of the box itself, and how many levels of its own type they fill.
    pub absorbed: u32,
    pub chain: u32,
}

/// One slot per label, to find the group of a label; all empty between two uses.
pub(super) struct Slots(Vec<u32>);

impl<M: Member> Expanded<M> {
    /// Adds objects that weigh this much together to the group of their label, and to the members of the next level if
    /// they lead further.
    pub fn add(&mut self, slots: &mut Slots, label: u32, sample: u32, objects: u32, weight: u64, further: Option<M>) {
        let slot = &mut slots.0[label as usize];
        if *slot == NONE {
            *slot = self.groups.len() as u32;
            self.groups.push(Group {
                label,
                objects: 0,
                sample,
                members: 0,
                last: NONE,
                weight: 0,
                sample_weight: weight,
                shared: 0,
            });
        }
        let at = *slot;
        let group = &mut self.groups[at as usize];
        group.objects += objects;
        group.weight += weight;
        group.offer(sample, weight);
        let Some(member) = further else { return };
        if let Some(last) = self.members.get_mut(group.last as usize)
            && last.takes(&member)
        {
            return;
        }
        group.members += 1;
        group.last = self.members.len() as u32;
        self.members.push(member);
        self.group_of.push(at);
    }

    /// Makes room for so many members.
    pub fn reserve(&mut self, members: usize) {
        self.members.reserve(members);
        self.group_of.reserve(members);
    }
}

impl Group {
    /// The heaviest object stands for all, of equal ones the first.
    fn offer(&mut self, sample: u32, weight: u64) {
        if weight > self.sample_weight || weight == self.sample_weight && sample < self.sample {
            (self.sample, self.sample_weight) = (sample, weight);
        }
    }
}

impl Slots {
    fn new(labels: usize) -> Slots {
        Slots(vec![NONE; labels])
    }

    fn join(&mut self, groups: &mut Vec<Group>, group: &Group, shared: bool) -> u32 {
        let slot = &mut self.0[group.label as usize];
        if *slot == NONE {
            *slot = groups.len() as u32;
            groups.push(Group { objects: 0, members: 0, weight: 0, ..*group });
        }
        let sum = &mut groups[*slot as usize];
        sum.objects += group.objects;
        sum.members += group.members;
        sum.weight += group.weight;
        sum.shared += if shared { group.weight } else { 0 };
        sum.offer(group.sample, group.sample_weight);
        *slot
    }

    fn fill<M, E>(
        &mut self,
        shared: bool,
        fill: impl FnOnce(&mut Expanded<M>, &mut Slots) -> Result<(), E>,
    ) -> Result<Expanded<M>, E> {
        let mut out =
            Expanded { groups: Vec::new(), members: Vec::new(), group_of: Vec::new(), shared, absorbed: 0, chain: 0 };
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

/// A piece of a box that is to be expanded.
struct Task<'a, D: Direction> {
    frame: u32,
    members: &'a [D::Member],
    piece: D::Piece,
    shared: bool,
}

/// What the pieces of a level gave, each beside its box.
type Parts<M> = Vec<(u32, Expanded<M>)>;

/// Boxes under construction; their `name` is still a label.
pub(super) struct Growth<'a> {
    frames: Vec<Frame>,
    limits: &'a Limits,
    floor: u64,
    slots: Slots,
    /// Members that may still be expanded.
    work: usize,
    progress: &'a Progress,
}

impl<'a> Growth<'a> {
    /// Weights below `limits.min_percent` of the root's get no box.
    pub fn new(source: &Source<'_>, root: Frame, limits: &'a Limits, progress: &'a Progress) -> Growth<'a> {
        let floor = (root.weight as f64 * limits.min_percent / 100.0).ceil() as u64;
        let slots = Slots::new(source.labels.len() + 1);
        let work = source.tree.len().saturating_mul(WORK);
        Growth { frames: vec![root], limits, floor, slots, work, progress }
    }

    /// The first level in pieces; `fill` makes one of what stands beside whether its members are shared.
    pub fn first<P: Send, M: Member>(
        &self,
        pieces: Vec<(bool, P)>,
        fill: impl Fn(P, &mut Expanded<M>, &mut Slots) -> Result<(), Cancelled> + Sync,
    ) -> Result<Vec<Expanded<M>>, Cancelled> {
        let one = |slots: &mut Slots, (shared, piece)| slots.fill(shared, |out, slots| fill(piece, out, slots));
        side_by_side(self.slots.0.len(), pieces, one)
    }

    /// The first level where the root is a box with this label that has members of its own, shared ones and others.
    pub fn first_of<D: Direction>(
        &self,
        label: u32,
        members: [Vec<D::Member>; 2],
        direction: &D,
    ) -> Result<Vec<Expanded<D::Member>>, Cancelled> {
        let pieces = members.iter().zip([true, false]).flat_map(|(members, shared)| {
            direction.pieces(members).into_iter().map(move |piece| (shared, (members, piece)))
        });
        self.first(pieces.collect(), |(members, piece), out, slots| direction.expand(label, members, piece, out, slots))
    }

    /// Grows all levels: `first` is what the root gave, shared pieces in front.
    pub fn grow<D: Direction>(
        mut self,
        first: Vec<Expanded<D::Member>>,
        direction: &D,
    ) -> Result<Vec<Frame>, Cancelled> {
        // Two levels take turns in the memory of two.
        let (mut front, mut next) = (Front::default(), Front::default());
        front.boxes = 1..1;
        self.merge(0, &first, 1, &mut front);
        drop(first);
        for depth in 2.. {
            front.boxes.end = self.frames.len() as u32;
            if front.members.is_empty() {
                break;
            }
            let parts = self.expand_level(&front, direction)?;
            std::mem::swap(&mut front, &mut next);
            front.boxes = next.boxes.end..0;
            front.members.clear();
            front.spans.clear();
            for of_one_box in parts.chunk_by(|a, b| a.0 == b.0) {
                let pieces: Vec<&Expanded<D::Member>> = of_one_box.iter().map(|(_, piece)| piece).collect();
                self.merge(of_one_box[0].0, &pieces, depth, &mut front);
            }
        }
        Ok(self.frames)
    }

    fn expand_level<D: Direction>(
        &mut self,
        front: &Front<D::Member>,
        direction: &D,
    ) -> Result<Parts<D::Member>, Cancelled> {
        let mut tasks = Vec::new();
        for (frame, &[start, shared, end]) in front.boxes.clone().zip(&front.spans) {
            for (range, is_shared) in [(start..shared, true), (shared..end, false)] {
                let members = &front.members[range];
                let cut = direction.pieces(members).into_iter();
                tasks.extend(cut.map(|piece| Task::<D> { frame, members, piece, shared: is_shared }));
            }
        }
        self.progress.check()?;
        self.work = self.work.saturating_sub(front.members.len());
        let frames = &self.frames;
        let one = |slots: &mut Slots, task: Task<'_, D>| {
            let Task { frame, members, piece, shared } = task;
            let label = frames[frame as usize].name;
            let out = slots.fill(shared, |out, slots| direction.expand(label, members, piece, out, slots))?;
            Ok((frame, out))
        };
        if front.members.len() < ALONE {
            return tasks.into_iter().map(|task| one(&mut self.slots, task)).collect();
        }
        side_by_side(self.slots.0.len(), tasks, one)
    }

    /// Joins the pieces of one box (shared ones first), makes its children and lists their members in `next`.
    fn merge<M: Member>(&mut self, frame: u32, pieces: &[impl Borrow<Expanded<M>>], depth: u32, next: &mut Front<M>) {
        let pieces: Vec<&Expanded<M>> = pieces.iter().map(Borrow::borrow).collect();
        let mut groups = Vec::new();
        let mut joined: Vec<Vec<u32>> = Vec::with_capacity(pieces.len());
        for piece in &pieces {
            let join = |group| self.slots.join(&mut groups, group, piece.shared);
            joined.push(piece.groups.iter().map(join).collect());
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
        parent.objects += pieces.iter().map(|piece| piece.absorbed).sum::<u32>();
        parent.chain += pieces.iter().map(|piece| piece.chain).max().unwrap_or(0);

        let mut rank_of = vec![NONE; groups.len()];
        for (rank, &at) in order[..kept].iter().enumerate() {
            let group = &groups[at as usize];
            rank_of[at as usize] = rank as u32;
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
        for joined in &mut joined {
            joined.iter_mut().for_each(|at| *at = rank_of[*at as usize]);
        }
        next.take(&pieces, &joined, kept);
    }
}

/// Does all tasks on all cores, in their order, each with empty slots for so many labels.
fn side_by_side<T: Send, R: Send>(
    labels: usize,
    tasks: Vec<T>,
    one: impl Fn(&mut Slots, T) -> Result<R, Cancelled> + Sync,
) -> Result<Vec<R>, Cancelled> {
    tasks.into_par_iter().map_init(|| Slots::new(labels), |slots, task| one(slots, task)).collect()
}

impl<M> Default for Front<M> {
    fn default() -> Front<M> {
        Front { boxes: 0..0, members: Vec::new(), spans: Vec::new() }
    }
}

impl<M: Member> Front<M> {
    /// Appends the members of the `kept` children of one box, child by child, each in the order of the pieces;
    /// `ranks` says which child each group of each piece is, or that it is none.
    fn take(&mut self, pieces: &[&Expanded<M>], ranks: &[Vec<u32>], kept: usize) {
        let mut parts: Vec<(u32, usize, usize)> = Vec::new();
        for (piece, ranks) in ranks.iter().enumerate() {
            let kept = ranks.iter().enumerate().filter(|&(_, &rank)| rank != NONE);
            parts.extend(kept.map(|(group, &rank)| (rank, piece, group)));
        }
        parts.sort_unstable();

        let start = self.members.len();
        let first_span = self.spans.len();
        self.spans.resize(first_span + kept, [start; 3]);
        let mut end = start;
        let mut spans = self.spans[first_span..].iter_mut();
        for of_one in parts.chunk_by(|a, b| a.0 == b.0) {
            let members = |shared: bool| -> usize {
                let some = of_one.iter().filter(|part| pieces[part.1].shared == shared);
                some.map(|part| pieces[part.1].groups[part.2].members as usize).sum()
            };
            let (shared, alone) = (members(true), members(false));
            *spans.next().expect("every kept group is of some piece") = [end, end + shared, end + shared + alone];
            end += shared + alone;
        }

        let Some(&filler) = pieces.iter().find_map(|piece| piece.members.first()) else { return };
        let count = end - start;
        let many = count >= ALONE;
        if many {
            self.members.par_extend(rayon::iter::repeat_n(filler, count));
        } else {
            self.members.resize(end, filler);
        }
        let mut room = &mut self.members[start..];
        let mut rooms: Vec<Vec<&mut [M]>> =
            pieces.iter().map(|piece| piece.groups.iter().map(|_| <&mut [M]>::default()).collect()).collect();
        for (_, piece, group) in parts {
            let (part, rest) = room.split_at_mut(pieces[piece].groups[group].members as usize);
            rooms[piece][group] = part;
            room = rest;
        }
        let fill = |(piece, mut rooms): (&&Expanded<M>, Vec<&mut [M]>)| {
            for (member, &group) in piece.members.iter().zip(&piece.group_of) {
                let room = &mut rooms[group as usize];
                // Empty: the group has no box.
                if let Some((place, rest)) = std::mem::take(room).split_first_mut() {
                    *place = *member;
                    *room = rest;
                }
            }
        };
        if many {
            pieces.par_iter().zip(rooms).for_each(fill);
        } else {
            pieces.iter().zip(rooms).for_each(fill);
        }
    }
}
