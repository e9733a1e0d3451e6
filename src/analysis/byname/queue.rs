//! PerfView's priority queue, biggest first.
//!
//! Priorities are 32-bit floats and often equal, and then the order in which this very queue gives its
//! items decides who becomes whose parent. So it is the same queue: an array heap whose item `i` has the
//! children `2i` and `2i + 1` (item 0 the one child 1).

/// A node that waits to be visited.
type Item = (f32, u32);

#[derive(Default)]
pub(super) struct Queue(Vec<Item>);

impl Queue {
    pub fn push(&mut self, priority: f32, node: u32) {
        let mut at = self.0.len();
        self.0.push((priority, node));
        while at > 0 {
            let above = at / 2;
            if self.0[above].0 >= priority {
                break;
            }
            self.0[at] = self.0[above];
            at = above;
        }
        self.0[at] = (priority, node);
    }

    pub fn pop(&mut self) -> Option<u32> {
        let last = self.0.pop()?;
        let Some(&top) = self.0.first() else { return Some(last.1) };
        let items = &mut self.0[..];
        let at = sink(items, last.0);
        items[at] = last;
        Some(top.1)
    }
}

/// Moves items up from item 0 on, until there is a place for one of this priority.
fn sink(items: &mut [Item], priority: f32) -> usize {
    // Item 0 has the one child 1.
    match items.get(1) {
        Some(&item) if item.0 > priority => items[0] = item,
        _ => return 0,
    }
    let mut at = 1;
    // Two levels a turn: grandchildren lie side by side, so that looking at them need not wait for which child it is.
    while let Some(&[a, b, c, d]) = items.get(4 * at..4 * at + 4) {
        let (child, below, right) = bigger([items[2 * at], items[2 * at + 1]], [[a, b], [c, d]]);
        let (grandchild, (), right_below) = bigger(below, [(), ()]);
        if child.0 > priority {
            items[at] = child;
            at = 2 * at + right;
        } else {
            return at;
        }
        if grandchild.0 > priority {
            items[at] = grandchild;
            at = 2 * at + right_below;
        } else {
            return at;
        }
    }
    loop {
        let child = 2 * at;
        let right = items.get(child..child + 2).is_some_and(|pair| pair[1].0 > pair[0].0);
        match items.get(child + usize::from(right)) {
            Some(&item) if item.0 > priority => items[at] = item,
            _ => return at,
        }
        at = child + usize::from(right);
    }
}

/// Of two children the bigger one, of equal ones the left, with what belongs to it and which it is: no jump that a
/// processor could guess wrong.
fn bigger<T: Copy>(children: [Item; 2], with: [T; 2]) -> (Item, T, usize) {
    let right = usize::from(children[1].0 > children[0].0);
    (children[right], with[right], right)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// PerfView's own way down, one level after the other.
    fn pop_plainly(items: &mut Vec<Item>) -> Option<u32> {
        let last = items.pop()?;
        let Some(&top) = items.first() else { return Some(last.1) };
        let (mut at, mut children) = (0, vec![1]);
        loop {
            children.retain(|&child| child < items.len());
            let biggest = children.iter().copied().reduce(|a, b| if items[b].0 > items[a].0 { b } else { a });
            let Some(child) = biggest.filter(|&child| items[child].0 > last.0) else { break };
            items[at] = items[child];
            (at, children) = (child, vec![2 * child, 2 * child + 1]);
        }
        items[at] = last;
        Some(top.1)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn two_levels_a_turn_are_two_turns(steps in prop::collection::vec((any::<bool>(), 0u8..12), 0..400)) {
            let mut queue = Queue::default();
            for (node, (pops, priority)) in (0..).zip(steps) {
                // Few different priorities, and more pushed than popped: many are equal.
                if pops && priority < 10 {
                    let mut plain = queue.0.clone();
                    prop_assert_eq!(queue.pop(), pop_plainly(&mut plain));
                    prop_assert_eq!(&queue.0, &plain);
                } else {
                    queue.push(f32::from(priority), node);
                }
            }
            let mut plain = queue.0.clone();
            while let Some(node) = pop_plainly(&mut plain) {
                prop_assert_eq!(queue.pop(), Some(node));
                prop_assert_eq!(&queue.0, &plain);
            }
            prop_assert_eq!(queue.pop(), None);
        }
    }

    fn drain(queue: &mut Queue) -> Vec<u32> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn the_biggest_priority_comes_first() {
        let mut queue = Queue::default();
        for (node, priority) in [3.0, -1.0, 7.5, 0.0, 7.0].into_iter().enumerate() {
            queue.push(priority, node as u32);
        }
        assert_eq!(drain(&mut queue), [2, 4, 0, 3, 1]);
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn equal_priorities_come_in_the_order_of_perfviews_heap() {
        let mut queue = Queue::default();
        (0..6).for_each(|node| queue.push(0.0, node));
        assert_eq!(drain(&mut queue), [0, 5, 4, 3, 2, 1]);
    }
}
