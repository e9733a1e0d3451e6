//! Duplicate strings as a table: each value with its copies and what they cost.
//!
//! Arranging looks at values only where the filter does, in parallel; what a row says is read when it comes
//! into sight, as in any list of objects.

use std::borrow::Cow;
use std::cell::RefCell;
use std::cmp::Reverse;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::filter::{Filter, Subject};
use super::format;
use super::object::inspector;
use super::rows::{Bar, Cell, Column, Rows};
use crate::analysis::strings::{Group, Strings};
use crate::heap::Heap;
use crate::progress::{Cancelled, Phase, Progress};

/// Characters of a value that a filter looks at.
const LOOKED_AT: usize = 1 << 12;
/// Values between two looks at the progress.
const CHUNK: usize = 1 << 10;

/// One column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StringColumn {
    Value,
    WastedPercent,
    #[default]
    Wasted,
    Bytes,
    Count,
}

impl StringColumn {
    pub const ALL: [StringColumn; 5] = [
        StringColumn::Value,
        StringColumn::WastedPercent,
        StringColumn::Wasted,
        StringColumn::Bytes,
        StringColumn::Count,
    ];
}

/// In the order of [`StringColumn::ALL`].
pub const COLUMNS: [Column; 5] = [
    Column::name("Value", "What the strings say").fixed(),
    Column::figure("Wasted %", "Share of all bytes in strings that one copy of the value would save", 148.0),
    Column::figure("Wasted (bytes)", "Bytes of all copies but one", 126.0),
    Column::figure("Bytes", "Bytes of all copies", 112.0),
    Column::figure("Count", "Number of copies", 90.0),
];

/// What to show, in which order.
#[derive(Clone, Debug)]
pub struct Query {
    pub filter: Filter,
    pub sort: StringColumn,
    pub descending: bool,
}

impl Default for Query {
    fn default() -> Self {
        Query { filter: Filter::default(), sort: StringColumn::Wasted, descending: true }
    }
}

/// Places in [`Strings::groups`] that pass, in order.
pub fn arrange(heap: &Heap, strings: &Strings, query: &Query, progress: &Progress) -> Result<Vec<u32>, Cancelled> {
    progress.begin(Phase::Answer, strings.groups.len() as u64);
    let all: Vec<u32> = (0..strings.groups.len() as u32).collect();
    let passing = |part: &[u32]| {
        progress.check()?;
        progress.add(part.len() as u64);
        let passes = |at: &&u32| passes(heap, strings, &strings.groups[**at as usize], &query.filter);
        Ok(part.iter().filter(passes).copied().collect::<Vec<u32>>())
    };
    let mut order = match query.filter.is_empty() {
        true => all,
        false => all.par_chunks(CHUNK).map(passing).collect::<Result<Vec<_>, _>>()?.concat(),
    };
    let key = |at: &u32| {
        let group = &strings.groups[*at as usize];
        match query.sort {
            StringColumn::Value | StringColumn::WastedPercent | StringColumn::Wasted => group.wasted,
            StringColumn::Bytes => group.bytes,
            StringColumn::Count => group.count.into(),
        }
    };
    match query.descending {
        true => order.par_sort_by_key(|at| Reverse(key(at))),
        false => order.par_sort_by_key(key),
    }
    Ok(order)
}

fn passes(heap: &Heap, strings: &Strings, group: &Group, filter: &Filter) -> bool {
    let address = heap.graph.objects.address(group.first);
    let text = inspector(heap).filter(|_| filter.reads_names());
    let text = text.and_then(|inspector| inspector.string(address, LOOKED_AT)).map(|(text, _)| text);
    filter.matches(Subject {
        names: [text.as_deref().unwrap_or_default(); 2],
        bytes: group.wasted,
        count: group.count.into(),
        total_bytes: strings.total_bytes,
    })
}

/// The table as arranged.
pub struct StringRows<'a> {
    pub heap: &'a Heap,
    pub strings: &'a Strings,
    pub order: &'a [u32],
    /// What the first string of a group says, as far as it was read.
    pub values: &'a FxHashMap<u32, Option<Box<str>>>,
    /// Strings in sight that are not read yet.
    pub wanted: RefCell<Vec<u32>>,
}

impl StringRows<'_> {
    fn group(&self, row: usize) -> &Group {
        &self.strings.groups[self.order[row] as usize]
    }
}

impl Rows for StringRows<'_> {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn len(&self) -> usize {
        self.order.len()
    }

    fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        let group = self.group(row);
        match StringColumn::ALL[column] {
            StringColumn::Value => match self.values.get(&group.first) {
                Some(value) => Cell::Text { text: Cow::Borrowed(value.as_deref().unwrap_or_default()), link: false },
                None => {
                    self.wanted.borrow_mut().push(group.first);
                    Cell::Pending
                }
            },
            StringColumn::WastedPercent => {
                let most = self.strings.groups.first().map_or(0, |group| group.wasted);
                Cell::share(group.wasted, self.strings.total_bytes, most, Bar::Exclusive)
            }
            StringColumn::Wasted => Cell::Figure(format::count(group.wasted)),
            StringColumn::Bytes => Cell::Figure(format::count(group.bytes)),
            StringColumn::Count => Cell::Figure(format::count(group.count.into())),
        }
    }

    fn copied(&self, row: usize, column: usize) -> Cell<'_> {
        match StringColumn::ALL[column] {
            StringColumn::Value => {
                let address = self.heap.graph.objects.address(self.group(row).first);
                let text = inspector(self.heap).and_then(|inspector| inspector.string(address, LOOKED_AT));
                Cell::Words(Cow::Owned(text.map(|(text, _)| text).unwrap_or_default()))
            }
            _ => self.cell(row, column),
        }
    }

    fn name(&self, row: usize) -> Cow<'_, str> {
        match self.values.get(&self.group(row).first) {
            Some(Some(value)) => Cow::Borrowed(value),
            _ => Cow::Owned(format!("a string with {} copies", format::count(self.group(row).count.into()))),
        }
    }
}
