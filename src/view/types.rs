//! The type table: one row per name and assembly.
//!
//! Takes the figures of every group of types that a person cannot tell apart (one type loaded twice). Filtering,
//! sorting and putting into sets give lists of row numbers and touch no row, so that a large table can be arranged
//! by the worker while the window shows the last arrangement.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use super::filter::{Filter, Subject};
use super::flame::{Origin, origin_of};
use super::format;
use super::rows::{Tone, directed};
use super::type_sets::{Grouping, SetSizes, TypeSet, sets};
use crate::analysis::histogram::TypeGroups;
use crate::heap::{TypeInfo, TypeKind, TypeName};

/// Figures of one type index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub count: u64,
    /// Own bytes of its objects.
    pub bytes: u64,
    /// Own bytes and those of strings and arrays that they alone keep.
    pub owned: u64,
    /// What would go if they went.
    pub retained: u64,
}

/// One row.
#[derive(Clone, Debug)]
pub struct TypeRow {
    pub name: TypeName,
    pub assembly: Box<str>,
    pub kind: TypeKind,
    /// Its number among the groups of types.
    pub group: u32,
    /// Type indices that are this row.
    pub types: Vec<u32>,
    pub figures: Figures,
}

/// Every type of a heap.
#[derive(Clone, Debug, Default)]
pub struct TypeTable {
    pub rows: Vec<TypeRow>,
    /// Sums over all rows; `retained` is not one.
    pub total: Figures,
    /// The greatest figures that a row other than Free has: their bars are the longest.
    pub(super) longest: Figures,
    /// Are `owned` and `retained` known?
    pub analysed: bool,
}

/// Columns in the order in which they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeColumn {
    Name,
    ExcPercent,
    ExcBytes,
    ExcCount,
    RetainedPercent,
    RetainedBytes,
    Assembly,
}

impl TypeColumn {
    pub const ALL: [TypeColumn; 7] = [
        TypeColumn::Name,
        TypeColumn::ExcPercent,
        TypeColumn::ExcBytes,
        TypeColumn::ExcCount,
        TypeColumn::RetainedPercent,
        TypeColumn::RetainedBytes,
        TypeColumn::Assembly,
    ];

    pub fn at(index: usize) -> TypeColumn {
        Self::ALL[index]
    }

    pub fn index(self) -> usize {
        self as usize
    }

    /// Are its greatest wanted first?
    pub fn descends(self) -> bool {
        !matches!(self, TypeColumn::Name | TypeColumn::Assembly)
    }

    pub(super) fn needs_analysis(self) -> bool {
        matches!(self, TypeColumn::RetainedPercent | TypeColumn::RetainedBytes)
    }
}

/// What to show, in which order.
#[derive(Clone, Debug)]
pub struct Query {
    pub filter: Filter,
    pub sort: TypeColumn,
    pub descending: bool,
    /// Count strings and arrays to their owner?
    pub folded: bool,
    /// Leave out the types of the framework?
    pub my_code: bool,
    pub grouping: Grouping,
    /// What the sets of this grouping retain, once that is known.
    pub sizes: Option<Arc<SetSizes>>,
}

impl Default for Query {
    fn default() -> Self {
        Query {
            filter: Filter::default(),
            sort: TypeColumn::ExcPercent,
            descending: true,
            folded: false,
            my_code: false,
            grouping: Grouping::None,
            sizes: None,
        }
    }
}

/// The answer to a [`Query`]: row numbers in order, and sums over them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrangement {
    /// Those of a set stand together, Free behind all sets.
    pub order: Vec<u32>,
    /// In order; none where types are not grouped.
    pub sets: Vec<TypeSet>,
    pub grouping: Grouping,
    pub total: Figures,
    /// Types of the framework that pass the filter and were left out.
    pub hidden: Hidden,
    /// Were strings and arrays counted to their owner?
    pub folded: bool,
}

/// What is left out because it is not the program's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    pub types: u64,
    pub figures: Figures,
}

