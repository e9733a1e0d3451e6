//! Wasted memory: what each kind is called, what to do about it, and all of it as a tree of kinds and types.

use std::borrow::Cow;
use std::sync::Arc;

use super::format;
use super::rows::{Bar, Cell, Column, Lead, Rows, Tone};
use super::types::name as type_spans;
use crate::analysis::histogram::Tally;
use crate::analysis::waste::{Kind, Part, Waste};
use crate::heap::Graph;

/// What a kind of waste is called, as a heading.
pub fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::DuplicateStrings => "Duplicate strings",
        Kind::EmptyCollections => "Empty collections",
        Kind::SparseCollections => "Collections mostly unused",
        Kind::EmptyArrays => "Empty arrays",
        Kind::SparseArrays => "Arrays of nulls and zeros",
        Kind::BoxedValues => "Boxed values",
        Kind::EventHandlers => "Forgotten event handlers",
        Kind::Timers => "Timers",
        Kind::FinalizerBacklog => "Waiting for finalizers",
        Kind::Fragmentation => "Free space between objects",
    }
}

/// One sentence: what it is and what to do about it.
pub fn advice(kind: Kind) -> &'static str {
    match kind {
        Kind::DuplicateStrings => {
            "Several strings have the same value; keep one of them (a dictionary of known values, string.Intern)."
        }
        Kind::EmptyCollections => "Collections without an element; create them when the first one comes.",
        Kind::SparseCollections => "At most half of the room set aside is used; give them a capacity, or TrimExcess.",
        Kind::EmptyArrays => "Each type needs one empty array at most; use Array.Empty<T>().",
        Kind::SparseArrays => "At least half of the references are null, or every value is zero.",
        Kind::BoxedValues => "Values in objects of their own; generic collections and interfaces avoid the box.",
        Kind::EventHandlers => "Nothing but an event keeps these subscribers alive; unsubscribe when they are done.",
        Kind::Timers => "A timer keeps its callback's object alive until it is disposed of.",
        Kind::FinalizerBacklog => "Dead already, but waiting for the finalizer thread; is it blocked or too slow?",
        Kind::Fragmentation => "The GC could not give it back, often because pinned objects stand in the way.",
    }
}

const COLUMNS: [Column; 4] = [
    Column::name("Waste", "What does no work, and in which types").fixed(),
    Column::figure("Wasted %", "Share of all heap bytes", 148.0).fixed(),
    Column::figure("Wasted (bytes)", "What each kind would come to alone; the total counts each byte once", 126.0)
        .fixed(),
    Column::figure("Count", "Number of objects", 96.0).fixed(),
];

/// Kinds of waste as a tree: below each the types that are wasted.
#[derive(Clone, Debug)]
pub struct WasteTree {
    pub waste: Arc<Waste>,
    total_bytes: u64,
    open: Vec<bool>,
    lines: Vec<Line>,
}

/// A row of it, as places in [`Waste::parts`] and in [`Part::types`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Part(usize),
    Type(usize, usize),
}

impl Line {
    /// The part's place in [`Waste::parts`].
    pub fn part(self) -> usize {
        match self {
            Line::Part(part) | Line::Type(part, _) => part,
        }
    }
}

impl WasteTree {
    /// With every part closed; `total_bytes` are 100 %.
    pub fn new(waste: Arc<Waste>, total_bytes: u64) -> WasteTree {
        let mut tree = WasteTree { open: vec![false; waste.parts.len()], waste, total_bytes, lines: Vec::new() };
        tree.line_up();
        tree
    }

    fn line_up(&mut self) {
        self.lines.clear();
        for (at, part) in self.waste.parts.iter().enumerate() {
            self.lines.push(Line::Part(at));
            let types = if self.open[at] { part.types.len() } else { 0 };
            self.lines.extend((0..types).map(|of| Line::Type(at, of)));
        }
    }

    /// Opens or closes a part.
    pub fn toggle(&mut self, row: usize) {
        if let Some(Line::Part(part)) = self.lines.get(row).copied() {
            self.open[part] = !self.open[part];
            self.line_up();
        }
    }

    pub fn line(&self, row: usize) -> Line {
        self.lines[row]
    }

    /// The row of a line, where it is in sight.
    pub fn find(&self, line: Line) -> Option<usize> {
        self.lines.iter().position(|other| *other == line)
    }

