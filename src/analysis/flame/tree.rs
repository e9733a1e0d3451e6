//! A tree of objects in pre-order: what lies below an object is one range of numbers.
//!
//! So the children of an object are found without lists (the next one starts where the last one ends), and
//! siblings lie close together in memory. Dominators come in this form; every other tree, given as one parent
//! per object, is brought into it here.

use rayon::prelude::*;

use crate::analysis::dominators::Dominators;
use crate::progress::{CHECK_EVERY, Cancelled, Progress};

/// A tree over the objects of a graph, below a virtual root with number 0.
#[derive(Clone, Copy, Debug)]
pub struct Tree<'a> {
    /// Number → object; what entry 0 holds does not matter.
    pub objects: &'a [u32],
    /// Object → number; 0 for what is not in the tree.
    pub numbers: &'a [u32],
    /// Number → number of the parent, always smaller.
    pub parents: &'a [u32],
    /// Number → one past the last number below it.
    pub ends: &'a [u32],
}

impl<'a> Tree<'a> {
    /// Numbers right below a number, ascending.
    pub fn children(self, number: u32) -> impl Iterator<Item = u32> + 'a {
        let end = self.ends[number as usize];
        let following = move |&child: &u32| Some(self.ends[child as usize]).filter(|&next| next < end);
        std::iter::successors(Some(number + 1).filter(|&first| first < end), following)
    }

    /// Number of objects in the tree.
    pub fn len(self) -> usize {
        self.objects.len().saturating_sub(1)
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// What pictures ask of each number: the label of its object's type by `kind`, and its bytes by `size`. One more than
    /// there are numbers.
    pub fn entries(
        self,
        kind: impl Fn(u32) -> u32 + Sync,
        size: impl Fn(u32) -> u64 + Sync,
        progress: &Progress,
    ) -> Result<Vec<Entry>, Cancelled> {
        let one = |(number, &end): (usize, &u32)| match self.objects[number] {
            // Number 0 has no object.
            _ if number == 0 => Entry { end, kind: 0, before: 0 },
            object => Entry { end, kind: kind(object), before: size(object) },
        };
        let mut entries = Vec::with_capacity(self.ends.len() + 1);
        self.ends.par_iter().enumerate().map(one).collect_into_vec(&mut entries);
        progress.check()?;
        entries.push(Entry::default());
        let sum = |piece: &[Entry]| piece.iter().map(|entry| entry.before).sum::<u64>();
        let sums: Vec<u64> = entries.par_chunks(CHECK_EVERY).map(sum).collect();
        let starts: Vec<u64> = sums.iter().scan(0, |sum, piece| Some(std::mem::replace(sum, *sum + piece))).collect();
        entries.par_chunks_mut(CHECK_EVERY).zip(starts).for_each(|(piece, mut before)| {
            for entry in piece {
                before += std::mem::replace(&mut entry.before, before);
            }
        });
        Ok(entries)
    }
}

/// What pictures ask of a number, side by side in memory: a tree is gone through in strides, and each array more
/// would be one more wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// One past the last number below it, as in [`Tree::ends`].
    pub end: u32,
    /// The label of its object's type.
    pub kind: u32,
    /// Bytes of all objects before it: what lies below `n` weighs `entries[entries[n].end].before - entries[n].before`.
    pub before: u64,
}

impl<'a> From<&'a Dominators> for Tree<'a> {
    fn from(dominators: &'a Dominators) -> Tree<'a> {
        Tree {
            objects: dominators.objects(),
            numbers: dominators.numbers(),
            parents: dominators.parents(),
            ends: dominators.ends(),
        }
    }
}

/// What holds an object in a tree that is still to be numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Above {
    Object(u32),
    /// It is a top of the tree.
    Nothing,
    /// It is not in the tree at all.
    Outside,
}

/// The arrays of a [`Tree`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preorder {
    objects: Vec<u32>,
    numbers: Vec<u32>,
    parents: Vec<u32>,
    ends: Vec<u32>,
}

/// The objects of a tree, parents before their children.
struct Walk {
    /// Position → object; position 0 is the virtual root.
    order: Vec<u32>,
    /// Position → position of the parent.
    parents: Vec<u32>,
    /// Object → position, or [`OUTSIDE`].
    positions: Vec<u32>,
}

