//! Rows of any list or tree, as text and figures.
//!
//! A view model implements [`Rows`]; one grid in the window shows it, [`tsv`] and [`markdown`] copy it,
//! and a test reads it. Cells are made for the rows on screen only, so a list may have millions.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write;

use super::format;

/// On which side of its column a cell's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// One column of a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    pub title: &'static str,
    /// What its figures are, in a sentence.
    pub hint: &'static str,
    /// Points; 0 for the one that takes what the others leave.
    pub width: f32,
    pub align: Align,
    pub sortable: bool,
    /// Columns that may go first when the window is narrow.
    pub optional: bool,
}

impl Column {
    /// The column of names: it takes what the others leave.
    pub const fn name(title: &'static str, hint: &'static str) -> Column {
        Column { title, hint, width: 0.0, align: Align::Left, sortable: true, optional: false }
    }

    /// Figures, on the right side of their column.
    pub const fn figure(title: &'static str, hint: &'static str, width: f32) -> Column {
        Column { title, hint, width, align: Align::Right, sortable: true, optional: false }
    }

    /// An address, on the left side of its column.
    pub const fn address(title: &'static str, hint: &'static str, width: f32) -> Column {
        Column { title, hint, width, align: Align::Left, sortable: true, optional: false }
    }

    /// Words beside the name; the first to go when the window is narrow.
    pub const fn words(title: &'static str, hint: &'static str, width: f32) -> Column {
        Column { title, hint, width, align: Align::Left, sortable: true, optional: true }
    }

    /// The same, not to be sorted by.
    pub const fn fixed(self) -> Column {
        Column { sortable: false, ..self }
    }

    /// The same, staying when the window is narrow.
    pub const fn kept(self) -> Column {
        Column { optional: false, ..self }
    }

    /// The same, going first when the window is narrow.
    pub const fn optional(self) -> Column {
        Column { optional: true, ..self }
    }
}

/// How loudly a piece of text speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Strong,
    /// Namespaces, labels.
    Muted,
    /// Field names, hints.
    Faint,
    /// A GC root.
    Root,
    Good,
    Bad,
}

/// A piece of text in one tone.
pub type Span<'a> = (Tone, Cow<'a, str>);

/// Which bar stands beside a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bar {
    Exclusive,
    Retained,
}

/// What stands in one cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// A name in pieces; too long, it loses its front. `◆` in front of roots.
    Name {
        spans: Vec<Span<'a>>,
        root: bool,
    },
    Figure(String),
    /// A percentage with its bar, `part` from 0 to 1.
    Share {
        text: String,
        part: f32,
        bar: Bar,
    },
    Words(Cow<'a, str>),
    /// A value; too long, it loses its end. Does opening the row follow it?
    Text {
        text: Cow<'a, str>,
        link: bool,
    },
    /// A difference: with its sign, growth and shrinking in two colours.
    Delta(i64),
    /// Not known yet.
    Pending,
    Empty,
}

impl Cell<'static> {
    /// Bytes as their share of `total`, with a bar that is full at `longest` bytes.
    pub fn share(bytes: u64, total: u64, longest: u64, bar: Bar) -> Cell<'static> {
        let part = (bytes as f64 / longest.max(1) as f64).min(1.0) as f32;
        Cell::Share { text: format::percent(bytes, total), part, bar }
    }
}

impl Cell<'_> {
    /// The cell as plain text for another program: thin spaces taken out.
    pub fn plain(&self) -> String {
        match self {
            Cell::Name { spans, .. } => spans.iter().map(|(_, text)| text.as_ref()).collect(),
            Cell::Figure(text) | Cell::Share { text, .. } => format::plain(text),
            Cell::Words(text) | Cell::Text { text, .. } => text.to_string(),
            Cell::Delta(delta) => delta.to_string(),
            Cell::Pending | Cell::Empty => String::new(),
        }
    }
}

/// A row's place in its tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lead {
    pub depth: u32,
    /// `Some` where the row can be opened; whether it is.
    pub open: Option<bool>,
}

/// A list or a flattened tree.
pub trait Rows {
    fn columns(&self) -> &[Column];

    fn len(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn cell(&self, row: usize, column: usize) -> Cell<'_>;

    /// The cell as it is copied, where [`Rows::cell`] may still wait for something.
    fn copied(&self, row: usize, column: usize) -> Cell<'_> {
        self.cell(row, column)
    }

