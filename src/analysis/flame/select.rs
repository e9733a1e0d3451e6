//! From a box back to its objects, and from objects to where a picture of them starts.

use super::build::{Fate, Limits, Source, Step, Top, only_type};
use crate::progress::{Cancelled, Progress};

/// The objects of a set that have none of the set above them, each under the label of its type: where the picture
/// of a selection starts. Objects outside the tree are left out.
pub fn outermost(source: &Source<'_>, set: &[u32], progress: &Progress) -> Result<Vec<Top>, Cancelled> {
    let mut numbers: Vec<u32> = set.iter().map(|&object| source.tree.numbers[object as usize]).collect();
    numbers.sort_unstable();
    progress.check()?;
    let mut covered = 1;
    let mut out = Vec::new();
    for number in numbers {
        if number >= covered {
            covered = source.tree.ends[number as usize];
            let top = source.tops.partition_point(|top| top.number <= number).checked_sub(1);
            let shared = top.is_some_and(|top| source.tops[top].shared);
            out.push(Top { number, label: source.label(number), shared });
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
    let mut numbers: Vec<u32> =
        start.iter().filter(|top| label.is_none_or(|label| label == top.label)).map(|top| top.number).collect();
    for next in path {
        let mut below = Vec::new();
        step.visit(label.unwrap_or(u32::MAX), &numbers, |number, of, fate| {
            if fate == Fate::Group && of == next {
                below.push(number);
            }
        })?;
        (numbers, label) = (below, Some(next));
    }
    if let Some(label) = label.filter(|&label| source.labels.is_type(label)) {
        let mut links = Vec::new();
        step.visit(label, &numbers, |number, _, fate| {
            if fate == Fate::Link {
                links.push(number);
            }
        })?;
        numbers.append(&mut links);
    }
    let mut objects: Vec<u32> = numbers.into_iter().map(|number| source.tree.objects[number as usize]).collect();
    objects.sort_unstable();
    Ok(objects)
}