impl Walk {
    /// None but the virtual root; all objects have `position`.
    fn new(len: usize, position: u32) -> Walk {
        let column = |first: u32| {
            let mut column = Vec::with_capacity(len + 1);
            column.push(first);
            column
        };
        Walk { order: column(u32::MAX), parents: column(0), positions: vec![position; len] }
    }
}

/// Position of what is not in the tree.
const OUTSIDE: u32 = u32::MAX;

impl Preorder {
    /// Numbers a tree of `len` objects from what lies above each of them.
    pub fn new(len: usize, above: impl Fn(u32) -> Above, progress: &Progress) -> Result<Preorder, Cancelled> {
        // From each object up to one that has a position, then back down.
        let mut walk = Walk::new(len, 0);
        let Walk { order, parents, positions } = &mut walk;
        let mut trail = Vec::new();
        for object in 0..len as u32 {
            progress.check_at(object as usize)?;
            let mut at = object;
            let mut position = loop {
                match positions[at as usize] {
                    0 => trail.push(at),
                    known => break known,
                }
                match above(at) {
                    Above::Object(parent) => at = parent,
                    Above::Nothing => break 0,
                    Above::Outside => break OUTSIDE,
                }
                progress.check_at(trail.len())?;
            };
            while let Some(below) = trail.pop() {
                if position != OUTSIDE {
                    parents.push(position);
                    position = order.len() as u32;
                    order.push(below);
                }
                positions[below as usize] = position;
            }
        }
        Preorder::numbered(walk, progress)
    }

    /// The same from a walk over all objects that comes to parents before their children.
    pub fn of_visits(
        len: usize,
        visits: impl Iterator<Item = (u32, Above)>,
        progress: &Progress,
    ) -> Result<Preorder, Cancelled> {
        let mut walk = Walk::new(len, OUTSIDE);
        for (object, above) in visits {
            let parent = match above {
                Above::Object(parent) => walk.positions[parent as usize],
                Above::Nothing => 0,
                Above::Outside => OUTSIDE,
            };
            if parent != OUTSIDE {
                walk.positions[object as usize] = walk.order.len() as u32;
                walk.parents.push(parent);
                walk.order.push(object);
            }
            progress.check_at(walk.order.len())?;
        }
        Preorder::numbered(walk, progress)
    }

    /// Sizes from the leaves up, then every parent hands out ranges to its children.
    fn numbered(walk: Walk, progress: &Progress) -> Result<Preorder, Cancelled> {
        let Walk { order, parents, positions } = walk;
        let count = order.len();
        let mut sizes = vec![1u32; count];
        for position in (1..count).rev() {
            sizes[parents[position] as usize] += sizes[position];
        }
        progress.check()?;
        let mut tree = Preorder {
            objects: vec![u32::MAX; count],
            numbers: positions,
            parents: vec![0; count],
            ends: vec![count as u32; count],
        };
        let mut next = vec![1u32; count];
        sizes[0] = 0;
        for position in 1..count {
            progress.check_at(position)?;
            let parent = parents[position] as usize;
            let number = next[parent];
            next[parent] += sizes[position];
            next[position] = number + 1;
            tree.objects[number as usize] = order[position];
            tree.parents[number as usize] = sizes[parent];
            tree.ends[number as usize] = number + sizes[position];
            // From here on the position's number, for its children.
            sizes[position] = number;
        }
        let number = |&position: &u32| if position == OUTSIDE { 0 } else { sizes[position as usize] };
        tree.numbers.par_iter_mut().for_each(|position| *position = number(position));
        Ok(tree)
    }

