//! Two dumps compared type by type, as a table.
//!
//! Takes the type tables of both; one of them is the dump that is open, so that a row can lead to its objects.
//! Bytes are the objects' own, strings and arrays not folded: what folds into whom differs between two dumps.

use std::borrow::Cow;
use std::cmp::Ordering;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::filter::{Filter, Subject};
use super::format;
use super::rows::{Cell, Column, Rows, Tone, directed};
use super::types::{TypeTable, name as type_spans};
use crate::analysis::diff::{Change, Sums, diff};
use crate::heap::{TypeInfo, TypeKind};

/// What has become of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    Grown,
    Shrunk,
    New,
    Gone,
    Same,
}

impl Fate {
    pub const ALL: [Fate; 5] = [Fate::Grown, Fate::Shrunk, Fate::New, Fate::Gone, Fate::Same];

    pub fn of(change: &Change) -> Fate {
        if change.is_new() {
            return Fate::New;
        }
        if change.is_gone() {
            return Fate::Gone;
        }
        match (change.bytes_delta(), change.count_delta(), change.retained_delta()).cmp(&(0, 0, 0)) {
            Ordering::Greater => Fate::Grown,
            Ordering::Less => Fate::Shrunk,
            Ordering::Equal => Fate::Same,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Fate::Grown => "grown",
            Fate::Shrunk => "shrunk",
            Fate::New => "new",
            Fate::Gone => "gone",
            Fate::Same => "unchanged",
        }
    }
}

/// One column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CompareColumn {
    Name,
    Fate,
    CountDelta,
    #[default]
    BytesDelta,
    RetainedDelta,
    Count,
    Bytes,
}

impl CompareColumn {
    const ALL: [CompareColumn; 7] = [
        CompareColumn::Name,
        CompareColumn::Fate,
        CompareColumn::CountDelta,
        CompareColumn::BytesDelta,
        CompareColumn::RetainedDelta,
        CompareColumn::Count,
        CompareColumn::Bytes,
    ];

    pub fn at(index: usize) -> CompareColumn {
        Self::ALL[index]
    }

    pub fn index(self) -> usize {
        self as usize
    }

    /// Are its greatest wanted first?
    pub fn descends(self) -> bool {
        !matches!(self, CompareColumn::Name | CompareColumn::Fate)
    }
}

/// In the order of [`CompareColumn`].
pub const COLUMNS: [Column; 7] = [
    Column::name("Name", "Namespace and type"),
    Column::words("Change", "New: only in the later dump. Gone: only in the earlier one", 92.0),
    Column::figure("Δ Count", "How many more objects the later dump has", 100.0),
    Column::figure("Δ Bytes", "How many more bytes these objects have in the later dump", 126.0),
    Column::figure("Δ Retained", "How much more would go if these objects went", 126.0),
    Column::figure("Count now", "Objects in the later dump", 104.0).optional(),
    Column::figure("Bytes now", "Bytes of these objects in the later dump", 126.0).optional(),
];

/// One type in both dumps.
#[derive(Clone, Debug)]
pub struct CompareRow {
    pub change: Change,
    pub fate: Fate,
    /// Its number among the groups of types of the open dump, where that has it.
    pub group: Option<u32>,
    /// Free space is no object, and stays last.
    pub is_free: bool,
}

/// Every type of either dump.
#[derive(Clone, Debug, Default)]
pub struct CompareTable {
    pub rows: Vec<CompareRow>,
    /// How many types have each fate, in the order of [`Fate::ALL`]; Free is none.
    pub counts: [u64; 5],
    /// Bytes and number of all objects but Free, in the earlier and in the later dump.
    pub base: Sums,
    pub new: Sums,
}

/// What to show, in which order.
#[derive(Clone, Debug)]
pub struct Query {
    pub filter: Filter,
    /// `None`: all that changed.
    pub fate: Option<Fate>,
    pub sort: CompareColumn,
    pub descending: bool,
}

