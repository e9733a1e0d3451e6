//! Where everything lies in one metadata root: heaps, tables, columns.
//!
//! ECMA-335 II.24.2. Parsed once per root from its header; holds no bytes, so that a root may stay in the
//! mapped dump. A root whose tables do not fit into their stream is refused as a whole: what the scan
//! of a dump finds is often a fragment or a stale copy.

use std::ops::Range;

use super::tables::{COLUMNS, Column, SCHEMA, TABLES, Table};
use super::{MAGIC, u16_at, u32_at};

/// Bytes of a root's head that hold its stream headers in every known file.
pub const HEAD: usize = 512;

/// Where things lie in a metadata root. All offsets are from the root's start.
#[derive(Clone, Debug)]
pub struct Layout {
    pub(super) strings: Range<usize>,
    pub(super) blob: Range<usize>,
    rows: [u32; TABLES],
    starts: [u32; TABLES],
    row_sizes: [u8; TABLES],
    /// Offset of each column in its row; a column ends where the next one starts.
    columns: [[u8; COLUMNS + 1]; TABLES],
    /// Bit n: table n is sorted by its key.
    sorted: u64,
}

/// A stream header: name, offset, size.
type Stream<'a> = (&'a [u8], usize, usize);

impl Layout {
    /// Bytes that the root has as a whole, told by its head (`HEAD` bytes are enough).
    pub fn size(head: &[u8]) -> Option<usize> {
        streams(head)?.iter().map(|&(_, offset, size)| offset.saturating_add(size)).max()
    }

    /// Finds heaps and tables in a whole root.
    pub fn parse(bytes: &[u8]) -> Option<Layout> {
        let streams = streams(bytes)?;
        let stream = |name: &[u8]| {
            let &(_, offset, size) = streams.iter().find(|stream| stream.0 == name)?;
            let end = offset.checked_add(size)?;
            (end <= bytes.len()).then_some(offset..end)
        };
        let tables = stream(b"#~").or_else(|| stream(b"#-"))?;
        let heap_sizes = *bytes.get(tables.start + 6)?;
        let valid = u64::from(u32_at(bytes, tables.start + 8)?) | u64::from(u32_at(bytes, tables.start + 12)?) << 32;
        let sorted = u64::from(u32_at(bytes, tables.start + 16)?) | u64::from(u32_at(bytes, tables.start + 20)?) << 32;
        if valid >> TABLES != 0 {
            return None;
        }
        let mut at = tables.start + 24;
        let mut rows = [0; TABLES];
        for (table, count) in rows.iter_mut().enumerate().filter(|&(table, _)| valid >> table & 1 != 0) {
            *count = u32_at(bytes, at)?;
            at += 4;
            if *count > 0xFF_FFFF {
                log::debug!("metadata table {table:#x} claims {count} rows");
                return None;
            }
        }
        // II.24.2.6 does not have it, the runtime does: 4 bytes of extra data behind the row counts.
        if heap_sizes & 0x40 != 0 {
            at += 4;
        }
        let empty = 0..0;
        let mut layout = Layout {
            strings: stream(b"#Strings").unwrap_or(empty.clone()),
            blob: stream(b"#Blob").unwrap_or(empty),
            rows,
            starts: [0; TABLES],
            row_sizes: [0; TABLES],
            columns: [[0; COLUMNS + 1]; TABLES],
            sorted,
        };
        for (table, &count) in rows.iter().enumerate() {
            let size = layout.place_columns(table, heap_sizes);
            layout.starts[table] = u32::try_from(at).ok()?;
            at += size * count as usize;
        }
        (at <= tables.end).then_some(layout)
    }

    /// Lays out the columns of one table; gives the size of its rows.
    fn place_columns(&mut self, table: usize, heap_sizes: u8) -> usize {
        let wide = |yes: bool| if yes { 4 } else { 2 };
        let mut at = 0;
        for (i, column) in SCHEMA[table].iter().enumerate() {
            at += match *column {
                Column::U16 => 2,
                Column::U32 => 4,
                Column::String => wide(heap_sizes & 1 != 0),
                Column::Guid => wide(heap_sizes & 2 != 0),
                Column::Blob => wide(heap_sizes & 4 != 0),
                Column::Row(target) => wide(self.rows[target as usize] > 0xFFFF),
                Column::Coded(coded) => {
                    wide(coded.tables.iter().any(|&target| self.rows[target as usize] >= 1 << (16 - coded.bits)))
                }
            };
            self.columns[table][i + 1] = at;
        }
        self.row_sizes[table] = at;
        usize::from(at)
    }

    /// Number of rows of a table.
    pub fn rows(&self, table: Table) -> u32 {
        self.rows[table as usize]
    }

    /// Offset in the root of the `#Strings` heap.
    pub fn strings_offset(&self) -> usize {
        self.strings.start
    }

    pub(super) fn is_sorted(&self, table: Table) -> bool {
        self.sorted >> table as u8 & 1 != 0
    }

    /// Where a cell lies, and whether it is 4 bytes wide; `None` when the table has no such row.
    pub(super) fn cell(&self, table: Table, rid: u32, column: usize) -> Option<(usize, bool)> {
        let t = table as usize;
        let row = rid.checked_sub(1).filter(|&row| row < self.rows[t])?;
        let columns = &self.columns[t];
        let at = self.starts[t] as usize + row as usize * usize::from(self.row_sizes[t]);
        Some((at + usize::from(columns[column]), columns[column + 1] - columns[column] == 4))
    }
}

/// The stream headers of a root; at most 16, names as they are.
fn streams(head: &[u8]) -> Option<Vec<Stream<'_>>> {
    if !head.starts_with(&MAGIC) {
        return None;
    }
    let version = u32_at(head, 12)?;
    if version > 256 {
        return None;
    }
    let mut at = 16 + version as usize;
    let count = u16_at(head, at + 2)?;
    if count > 16 {
        return None;
    }
    at += 4;
    let mut out = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let (offset, size) = (u32_at(head, at)? as usize, u32_at(head, at + 4)? as usize);
        let name = head.get(at + 8..)?;
        let len = name.iter().take(32).position(|&byte| byte == 0)?;
        out.push((&name[..len], offset, size));
        at += 8 + ((len + 4) & !3);
    }
    Some(out)
}