    /// The row's whole name: its tooltip, its name for a screen reader, what is copied of it.
    fn name(&self, row: usize) -> Cow<'_, str>;

    /// What is to be said of a cell beyond what stands in it.
    fn hint(&self, _row: usize, _column: usize) -> Option<Cow<'_, str>> {
        None
    }

    fn lead(&self, _row: usize) -> Lead {
        Lead::default()
    }

    /// A last line that stays in sight, one cell a column.
    fn totals(&self) -> Option<Vec<Cell<'_>>> {
        None
    }
}

/// The same rows with fewer columns; the first one always stays.
pub struct Without<'a> {
    rows: &'a dyn Rows,
    /// Columns of `rows` that are left.
    kept: Vec<usize>,
    columns: Vec<Column>,
}

impl<'a> Without<'a> {
    /// `hidden` are titles.
    pub fn new(rows: &'a dyn Rows, hidden: &[String]) -> Without<'a> {
        let all = rows.columns();
        let stays = |at: &usize| *at == 0 || !hidden.iter().any(|title| title == all[*at].title);
        let kept: Vec<usize> = (0..all.len()).filter(stays).collect();
        Without { rows, columns: kept.iter().map(|&at| all[at]).collect(), kept }
    }

    /// A column that is left, as one of all.
    pub fn whole(&self, column: usize) -> usize {
        self.kept[column]
    }

    /// A column of all, where it is left.
    pub fn left(&self, column: usize) -> Option<usize> {
        self.kept.iter().position(|&kept| kept == column)
    }
}

impl Rows for Without<'_> {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        self.rows.cell(row, self.kept[column])
    }

    fn copied(&self, row: usize, column: usize) -> Cell<'_> {
        self.rows.copied(row, self.kept[column])
    }

    fn name(&self, row: usize) -> Cow<'_, str> {
        self.rows.name(row)
    }

    fn hint(&self, row: usize, column: usize) -> Option<Cow<'_, str>> {
        self.rows.hint(row, self.kept[column])
    }

    fn lead(&self, row: usize) -> Lead {
        self.rows.lead(row)
    }

    fn totals(&self) -> Option<Vec<Cell<'_>>> {
        let cells = self.rows.totals()?;
        Some(self.kept.iter().map(|&at| cells[at].clone()).collect())
    }
}

/// Rows with a header line, cells apart by tabs, as spreadsheets take them.
pub fn tsv(rows: &dyn Rows, which: impl IntoIterator<Item = usize>) -> String {
    let clean = |text: String| text.replace(['\t', '\n', '\r'], " ");
    let mut out = rows.columns().iter().map(|column| column.title).collect::<Vec<_>>().join("\t");
    for row in which {
        out.push('\n');
        out.push_str(&line(rows, row).map(clean).collect::<Vec<_>>().join("\t"));
    }
    out
}

/// Rows as a Markdown table.
pub fn markdown(rows: &dyn Rows, which: impl IntoIterator<Item = usize>) -> String {
    let clean = |text: String| text.replace('|', "\\|").replace(['\n', '\r'], " ");
    let columns = rows.columns();
    let titles: Vec<&str> = columns.iter().map(|column| column.title).collect();
    let rules: Vec<&str> =
        columns.iter().map(|column| if column.align == Align::Right { "---:" } else { ":---" }).collect();
    let mut out = format!("| {} |\n| {} |", titles.join(" | "), rules.join(" | "));
    for row in which {
        let cells: Vec<String> = line(rows, row).map(clean).collect();
        write!(out, "\n| {} |", cells.join(" | ")).expect("writing to a String cannot fail");
    }
    out
}

/// The order of two rows as it is wanted.
pub fn directed(order: Ordering, descending: bool) -> Ordering {
    if descending { order.reverse() } else { order }
}

/// Sorts by a column whose title was clicked: the same one again turns the order round, another one `descends` at
/// first or not.
pub fn sort_by<C: PartialEq>(sort: &mut C, descending: &mut bool, column: C, descends: bool) {
    *descending = if *sort == column { !*descending } else { descends };
    *sort = column;
}

fn line(rows: &dyn Rows, row: usize) -> impl Iterator<Item = String> {
    (0..rows.columns().len()).map(move |column| match rows.copied(row, column) {
        // The first name is the row's own, and whole.
        Cell::Name { .. } if column == 0 => rows.name(row).into_owned(),
        cell => cell.plain(),
    })
}