impl Default for Query {
    fn default() -> Self {
        Query { filter: Filter::default(), fate: None, sort: CompareColumn::default(), descending: true }
    }
}

impl CompareTable {
    /// Compares the open dump with another one, which is the earlier one unless `open_is_base`.
    pub fn new(open: &TypeTable, other: &TypeTable, open_is_base: bool) -> CompareTable {
        let (base, new) = if open_is_base { (open, other) } else { (other, open) };
        let (base, new) = (side(base), side(new));
        let changes = diff((&base.0, &base.1), (&new.0, &new.1));
        let groups: FxHashMap<(&str, &str), (u32, TypeKind)> =
            open.rows.iter().map(|row| ((&*row.name.full, &*row.assembly), (row.group, row.kind))).collect();
        let free = [open, other].map(|table| table.rows.iter().find(|row| row.kind == TypeKind::Free));
        let is_free = |change: &Change| {
            free.iter().flatten().any(|row| row.name.full == change.name.full && row.assembly == change.assembly)
        };
        let mut table = CompareTable::default();
        for change in changes {
            let group = groups.get(&(&*change.name.full, &*change.assembly)).map(|(group, _)| *group);
            let (fate, is_free) = (Fate::of(&change), is_free(&change));
            if !is_free {
                table.counts[fate as usize] += 1;
                for (total, of) in [(&mut table.base, change.base), (&mut table.new, change.new)] {
                    total.count += of.count;
                    total.bytes += of.bytes;
                }
            }
            table.rows.push(CompareRow { change, fate, group, is_free });
        }
        table
    }

    /// Δ bytes by name and assembly.
    pub fn growth(&self) -> FxHashMap<(&str, &str), i64> {
        let changes = self.rows.iter().map(|row| &row.change);
        changes.map(|change| ((&*change.name.full, &*change.assembly), change.bytes_delta())).collect()
    }

    /// Numbers of the rows that pass, in order.
    pub fn arrange(&self, query: &Query) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.rows.len() as u32)
            .into_par_iter()
            .filter(|&row| {
                let fate = self.rows[row as usize].fate;
                query.fate.map_or(fate != Fate::Same, |wanted| wanted == fate)
            })
            .filter(|&row| query.filter.is_empty() || query.filter.matches(self.subject(row)))
            .collect();
        order.par_sort_unstable_by(|&a, &b| {
            let (row, other) = (&self.rows[a as usize], &self.rows[b as usize]);
            let order = directed(compare(row, other, query.sort), query.descending);
            row.is_free.cmp(&other.is_free).then(order).then(a.cmp(&b))
        });
        order
    }

    /// A filter's sizes are those of the change, in either direction.
    fn subject(&self, row: u32) -> Subject<'_> {
        let change = &self.rows[row as usize].change;
        Subject {
            names: [&change.name.full, &change.name.short],
            bytes: change.bytes_delta().unsigned_abs(),
            count: change.count_delta().unsigned_abs(),
            total_bytes: self.base.bytes,
        }
    }

    /// `grew by 4.20 MB (21.6 %): 12 types are new, 3 are gone, 41 grew, 7 shrank`, said of the later dump.
    pub fn verdict(&self) -> String {
        let grown = self.new.bytes as i64 - self.base.bytes as i64;
        let by = format::bytes(grown.unsigned_abs());
        let share = format::percent(grown.unsigned_abs(), self.base.bytes);
        let size = match grown {
            0 => String::from("holds as many bytes as before"),
            1.. => format!("grew by {by} ({share} %)"),
            _ => format!("shrank by {by} ({share} %)"),
        };
        let of = |fate: Fate| self.counts[fate as usize];
        let parts: Vec<String> =
            [(Fate::New, "new"), (Fate::Gone, "gone"), (Fate::Grown, "grown"), (Fate::Shrunk, "shrunk")]
                .into_iter()
                .filter(|(fate, _)| of(*fate) > 0)
                .map(|(fate, word)| format!("{} {word}", format::count(of(fate))))
                .collect();
        match parts.is_empty() {
            true => size,
            false => format!("{size}; types: {}", parts.join(", ")),
        }
    }
}