impl Hidden {
    /// `1 204 framework types, 43.1 MB hidden`
    pub fn words(&self, folded: bool) -> String {
        let types = format::counted(self.types, "framework type");
        format!("{types}, {} hidden", format::bytes(self.figures.exclusive(folded)))
    }
}

impl TypeTable {
    /// Where the row of a group is; `None` where it has no objects.
    pub fn row_of(&self, group: u32) -> Option<usize> {
        self.rows.iter().position(|row| row.group == group)
    }

    /// One row a group that has objects; `figures` by group.
    pub fn new(types: &[TypeInfo], groups: &TypeGroups, figures: &[Figures], analysed: bool) -> TypeTable {
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); groups.len()];
        for (index, &group) in groups.group_of.iter().enumerate() {
            members[group as usize].push(index as u32);
        }
        let rows = (0..groups.len()).filter(|&group| figures[group].count > 0).map(|group| {
            let info = &types[groups.first[group] as usize];
            TypeRow {
                name: info.name.clone(),
                assembly: info.assembly.clone(),
                kind: info.kind,
                group: group as u32,
                types: std::mem::take(&mut members[group]),
                figures: figures[group],
            }
        });
        TypeTable::of(rows.collect(), analysed)
    }

    /// The same rows with all figures.
    pub fn with(&self, figures: Vec<Figures>) -> TypeTable {
        let rows = self.rows.iter().zip(figures).map(|(row, figures)| TypeRow { figures, ..row.clone() });
        TypeTable::of(rows.collect(), true)
    }

    fn of(rows: Vec<TypeRow>, analysed: bool) -> TypeTable {
        let mut total = Figures::default();
        let mut longest = Figures::default();
        for row in &rows {
            total.add(&row.figures);
            if row.kind != TypeKind::Free {
                longest = longest.max(&row.figures);
            }
        }
        TypeTable { rows, total: Figures { retained: 0, ..total }, longest, analysed }
    }

    /// Filters, sorts and groups; Free stays last under every order.
    pub fn arrange(&self, query: &Query) -> Arrangement {
        let folded = query.folded && self.analysed;
        // On this thread alone: the window arranges a small table within a frame, and must not wait there until
        // other threads are through with what takes long.
        let passing = (0..self.rows.len() as u32)
            .filter(|&row| query.filter.is_empty() || query.filter.matches(self.subject(row, folded)));
        let (mut order, left_out): (Vec<u32>, Vec<u32>) =
            passing.partition(|&row| !query.my_code || !self.is_framework(row));
        order.sort_unstable_by(|&a, &b| self.compare(a, b, query, folded));
        let hidden = Hidden { types: left_out.len() as u64, figures: self.sum(&left_out) };
        let total = self.sum(&order);
        let sets = sets(self, query, &mut order, folded);
        Arrangement { order, sets, grouping: query.grouping, total, hidden, folded }
    }

    fn is_framework(&self, row: u32) -> bool {
        let TypeRow { name, assembly, kind, .. } = &self.rows[row as usize];
        comes_with_runtime(&name.full, assembly, *kind)
    }

    /// Sums over rows; what several types retain together is no sum.
    pub(super) fn sum(&self, rows: &[u32]) -> Figures {
        let mut total = Figures::default();
        rows.iter().for_each(|&row| total.add(&self.rows[row as usize].figures));
        Figures { retained: 0, ..total }
    }

    fn subject(&self, row: u32, folded: bool) -> Subject<'_> {
        let row = &self.rows[row as usize];
        Subject {
            names: [&row.name.full, &row.name.short],
            bytes: row.figures.exclusive(folded),
            count: row.figures.count,
            total_bytes: self.total.bytes,
        }
    }

    fn compare(&self, a: u32, b: u32, query: &Query, folded: bool) -> Ordering {
        let (row, other) = (&self.rows[a as usize], &self.rows[b as usize]);
        let by_name = || (&row.name.full, &row.assembly).cmp(&(&other.name.full, &other.assembly));
        let order = match query.sort {
            TypeColumn::Name => by_name(),
            TypeColumn::ExcPercent | TypeColumn::ExcBytes => {
                row.figures.exclusive(folded).cmp(&other.figures.exclusive(folded))
            }
            TypeColumn::ExcCount => row.figures.count.cmp(&other.figures.count),
            TypeColumn::RetainedPercent | TypeColumn::RetainedBytes => {
                row.figures.retained.cmp(&other.figures.retained)
            }
            TypeColumn::Assembly => row.assembly.cmp(&other.assembly),
        };
        let free = |row: &TypeRow| row.kind == TypeKind::Free;
        free(row).cmp(&free(other)).then(directed(order, query.descending)).then_with(by_name).then(a.cmp(&b))
    }
}