    /// The part that a row belongs to.
    pub fn part(&self, row: usize) -> &Part {
        &self.waste.parts[self.lines[row].part()]
    }

    /// `3.02 MB do no work, 15.5 % of the heap.`
    pub fn headline(&self) -> String {
        headline(&self.waste, self.total_bytes)
    }

    /// The rows with the names that types have in `graph`.
    pub fn rows<'a>(&'a self, graph: &'a Graph) -> WasteRows<'a> {
        WasteRows { tree: self, graph }
    }
}

/// `3.02 MB do no work, 15.5 % of the heap.`
pub fn headline(waste: &Waste, total_bytes: u64) -> String {
    format!("{} do no work, {} % of the heap", format::bytes(waste.bytes), format::percent(waste.bytes, total_bytes))
}

/// The tree ready to be shown.
pub struct WasteRows<'a> {
    tree: &'a WasteTree,
    graph: &'a Graph,
}

impl WasteRows<'_> {
    fn figures(&self, row: usize) -> Tally {
        let part = self.tree.part(row);
        match self.tree.lines[row] {
            Line::Part(_) => Tally { count: part.count, bytes: part.bytes },
            Line::Type(_, of) => part.types[of].1,
        }
    }
}

impl Rows for WasteRows<'_> {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn len(&self) -> usize {
        self.tree.lines.len()
    }

    fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        let part = self.tree.part(row);
        let figures = self.figures(row);
        match (column, self.tree.lines[row]) {
            (0, Line::Part(_)) => {
                let mut spans = vec![(Tone::Strong, Cow::Borrowed(title(part.kind)))];
                if part.held > 0 {
                    spans.push((Tone::Muted, Cow::Owned(format!("   they hold {}", format::bytes(part.held)))));
                }
                Cell::Name { spans, root: false }
            }
            (0, Line::Type(_, of)) => {
                Cell::Name { spans: type_spans(&self.graph.types[part.types[of].0 as usize].name), root: false }
            }
            (1, _) => {
                let most = self.tree.waste.parts.first().map_or(0, |part| part.bytes);
                Cell::share(figures.bytes, self.tree.total_bytes, most, Bar::Exclusive)
            }
            (2, _) => Cell::Figure(format::count(figures.bytes)),
            _ => Cell::Figure(format::count(figures.count)),
        }
    }

    fn name(&self, row: usize) -> Cow<'_, str> {
        let part = self.tree.part(row);
        match self.tree.lines[row] {
            Line::Part(_) => Cow::Borrowed(title(part.kind)),
            Line::Type(_, of) => Cow::Borrowed(&self.graph.types[part.types[of].0 as usize].name.full),
        }
    }

    fn lead(&self, row: usize) -> Lead {
        match self.tree.lines[row] {
            Line::Part(part) => Lead { depth: 0, open: Some(self.tree.open[part]) },
            Line::Type(..) => Lead { depth: 1, open: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::tsv;
    use super::*;
    use crate::analysis::testing::graph_of;

    #[test]
    fn parts_open_to_their_types() {
        let graph = graph_of(&[vec![], vec![]], &[], 2);
        let tally = |count, bytes| Tally { count, bytes };
        let part = |kind, bytes, types| Part { kind, count: 3, bytes, held: 0, types, objects: Vec::new() };
        let waste = Waste {
            bytes: 150,
            parts: vec![
                part(Kind::SparseArrays, 100, vec![(1, tally(2, 90)), (0, tally(1, 10))]),
                part(Kind::Timers, 50, vec![(0, tally(3, 50))]),
            ],
        };
        let mut tree = WasteTree::new(Arc::new(waste), 1000);
        assert_eq!(tree.headline(), "150 B do no work, 15.0 % of the heap");
        tree.toggle(0);
        let rows = tree.rows(&graph);
        let text = tsv(&rows, 0..rows.len());
        assert_eq!(
            text.lines().skip(1).collect::<Vec<_>>(),
            ["Arrays of nulls and zeros\t10.0\t100\t3", "T1\t9.0\t90\t2", "T0\t1.0\t10\t1", "Timers\t5.0\t50\t3"]
        );
        tree.toggle(0);
        assert_eq!(tree.rows(&graph).len(), 2);
    }
}
