//! From a box back to its objects, and from objects to where a picture of them starts.

use super::build::{Fate, Limits, Source, Step, Top, only_type};
use crate::progress::{CHECK_EVERY, Cancelled, Progress};

/// The objects of `set` that have none of `set` above them, in that order, each under the label of its type:
/// where the picture of a selection starts. Objects outside the tree are left out; `set` names no
/// object twice.
pub fn outermost(source: &Source<'_>, set: &[u32], progress: &Progress) -> Result<Vec<Top>, Cancelled> {
    const KNOWN: u8 = 1;
    const OUTSIDE: u8 = 2;
    const SHARED: u8 = 4;
    const MEMBER: u8 = 8;
    const BELOW: u8 = 16;
    let mut state = vec![0u8; source.tree.parents.len()];
    for top in source.tops {
        state[top.object as usize] = KNOWN | if top.shared { SHARED } else { 0 };
    }
    for &object in set {
        state[object as usize] |= MEMBER;
    }
    let mut trail: Vec<u32> = Vec::new();
    let mut out = Vec::new();
    let mut steps = 0usize;
    for &object in set {
        // Up to the first object that is known, then back down, so that no way is gone twice.
        let mut at = object as usize;
        let mut above = loop {
            match state.get(at) {
                None => break KNOWN | OUTSIDE,
                Some(&seen) if seen & KNOWN != 0 => break seen,
                Some(_) => trail.push(at as u32),
            }
            at = source.tree.parents[at] as usize;
            steps += 1;
            if steps.is_multiple_of(CHECK_EVERY) {
                progress.check()?;
            }
        };
        while let Some(below) = trail.pop() {
            let inherited = above & (KNOWN | OUTSIDE | SHARED);
            let mark = &mut state[below as usize];
            *mark |= inherited | if above & (MEMBER | BELOW) != 0 { BELOW } else { 0 };
            above = *mark;
        }
        let mark = state[object as usize];
        if mark & (BELOW | OUTSIDE) == 0 {
            let label = source.labels.of_type(source.graph.objects.type_index(object));
            out.push(Top { object, label, shared: mark & SHARED != 0 });
        }
    }
    Ok(out)
}

/// All objects merged into the box that `path` leads to: labels as [`super::FlameTree::labels_to`] gives them,
/// in a tree built top-down from `start` with the same limits.
pub fn objects_of(
    source: &Source<'_>,
    start: &[Top],
    path: &[u32],
    limits: &Limits,
    progress: &Progress,
) -> Result<Vec<u32>, Cancelled> {
    let step = Step { source, limits, progress };
    let whole = only_type(source.labels, start);
    let mut path = path.iter().copied();
    let mut label = whole.or_else(|| path.next());
    let mut objects: Vec<u32> =
        start.iter().filter(|top| label.is_none_or(|label| label == top.label)).map(|top| top.object).collect();
    for next in path {
        let mut below = Vec::new();
        step.visit(label.unwrap_or(u32::MAX), &objects, |object, of, fate| {
            if fate == Fate::Group && of == next {
                below.push(object);
            }
        })?;
        (objects, label) = (below, Some(next));
    }
    if let Some(label) = label.filter(|&label| source.labels.is_type(label)) {
        let mut links = Vec::new();
        step.visit(label, &objects, |object, _, fate| {
            if fate == Fate::Link {
                links.push(object);
            }
        })?;
        objects.append(&mut links);
    }
    Ok(objects)
}
