//! Folding: strings and arrays counted to whoever alone keeps them.
//!
//! `System.String 38 %` helps nobody. A string or array counts to its nearest dominator that is neither; one
//! that several owners share has no such dominator and stays itself. Exact where a spanning tree guesses.

use crate::heap::{Graph, TypeKind};
use crate::progress::{Cancelled, Progress};

use super::dominators::Dominators;

/// Bytes that each type owns, by type index: its own objects and what folds into them. The sum over all types
/// is the sum of all sizes; what is dead stays itself.
pub fn owned(graph: &Graph, dominators: &Dominators, progress: &Progress) -> Result<Vec<u64>, Cancelled> {
    let folds: Vec<bool> =
        graph.types.iter().map(|info| matches!(info.kind, TypeKind::String | TypeKind::Array)).collect();
    let mut bytes = vec![0; graph.types.len()];
    for object in graph.objects.ids() {
        if !dominators.is_reachable(object) {
            bytes[graph.objects.type_index(object) as usize] += graph.objects.size(object);
        }
        progress.check_at(object as usize)?;
    }
    // Type of the nearest dominator that does not fold, the number itself among them; NOBODY at the top.
    const NOBODY: u32 = u32::MAX;
    let mut owners = vec![NOBODY; dominators.objects().len()];
    for (number, &object) in dominators.objects().iter().enumerate().skip(1) {
        let own = graph.objects.type_index(object);
        let owner = if folds[own as usize] { owners[dominators.parents()[number] as usize] } else { own };
        owners[number] = owner;
        bytes[if owner == NOBODY { own } else { owner } as usize] += graph.objects.size(object);
        progress.check_at(number)?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::retaining::Retaining;
    use crate::analysis::testing::Sketch;
    use crate::heap::RootKind;

    #[test]
    fn strings_and_arrays_count_to_their_nearest_owner_and_stay_themselves_when_shared() {
        let mut sketch = Sketch::default();
        let list = sketch.object("List", 32, &[1, 3]);
        sketch.object("System.Object[]", 80, &[2, 5]);
        sketch.object("System.String", 30, &[]);
        sketch.object("Name", 24, &[4, 5]);
        sketch.object("System.String", 40, &[]);
        sketch.object("System.String", 50, &[]);
        let other = sketch.object("System.Object[]", 64, &[7]);
        sketch.object("System.String", 60, &[]);
        sketch.object("System.String", 70, &[]);
        for (i, root) in [list, other].into_iter().enumerate() {
            sketch.root(RootKind::StrongHandle, "strong handle", root, 8 * i as u64);
        }
        let graph = sketch.graph();
        let progress = Progress::new();
        let dominators = Dominators::new(&graph, &Retaining::new(&graph, &[]), &progress).unwrap();
        let owned = owned(&graph, &dominators, &progress).unwrap();
        let of = |name: &str| owned[graph.types.iter().position(|info| &*info.name.full == name).unwrap()];
        // List: itself, its array, the array's string, and the string that array and Name share below it.
        assert_eq!(of("List"), 32 + 80 + 30 + 50);
        assert_eq!(of("Name"), 24 + 40);
        // An array that a root holds has no owner, neither has its string; the dead string stays itself.
        assert_eq!(of("System.Object[]"), 64);
        assert_eq!(of("System.String"), 60 + 70);
    }
}
