//! The objects of a type, or any others, as a list: where each lies, what it weighs, what it says.
//!
//! A list may have millions of rows, so arranging it is a worker's task and gives object ids in order. What
//! objects say is read for the rows in sight only; where it is not there yet, the cell waits.

use std::borrow::Cow;
use std::cell::RefCell;
use std::cmp::Reverse;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::filter::{Filter, Subject};
use super::format;
use super::object::inspector;
use super::rows::{Cell, Column, Rows};
use super::types::{is_framework, name as type_spans};
use super::value_order;
use crate::analysis::distances::UNREACHED;
use crate::analysis::retained::Retained;
use crate::heap::{Heap, TypeKind};
use crate::progress::{CHECK_EVERY, Cancelled, Phase, Progress};
use crate::runtime::values::Member;

/// Characters of a string that a filter looks at.
const LOOKED_AT: usize = 1 << 12;

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceColumn {
    Address,
    Type,
    Value,
    Size,
    Retained,
    Generation,
    Distance,
}

impl InstanceColumn {
    /// Columns of objects of several types; those of one type need no [`InstanceColumn::Type`].
    const ALL: [InstanceColumn; 7] = [
        InstanceColumn::Address,
        InstanceColumn::Type,
        InstanceColumn::Value,
        InstanceColumn::Size,
        InstanceColumn::Retained,
        InstanceColumn::Generation,
        InstanceColumn::Distance,
    ];

    const fn spec(self) -> Column {
        match self {
            InstanceColumn::Address => Column::address("Address", "Where the object starts", 142.0),
            InstanceColumn::Type => Column::words("Type", "The object's type", 240.0),
            InstanceColumn::Value => Column::name("Value", "What the object says of itself, in short"),
            InstanceColumn::Size => Column::figure("Size", "Bytes of the object itself", 104.0),
            InstanceColumn::Retained => {
                Column::figure("Retained", "Bytes that would be freed if this object went", 112.0)
            }
            InstanceColumn::Generation => Column::words("Gen", "The generation it is in", 76.0),
            InstanceColumn::Distance => {
                Column::figure("Distance", "Steps from the nearest root; 0: a root holds it", 88.0).optional()
            }
        }
    }
}

const MIXED: [Column; 7] = [
    InstanceColumn::Address.spec(),
    InstanceColumn::Type.spec(),
    InstanceColumn::Value.spec(),
    InstanceColumn::Size.spec(),
    InstanceColumn::Retained.spec(),
    InstanceColumn::Generation.spec(),
    InstanceColumn::Distance.spec(),
];
const ALIKE: [Column; 6] = [MIXED[0], MIXED[2], MIXED[3], MIXED[4], MIXED[5], MIXED[6]];

/// What is known of all objects.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub heap: &'a Heap,
    pub retained: &'a Retained,
    /// Steps from the nearest root, once they were counted.
    pub distances: Option<&'a [u32]>,
}

impl Known<'_> {
    fn distance(&self, object: u32) -> u32 {
        self.distances.map_or(UNREACHED, |distances| distances[object as usize])
    }

    fn generation(&self, object: u32) -> &'static str {
        let address = self.heap.graph.objects.address(object);
        self.heap.facts.gc.generation(address).map_or("", |generation| generation.id())
    }
}

/// What to show, in which order.
#[derive(Clone, Debug)]
pub struct Query {
    pub filter: Filter,
    /// Leave out objects of the framework's types, where there are several types?
    pub my_code: bool,
    pub sort: InstanceColumn,
    pub descending: bool,
}

impl Default for Query {
    fn default() -> Self {
        Query { filter: Filter::default(), my_code: false, sort: InstanceColumn::Retained, descending: true }
    }
}

/// Objects in order.
#[derive(Clone, Debug, Default)]
pub struct Instances {
    pub order: Vec<u32>,
    /// How many there are without the filter, and bytes of those that pass it.
    pub all: usize,
    pub bytes: u64,
    /// Objects of the framework's types that pass the filter and were left out, and their bytes.
    pub hidden: [u64; 2],
    /// Are they of several types?
    pub mixed: bool,
    /// Where the object that was asked about stands.
    pub at: Option<usize>,
}

