//! The threads of a process as a table: who they are, what their stacks and thread statics hold.
//!
//! Takes one [`ThreadRow`] a thread, gives the rows that pass a filter, in order. A thread has the name that the
//! program or the system gave it, else it is called by its number, as roots call it.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use super::filter::{Filter, Subject};
use super::format;
use super::rows::{Bar, Cell, Column, Rows, Tone, directed};

/// How a thread was when the dump was taken, as far as the dump says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ThreadState {
    Running,
    /// It has no OS thread yet.
    NotStarted,
    /// The runtime lists it, the dump has no OS thread for it any more.
    Ended,
}

impl ThreadState {
    pub fn words(self) -> &'static str {
        match self {
            ThreadState::Running => "running",
            ThreadState::NotStarted => "not started",
            ThreadState::Ended => "ended",
        }
    }
}

/// One thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadRow {
    /// What roots call it: `thread 7`.
    pub label: Arc<str>,
    pub name: Option<Box<str>>,
    pub state: ThreadState,
    /// 0 where it is not known.
    pub managed_id: u32,
    /// 0 for a thread that has not started yet.
    pub os_id: u32,
    /// Addresses of its stack; empty where unknown.
    pub stack: Range<u64>,
    /// Objects that words of its stack and its registers point to, ascending.
    pub on_stack: Arc<[u32]>,
    /// Thread-static variables that hold an object.
    pub statics: u64,
    /// Bytes for which its roots are the likeliest cause.
    pub bytes: u64,
    /// What the objects of its stack and its thread statics keep alive alone.
    pub retained: u64,
}

impl ThreadRow {
    /// Its name, or its number.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.label)
    }
}

/// One column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThreadColumn {
    Name,
    State,
    ManagedId,
    OsId,
    OnStack,
    Statics,
    #[default]
    HeldPercent,
    Held,
    Retained,
}

impl ThreadColumn {
    const ALL: [ThreadColumn; 9] = [
        ThreadColumn::Name,
        ThreadColumn::State,
        ThreadColumn::ManagedId,
        ThreadColumn::OsId,
        ThreadColumn::OnStack,
        ThreadColumn::Statics,
        ThreadColumn::HeldPercent,
        ThreadColumn::Held,
        ThreadColumn::Retained,
    ];

    pub fn at(index: usize) -> ThreadColumn {
        Self::ALL[index]
    }

    pub fn index(self) -> usize {
        self as usize
    }

    /// Are its greatest wanted first?
    pub fn descends(self) -> bool {
        !matches!(self, ThreadColumn::Name | ThreadColumn::State | ThreadColumn::ManagedId | ThreadColumn::OsId)
    }
}

const COLUMNS: [Column; 9] = [
    Column::name("Thread", "The name that the program or the system gave it, else its number"),
    Column::words("State", "As far as the dump says it", 100.0),
    Column::figure("Id", "Thread.ManagedThreadId", 64.0),
    Column::figure("OS id", "What debuggers and the system call it", 80.0),
    Column::figure("On stack", "Objects that its stack and registers point to, read conservatively", 90.0),
    Column::figure("Statics", "Thread-static variables that hold an object", 80.0),
    Column::figure("Holds %", "Share of all heap bytes for which its roots are the likeliest cause", 148.0),
    Column::figure(
        "Holds (bytes)",
        "Bytes for which its roots are the likeliest cause. Other roots may hold them too",
        120.0,
    )
    .optional(),
    Column::figure(
        "Retained (bytes)",
        "What the objects of its stack and of its thread statics keep alive alone",
        134.0,
    ),
];

/// Every thread.
#[derive(Clone, Debug, Default)]
pub struct ThreadTable {
    /// In the order of the runtime's list.
    pub rows: Vec<ThreadRow>,
    longest: u64,
    total_bytes: u64,
}

/// What to show, in which order.
#[derive(Clone, Debug)]
pub struct Query {
    pub filter: Filter,
    pub sort: ThreadColumn,
    pub descending: bool,
}

impl Default for Query {
    fn default() -> Self {
        Query { filter: Filter::default(), sort: ThreadColumn::default(), descending: true }
    }
}

impl ThreadTable {
    /// `total_bytes` are 100 %.
    pub fn new(rows: Vec<ThreadRow>, total_bytes: u64) -> ThreadTable {
        ThreadTable { longest: rows.iter().map(|row| row.bytes).max().unwrap_or(0), rows, total_bytes }
    }

    /// Numbers of the rows that pass, in order.
    pub fn arrange(&self, query: &Query) -> Vec<u32> {
        let mut order: Vec<u32> =
            (0..self.rows.len() as u32).filter(|&row| query.filter.matches(self.subject(row))).collect();
        order.sort_by(|&a, &b| {
            directed(compare(&self.rows[a as usize], &self.rows[b as usize], query.sort), query.descending)
                .then(a.cmp(&b))
        });
        order
    }

