//! The flame tree: a tree of objects, merged by type under one parent, as flat arrays.
//!
//! Takes any tree that names a parent per object (dominators, cheapest paths, PerfView's spanning tree)
//! and the weight below each object; gives boxes level by level, each with its own part, its children by
//! weight and what was too small for a box of its own. Nothing is dropped: a box is always the sum of its
//! own part, its children and the smaller ones. Built top-down from the objects that are really shown, so
//! that a picture of a small part of a large heap costs no more than that part.

mod bottom_up;
mod build;
mod census;
mod climb;
mod forest;
mod labels;
mod level;
mod select;
#[cfg(test)]
mod tests;
mod tree;
mod ways;

pub use bottom_up::{Start, bottom_up, objects_of_outward};
pub use build::{Limits, Source, Top, top_down};
pub use census::{NO_GENERATION, generations};
pub use forest::Forest;
pub use labels::Labels;
pub use select::{objects_of, outermost};
pub use tree::{Above, Entry, Preorder, Tree};

use crate::heap::{RootKind, TypeKind};

/// What a box of a flame tree is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// `Ns.Type<Ns.Arg>`, `[static var Ns.Type.field]`, `[StrongHandle]`.
    pub full: Box<str>,
    /// The same for a person, without namespaces: `Type<Arg>`, `static var Type.field`, `strong handles`.
    pub short: Box<str>,
    /// Bytes of `full` that are the namespace of the outermost type, its last dot included.
    pub namespace: u32,
    /// File name of the module that defines the type; empty for roots.
    pub assembly: Box<str>,
    pub kind: NameKind,
}

/// What kind of thing a box stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// Everything the tree starts from.
    Whole,
    /// Roots of one kind, or one static variable.
    Root(RootKind),
    Type(TypeKind),
}

/// One box. Weights are bytes or objects, whatever the tree was weighed by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// Index into [`FlameTree::names`].
    pub name: u32,
    /// Index of the box above; 0 for the first one itself.
    pub parent: u32,
    /// The children are `first_child..first_child + children`, heaviest first, then by name.
    pub first_child: u32,
    pub children: u32,
    /// Objects merged into this very box; of a group of roots, the objects right below it; of the whole, all.
    pub objects: u32,
    /// How many objects of this type follow one another where a chain was folded; 1 without.
    pub chain: u32,
    /// The heaviest object in the box; `u32::MAX` where there is none (roots at the end of a bottom-up tree).
    pub sample: u32,
    /// Weight of the box: its own part, its children and the smaller ones.
    pub weight: u64,
    /// Weight of the objects in the box themselves.
    pub own: u64,
    /// The part of `weight` that other roots hold as well.
    pub shared: u64,
    /// Weight of the children that have no box of their own, and how many there would be.
    pub smaller: u64,
    pub smaller_types: u32,
}

/// Boxes, level by level; box 0 is the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlameTree {
    pub frames: Vec<Frame>,
    pub names: Vec<Name>,
    /// Label of each name: with [`Labels`] it leads back to types and roots.
    pub labels: Vec<u32>,
    /// Per box what [`generations`] says of it; empty unless asked for.
    pub generations: Vec<u8>,
}

impl FlameTree {
    /// From frames whose `name` is still a label; the label after the last one is the whole.
    fn named(mut frames: Vec<Frame>, source: &Source<'_>, whole: &str) -> FlameTree {
        let labels = source.labels;
        let mut tree = FlameTree::default();
        let mut index = vec![u32::MAX; labels.len() + 1];
        for frame in &mut frames {
            let label = frame.name;
            let at = &mut index[label as usize];
            if *at == u32::MAX {
                *at = tree.names.len() as u32;
                tree.labels.push(label);
                tree.names.push(if label as usize == labels.len() {
                    Name {
                        full: whole.into(),
                        short: whole.into(),
                        namespace: 0,
                        assembly: "".into(),
                        kind: NameKind::Whole,
                    }
                } else {
                    labels.name(source.graph, label)
                });
            }
            frame.name = *at;
            frame.sample = source.tree.objects[frame.sample as usize];
        }
        tree.frames = frames;
        tree
    }

    pub fn name(&self, frame: u32) -> &Name {
        &self.names[self.frames[frame as usize].name as usize]
    }

    pub fn children(&self, frame: u32) -> std::ops::Range<u32> {
        let children = |frame: &Frame| frame.first_child..frame.first_child + frame.children;
        self.frames.get(frame as usize).map_or(0..0, children)
    }

    /// The boxes from below the whole down to `frame`, itself included.
    pub fn path(&self, mut frame: u32) -> Vec<u32> {
        let mut path = Vec::new();
        while frame != 0 {
            path.push(frame);
            frame = self.frames[frame as usize].parent;
        }
        path.reverse();
        path
    }

    /// The deepest box on the way that these labels tell, as [`labels_to`](Self::labels_to) gives them.
    pub fn at(&self, labels: &[u32]) -> u32 {
        let mut at = 0;
        for label in labels {
            let named = |&child: &u32| self.labels[self.frames[child as usize].name as usize] == *label;
            let Some(next) = self.children(at).find(named) else { break };
            at = next;
        }
        at
    }

    /// The labels along [`path`](Self::path), as [`objects_of`] takes them.
    pub fn labels_to(&self, frame: u32) -> Vec<u32> {
        let label = |frame: u32| self.labels[self.frames[frame as usize].name as usize];
        self.path(frame).into_iter().map(label).collect()
    }
}