impl Instances {
    /// Arranges `objects` (ascending); `watched` is an object whose place is wanted.
    pub fn arrange(
        known: Known<'_>,
        objects: &[u32],
        query: &Query,
        watched: Option<u32>,
        progress: &Progress,
    ) -> Result<Instances, Cancelled> {
        let of = &known.heap.graph.objects;
        let passes_over = if query.sort == InstanceColumn::Value { 2 } else { 1 };
        progress.begin(Phase::Answer, passes_over * objects.len() as u64);
        let total: u64 = objects.par_iter().map(|&object| of.size(object)).sum();
        let first = objects.first().map(|&object| of.type_index(object));
        let mixed = objects.par_iter().any(|&object| Some(of.type_index(object)) != first);
        let is_framework: Vec<bool> = match query.my_code && mixed {
            true => known.heap.graph.types.iter().map(is_framework).collect(),
            false => Vec::new(),
        };
        let passing = |part: &[u32]| {
            progress.check()?;
            progress.add(part.len() as u64);
            let passing = part.iter().copied().filter(|&object| passes(known, &query.filter, object, total));
            Ok(passing.partition(|&object| is_framework.get(of.type_index(object) as usize) == Some(&true)))
        };
        let parts = objects.par_chunks(CHECK_EVERY).map(passing);
        let parts: Vec<(Vec<u32>, Vec<u32>)> = parts.collect::<Result<_, Cancelled>>()?;
        let hidden = parts.iter().flat_map(|(hidden, _)| hidden);
        let hidden = hidden.fold([0, 0], |[n, bytes], &object| [n + 1, bytes + of.size(object)]);
        let mut order: Vec<u32> = parts.iter().flat_map(|(_, shown)| shown).copied().collect();
        drop(parts);
        let descending = query.descending;
        match query.sort {
            // Ids follow addresses.
            InstanceColumn::Address if descending => order.reverse(),
            InstanceColumn::Address => {}
            InstanceColumn::Value => value_order::sort(known.heap, &mut order, descending, progress)?,
            InstanceColumn::Size => sort(&mut order, descending, |object| of.size(object)),
            InstanceColumn::Retained => sort(&mut order, descending, |object| known.retained.of(object)),
            InstanceColumn::Distance => sort(&mut order, descending, |object| known.distance(object)),
            InstanceColumn::Generation => sort(&mut order, descending, |object| known.generation(object)),
            InstanceColumn::Type => {
                sort(&mut order, descending, |object| &known.heap.graph.type_of(object).name.full);
            }
        }
        progress.check()?;
        Ok(Instances {
            all: objects.len(),
            bytes: order.par_iter().map(|&object| of.size(object)).sum(),
            hidden,
            mixed,
            at: watched.and_then(|object| order.par_iter().position_any(|&other| other == object)),
            order,
        })
    }

    /// All columns of this list.
    pub fn columns(&self) -> &'static [Column] {
        if self.mixed { &MIXED } else { &ALIKE }
    }

    /// The column at this place of the table.
    pub fn column(&self, at: usize) -> InstanceColumn {
        if self.mixed || at == 0 { InstanceColumn::ALL[at] } else { InstanceColumn::ALL[at + 1] }
    }

    /// Where a column stands.
    pub fn index_of(&self, column: InstanceColumn) -> usize {
        if self.mixed { column as usize } else { (column as usize).saturating_sub(1) }
    }
}

fn passes(known: Known<'_>, filter: &Filter, object: u32, total_bytes: u64) -> bool {
    if filter.is_empty() {
        return true;
    }
    let graph = &known.heap.graph;
    let value = if filter.reads_names() { searched(known.heap, object) } else { None };
    let name = match filter.reads_names() {
        true => format!("{} {}", format::address(graph.objects.address(object)), graph.type_of(object).name.full),
        false => String::new(),
    };
    filter.matches(Subject {
        names: [value.as_deref().unwrap_or_default(), &name],
        bytes: graph.objects.size(object),
        count: 1,
        total_bytes,
    })
}