    pub fn tree(&self) -> Tree<'_> {
        Tree { objects: &self.objects, numbers: &self.numbers, parents: &self.parents, ends: &self.ends }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parents_become_ranges_and_outsiders_stay_out() {
        let above = [
            Above::Object(3),
            Above::Nothing,
            Above::Object(1),
            Above::Object(1),
            Above::Outside,
            Above::Object(4),
            Above::Nothing,
            Above::Object(3),
        ];
        let order = Preorder::new(8, |object| above[object as usize], &Progress::new()).unwrap();
        let tree = order.tree();
        assert_eq!(tree.len(), 6);
        let below = |object: u32| {
            let mut objects: Vec<u32> =
                tree.children(tree.numbers[object as usize]).map(|number| tree.objects[number as usize]).collect();
            objects.sort_unstable();
            objects
        };
        assert_eq!([below(1), below(3), below(0), below(6)], [vec![2, 3], vec![0, 7], vec![], vec![]]);
        assert_eq!([tree.numbers[4], tree.numbers[5]], [0, 0]);
        for number in 1..=6u32 {
            assert_eq!(tree.numbers[tree.objects[number as usize] as usize], number);
            assert!(tree.parents[number as usize] < number && number < tree.ends[number as usize]);
        }
        let entries = tree.entries(|object| object, u64::from, &Progress::new()).unwrap();
        let of = |object: u32| {
            let entry = entries[tree.numbers[object as usize] as usize];
            assert_eq!(entry.kind, object);
            entries[entry.end as usize].before - entry.before
        };
        assert_eq!([of(1), of(3), of(7)], [13, 10, 7]);
    }

    #[test]
    fn a_long_list_needs_no_recursion() {
        let n = 300_000;
        let above = |object: u32| if object + 1 < n { Above::Object(object + 1) } else { Above::Nothing };
        let order = Preorder::new(n as usize, above, &Progress::new()).unwrap();
        assert_eq!(order.tree().objects[1], n - 1);
        assert_eq!(order.tree().ends[1], n + 1);
    }

    #[test]
    fn a_cancelled_job_stops() {
        let progress = Progress::new();
        progress.cancel();
        assert!(Preorder::new(2, |_| Above::Nothing, &progress).is_err());
    }

    /// A forest whose objects have any order: what lies above each of them, and them with parents in front.
    fn forests() -> impl Strategy<Value = (Vec<Above>, Vec<u32>)> {
        let parents = prop::collection::vec((any::<prop::sample::Index>(), 0..10u8), 0..80);
        let shuffled = parents.prop_flat_map(|parents| {
            let objects: Vec<u32> = (0..parents.len() as u32).collect();
            (Just(parents), Just(objects).prop_shuffle())
        });
        shuffled.prop_map(|(parents, visits)| {
            let mut above = vec![Above::Outside; visits.len()];
            for (at, &(parent, kind)) in parents.iter().enumerate() {
                above[visits[at] as usize] = match kind {
                    0 => Above::Outside,
                    1 => Above::Nothing,
                    _ if at == 0 => Above::Nothing,
                    _ => Above::Object(visits[parent.index(at)]),
                };
            }
            (above, visits)
        })
    }

    /// By object, however siblings are numbered: the object above it, if it is in the tree, and how many lie below.
    fn shape(order: &Preorder, len: usize) -> Vec<Option<(Option<u32>, u32)>> {
        let tree = order.tree();
        let of = |object: usize| {
            let number = Some(tree.numbers[object]).filter(|&number| number != 0)?;
            let parent = tree.parents[number as usize];
            let parent = (parent != 0).then(|| tree.objects[parent as usize]);
            Some((parent, tree.ends[number as usize] - number - 1))
        };
        (0..len).map(of).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_walk_and_a_question_per_object_number_the_same_forest((above, visits) in forests()) {
            let len = above.len();
            let visited = visits.iter().map(|&object| (object, above[object as usize]));
            let walked = Preorder::of_visits(len, visited, &Progress::new()).unwrap();
            let asked = Preorder::new(len, |object| above[object as usize], &Progress::new()).unwrap();
            prop_assert_eq!(shape(&walked, len), shape(&asked, len));
            let tree = walked.tree();
            for number in 1..=tree.len() as u32 {
                let (parent, end) = (tree.parents[number as usize] as usize, tree.ends[number as usize]);
                prop_assert_eq!(tree.numbers[tree.objects[number as usize] as usize], number);
                prop_assert!((parent as u32) < number && number < end && end <= tree.ends[parent]);
            }
            // Who hangs from an outsider is one, however far below.
            let mut inside = vec![false; len];
            for &object in &visits {
                inside[object as usize] = match above[object as usize] {
                    Above::Object(parent) => inside[parent as usize],
                    Above::Nothing => true,
                    Above::Outside => false,
                };
            }
            let numbered: Vec<bool> = tree.numbers.iter().map(|&number| number != 0).collect();
            prop_assert_eq!(numbered, inside);
        }
    }
}
