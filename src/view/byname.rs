//! PerfView's By Name table as the window shows it: the other face of the Types table.
//!
//! Names come as PerfView spells them (`Shop!Shop.Cart`, `LIB <<…>>`, `[static var …]`), figures are the
//! exact sums. Filtering and sorting give a list of row numbers and touch no row.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::filter::{Filter, Subject};
use super::format;
use super::rows::{Bar, Cell, Column, Rows, Tone, directed};
use super::types::{TypeRow, TypeTable};
use crate::analysis::byname::{Row, Table, Weight};

/// Columns in the order in which they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByNameColumn {
    Name,
    ExcPercent,
    ExcBytes,
    ExcCount,
    IncPercent,
    IncBytes,
    IncCount,
}

impl ByNameColumn {
    pub const ALL: [ByNameColumn; 7] = [
        ByNameColumn::Name,
        ByNameColumn::ExcPercent,
        ByNameColumn::ExcBytes,
        ByNameColumn::ExcCount,
        ByNameColumn::IncPercent,
        ByNameColumn::IncBytes,
        ByNameColumn::IncCount,
    ];

    const fn spec(self) -> Column {
        match self {
            ByNameColumn::Name => Column::name("Name", "Module and type, or the group that the patterns make"),
            ByNameColumn::ExcPercent => {
                Column::figure("Exc %", "Share of all bytes that the patterns left: the objects themselves", 168.0)
            }
            ByNameColumn::ExcBytes => {
                Column::figure("Exc (bytes)", "Bytes of the objects and of what is folded into them", 126.0)
            }
            ByNameColumn::ExcCount => Column::figure("Exc Ct", "Number of objects, the folded ones included", 100.0),
            ByNameColumn::IncPercent => {
                Column::figure("Inc %", "Share of all bytes that was first reached through these objects", 148.0)
            }
            ByNameColumn::IncBytes => {
                Column::figure("Inc (bytes)", "Bytes first reached through these objects; not what they retain", 126.0)
            }
            ByNameColumn::IncCount => Column::figure("Inc Ct", "Number of objects first reached through these", 100.0),
        }
    }
}

const COLUMNS: [Column; 7] = [
    ByNameColumn::Name.spec(),
    ByNameColumn::ExcPercent.spec(),
    ByNameColumn::ExcBytes.spec(),
    ByNameColumn::ExcCount.spec(),
    ByNameColumn::IncPercent.spec(),
    ByNameColumn::IncBytes.spec(),
    ByNameColumn::IncCount.spec(),
];

/// Numbers of the rows that pass the filter, in order.
pub fn arrange(table: &Table, filter: &Filter, sort: ByNameColumn, descending: bool) -> Vec<u32> {
    let passes = |row: &Row| {
        filter.matches(Subject {
            names: [&row.name; 2],
            bytes: row.exclusive.bytes,
            count: row.exclusive.count,
            total_bytes: table.total.bytes,
        })
    };
    let mut order: Vec<u32> = (0..).zip(&table.rows).filter(|(_, row)| passes(row)).map(|(index, _)| index).collect();
    order.sort_by(|&a, &b| {
        let (row, other) = (&table.rows[a as usize], &table.rows[b as usize]);
        directed(compare(row, other, sort), descending).then_with(|| row.name.cmp(&other.name))
    });
    order
}

fn compare(row: &Row, other: &Row, sort: ByNameColumn) -> Ordering {
    match sort {
        ByNameColumn::Name => row.name.cmp(&other.name),
        ByNameColumn::ExcPercent | ByNameColumn::ExcBytes => row.exclusive.bytes.cmp(&other.exclusive.bytes),
        ByNameColumn::ExcCount => row.exclusive.count.cmp(&other.exclusive.count),
        ByNameColumn::IncPercent | ByNameColumn::IncBytes => row.inclusive.bytes.cmp(&other.inclusive.bytes),
        ByNameColumn::IncCount => row.inclusive.count.cmp(&other.inclusive.count),
    }
}

/// A pattern for the row of this name and no other: patterns see a module's whole path, rows show its file name.
pub fn pattern_of(name: &str) -> String {
    // A list of patterns is parted at every semicolon.
    format!(r"@(^|[\\/]){}$", regex::escape(name).replace(';', "."))
}

