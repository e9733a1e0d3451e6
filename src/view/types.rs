//! The type table: one row per name and assembly.
//!
//! Takes the figures of every group of types that a person cannot tell apart (one type loaded twice). Filtering and sorting give a list of row numbers and touch no row, so that a large
//! table can be arranged by the worker while the window shows the last arrangement.

use std::borrow::Cow;
use std::cmp::Ordering;

use rayon::prelude::*;

use super::filter::{Filter, Subject};
use super::format;
use super::rows::{Bar, Cell, Column, Rows, Tone, directed};
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
    longest: Figures,
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

    pub fn title(self) -> &'static str {
        self.spec().title
    }

    fn spec(self) -> Column {
        match self {
            TypeColumn::Name => Column::name("Name", "Namespace and type"),
            TypeColumn::ExcPercent => {
                Column::figure("Exc %", "Share of all heap bytes, Free and dead objects included", 168.0)
            }
            TypeColumn::ExcBytes => Column::figure("Exc (bytes)", "Bytes of the objects themselves", 126.0),
            TypeColumn::ExcCount => Column::figure("Exc Ct", "Number of objects", 100.0),
            TypeColumn::RetainedPercent => {
                Column::figure("Retained %", "Share of all heap bytes that would go with these objects", 148.0)
            }
            TypeColumn::RetainedBytes => {
                Column::figure("Retained (bytes)", "Bytes that would go if these objects went", 140.0)
            }
            TypeColumn::Assembly => Column::words("Assembly", "The file that defines the type", 216.0),
        }
    }

    fn needs_analysis(self) -> bool {
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
}

impl Default for Query {
    fn default() -> Self {
        Query { filter: Filter::default(), sort: TypeColumn::ExcPercent, descending: true, folded: false }
    }
}

/// The answer to a [`Query`]: row numbers in order, and sums over them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrangement {
    pub order: Vec<u32>,
    pub total: Figures,
    /// Were strings and arrays counted to their owner?
    pub folded: bool,
}

impl TypeTable {
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

    /// Filters and sorts; Free stays last under every order.
    pub fn arrange(&self, query: &Query) -> Arrangement {
        let folded = query.folded && self.analysed;
        let mut order: Vec<u32> = (0..self.rows.len() as u32)
            .into_par_iter()
            .filter(|&row| query.filter.is_empty() || query.filter.matches(self.subject(row, folded)))
            .collect();
        order.par_sort_unstable_by(|&a, &b| self.compare(a, b, query, folded));
        let mut total = Figures::default();
        order.iter().for_each(|&row| total.add(&self.rows[row as usize].figures));
        Arrangement { order, total: Figures { retained: 0, ..total }, folded }
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

    fn max(&self, other: &Figures) -> Figures {
        Figures {
            count: self.count.max(other.count),
            bytes: self.bytes.max(other.bytes),
            owned: self.owned.max(other.owned),
            retained: self.retained.max(other.retained),
        }
    }

    fn exclusive(&self, folded: bool) -> u64 {
        if folded { self.owned } else { self.bytes }
    }
}

/// A table as arranged, ready to be shown.
pub struct TypeRows<'a> {
    table: &'a TypeTable,
    arrangement: &'a Arrangement,
    shown: Vec<TypeColumn>,
    columns: Vec<Column>,
}