impl Figures {
    fn add(&mut self, other: &Figures) {
        self.count += other.count;
        self.bytes += other.bytes;
        self.owned += other.owned;
        self.retained += other.retained;
    }

    pub(super) fn max(&self, other: &Figures) -> Figures {
        Figures {
            count: self.count.max(other.count),
            bytes: self.bytes.max(other.bytes),
            owned: self.owned.max(other.owned),
            retained: self.retained.max(other.retained),
        }
    }

    pub fn exclusive(&self, folded: bool) -> u64 {
        if folded { self.owned } else { self.bytes }
    }
}

/// Does a type come with the runtime, as the flame graph tells it? Free space does not.
pub fn is_framework(info: &TypeInfo) -> bool {
    comes_with_runtime(&info.name.full, &info.assembly, info.kind)
}

fn comes_with_runtime(full: &str, assembly: &str, kind: TypeKind) -> bool {
    kind != TypeKind::Free && origin_of(full, assembly) != Origin::User
}

/// A type's name in two tones: namespace, then the name with its generic arguments' namespaces left out.
pub fn name(name: &TypeName) -> Vec<(Tone, Cow<'_, str>)> {
    let namespace = name.full.get(..name.namespace as usize).unwrap_or_default();
    [(Tone::Muted, namespace), (Tone::Plain, &*name.short)]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(tone, text)| (tone, Cow::Borrowed(text)))
        .collect()
}

#[cfg(test)]
mod tests {
    use rustc_hash::FxHashSet;

    use super::super::rows::{Bar, Cell, Rows, Without, markdown, tsv};
    use super::super::type_rows::TypeRows;
    use super::*;
    use crate::heap::Graph;

    fn info(namespace: &str, short: &str, assembly: &str, kind: TypeKind) -> TypeInfo {
        let name = TypeName {
            full: format!("{namespace}{short}").into(),
            short: short.into(),
            namespace: namespace.len() as u32,
        };
        TypeInfo { method_table: 0, name, assembly: assembly.into(), kind }
    }

    fn figures(count: u64, bytes: u64, owned: u64, retained: u64) -> Figures {
        Figures { count, bytes, owned, retained }
    }

    /// Free, a string type, a user type that is loaded twice, and one without objects.
    fn table() -> TypeTable {
        let types = [
            info("", "Free", "", TypeKind::Free),
            info("System.", "String", "System.Private.CoreLib.dll", TypeKind::String),
            info("Shop.", "Order", "Shop.dll", TypeKind::Object),
            info("Shop.", "Order", "Shop.dll", TypeKind::Object),
            info("Shop.", "Order", "Shop.Old.dll", TypeKind::Object),
            info("Shop.", "Empty", "Shop.dll", TypeKind::Object),
        ];
        let figures = [
            figures(7, 5_000, 5_000, 0),
            figures(90, 3_000, 300, 900),
            figures(10, 1_000, 3_000, 3_500),
            figures(5, 500, 1_200, 1_500),
            figures(1, 500, 500, 700),
            figures(0, 0, 0, 0),
        ];
        let graph = Graph { types: types.into(), ..Graph::default() };
        let groups = TypeGroups::by_name_and_assembly(&graph);
        let mut sums = vec![Figures::default(); groups.len()];
        groups.group_of.iter().zip(&figures).for_each(|(&group, figures)| sums[group as usize].add(figures));
        TypeTable::new(&graph.types, &groups, &sums, true)
    }