/// The types of one dump with their sums.
fn side(table: &TypeTable) -> (Vec<TypeInfo>, Vec<Sums>) {
    let info = |row: &super::types::TypeRow| TypeInfo {
        method_table: 0,
        name: row.name.clone(),
        assembly: row.assembly.clone(),
        kind: row.kind,
    };
    let sums = |row: &super::types::TypeRow| Sums {
        count: row.figures.count,
        bytes: row.figures.bytes,
        retained: row.figures.retained,
    };
    table.rows.iter().map(|row| (info(row), sums(row))).unzip()
}

fn compare(row: &CompareRow, other: &CompareRow, column: CompareColumn) -> Ordering {
    let (a, b) = (&row.change, &other.change);
    match column {
        CompareColumn::Name => a.name.full.cmp(&b.name.full),
        CompareColumn::Fate => row.fate.cmp(&other.fate),
        CompareColumn::CountDelta => a.count_delta().cmp(&b.count_delta()),
        CompareColumn::BytesDelta => a.bytes_delta().cmp(&b.bytes_delta()),
        CompareColumn::RetainedDelta => a.retained_delta().cmp(&b.retained_delta()),
        CompareColumn::Count => a.new.count.cmp(&b.new.count),
        CompareColumn::Bytes => a.new.bytes.cmp(&b.new.bytes),
    }
}

/// The table as arranged.
pub struct CompareRows<'a> {
    table: &'a CompareTable,
    order: &'a [u32],
    total: [i64; 2],
}

impl<'a> CompareRows<'a> {
    /// `total` are the sums of [`sum`].
    pub fn new(table: &'a CompareTable, order: &'a [u32], total: [i64; 2]) -> CompareRows<'a> {
        CompareRows { table, order, total }
    }

    pub fn row(&self, row: usize) -> &'a CompareRow {
        &self.table.rows[self.order[row] as usize]
    }
}

/// Δ count and Δ bytes of these rows.
pub fn sum(table: &CompareTable, order: &[u32]) -> [i64; 2] {
    order.iter().fold([0, 0], |[count, bytes], &row| {
        let change = &table.rows[row as usize].change;
        [count + change.count_delta(), bytes + change.bytes_delta()]
    })
}

