//! In which generation the objects of a box live.
//!
//! A finished tree is walked once more, object by object in pre-order, to see which box each of them is in: the
//! same steps as the tree was built by, so nothing has to be kept for a question that is rarely asked.

use rustc_hash::FxHashMap;

use super::FlameTree;
use super::build::{Fate, Fates, Limits, Source, Top, only_type};
use crate::progress::{Cancelled, Progress};

/// Marks a box that has no objects of its own, or whose objects' generation nothing tells.
pub const NO_GENERATION: u8 = u8::MAX;
/// Generations that are told apart.
const KINDS: usize = 6;
/// An object that is in no box.
const NONE: u32 = u32::MAX;

/// Per box of a tree built top-down from `start` the generation in which most bytes of its own objects lie;
/// `generation` numbers that of an object below 6, anything else is unknown.
pub fn generations(
    source: &Source<'_>,
    start: &[Top],
    tree: &FlameTree,
    limits: &Limits,
    generation: impl Fn(u32) -> u8,
    progress: &Progress,
) -> Result<Vec<u8>, Cancelled> {
    let labels = |frame: u32| tree.labels[tree.frames[frame as usize].name as usize];
    let below: FxHashMap<(u32, u32), u32> =
        (1..tree.frames.len() as u32).map(|at| ((tree.frames[at as usize].parent, labels(at)), at)).collect();
    // The box of an object by the box above it: the same one, one of its children, or none.
    let place = |above: u32, label: u32| match Fates::below(source, limits, labels(above)).of(label) {
        Fate::Group => below.get(&(above, label)).copied().unwrap_or(NONE),
        Fate::Link | Fate::Dissolve => above,
    };
    let mut bytes = vec![[0u64; KINDS]; tree.frames.len()];
    let mut frame_of = vec![NONE; source.tree.objects.len()];
    let one = only_type(source.labels, start);
    let mut steps = 0;
    for top in start {
        let group = if one.is_some() { Some(&0) } else { below.get(&(0, top.label)) };
        for number in top.number..source.tree.ends[top.number as usize] {
            steps += 1;
            progress.check_at(steps)?;
            let label = source.label(number);
            let frame = if number != top.number {
                match frame_of[source.tree.parents[number as usize] as usize] {
                    NONE => NONE,
                    above => place(above, label),
                }
            } else {
                // A group of roots has its tops below it, a type has them in it.
                group.map_or(NONE, |&group| if source.labels.is_type(top.label) { group } else { place(group, label) })
            };
            frame_of[number as usize] = frame;
            if frame != NONE {
                let object = source.tree.objects[number as usize];
                if let Some(sum) = bytes[frame as usize].get_mut(usize::from(generation(object))) {
                    *sum += source.graph.objects.size(object);
                }
            }
        }
    }
    let most = |sums: &[u64; KINDS]| {
        let (kind, &sum) = sums.iter().enumerate().rev().max_by_key(|&(_, &sum)| sum)?;
        (sum > 0).then_some(kind as u8)
    };
    Ok(bytes.iter().map(|sums| most(sums).unwrap_or(NO_GENERATION)).collect())
}
