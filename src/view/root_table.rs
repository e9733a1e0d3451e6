//! All roots of a heap as a table: what they are called, what they hold, how much that retains.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use rayon::prelude::*;

use super::filter::{Filter, Subject};
use super::format;
use super::roots::title;
use super::rows::{Bar, Cell, Column, Rows, Span, Tone, directed};
use super::types::name as type_spans;
use crate::heap::{Graph, RootKind};

/// Kinds that a person thinks of together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    Statics,
    ThreadStatics,
    Handles,
    Finalizer,
    Stacks,
    /// Listed, but they keep nothing alive.
    Weak,
}

impl Family {
    pub const ALL: [Family; 6] =
        [Family::Statics, Family::ThreadStatics, Family::Handles, Family::Finalizer, Family::Stacks, Family::Weak];

    pub fn of(kind: RootKind) -> Family {
        match kind {
            RootKind::Static | RootKind::CollectibleStatic => Family::Statics,
            RootKind::ThreadStatic | RootKind::CollectibleThreadStatic => Family::ThreadStatics,
            RootKind::FinalizerQueue => Family::Finalizer,
            RootKind::Stack => Family::Stacks,
            kind if !kind.retains() => Family::Weak,
            _ => Family::Handles,
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Family::Statics => "Static variables",
            Family::ThreadStatics => "Thread statics",
            Family::Handles => "Handles",
            Family::Finalizer => "Finalizer queue",
            Family::Stacks => "Stacks",
            Family::Weak => "Weak",
        }
    }
}

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootColumn {
    Name,
    Kind,
    Type,
    HeldPercent,
    Held,
    Alone,
    Address,
}

impl RootColumn {
    const ALL: [RootColumn; 7] = [
        RootColumn::Name,
        RootColumn::Kind,
        RootColumn::Type,
        RootColumn::HeldPercent,
        RootColumn::Held,
        RootColumn::Alone,
        RootColumn::Address,
    ];

    pub fn at(index: usize) -> RootColumn {
        Self::ALL[index]
    }

    pub fn index(self) -> usize {
        self as usize
    }
}

/// In the order of [`RootColumn`].
pub const COLUMNS: [Column; 7] = [
    Column::name("Root", "What holds an object from outside of the heap"),
    Column::words("Kind", "The kind of root", 126.0),
    Column::words("Object", "The type of the object that it holds", 240.0),
    Column::figure("Holds %", "Share of all heap bytes for which this is the likeliest cause", 148.0),
    Column::figure(
        "Holds (bytes)",
        "Bytes for which this is the likeliest cause: its box in the flame graph. Other roots may hold them too",
        126.0,
    ),
    Column::figure("Alone (bytes)", "What its object alone keeps alive: it goes when this root lets go", 120.0),
    Column::figure("Slot", "Where the reference is kept", 140.0).optional(),
];

/// What one root holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Bytes that are put under this root: those whose cheapest way begins here.
    pub bytes: u64,
    /// What its object retains.
    pub alone: u64,
}

/// Every root with what it holds.
#[derive(Clone, Debug, Default)]
pub struct RootTable {
    /// By root.
    held: Vec<Held>,
    longest: u64,
    total_bytes: u64,
}

/// What to show, in which order.
#[derive(Clone, Debug)]
pub struct Query {
    pub filter: Filter,
    /// `None`: all that keep something alive.
    pub family: Option<Family>,
    /// Only those of the thread with this label.
    pub thread: Option<Arc<str>>,
    pub sort: RootColumn,
    pub descending: bool,
}

impl Default for Query {
    fn default() -> Self {
        Query { filter: Filter::default(), family: None, thread: None, sort: RootColumn::HeldPercent, descending: true }
    }
}

impl RootTable {
    /// `held` by root; `total_bytes` are 100 %.
    pub fn new(held: Vec<Held>, total_bytes: u64) -> RootTable {
        RootTable { longest: held.iter().map(|held| held.bytes).max().unwrap_or(0), held, total_bytes }
    }

    /// What one root holds.
    pub fn of(&self, root: u32) -> Held {
        self.held[root as usize]
    }

    /// How many roots each family has, in the order of [`Family::ALL`].
    pub fn counts(graph: &Graph) -> [u64; 6] {
        let mut counts = [0; 6];
        graph.roots.iter().for_each(|root| counts[Family::of(root.kind) as usize] += 1);
        counts
    }

    /// Roots that pass, in order.
    pub fn arrange(&self, graph: &Graph, query: &Query) -> Vec<u32> {
        let mut order: Vec<u32> = (0..graph.roots.len() as u32)
            .into_par_iter()
            .filter(|&root| {
                let family = Family::of(graph.roots[root as usize].kind);
                query.family.map_or(family != Family::Weak, |wanted| wanted == family)
            })
            .filter(|&root| {
                query.thread.as_deref().is_none_or(|thread| graph.roots[root as usize].thread() == Some(thread))
            })
            .filter(|&root| query.filter.is_empty() || query.filter.matches(self.subject(graph, root)))
            .collect();
        order.par_sort_unstable_by(|&a, &b| {
            directed(self.compare(graph, a, b, query.sort), query.descending).then(a.cmp(&b))
        });
        order
    }