impl Rows for CompareRows<'_> {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn len(&self) -> usize {
        self.order.len()
    }

    fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        let row = self.row(row);
        let change = &row.change;
        match CompareColumn::at(column) {
            CompareColumn::Name => Cell::Name { spans: type_spans(&change.name), root: false },
            CompareColumn::Fate => {
                let tone = match row.fate {
                    Fate::New => Tone::Bad,
                    Fate::Gone => Tone::Good,
                    Fate::Grown | Fate::Shrunk | Fate::Same => Tone::Faint,
                };
                Cell::Name { spans: vec![(tone, Cow::Borrowed(row.fate.words()))], root: false }
            }
            CompareColumn::CountDelta => Cell::Delta(change.count_delta()),
            CompareColumn::BytesDelta => Cell::Delta(change.bytes_delta()),
            // Free is no object: nobody retains it.
            CompareColumn::RetainedDelta if row.is_free => Cell::Empty,
            CompareColumn::RetainedDelta => Cell::Delta(change.retained_delta()),
            CompareColumn::Count => Cell::Figure(format::count(change.new.count)),
            CompareColumn::Bytes => Cell::Figure(format::count(change.new.bytes)),
        }
    }

    fn name(&self, row: usize) -> Cow<'_, str> {
        Cow::Borrowed(&self.row(row).change.name.full)
    }

    fn totals(&self) -> Option<Vec<Cell<'_>>> {
        let [count, bytes] = self.total;
        let words = Cell::Words(Cow::Owned(format::counted(self.order.len() as u64, "type")));
        let deltas = [count, bytes].map(|delta| Cell::Figure(format::delta(delta)));
        Some([words, Cell::Empty].into_iter().chain(deltas).chain(std::iter::repeat_n(Cell::Empty, 3)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::tsv;
    use super::super::types::Figures;
    use super::*;
    use crate::analysis::histogram::TypeGroups;
    use crate::heap::{Graph, TypeName};

    /// Types by name with (count, bytes, retained).
    fn table(types: &[(&str, u64, u64, u64)]) -> TypeTable {
        let info = |&(name, ..): &(&str, u64, u64, u64)| TypeInfo {
            method_table: 0,
            name: TypeName { full: name.into(), short: name.into(), namespace: 0 },
            assembly: "".into(),
            kind: if name == "Free" { TypeKind::Free } else { TypeKind::Object },
        };
        let graph = Graph { types: types.iter().map(info).collect(), ..Graph::default() };
        let figures: Vec<Figures> =
            types.iter().map(|&(_, count, bytes, retained)| Figures { count, bytes, owned: bytes, retained }).collect();
        TypeTable::new(&graph.types, &TypeGroups::by_name_and_assembly(&graph), &figures, true)
    }

    fn both() -> [TypeTable; 2] {
        [
            table(&[("Free", 1, 90, 0), ("Cart", 2, 200, 300), ("Old", 1, 50, 50), ("Same", 1, 10, 10)]),
            table(&[("Same", 1, 10, 10), ("Free", 2, 900, 0), ("Cart", 5, 500, 900), ("Young", 1, 20, 20)]),
        ]
    }

    fn names(table: &CompareTable, query: &Query) -> Vec<String> {
        table.arrange(query).iter().map(|&row| table.rows[row as usize].change.name.full.to_string()).collect()
    }

    #[test]
    fn what_changed_is_shown_the_most_grown_first_and_free_last() {
        let [before, after] = both();
        let table = CompareTable::new(&after, &before, false);
        assert_eq!(names(&table, &Query::default()), ["Cart", "Young", "Old", "Free"]);
        assert_eq!(names(&table, &Query { descending: false, ..Query::default() }), ["Old", "Young", "Cart", "Free"]);
        assert_eq!(names(&table, &Query { fate: Some(Fate::Same), ..Query::default() }), ["Same"]);
        let filter = Filter::parse(">100B").unwrap();
        assert_eq!(names(&table, &Query { filter, ..Query::default() }), ["Cart", "Free"]);
        assert_eq!(table.counts, [1, 0, 1, 1, 1]);
        assert_eq!(table.verdict(), "grew by 270 B (103.8 %); types: 1 new, 1 gone, 1 grown");
    }

    #[test]
    fn the_base_may_be_the_open_dump_and_rows_lead_to_its_types() {
        let [before, after] = both();
        let table = CompareTable::new(&before, &after, true);
        let of = |name: &str| table.rows.iter().find(|row| &*row.change.name.full == name).unwrap();
        assert_eq!((of("Cart").fate, of("Cart").group), (Fate::Grown, Some(1)));
        assert_eq!((of("Young").fate, of("Young").group), (Fate::New, None));
        let swapped = CompareTable::new(&before, &after, false);
        assert_eq!(swapped.verdict(), "shrank by 270 B (50.9 %); types: 1 new, 1 gone, 1 shrunk");
    }

    #[test]
    fn deltas_are_copied_as_numbers() {
        let [before, after] = both();
        let table = CompareTable::new(&after, &before, false);
        let order = table.arrange(&Query::default());
        let rows = CompareRows::new(&table, &order, sum(&table, &order));
        assert_eq!(tsv(&rows, [0]).lines().nth(1), Some("Cart\tgrown\t3\t300\t600\t5\t500"));
    }
}
