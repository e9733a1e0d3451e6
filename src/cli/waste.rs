//! `waste`: memory that does no work, in one number and its parts.

use std::io::{self, Write};
use std::path::PathBuf;

use serde::Serialize;

use super::common::Reading;
use super::print::Print;
use super::table::{Align, Table, count, percent};
use crate::analysis::histogram::Tally;
use crate::analysis::liveness::Liveness;
use crate::analysis::strings::duplicates;
use crate::analysis::waste::{Part, Source, waste};
use crate::error::{Error, Result};
use crate::heap::Graph;
use crate::view::waste::{advice, title};

/// Types that a table shows of each part.
const SHOWN: usize = 3;

/// Add up wasted memory: duplicate strings, empty and sparse collections, boxes, forgotten handlers, gaps
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  heapglass waste shop.dmp
  heapglass waste shop.dmp --json | jq '.parts[] | {kind, bytes}'

The total counts each wasted byte once, so it may be less than the sum of its parts.")]
pub struct Args {
    /// The dump to read
    dump: PathBuf,
    #[command(flatten)]
    print: Print,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Serialize)]
struct Answer {
    total_bytes: u64,
    wasted_bytes: u64,
    parts: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    kind: &'static str,
    advice: &'static str,
    count: u64,
    bytes: u64,
    held_bytes: u64,
    types: Vec<OfType>,
}

#[derive(Serialize)]
struct OfType {
    name: String,
    count: u64,
    bytes: u64,
}

pub fn run(args: &Args) -> Result<()> {
    let answer = args.reading.ask(&args.dump, |heap, progress| {
        let no_memory = || Error::Question(format!("{} has no values in it.", args.dump.display()));
        let runtime = heap.runtime.as_ref().ok_or_else(no_memory)?;
        let graph = &heap.graph;
        let liveness = Liveness::new(graph, &args.reading.without_roots(), progress)?;
        let strings = duplicates(graph, &runtime.space, progress)?;
        let found = waste(&Source { graph, runtime, liveness: &liveness, strings: &strings }, progress)?;
        Ok(Answer {
            total_bytes: graph.objects.ids().map(|id| graph.objects.size(id)).sum(),
            wasted_bytes: found.bytes,
            parts: found.parts.iter().map(|part| row(graph, part)).collect(),
        })
    })?;
    args.print.answer(&answer, people)
}

fn row(graph: &Graph, part: &Part) -> Row {
    let of_type = |&(index, Tally { count, bytes }): &(u32, Tally)| OfType {
        name: graph.types[index as usize].name.full.to_string(),
        count,
        bytes,
    };
    Row {
        kind: title(part.kind),
        advice: advice(part.kind),
        count: part.count,
        bytes: part.bytes,
        held_bytes: part.held,
        types: part.types.iter().map(of_type).collect(),
    }
}

fn people(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    let share = answer.wasted_bytes as f64 * 100.0 / answer.total_bytes.max(1) as f64;
    let (wasted, total) = (count(answer.wasted_bytes), count(answer.total_bytes));
    writeln!(out, "{wasted} of {total} bytes ({} %) do no work.\n", percent(share))?;
    let mut table = Table::new([("Bytes", Align::Right), ("Count", Align::Right), ("What", Align::Left)]);
    for part in &answer.parts {
        let held =
            if part.held_bytes > 0 { format!(" (they hold {} bytes)", count(part.held_bytes)) } else { "".into() };
        table.row([count(part.bytes), count(part.count), format!("{}{held}", part.kind)]);
        for of_type in part.types.iter().take(SHOWN) {
            table.row([count(of_type.bytes), count(of_type.count), format!("    {}", of_type.name)]);
        }
    }
    table.write(out)
}
