//! The flame graph as plain data: what is where, what it says, what a key or a click does to it.
//!
//! Takes a [`FlameTree`](crate::analysis::flame::FlameTree) and gives rectangles for a viewport, texts,
//! colours by meaning, a hover card, a breadcrumb. Screen and exported pictures are both drawn from here, so
//! they show the same boxes.

mod card;
mod color;
mod label;
mod legend;
mod lines;
mod moves;
mod namespaces;
mod place;
mod search;
#[cfg(test)]
mod tests;
mod text;

pub use card::{Card, Held, Line, LineKind, path_markdown, path_text, smaller_text};
pub use color::{ColorBy, GENERATIONS, GROWTH, Origin, RootFamily, Tone, by_assembly, by_growth, origin, origin_of};
pub use label::{beside, fit};
pub use legend::{Entry, Sign};
pub use lines::{lines, middle};
pub use moves::{Direction, FlameView};
pub use namespaces::{Namespaces, OWN_COLORS};
pub use place::{Camera, Placed, SLIVER, Smaller, Spot, Tile};
pub use search::Search;
pub use text::{JSON_LEVELS, write_folded, write_json, write_speedscope};

use super::format;

/// Whose tree of objects is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TreeKind {
    /// The dominator tree.
    #[default]
    Retained,
    /// Every object under the one through which it is reached most cheaply.
    Shortest,
    /// PerfView's priority spanning tree.
    PerfView,
}

impl TreeKind {
    pub const ALL: [TreeKind; 3] = [TreeKind::Retained, TreeKind::Shortest, TreeKind::PerfView];

    /// The name on the command line and in menus.
    pub fn id(self) -> &'static str {
        match self {
            TreeKind::Retained => "retained",
            TreeKind::Shortest => "shortest",
            TreeKind::PerfView => "perfview",
        }
    }

    /// The tree in a few words.
    pub fn words(self) -> &'static str {
        match self {
            TreeKind::Retained => "Retained: who alone keeps what alive",
            TreeKind::Shortest => "Shortest: the best way from a root to each object",
            TreeKind::PerfView => "PerfView: its spanning tree, as its Inc columns count",
        }
    }

    /// What the width of a box means.
    pub fn meaning(self) -> &'static str {
        match self {
            TreeKind::Retained => "width = what would be freed if this went",
            TreeKind::Shortest => "width = what is reached first through here, not what it retains",
            TreeKind::PerfView => "width = PerfView's Inc: its spanning tree, not what it retains",
        }
    }
}

/// What the width of a box counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Unit {
    #[default]
    Bytes,
    Objects,
}

impl Unit {
    /// `1.53 MB`, `801 objects`.
    pub fn text(self, weight: u64) -> String {
        match self {
            Unit::Bytes => format::bytes(weight),
            Unit::Objects => format::counted(weight, "object"),
        }
    }

    /// `1 534 348 B`, `801`: to the last one.
    pub fn exact(self, weight: u64) -> String {
        match self {
            Unit::Bytes => format!("{} B", format::count(weight)),
            Unit::Objects => format::count(weight),
        }
    }
}

/// What a picture measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Measure {
    pub tree: TreeKind,
    pub unit: Unit,
    /// The chosen objects at the root, and what keeps them alive outward.
    pub bottom_up: bool,
}

impl Measure {
    /// What the width of a box means, in a line.
    pub fn meaning(self) -> &'static str {
        if self.bottom_up {
            "width = what the boxes at the root weigh, by what keeps them alive outward to the roots"
        } else {
            self.tree.meaning()
        }
    }

    /// A word for the weight of a box: `retained`.
    pub fn label(self) -> &'static str {
        match (self.tree, self.bottom_up) {
            (_, true) => "held this way",
            (TreeKind::Retained, _) => "retained",
            (TreeKind::Shortest, _) => "reached through here",
            (TreeKind::PerfView, _) => "Inc",
        }
    }
}
