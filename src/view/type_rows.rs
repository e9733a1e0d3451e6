//! The type table as arranged, ready to be shown: types, or sets that open to their types.

use std::borrow::Cow;

use super::format;
use super::rows::{Bar, Cell, Column, Lead, Rows, Tone};
use super::type_sets::{Grouping, Line, TypeSet};
use super::types::{Arrangement, Figures, TypeColumn, TypeRow, TypeTable, name};
use crate::heap::TypeKind;

/// In the order of [`TypeColumn::ALL`].
pub const COLUMNS: [Column; 7] = [
    Column::name("Name", "Namespace and type"),
    Column::figure("Exc %", "Share of all heap bytes, Free and dead objects included", 168.0),
    Column::figure("Exc (bytes)", "Bytes of the objects themselves", 126.0),
    Column::figure("Exc Ct", "Number of objects", 100.0),
    Column::figure("Retained %", "Share of all heap bytes that would go with these objects", 148.0),
    Column::figure("Retained (bytes)", "Bytes that would go if these objects went", 140.0),
    Column::words("Assembly", "The file that defines the type", 216.0),
];

/// See the module.
pub struct TypeRows<'a> {
    table: &'a TypeTable,
    arrangement: &'a Arrangement,
    lines: &'a [Line],
    longest: Figures,
}

/// What a line stands for.
#[derive(Clone, Copy)]
pub enum Row<'a> {
    Set(&'a TypeSet),
    Type(&'a TypeRow),
}

impl<'a> TypeRows<'a> {
    /// `lines` as [`Arrangement::lines`] gives them.
    pub fn new(table: &'a TypeTable, arrangement: &'a Arrangement, lines: &'a [Line]) -> TypeRows<'a> {
        let of_sets = |longest: Figures, set: &TypeSet| {
            longest.max(&Figures { retained: set.retained.unwrap_or(0), ..set.figures })
        };
        let longest = arrangement.sets.iter().fold(table.longest, of_sets);
        TypeRows { table, arrangement, lines, longest }
    }

    pub fn line(&self, row: usize) -> Row<'a> {
        match self.lines[row] {
            Line::Set(set) => Row::Set(&self.arrangement.sets[set as usize]),
            Line::Type(row) => Row::Type(&self.table.rows[row as usize]),
        }
    }

    fn share(&self, bytes: u64, bar: Bar) -> Cell<'static> {
        let longest = match bar {
            Bar::Exclusive => self.longest.exclusive(self.arrangement.folded),
            Bar::Retained => self.longest.retained,
        };
        Cell::share(bytes, self.table.total.bytes, longest, bar)
    }

    /// What a line retains: nothing to show of Free, which is no object, and of a set that is not whole.
    fn retained(&self, line: Row<'_>) -> Result<u64, Cell<'static>> {
        match line {
            Row::Type(row) if row.kind == TypeKind::Free => Err(Cell::Empty),
            Row::Set(set) if !set.whole => Err(Cell::Empty),
            Row::Type(row) if self.table.analysed => Ok(row.figures.retained),
            Row::Set(set) => set.retained.ok_or(Cell::Pending),
            Row::Type(_) => Err(Cell::Pending),
        }
    }

    /// A name in its tones: of a type in a namespace that stands above it, without that.
    fn spans(&self, line: Row<'a>) -> Vec<(Tone, Cow<'a, str>)> {
        match line {
            Row::Set(set) => {
                let types = format!("   {}", format::counted(set.types.len() as u64, "type"));
                vec![
                    (Tone::Strong, Cow::Owned(self.arrangement.grouping.title(&set.name).into_owned())),
                    (Tone::Faint, Cow::Owned(types)),
                ]
            }
            Row::Type(row) if self.arrangement.grouping == Grouping::Namespace => {
                vec![(Tone::Plain, Cow::Borrowed(&*row.name.short))]
            }
            Row::Type(row) => name(&row.name),
        }
    }
}

impl Rows for TypeRows<'_> {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn len(&self) -> usize {
        self.lines.len()
    }

    fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        let line = self.line(row);
        let figures = match line {
            Row::Set(set) => set.figures,
            Row::Type(row) => row.figures,
        };
        let exclusive = figures.exclusive(self.arrangement.folded);
        match TypeColumn::at(column) {
            TypeColumn::Name => Cell::Name { spans: self.spans(line), root: false },
            TypeColumn::ExcPercent => self.share(exclusive, Bar::Exclusive),
            TypeColumn::ExcBytes => Cell::Figure(format::count(exclusive)),
            TypeColumn::ExcCount => Cell::Figure(format::count(figures.count)),
            TypeColumn::RetainedPercent => match self.retained(line) {
                Ok(bytes) => self.share(bytes, Bar::Retained),
                Err(none) => none,
            },
            TypeColumn::RetainedBytes => match self.retained(line) {
                Ok(bytes) => Cell::Figure(format::count(bytes)),
                Err(none) => none,
            },
            TypeColumn::Assembly => match line {
                Row::Set(_) => Cell::Empty,
                Row::Type(row) => Cell::Words(Cow::Borrowed(&row.assembly)),
            },
        }
    }

    fn name(&self, row: usize) -> Cow<'_, str> {
        match self.line(row) {
            Row::Set(set) => self.arrangement.grouping.title(&set.name),
            Row::Type(row) => Cow::Borrowed(&row.name.full),
        }
    }

    fn hint(&self, row: usize, column: usize) -> Option<Cow<'_, str>> {
        const PART: &str = "Only some types of this set are shown. What these retain together is not known: \
                            it is no sum of what each retains";
        const SET: &str = "What would go if all objects of these types went together: less than the sum of what \
                           each retains, as some keep others";
        match self.line(row) {
            Row::Set(set) if TypeColumn::at(column).needs_analysis() => {
                Some(Cow::Borrowed(if set.whole { SET } else { PART }))
            }
            _ => None,
        }
    }

    fn lead(&self, row: usize) -> Lead {
        match self.lines[row] {
            Line::Set(_) => {
                let below = self.lines.get(row + 1);
                let open = matches!(below, Some(Line::Type(row)) if !self.is_free(*row));
                Lead { depth: 0, open: Some(open) }
            }
            Line::Type(row) if self.arrangement.sets.is_empty() || self.is_free(row) => Lead::default(),
            Line::Type(_) => Lead { depth: 1, open: None },
        }
    }

    fn totals(&self) -> Option<Vec<Cell<'_>>> {
        let Arrangement { total, hidden, folded, .. } = self.arrangement;
        let bytes = total.exclusive(*folded);
        // How many are shown stands above too; how many are hidden must have the room.
        let types = match hidden.types {
            0 => format::counted(self.arrangement.order.len() as u64, "type"),
            _ => hidden.words(*folded),
        };
        let cell = |column: &TypeColumn| match column {
            TypeColumn::Name => Cell::Words(Cow::Owned(types.clone())),
            TypeColumn::ExcPercent => Cell::Figure(format::percent(bytes, self.table.total.bytes)),
            TypeColumn::ExcBytes => Cell::Figure(format::count(bytes)),
            TypeColumn::ExcCount => Cell::Figure(format::count(total.count)),
            _ => Cell::Empty,
        };
        Some(TypeColumn::ALL.iter().map(cell).collect())
    }
}

impl TypeRows<'_> {
    fn is_free(&self, row: u32) -> bool {
        self.table.rows[row as usize].kind == TypeKind::Free
    }
}