impl<'a> TypeRows<'a> {
    /// `hidden` columns are left out, and so are retained sizes where nothing will compute them.
    pub fn new(
        table: &'a TypeTable,
        arrangement: &'a Arrangement,
        hidden: &[TypeColumn],
        with_retained: bool,
    ) -> TypeRows<'a> {
        let shown: Vec<TypeColumn> = TypeColumn::ALL
            .into_iter()
            .filter(|column| !hidden.contains(column) && (with_retained || !column.needs_analysis()))
            .collect();
        let columns = shown.iter().map(|column| column.spec()).collect();
        TypeRows { table, arrangement, shown, columns }
    }

    pub fn column(&self, index: usize) -> TypeColumn {
        self.shown[index]
    }

    pub fn index_of(&self, column: TypeColumn) -> Option<usize> {
        self.shown.iter().position(|shown| *shown == column)
    }

    pub fn row(&self, row: usize) -> &'a TypeRow {
        &self.table.rows[self.arrangement.order[row] as usize]
    }

    fn share(&self, bytes: u64, bar: Bar) -> Cell<'static> {
        let longest = match bar {
            Bar::Exclusive => self.table.longest.exclusive(self.arrangement.folded),
            Bar::Retained => self.table.longest.retained,
        };
        Cell::share(bytes, self.table.total.bytes, longest, bar)
    }
}

impl Rows for TypeRows<'_> {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn len(&self) -> usize {
        self.arrangement.order.len()
    }

    fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        let row = self.row(row);
        let column = self.shown[column];
        let exclusive = row.figures.exclusive(self.arrangement.folded);
        if column.needs_analysis() {
            // What nobody holds is not retained by anyone, and Free is no object.
            match (self.table.analysed, row.kind) {
                (_, TypeKind::Free) => return Cell::Empty,
                (false, _) => return Cell::Pending,
                (true, _) => {}
            }
        }
        match column {
            TypeColumn::Name => Cell::Name { spans: name(&row.name), root: false },
            TypeColumn::ExcPercent => self.share(exclusive, Bar::Exclusive),
            TypeColumn::ExcBytes => Cell::Figure(format::count(exclusive)),
            TypeColumn::ExcCount => Cell::Figure(format::count(row.figures.count)),
            TypeColumn::RetainedPercent => self.share(row.figures.retained, Bar::Retained),
            TypeColumn::RetainedBytes => Cell::Figure(format::count(row.figures.retained)),
            TypeColumn::Assembly => Cell::Words(Cow::Borrowed(&row.assembly)),
        }
    }

    fn name(&self, row: usize) -> Cow<'_, str> {
        Cow::Borrowed(&self.row(row).name.full)
    }

    fn totals(&self) -> Option<Vec<Cell<'_>>> {
        let total = &self.arrangement.total;
        let bytes = total.exclusive(self.arrangement.folded);
        let types = format::counted(self.arrangement.order.len() as u64, "type");
        let cell = |column: &TypeColumn| match column {
            TypeColumn::Name => Cell::Words(Cow::Owned(types.clone())),
            TypeColumn::ExcPercent => Cell::Figure(format::percent(bytes, self.table.total.bytes)),
            TypeColumn::ExcBytes => Cell::Figure(format::count(bytes)),
            TypeColumn::ExcCount => Cell::Figure(format::count(total.count)),
            _ => Cell::Empty,
        };
        Some(self.shown.iter().map(cell).collect())
    }
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
    use super::super::rows::{markdown, tsv};
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
        let rows = TypeRows::new(&table, &arrangement, &[], true);
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
        let rows = TypeRows::new(&table, &arrangement, &[], true);
        assert_eq!(rows.cell(0, 5), Cell::Pending);
        assert_eq!(rows.cell(3, 5), Cell::Empty);
        assert_eq!(TypeRows::new(&table, &arrangement, &[TypeColumn::Assembly], false).columns().len(), 4);
    }

    #[test]
    fn rows_are_copied_with_whole_names_and_plain_figures() {
        let table = table();
        let arrangement = table.arrange(&Query::default());
        let rows = TypeRows::new(&table, &arrangement, &[TypeColumn::RetainedPercent, TypeColumn::RetainedBytes], true);
        assert_eq!(
            tsv(&rows, [0]),
            "Name\tExc %\tExc (bytes)\tExc Ct\tAssembly\nSystem.String\t30.0\t3000\t90\tSystem.Private.CoreLib.dll"
        );
        assert_eq!(markdown(&rows, [3]).lines().nth(2), Some("| Free | 50.0 | 5000 | 7 |  |"));
    }
}
