//! The dominator tree: who alone keeps whom alive.
//!
//! An object dominates another if every way from a root to the other leads through it. Semi-NCA (Georgiadis):
//! semidominators over a depth-first tree, back to front, then the nearest common ancestors, front to back;
//! both iterative, on `u32` arrays. The result is numbered in pre-order of the dominator tree itself, so that
//! what an object dominates is one contiguous range: sums, tests and walks need no child lists.

use std::ops::Range;

use crate::heap::Graph;
use crate::progress::{CHECK_EVERY, Cancelled, Phase, Progress};

use super::order::Order;
use super::retaining::Retaining;

/// Dominator tree over all reachable objects, below a virtual root with number 0.
#[derive(Debug, Default)]
pub struct Dominators {
    /// Number → object; entry 0 holds `u32::MAX`.
    objects: Vec<u32>,
    /// Object → number; 0 where unreachable.
    numbers: Vec<u32>,
    /// Number → number of the immediate dominator, always smaller.
    parents: Vec<u32>,
    /// Number → one past the last number it dominates.
    ends: Vec<u32>,
}

impl Dominators {
    pub fn new(graph: &Graph, retaining: &Retaining, progress: &Progress) -> Result<Dominators, Cancelled> {
        progress.begin(Phase::Dominators, 2 * graph.len() as u64);
        let mut order = Order::depth_first(graph, retaining, progress)?;
        let (semi, scratch) = semidominators(graph, retaining, &order, progress)?;
        immediate_dominators(&mut order.parents, &semi, scratch, progress)?;
        drop(semi);
        renumber(order, progress)
    }

    /// Number of reachable objects.
    pub fn reachable(&self) -> usize {
        self.objects.len().saturating_sub(1)
    }

    /// The pre-order number of an object, from 1; `None` if nothing keeps it alive.
    pub fn number(&self, object: u32) -> Option<u32> {
        Some(self.numbers[object as usize]).filter(|&number| number != 0)
    }

    pub fn is_reachable(&self, object: u32) -> bool {
        self.numbers[object as usize] != 0
    }

    /// The object with a number from 1 on.
    pub fn object(&self, number: u32) -> u32 {
        self.objects[number as usize]
    }

    /// Number → object for sweeps; entry 0 is the virtual root and holds `u32::MAX`.
    pub fn objects(&self) -> &[u32] {
        &self.objects
    }

    /// Object → number; 0 where unreachable.
    pub fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// Number → number of the immediate dominator (0: the virtual root), always smaller than the number.
    pub fn parents(&self) -> &[u32] {
        &self.parents
    }

    /// Number → one past the last number it dominates.
    pub fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// The numbers of all that the number dominates, itself first.
    pub fn subtree(&self, number: u32) -> Range<u32> {
        number..self.ends[number as usize]
    }

    /// The object that alone keeps this one alive; `None` if only the virtual root does, or nothing.
    pub fn immediate(&self, object: u32) -> Option<u32> {
        let parent = self.parents[self.number(object)? as usize];
        (parent != 0).then(|| self.object(parent))
    }

    /// Does every way from a root to `below` lead through `above`? An object dominates itself.
    pub fn dominates(&self, above: u32, below: u32) -> bool {
        match (self.number(above), self.number(below)) {
            (Some(above), Some(below)) => self.subtree(above).contains(&below),
            _ => false,
        }
    }
}

/// One number of the forest that semidominators are found in, side by side for the cache.
#[derive(Clone, Copy)]
struct Link {
    /// An ancestor in the depth-first tree; ways to it shrink as they are walked.
    ancestor: u32,
    /// Smallest semidominator on the way from here to that ancestor, the ancestor's own left out.
    lowest: u32,
}

