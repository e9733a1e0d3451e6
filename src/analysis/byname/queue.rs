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
        // Item 0 has the one child 1.
        let mut at = 0;
        let mut child = 1;
        while let Some(&item) = items.get(child)
            && item.0 > last.0
        {
            items[at] = item;
            at = child;
            child = 2 * at;
            // Of two equal children the left one: no jump that a processor could guess wrong.
            child += usize::from(items.get(child + 1).is_some_and(|right| right.0 > items[child].0));
        }
        items[at] = last;
        Some(top.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