    fn subject(&self, row: u32) -> Subject<'_> {
        let row = &self.rows[row as usize];
        Subject {
            names: [row.title(), &row.label],
            bytes: row.bytes,
            count: row.on_stack.len() as u64,
            total_bytes: self.total_bytes,
        }
    }
}

fn compare(a: &ThreadRow, b: &ThreadRow, column: ThreadColumn) -> Ordering {
    match column {
        ThreadColumn::Name => a.title().cmp(b.title()),
        ThreadColumn::State => a.state.cmp(&b.state),
        ThreadColumn::ManagedId => a.managed_id.cmp(&b.managed_id),
        ThreadColumn::OsId => a.os_id.cmp(&b.os_id),
        ThreadColumn::OnStack => a.on_stack.len().cmp(&b.on_stack.len()),
        ThreadColumn::Statics => a.statics.cmp(&b.statics),
        ThreadColumn::HeldPercent | ThreadColumn::Held => a.bytes.cmp(&b.bytes),
        ThreadColumn::Retained => a.retained.cmp(&b.retained),
    }
}

/// The table as arranged.
pub struct ThreadRows<'a> {
    pub table: &'a ThreadTable,
    pub order: &'a [u32],
}

impl ThreadRows<'_> {
    pub fn row(&self, row: usize) -> &ThreadRow {
        &self.table.rows[self.order[row] as usize]
    }
}

impl Rows for ThreadRows<'_> {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn len(&self) -> usize {
        self.order.len()
    }

    fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        let row = self.row(row);
        // An id is a name, not a number: no thin spaces in it.
        let id = |id: u32| if id == 0 { Cell::Empty } else { Cell::Figure(id.to_string()) };
        match ThreadColumn::at(column) {
            ThreadColumn::Name => {
                let tone = if row.name.is_some() { Tone::Plain } else { Tone::Muted };
                Cell::Name { spans: vec![(tone, Cow::Borrowed(row.title()))], root: false }
            }
            ThreadColumn::State => Cell::Words(Cow::Borrowed(row.state.words())),
            ThreadColumn::ManagedId => id(row.managed_id),
            ThreadColumn::OsId => id(row.os_id),
            ThreadColumn::OnStack => Cell::Figure(format::count(row.on_stack.len() as u64)),
            ThreadColumn::Statics => Cell::Figure(format::count(row.statics)),
            ThreadColumn::HeldPercent => {
                Cell::share(row.bytes, self.table.total_bytes, self.table.longest, Bar::Retained)
            }
            ThreadColumn::Held => Cell::Figure(format::count(row.bytes)),
            ThreadColumn::Retained => Cell::Figure(format::count(row.retained)),
        }
    }

    /// With its number behind its name: threads of a pool have one name.
    fn name(&self, row: usize) -> Cow<'_, str> {
        let row = self.row(row);
        match &row.name {
            Some(name) => Cow::Owned(format!("{name} ({})", row.label)),
            None => Cow::Borrowed(&row.label),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::tsv;
    use super::*;

    fn thread(id: u32, name: Option<&str>, bytes: u64) -> ThreadRow {
        ThreadRow {
            label: format!("thread {id}").into(),
            name: name.map(Into::into),
            state: ThreadState::Running,
            managed_id: id,
            os_id: 1000 + id,
            stack: 0..0,
            on_stack: vec![1, 2].into(),
            statics: 3,
            bytes,
            retained: 2 * bytes,
        }
    }

    #[test]
    fn threads_are_found_by_name_or_number_and_sorted_by_what_they_hold() {
        let table = ThreadTable::new(vec![thread(1, None, 10), thread(7, Some("Mailer"), 40)], 100);
        assert_eq!(table.arrange(&Query::default()), [1, 0]);
        let found = |text: &str| table.arrange(&Query { filter: Filter::parse(text).unwrap(), ..Query::default() });
        assert_eq!([found("mail"), found("thread 1"), found(">20%"), found("x")], [vec![1], vec![0], vec![1], vec![]]);
        let by_id = Query { sort: ThreadColumn::ManagedId, descending: false, ..Query::default() };
        assert_eq!(table.arrange(&by_id), [0, 1]);
    }

    #[test]
    fn a_row_is_copied_with_name_and_number() {
        let table = ThreadTable::new(vec![thread(7, Some("Mailer"), 4000)], 10_000);
        let rows = ThreadRows { table: &table, order: &[0] };
        assert_eq!(tsv(&rows, [0]).lines().nth(1), Some("Mailer (thread 7)\trunning\t7\t1007\t2\t3\t40.0\t4000\t8000"));
    }
}