/// The row of our own table that a name of PerfView's means: of a group the type that it is entered by.
pub fn type_row<'a>(table: &'a TypeTable, name: &str) -> Option<&'a TypeRow> {
    let name = name.split_once("<<").map_or(name, |(_, entry)| entry.strip_suffix(">>").unwrap_or(entry));
    let (module, name) = name.split_once('!')?;
    // PerfView takes sizes into the name, and leaves `System.` out wherever it stands.
    let name = name.split(" (").next().unwrap_or(name);
    table.rows.iter().find(|row| {
        let assembly = row.assembly.strip_suffix(".dll").or(row.assembly.strip_suffix(".exe")).unwrap_or(&row.assembly);
        assembly.eq_ignore_ascii_case(module) && row.name.full.replace("System.", "") == name.replace("System.", "")
    })
}

/// The table as arranged, ready to be shown.
pub struct ByNameRows<'a> {
    table: &'a Table,
    order: &'a [u32],
    /// Bytes of the longest bars: the heaviest rows.
    longest: [u64; 2],
}

impl<'a> ByNameRows<'a> {
    pub fn new(table: &'a Table, order: &'a [u32]) -> ByNameRows<'a> {
        // Rows stand heaviest first; ROOT has everything below it.
        let longest = [table.rows.first().map_or(0, |row| row.exclusive.bytes), table.total.bytes];
        ByNameRows { table, order, longest }
    }

    fn row(&self, row: usize) -> &'a Row {
        &self.table.rows[self.order[row] as usize]
    }

    fn share(&self, weight: &Weight, bar: Bar) -> Cell<'static> {
        Cell::share(weight.bytes, self.table.total.bytes, self.longest[bar as usize], bar)
    }
}

impl Rows for ByNameRows<'_> {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn len(&self) -> usize {
        self.order.len()
    }

    fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        let row = self.row(row);
        match ByNameColumn::ALL[column] {
            ByNameColumn::Name => Cell::Name { spans: spans(&row.name), root: false },
            ByNameColumn::ExcPercent => self.share(&row.exclusive, Bar::Exclusive),
            ByNameColumn::ExcBytes => Cell::Figure(format::count(row.exclusive.bytes)),
            ByNameColumn::ExcCount => Cell::Figure(format::count(row.exclusive.count)),
            ByNameColumn::IncPercent => self.share(&row.inclusive, Bar::Retained),
            ByNameColumn::IncBytes => Cell::Figure(format::count(row.inclusive.bytes)),
            ByNameColumn::IncCount => Cell::Figure(format::count(row.inclusive.count)),
        }
    }

    fn name(&self, row: usize) -> Cow<'_, str> {
        Cow::Borrowed(&self.row(row).name)
    }
}

/// The module stands back behind the type; titles of roots stand out.
fn spans(name: &str) -> Vec<(Tone, Cow<'_, str>)> {
    match name.find('!') {
        _ if name.starts_with('[') => vec![(Tone::Root, Cow::Borrowed(name))],
        Some(bang) => {
            vec![(Tone::Muted, Cow::Borrowed(&name[..=bang])), (Tone::Plain, Cow::Borrowed(&name[bang + 1..]))]
        }
        None => vec![(Tone::Plain, Cow::Borrowed(name))],
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::tsv;
    use super::*;

    fn table() -> Table {
        let weight = |bytes, count| Weight { bytes, count, ..Weight::default() };
        let row = |name: &str, exclusive, inclusive| Row { name: name.into(), exclusive, inclusive };
        Table {
            total: weight(2000, 30),
            rows: vec![
                row("Shop!Shop.Item", weight(1500, 20), weight(1500, 20)),
                row("Shop!Shop.Cart", weight(500, 10), weight(2000, 30)),
                row("[static vars]", weight(0, 0), weight(2000, 30)),
            ],
        }
    }

    #[test]
    fn rows_have_perfviews_columns() {
        let table = table();
        let order = arrange(&table, &Filter::default(), ByNameColumn::IncPercent, true);
        assert_eq!(order, [1, 2, 0], "ties by name");
        let text = tsv(&ByNameRows::new(&table, &order), 0..2);
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("Name\tExc %\tExc (bytes)\tExc Ct\tInc %\tInc (bytes)\tInc Ct"));
        assert_eq!(lines.next(), Some("Shop!Shop.Cart\t25.0\t500\t10\t100.0\t2000\t30"));
    }

    #[test]
    fn the_filter_of_the_types_table_works_here_too() {
        let filter = Filter::parse("shop >30%").unwrap();
        assert_eq!(arrange(&table(), &filter, ByNameColumn::Name, false), [0]);
    }
}
