//! A table for people: plain text, columns apart by two spaces, numbers right-aligned.
//!
//! No colours and no frames, so that it reads the same in a terminal, a file and a pipe. A text column
//! stands best last, where its width does not matter and nothing needs cutting.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::view::format;

/// Where the cells of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A header and rows of as many cells.
#[derive(Debug)]
pub struct Table {
    columns: Vec<Align>,
    /// The header is the first row.
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A column is its header and where its cells stand.
    pub fn new<const N: usize>(columns: [(&str, Align); N]) -> Table {
        Table {
            columns: columns.iter().map(|&(_, align)| align).collect(),
            rows: vec![columns.iter().map(|&(header, _)| header.to_string()).collect()],
        }
    }

    /// # Panics
    /// If there are not as many cells as columns.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().collect();
        assert_eq!(cells.len(), self.columns.len(), "one cell a column");
        self.rows.push(cells);
    }

    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let mut line = String::new();
        for row in &self.rows {
            line.clear();
            for ((cell, &width), align) in row.iter().zip(&widths).zip(&self.columns) {
                let gap = if line.is_empty() { "" } else { "  " };
                let _ = match align {
                    Align::Left => write!(line, "{gap}{cell:<width$}"),
                    Align::Right => write!(line, "{gap}{cell:>width$}"),
                };
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// `1234567` → `1,234,567`: a comma, because a terminal may lack a thin space.
pub fn count(n: u64) -> String {
    format::count(n).replace(format::THIN_SPACE, ",")
}

/// A difference: always with its sign, `+1,234` or `-5`; nothing for 0.
pub fn delta(n: i64) -> String {
    match n {
        0 => String::new(),
        1.. => format!("+{}", count(n.unsigned_abs())),
        _ => format!("-{}", count(n.unsigned_abs())),
    }
}

/// One decimal: `12.3`.
pub fn percent(percent: f64) -> String {
    format!("{percent:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_right_and_text_is_not_padded_at_the_end() {
        let mut table = Table::new([("Bytes", Align::Right), ("Type", Align::Left), ("%", Align::Right)]);
        table.row([count(1_234_567), "A".into(), percent(99.96)]);
        table.row([count(7), "Ünï".into(), percent(0.0)]);
        let mut out = Vec::new();
        table.write(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "    Bytes  Type      %\n1,234,567  A     100.0\n        7  Ünï     0.0\n");
    }

    #[test]
    fn thousands_are_set_apart_from_the_right() {
        let shown = [0, 999, 1000, 123_456, u64::MAX].map(count);
        assert_eq!(shown, ["0", "999", "1,000", "123,456", "18,446,744,073,709,551,615"]);
        assert_eq!([0, 5, -1500, i64::MIN].map(delta), ["", "+5", "-1,500", "-9,223,372,036,854,775,808"]);
    }
}