    fn subject<'a>(&self, graph: &'a Graph, root: u32) -> Subject<'a> {
        let of = &graph.roots[root as usize];
        Subject {
            names: [&of.name, &graph.type_of(of.object).name.full],
            bytes: self.held[root as usize].bytes,
            count: 1,
            total_bytes: self.total_bytes,
        }
    }

    fn compare(&self, graph: &Graph, a: u32, b: u32, column: RootColumn) -> Ordering {
        let (root, other) = (&graph.roots[a as usize], &graph.roots[b as usize]);
        let (held, other_held) = (self.held[a as usize], self.held[b as usize]);
        match column {
            RootColumn::Name => root.name.cmp(&other.name),
            RootColumn::Kind => root.kind.cmp(&other.kind),
            RootColumn::Type => graph.type_of(root.object).name.full.cmp(&graph.type_of(other.object).name.full),
            RootColumn::Address => root.address.cmp(&other.address),
            RootColumn::HeldPercent | RootColumn::Held => held.bytes.cmp(&other_held.bytes),
            RootColumn::Alone => held.alone.cmp(&other_held.alone),
        }
    }
}

/// The table as arranged.
pub struct RootRows<'a> {
    pub graph: &'a Graph,
    pub table: &'a RootTable,
    pub order: &'a [u32],
}

impl Rows for RootRows<'_> {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn len(&self) -> usize {
        self.order.len()
    }

    fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        let index = self.order[row] as usize;
        let root = &self.graph.roots[index];
        let held = self.table.held[index];
        match RootColumn::at(column) {
            RootColumn::Name => {
                let tone = if root.kind.retains() { Tone::Root } else { Tone::Muted };
                let spans: Vec<Span<'_>> = vec![(tone, Cow::Owned(title(root)))];
                Cell::Name { spans, root: root.kind.retains() }
            }
            RootColumn::Kind => Cell::Words(Cow::Borrowed(Family::of(root.kind).title())),
            RootColumn::Type => Cell::Name { spans: type_spans(&self.graph.type_of(root.object).name), root: false },
            RootColumn::HeldPercent => {
                Cell::share(held.bytes, self.table.total_bytes, self.table.longest, Bar::Retained)
            }
            RootColumn::Held => Cell::Figure(format::count(held.bytes)),
            RootColumn::Alone => Cell::Figure(format::count(held.alone)),
            RootColumn::Address if root.address == 0 => Cell::Empty,
            RootColumn::Address => Cell::Figure(format::address(root.address)),
        }
    }

    fn name(&self, row: usize) -> Cow<'_, str> {
        Cow::Owned(title(&self.graph.roots[self.order[row] as usize]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::{Objects, Root, TypeInfo, TypeKind, TypeName};

    fn graph() -> Graph {
        let info = |name: &str| TypeInfo {
            method_table: 0,
            name: TypeName { full: name.into(), short: name.into(), namespace: 0 },
            assembly: "".into(),
            kind: TypeKind::Object,
        };
        let root = |kind, name: &str, object| Root { kind, name: name.into(), address: 8, object, assembly: "".into() };
        Graph {
            objects: Objects::from_list(&[(8, 0, 100), (112, 1, 10)]),
            types: vec![info("Cache"), info("Timer")],
            roots: vec![
                root(RootKind::Static, "App.Cache.<All>k__BackingField", 0),
                root(RootKind::StrongHandle, "strong handle", 1),
                root(RootKind::WeakHandle, "weak handle", 0),
            ],
            ..Graph::default()
        }
    }

    #[test]
    fn what_keeps_nothing_alive_is_shown_only_when_asked_for() {
        let (graph, table) =
            (graph(), RootTable::new([110, 10, 110].map(|bytes| Held { bytes, alone: bytes }).to_vec(), 1000));
        assert_eq!(table.arrange(&graph, &Query::default()), [0, 1]);
        let weak = Query { family: Some(Family::Weak), ..Query::default() };
        assert_eq!(table.arrange(&graph, &weak), [2]);
        assert_eq!(RootTable::counts(&graph), [1, 0, 1, 0, 0, 1]);
    }

    #[test]
    fn roots_are_found_by_their_name_their_objects_type_or_what_they_retain() {
        let (graph, table) =
            (graph(), RootTable::new([110, 10, 110].map(|bytes| Held { bytes, alone: bytes }).to_vec(), 1000));
        let found =
            |text: &str| table.arrange(&graph, &Query { filter: Filter::parse(text).unwrap(), ..Query::default() });
        assert_eq!(
            [found("handle"), found("cache"), found(">5%"), found("nothing")],
            [vec![1], vec![0], vec![0], vec![]]
        );
        let rows = RootRows { graph: &graph, table: &table, order: &[0] };
        assert_eq!(rows.name(0), "static var App.Cache.All");
    }
}