/// The semidominator of every number, and the forest as room for what comes next.
fn semidominators(
    graph: &Graph,
    retaining: &Retaining,
    order: &Order,
    progress: &Progress,
) -> Result<(Vec<u32>, Vec<Link>), Cancelled> {
    let mut semi: Vec<u32> = (0..order.objects.len() as u32).collect();
    for &root in retaining.roots() {
        semi[order.numbers[graph.roots[root as usize].object as usize] as usize] = 0;
    }
    let link = |(&ancestor, &lowest)| Link { ancestor, lowest };
    let mut forest: Vec<Link> = order.parents.iter().zip(&semi).map(link).collect();
    let mut way = Vec::new();
    let mut steps = 0;
    for number in (1..order.objects.len() as u32).rev() {
        let object = order.objects[number as usize];
        // A root's semidominator is known; of every other object the parent in the tree is one candidate.
        let known = semi[number as usize] == 0;
        let mut lowest = if known { 0 } else { order.parents[number as usize] };
        let referrers = if known { &[] } else { graph.referrers.row(object) };
        for &referrer in referrers {
            steps += 1;
            progress.check_at(steps)?;
            let from = order.numbers[referrer as usize];
            // Unreachable ones do not count, nor can those help that the best candidate is an ancestor of.
            if from == 0 || !retaining.keeps(referrer, object) {
                continue;
            }
            let candidate = if from <= number { from } else { lowest_on_way(&mut forest, &mut way, from, number) };
            lowest = lowest.min(candidate);
        }
        semi[number as usize] = lowest;
        forest[number as usize].lowest = lowest;
        if (number as usize).is_multiple_of(CHECK_EVERY) {
            progress.check()?;
            progress.add(CHECK_EVERY as u64);
        }
    }
    Ok((semi, forest))
}

/// The smallest semidominator on the way from `from` up to the first number that is not above `number`.
/// Every link on the way is made to lead there directly.
fn lowest_on_way(forest: &mut [Link], way: &mut Vec<u32>, from: u32, number: u32) -> u32 {
    let mut at = from;
    while forest[at as usize].ancestor > number {
        way.push(at);
        at = forest[at as usize].ancestor;
    }
    let Link { ancestor, mut lowest } = forest[at as usize];
    while let Some(below) = way.pop() {
        let link = &mut forest[below as usize];
        lowest = lowest.min(link.lowest);
        *link = Link { ancestor, lowest };
    }
    lowest
}

/// Turns parents of the depth-first tree into immediate dominators: the nearest ancestor of the parent, in the
/// dominator tree so far, that is not above the semidominator.
///
/// A long list, a collection at its end and each element held from before the list too: walking up step by
/// step would take list × collection steps. So every number also gets a far ancestor (a skew-binary jump),
/// and a way up takes logarithmic time.
fn immediate_dominators(
    parents: &mut [u32],
    semi: &[u32],
    room: Vec<Link>,
    progress: &Progress,
) -> Result<(), Cancelled> {
    // (far ancestor, depth) in the room of the forest.
    let mut far: Vec<(u32, u32)> = room.into_iter().map(|_| (0, 0)).collect();
    for number in 1..parents.len() {
        let mut at = parents[number];
        while at > semi[number] {
            let (jump, _) = far[at as usize];
            at = if jump >= semi[number] { jump } else { parents[at as usize] };
        }
        parents[number] = at;
        let (jump, depth) = far[at as usize];
        let (second, jump_depth) = far[jump as usize];
        let even = depth - jump_depth == jump_depth - far[second as usize].1;
        far[number] = (if even { second } else { at }, depth + 1);
        progress.check_at(number)?;
    }
    Ok(())
}

