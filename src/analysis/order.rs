//! Depth-first order of everything the roots reach.
//!
//! Numbers ascend in the order of first visit; 0 is the virtual root above all roots, so the number 0 of
//! an object means that nothing reaches it. A parent's number is below its child's: what follows works
//! on plain arrays in this order, front to back or back to front.

use crate::heap::Graph;
use crate::progress::{CHECK_EVERY, Cancelled, Progress};

use super::retaining::Retaining;

/// A depth-first spanning tree in pre-order.
#[derive(Debug, Default)]
pub struct Order {
    /// Number → object; entry 0, the virtual root, holds `u32::MAX`.
    pub objects: Vec<u32>,
    /// Object → number, 0 where unreachable.
    pub numbers: Vec<u32>,
    /// Number → number of the parent in the tree.
    pub parents: Vec<u32>,
}

impl Order {
    pub fn depth_first(graph: &Graph, retaining: &Retaining, progress: &Progress) -> Result<Order, Cancelled> {
        let mut order = Order { objects: vec![u32::MAX], numbers: vec![0; graph.len()], parents: vec![0] };
        // Each entry: an object on the way down and how many of its edges were followed.
        let mut way: Vec<(u32, u32)> = Vec::new();
        let mut steps = 0usize;
        for &root in retaining.roots() {
            let root = graph.roots[root as usize].object;
            if order.numbers[root as usize] == 0 {
                order.push(root, 0);
                way.push((root, 0));
            }
            while let Some((object, followed)) = way.pop() {
                steps += 1;
                if steps.is_multiple_of(CHECK_EVERY) {
                    progress.check()?;
                    progress.add(CHECK_EVERY as u64);
                }
                let number = order.numbers[object as usize];
                let plain = retaining.is_plain(object);
                let row = graph.references.row(object);
                for (i, &target) in row.iter().enumerate().skip(followed as usize) {
                    if order.numbers[target as usize] != 0 || !(plain || retaining.keeps(object, target)) {
                        continue;
                    }
                    order.push(target, number);
                    // Most objects refer to nothing: they need no turn of their own.
                    if !graph.references.row(target).is_empty() {
                        way.push((object, i as u32 + 1));
                        way.push((target, 0));
                        break;
                    }
                }
            }
        }
        Ok(order)
    }

    fn push(&mut self, object: u32, parent: u32) {
        self.numbers[object as usize] = self.objects.len() as u32;
        self.objects.push(object);
        self.parents.push(parent);
    }
}
