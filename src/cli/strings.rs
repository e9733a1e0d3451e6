//! `strings`: values that the heap holds more than once.

use std::io::{self, Write};
use std::path::PathBuf;

use serde::Serialize;

use super::common::Reading;
use super::print::Print;
use super::table::{Align, Table, count};
use crate::analysis::strings::duplicates;
use crate::error::{Error, Result};
use crate::runtime::strings::text;

/// Characters of a value that a table shows.
const SHOWN: usize = 100;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  heapglass strings shop.dmp --limit 20          the 20 values that waste most
  heapglass strings shop.dmp --json > all.json   all of them, for a program")]
pub struct Args {
    /// The dump to read
    dump: PathBuf,
    /// Show only the first N values
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    print: Print,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Serialize)]
struct Answer {
    total_bytes: u64,
    duplicate_bytes: u64,
    strings: Vec<Value>,
    #[serde(skip)]
    count: u64,
    #[serde(skip)]
    values: usize,
}

#[derive(Serialize)]
struct Value {
    value: String,
    count: u32,
    bytes: u64,
    wasted_bytes: u64,
}

pub fn run(args: &Args) -> Result<()> {
    let answer = args.reading.ask(&args.dump, |heap, progress| {
        let no_memory = || Error::Question(format!("{} has no string values in it.", args.dump.display()));
        let space = &heap.runtime.as_ref().ok_or_else(no_memory)?.space;
        let objects = &heap.graph.objects;
        let found = duplicates(&heap.graph, space, progress)?;
        let shown = found.groups.iter().take(args.limit.unwrap_or(usize::MAX));
        let strings = shown.map(|group| Value {
            value: text(space, objects.address(group.first), objects.size(group.first), usize::MAX).unwrap_or_default(),
            count: group.count,
            bytes: group.bytes,
            wasted_bytes: group.wasted,
        });
        Ok(Answer {
            total_bytes: found.total_bytes,
            duplicate_bytes: found.duplicate_bytes,
            strings: strings.collect(),
            count: found.count,
            values: found.groups.len(),
        })
    })?;
    args.print.answer(&answer, people)
}

fn people(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{} strings take {} bytes; {} of them are copies of {} values that are there already.\n",
        count(answer.count),
        count(answer.total_bytes),
        count(answer.duplicate_bytes),
        count(answer.values as u64),
    )?;
    let mut table = Table::new([
        ("Wasted", Align::Right),
        ("Bytes", Align::Right),
        ("Count", Align::Right),
        ("Value", Align::Left),
    ]);
    for string in &answer.strings {
        let cells = [string.wasted_bytes, string.bytes, u64::from(string.count)].map(count);
        table.row(cells.into_iter().chain([on_one_line(&string.value)]));
    }
    table.write(out)
}

/// The value in quotes, control characters escaped, a long one cut.
fn on_one_line(value: &str) -> String {
    let mut shown: String = value.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if value.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    format!("\"{shown}\"")
}