    fn names(table: &TypeTable, query: &Query) -> Vec<String> {
        let order = table.arrange(query).order;
        order
            .iter()
            .map(|&row| format!("{} {}", table.rows[row as usize].name.full, table.rows[row as usize].assembly))
            .collect()
    }

    #[test]
    fn types_of_one_name_and_assembly_are_one_row() {
        let table = table();
        assert_eq!(table.rows.len(), 4);
        let order = table.rows.iter().find(|row| &*row.assembly == "Shop.dll").unwrap();
        assert_eq!((&order.types[..], order.figures), (&[2, 3][..], figures(15, 1_500, 4_200, 5_000)));
        assert_eq!(table.total, figures(113, 10_000, 10_000, 0));
    }

    #[test]
    fn free_stays_last_under_every_order() {
        let table = table();
        for sort in TypeColumn::ALL {
            for (descending, folded) in [(true, false), (false, false), (true, true), (false, true)] {
                let names = names(&table, &Query { sort, descending, folded, ..Query::default() });
                assert_eq!((names.len(), names[3].as_str()), (4, "Free "), "{sort:?}");
            }
        }
    }

    #[test]
    fn folding_counts_strings_to_their_owner_in_order_and_figures() {
        let table = table();
        let own = names(&table, &Query::default());
        assert_eq!(own[..2], ["System.String System.Private.CoreLib.dll", "Shop.Order Shop.dll"]);
        let folded = Query { folded: true, ..Query::default() };
        assert_eq!(names(&table, &folded)[0], "Shop.Order Shop.dll");
        let arrangement = table.arrange(&folded);
        let lines = arrangement.lines(&FxHashSet::default());
        let rows = TypeRows::new(&table, &arrangement, &lines);
        assert_eq!(rows.cell(0, 1), Cell::Share { text: "42.0".into(), part: 1.0, bar: Bar::Exclusive });
        assert_eq!(rows.cell(0, 2).plain(), "4200");
    }

    #[test]
    fn a_filter_looks_at_the_figures_shown() {
        let table = table();
        let query = |text: &str, folded| Query { filter: Filter::parse(text).unwrap(), folded, ..Query::default() };
        assert_eq!(names(&table, &query("shop >2kB", false)).len(), 0);
        assert_eq!(names(&table, &query("shop >2kB", true)), ["Shop.Order Shop.dll"]);
        assert_eq!(names(&table, &query(">50", false)), ["System.String System.Private.CoreLib.dll"]);
        let total = table.arrange(&query("order", false)).total;
        assert_eq!((total.bytes, total.count), (2_000, 16));
    }

    #[test]
    fn equal_figures_are_in_the_order_of_names_both_ways() {
        let table = table();
        for descending in [true, false] {
            let names = names(&table, &Query { sort: TypeColumn::Name, descending, ..Query::default() });
            let old = names.iter().position(|name| name.contains("Old")).unwrap();
            let new = names.iter().position(|name| name.ends_with("Shop.dll")).unwrap();
            assert_eq!(old > new, descending, "{names:?}");
        }
    }

    #[test]
    fn retained_sizes_wait_for_the_analysis_and_free_has_none() {
        let mut table = table();
        table.analysed = false;
        let arrangement = table.arrange(&Query { folded: true, ..Query::default() });
        assert!(!arrangement.folded);
        let lines = arrangement.lines(&FxHashSet::default());
        let rows = TypeRows::new(&table, &arrangement, &lines);
        assert_eq!(rows.cell(0, 5), Cell::Pending);
        assert_eq!(rows.cell(3, 5), Cell::Empty);
    }

    #[test]
    fn rows_are_copied_with_whole_names_and_plain_figures() {
        let table = table();
        let arrangement = table.arrange(&Query::default());
        let lines = arrangement.lines(&FxHashSet::default());
        let rows = TypeRows::new(&table, &arrangement, &lines);
        let rows = Without::new(&rows, &["Retained %".to_owned(), "Retained (bytes)".to_owned()]);
        assert_eq!(
            tsv(&rows, [0]),
            "Name\tExc %\tExc (bytes)\tExc Ct\tAssembly\nSystem.String\t30.0\t3000\t90\tSystem.Private.CoreLib.dll"
        );
        assert_eq!(markdown(&rows, [3]).lines().nth(2), Some("| Free | 50.0 | 5000 | 7 |  |"));
    }