/// What a filter looks at: of a string more than a list shows.
fn searched(heap: &Heap, object: u32) -> Option<String> {
    match heap.graph.type_of(object).kind {
        TypeKind::String => {
            let address = heap.graph.objects.address(object);
            inspector(heap)?.string(address, LOOKED_AT).map(|(text, _)| text)
        }
        _ => value(heap, object),
    }
}

fn sort<K: Ord>(order: &mut [u32], descending: bool, key: impl Fn(u32) -> K + Sync) {
    // Ties by address, whichever way.
    match descending {
        true => order.par_sort_unstable_by(|&a, &b| (Reverse(key(a)), a).cmp(&(Reverse(key(b)), b))),
        false => order.par_sort_unstable_by(|&a, &b| (key(a), a).cmp(&(key(b), b))),
    }
}

/// What an object says of itself, or else the first of its fields that has a text.
pub fn value(heap: &Heap, object: u32) -> Option<String> {
    let (inspector, address) = (inspector(heap)?, heap.graph.objects.address(object));
    let telling = |member: Member| {
        let text = member.item.text.filter(|text| text.starts_with('"'))?;
        Some(format!("{} = {text}", format::field(&member.field.name)))
    };
    inspector.text(address).or_else(|| inspector.members(address).into_iter().find_map(telling))
}

/// The list as arranged.
pub struct InstanceRows<'a> {
    pub known: Known<'a>,
    pub instances: &'a Instances,
    /// What objects say, as far as it was read.
    pub values: &'a FxHashMap<u32, Option<Box<str>>>,
    /// Objects in sight whose value is not there.
    pub wanted: RefCell<Vec<u32>>,
}

impl InstanceRows<'_> {
    fn value_cell(value: Option<&str>) -> Cell<'static> {
        value.map_or(Cell::Empty, |value| Cell::Text { text: Cow::Owned(value.to_owned()), link: false })
    }
}

impl Rows for InstanceRows<'_> {
    fn columns(&self) -> &[Column] {
        self.instances.columns()
    }

    fn len(&self) -> usize {
        self.instances.order.len()
    }

    fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        let object = self.instances.order[row];
        let graph = &self.known.heap.graph;
        match self.instances.column(column) {
            InstanceColumn::Address => Cell::Figure(format::address(graph.objects.address(object))),
            InstanceColumn::Type => Cell::Name { spans: type_spans(&graph.type_of(object).name), root: false },
            InstanceColumn::Value => match self.values.get(&object) {
                Some(value) => Self::value_cell(value.as_deref()),
                None => {
                    self.wanted.borrow_mut().push(object);
                    Cell::Pending
                }
            },
            InstanceColumn::Size => Cell::Figure(format::count(graph.objects.size(object))),
            InstanceColumn::Retained => Cell::Figure(format::count(self.known.retained.of(object))),
            InstanceColumn::Generation => Cell::Words(Cow::Borrowed(self.known.generation(object))),
            InstanceColumn::Distance => match (self.known.distances, self.known.distance(object)) {
                (None, _) => Cell::Pending,
                (_, UNREACHED) => Cell::Words(Cow::Borrowed("dead")),
                (_, distance) => Cell::Figure(format::count(distance.into())),
            },
        }
    }

    fn copied(&self, row: usize, column: usize) -> Cell<'_> {
        match self.instances.column(column) {
            InstanceColumn::Value => Self::value_cell(value(self.known.heap, self.instances.order[row]).as_deref()),
            _ => self.cell(row, column),
        }
    }

    fn name(&self, row: usize) -> Cow<'_, str> {
        let object = self.instances.order[row];
        let graph = &self.known.heap.graph;
        let address = format::address(graph.objects.address(object));
        let value = self.values.get(&object).and_then(|value| value.as_deref()).unwrap_or_default();
        Cow::Owned(format!("{address} {} {value}", graph.type_of(object).name.full).trim_end().to_owned())
    }
}