/// From depth-first numbers to pre-order numbers of the dominator tree, children in the order of the former.
fn renumber(mut order: Order, progress: &Progress) -> Result<Dominators, Cancelled> {
    let count = order.objects.len();
    // Size of each subtree; once a number had its turn, its new number.
    let mut sizes = vec![1u32; count];
    for number in (1..count).rev() {
        sizes[order.parents[number] as usize] += sizes[number];
    }
    progress.check()?;
    // The new number of each number's next child.
    let mut next = vec![1u32; count];
    let mut objects = vec![u32::MAX; count];
    let mut parents = vec![0; count];
    let mut ends = vec![count as u32; count];
    sizes[0] = 0;
    for number in 1..count {
        let parent = order.parents[number] as usize;
        let new = next[parent];
        next[parent] += sizes[number];
        next[number] = new + 1;
        objects[new as usize] = order.objects[number];
        parents[new as usize] = sizes[parent];
        ends[new as usize] = new + sizes[number];
        order.numbers[order.objects[number] as usize] = new;
        sizes[number] = new;
        progress.check_at(number)?;
    }
    Ok(Dominators { objects, numbers: order.numbers, parents, ends })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::analysis::testing::{graph_of, random_graph};
    use crate::heap::Graph;

    fn dominators(graph: &Graph) -> Dominators {
        Dominators::new(graph, &Retaining::new(graph, &[]), &Progress::new()).unwrap()
    }

    /// What is reachable once `gone` is gone.
    fn reachable_without(rows: &[Vec<u32>], roots: &[u32], gone: Option<u32>) -> Vec<bool> {
        let mut seen = vec![false; rows.len()];
        let mut todo: Vec<u32> = roots.to_vec();
        while let Some(object) = todo.pop() {
            if Some(object) != gone && !std::mem::replace(&mut seen[object as usize], true) {
                todo.extend(&rows[object as usize]);
            }
        }
        seen
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12_000))]

        #[test]
        fn an_object_dominates_exactly_what_is_lost_without_it((rows, roots) in random_graph(24)) {
            let graph = graph_of(&rows, &roots, 3);
            let found = dominators(&graph);
            let all = reachable_without(&rows, &roots, None);
            prop_assert_eq!(found.reachable(), all.iter().filter(|&&r| r).count());
            for above in graph.objects.ids() {
                let left = reachable_without(&rows, &roots, Some(above));
                for below in graph.objects.ids() {
                    let lost = all[below as usize] && !left[below as usize];
                    prop_assert_eq!(found.dominates(above, below), lost, "{} over {}", above, below);
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn immediate_dominators_are_those_that_petgraph_finds((rows, roots) in random_graph(400)) {
            let graph = graph_of(&rows, &roots, 3);
            let found = dominators(&graph);
            let mut other = petgraph::graph::DiGraph::<(), ()>::new();
            let root = other.add_node(());
            let nodes: Vec<_> = rows.iter().map(|_| other.add_node(())).collect();
            for (node, row) in nodes.iter().zip(&rows) {
                row.iter().for_each(|&to| { other.add_edge(*node, nodes[to as usize], ()); });
            }
            roots.iter().for_each(|&to| { other.add_edge(root, nodes[to as usize], ()); });
            let theirs = petgraph::algo::dominators::simple_fast(&other, root);
            for object in graph.objects.ids() {
                let want = theirs.immediate_dominator(nodes[object as usize]).filter(|&node| node != root);
                prop_assert_eq!(found.immediate(object).map(|object| nodes[object as usize]), want);
            }
        }
    }

    #[test]
    fn a_diamond_belongs_to_the_object_above_both_sides() {
        // 0 → 1 → 3 → 4, 0 → 2 → 3, 5 → 4: a spanning tree would give 3 to one side.
        let graph = graph_of(&[vec![1, 2], vec![3], vec![3], vec![4], vec![], vec![4]], &[0, 5], 1);
        let found = dominators(&graph);
        assert_eq!(found.immediate(3), Some(0));
        assert_eq!(found.immediate(4), None);
        assert!(found.dominates(0, 3) && !found.dominates(1, 3) && !found.dominates(0, 4));
        assert_eq!(found.subtree(found.number(0).unwrap()).len(), 4);
    }

    #[test]
    fn what_nothing_reaches_has_no_number() {
        let graph = graph_of(&[vec![1], vec![], vec![1]], &[0], 1);
        let found = dominators(&graph);
        assert_eq!((found.reachable(), found.number(2), found.immediate(2)), (2, None, None));
        assert_eq!(found.immediate(1), Some(0));
    }

    /// 0 → 1 → 2 → … one list.
    fn list(length: u32) -> Vec<Vec<u32>> {
        (0..length).map(|i| if i + 1 < length { vec![i + 1] } else { vec![] }).collect()
    }

    #[test]
    fn a_list_of_two_million_nodes_needs_no_recursion() {
        let graph = graph_of(&list(2_000_000), &[0], 1);
        let found = dominators(&graph);
        assert_eq!(found.immediate(1_999_999), Some(1_999_998));
        assert!(found.dominates(0, 1_999_999));
    }

    #[test]
    fn a_collection_at_the_end_of_a_list_and_at_its_head_takes_no_quadratic_time() {
        let (length, elements) = (200_000, 200_000);
        let mut rows = list(length);
        let end = rows.len() as u32;
        rows.extend((0..elements).map(|_| vec![]));
        rows[length as usize - 1] = (end..end + elements).collect();
        rows[0].extend(end..end + elements);
        let graph = graph_of(&rows, &[0], 1);
        let found = dominators(&graph);
        assert!((end..end + elements).all(|element| found.immediate(element) == Some(0)));
    }

    #[test]
    fn cancelling_stops_it() {
        let graph = graph_of(&list(200_000), &[0], 1);
        let progress = Progress::new();
        progress.cancel();
        assert!(Dominators::new(&graph, &Retaining::new(&graph, &[]), &progress).is_err());
    }
}