    /// Lines as text: sets with what they retain, types indented.
    fn lines(table: &TypeTable, query: &Query, open: &[&str]) -> Vec<String> {
        let arrangement = table.arrange(query);
        let lines = arrangement.lines(&open.iter().map(|set| Box::from(*set)).collect());
        let rows = TypeRows::new(table, &arrangement, &lines);
        let line = |row: usize| {
            let indent = "  ".repeat(rows.lead(row).depth as usize);
            let cells: Vec<String> = [2, 3, 5].iter().map(|&column| rows.cell(row, column).plain()).collect();
            format!("{indent}{} {}", rows.name(row), cells.join(" "))
        };
        (0..rows.len()).map(line).collect()
    }

    #[test]
    fn sets_sum_their_types_and_stand_in_order_with_free_behind_them() {
        let table = table();
        let grouped = |grouping| Query { grouping, ..Query::default() };
        let closed = lines(&table, &grouped(Grouping::Assembly), &[]);
        assert_eq!(
            closed,
            ["System.Private.CoreLib.dll 3000 90 ", "Shop.dll 1500 15 ", "Shop.Old.dll 500 1 ", "Free 5000 7 "]
        );
        let open = lines(&table, &Query { descending: false, ..grouped(Grouping::Namespace) }, &["Shop"]);
        assert_eq!(
            open,
            ["Shop 2000 16 ", "  Shop.Order 500 1 700", "  Shop.Order 1500 15 5000", "System 3000 90 ", "Free 5000 7 "]
        );
        let rows = table.arrange(&grouped(Grouping::Namespace));
        let shown = rows.lines(&FxHashSet::default());
        let leads: Vec<Option<bool>> = (0..3).map(|row| TypeRows::new(&table, &rows, &shown).lead(row).open).collect();
        assert_eq!(leads, [Some(false), Some(false), None], "Free belongs to no set");
    }

    #[test]
    fn a_set_retains_what_its_objects_retain_together_and_a_part_of_it_says_nothing() {
        let table = table();
        let sizes = [("Shop", 5_100), ("System", 900)].map(|(name, bytes)| (Box::from(name), bytes));
        let sizes = Some(Arc::new(SetSizes::from_iter(sizes)));
        let query = Query { grouping: Grouping::Namespace, sizes, sort: TypeColumn::RetainedBytes, ..Query::default() };
        assert_eq!(lines(&table, &query, &[]), ["Shop 2000 16 5100", "System 3000 90 900", "Free 5000 7 "]);
        let part = Query { filter: Filter::parse("<1kB").unwrap(), ..query };
        assert_eq!(lines(&table, &part, &[]), ["Shop 500 1 "]);
        let arrangement = table.arrange(&part);
        let shown = arrangement.lines(&FxHashSet::default());
        let hint = TypeRows::new(&table, &arrangement, &shown).hint(0, 5).map(Cow::into_owned);
        assert!(hint.is_some_and(|hint| hint.starts_with("Only some types of this set")));
    }

    #[test]
    fn my_code_leaves_the_framework_out_and_says_how_much_that_is() {
        let table = table();
        let query = Query { my_code: true, ..Query::default() };
        assert_eq!(names(&table, &query), ["Shop.Order Shop.dll", "Shop.Order Shop.Old.dll", "Free "]);
        let arrangement = table.arrange(&query);
        let shown = arrangement.lines(&FxHashSet::default());
        let rows = TypeRows::new(&table, &arrangement, &shown);
        let totals = rows.totals().unwrap();
        assert_eq!(totals[0].plain(), "1 framework type, 3.00 kB hidden");
        let elsewhere = Query { filter: Filter::parse("order").unwrap(), ..query };
        assert_eq!(table.arrange(&elsewhere).hidden, Hidden::default(), "what no filter shows is not hidden");
    }
}
