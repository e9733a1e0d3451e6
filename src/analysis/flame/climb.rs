//! Weights on their way to the roots: one level of a tree that grows outward.
//!
//! Climbers of one box that come to the same object go on as one. So a large box is not cut by their places in
//! the list but by where they go: most keep the order of the objects they come from and are in their piece already,
//! few are brought over from another one.

use std::ops::Range;

use rayon::prelude::*;

use super::level::{Direction, Expanded, Member, Slots};
use super::ways::{Way, Ways};
use crate::progress::{Cancelled, Progress};

/// Climbers of a box taken at a time (few in tests, so that small trees are cut too).
pub(super) const PIECE: usize = if cfg!(test) { 4 } else { 1 << 16 };
/// Climbers are joined by a table of where they go while it is at most this many times longer than they are many.
const SPARSE: usize = 8;
/// So many steps are looked up at once: the processor then waits for memory once for all of them, not for each.
const AHEAD: usize = if cfg!(test) { 2 } else { 64 };

/// A weight on its way to the roots.
#[derive(Clone, Copy, Debug)]
pub(super) struct Climber {
    /// Where it goes next: see [`Way::up`].
    pub next: u32,
    /// How many objects of the box it comes from go there.
    pub objects: u32,
    pub weight: u64,
}

impl Member for Climber {
    fn takes(&mut self, other: &Climber) -> bool {
        let together = self.next == other.next;
        if together {
            self.weight += other.weight;
            self.objects += other.objects;
        }
        together
    }
}

/// Puts a weight into the group of the object that it has come to.
pub(super) fn stand(at: u32, way: Way, weight: u64, out: &mut Expanded<Climber>, slots: &mut Slots) {
    out.add(slots, way.label, at, 1, weight, Some(Climber { next: way.up, objects: 1, weight }));
}

/// What takes climbers up.
pub(super) struct Climb<'a> {
    pub ways: Ways<'a>,
    pub progress: &'a Progress,
}

/// Those climbers of a box that go to the same numbers, or to roots.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// Where most of them are in the list.
    climbers: Range<usize>,
    /// The numbers they go to; others in that range are in other pieces.
    to: Range<u32>,
    /// Those from elsewhere in the list.
    others: Vec<Climber>,
}

impl Direction for Climb<'_> {
    type Member = Climber;
    type Piece = Piece;

    fn pieces(&self, climbers: &[Climber]) -> Vec<Piece> {
        if climbers.is_empty() {
            return Vec::new();
        }
        let mut bounds = vec![0];
        for block in climbers.chunks(PIECE).skip(1) {
            let first = block.iter().map(|climber| climber.next).find(|&next| self.ways.is_number(next));
            let last = bounds[bounds.len() - 1];
            bounds.push(first.map_or(last, |first| first.max(last)));
        }
        bounds.push(self.ways.len());
        let mut pieces: Vec<Piece> = bounds
            .windows(2)
            .enumerate()
            .map(|(at, to)| Piece {
                climbers: at * PIECE..((at + 1) * PIECE).min(climbers.len()),
                to: to[0]..to[1],
                others: Vec::new(),
            })
            .collect();
        if pieces.len() > 1 {
            let leaving: Vec<Vec<Climber>> = pieces.par_iter().map(|piece| self.leaving(climbers, piece)).collect();
            for climber in leaving.into_iter().flatten() {
                let at = bounds.partition_point(|&bound| bound <= climber.next) - 1;
                pieces[at].others.push(climber);
            }
        }
        pieces
    }

    /// Takes every climber where it goes next, and joins those that meet there.
    fn expand(
        &self,
        _: u32,
        climbers: &[Climber],
        piece: Piece,
        out: &mut Expanded<Climber>,
        slots: &mut Slots,
    ) -> Result<(), Cancelled> {
        self.progress.check()?;
        let here = &climbers[piece.climbers];
        let mut met: Vec<Climber> = Vec::with_capacity(here.len() + piece.others.len());
        for climber in here {
            if piece.to.contains(&climber.next) {
                met.push(*climber);
            } else if !self.ways.is_number(climber.next) {
                let label = self.ways.label(climber.next);
                out.add(slots, label, 0, climber.objects, climber.weight, None);
            }
        }
        met.extend(piece.others);
        join(&mut met);
        out.reserve(met.len());
        let mut ahead = [Way::default(); AHEAD];
        for met in met.chunks(AHEAD) {
            self.progress.check()?;
            ahead.iter_mut().zip(met).for_each(|(way, climber)| *way = self.ways.at(climber.next));
            for (climber, way) in met.iter().zip(ahead) {
                stand(climber.next, way, climber.weight, out, slots);
            }
        }
        Ok(())
    }
}

impl Climb<'_> {
    /// Those of a piece's place in the list that go to numbers of other pieces.
    fn leaving(&self, climbers: &[Climber], piece: &Piece) -> Vec<Climber> {
        let mut leaving: Vec<Climber> = Vec::new();
        for climber in &climbers[piece.climbers.clone()] {
            if self.ways.is_number(climber.next)
                && !piece.to.contains(&climber.next)
                && !leaving.last_mut().is_some_and(|last| last.takes(climber))
            {
                leaving.push(*climber);
            }
        }
        leaving
    }
}

/// Joins climbers that go to the same number.
fn join(climbers: &mut Vec<Climber>) {
    if !climbers.is_sorted_by_key(|climber| climber.next) {
        let numbers = || climbers.iter().map(|climber| climber.next);
        let (least, most) = numbers().fold((u32::MAX, 0), |(least, most), next| (least.min(next), most.max(next)));
        let range = (most - least) as usize + 1;
        if range <= climbers.len().saturating_mul(SPARSE) {
            return join_in_table(climbers, least, range);
        }
        climbers.sort_unstable_by_key(|climber| climber.next);
    }
    climbers.dedup_by(|next, climber| climber.takes(next));
}

/// The same where all go to one of the `range` numbers from `least` on: in the order in which each is first gone to.
fn join_in_table(climbers: &mut Vec<Climber>, least: u32, range: usize) {
    // One more than the place of the first that goes there; 0 for none.
    let mut first = vec![0u32; range];
    let mut count = 0;
    for at in 0..climbers.len() {
        let climber = climbers[at];
        let first = &mut first[(climber.next - least) as usize];
        if *first == 0 {
            climbers[count] = climber;
            count += 1;
            *first = count as u32;
        } else {
            climbers[*first as usize - 1].takes(&climber);
        }
    }
    climbers.truncate(count);
}
