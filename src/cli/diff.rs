//! `diff`: what grew between two dumps.

use std::io::{self, Write};
use std::path::PathBuf;

use serde::Serialize;

use super::common::Reading;
use super::print::Print;
use super::table::{Align, Table, count, delta};
use crate::analysis::diff::{self, Change, Sums};
use crate::analysis::histogram::{TypeGroups, histogram};
use crate::analysis::liveness::Liveness;
use crate::error::{Error, Result};
use crate::heap::{Heap, TypeInfo};
use crate::progress::Progress;
use crate::view::filter::parse_bytes;

/// Compare two dumps type by type: what came, what went, what grew
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  heapglass diff before.dmp after.dmp --limit 20
  heapglass diff before.dmp after.dmp --fail-if-grown 10MB    exit code 1 if it leaks: for a build

What grew most comes first. Types are the same if name and assembly are, so the dumps may be of different processes.
Retained is what would be freed if all objects of the type went.")]
pub struct Args {
    /// The earlier dump
    base: PathBuf,
    /// The later dump
    new: PathBuf,
    /// Exit with 1 if what is reachable in NEW is more than SIZE larger than in BASE: 500kB, 10MB, 1.5GB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    fail_if_grown: Option<u64>,
    /// Show only the first N types
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    print: Print,
    #[command(flatten)]
    reading: Reading,
}

fn size(text: &str) -> std::result::Result<u64, String> {
    parse_bytes(text).ok_or_else(|| "expected a size such as 500kB, 10MB or 1.5GB".into())
}

#[derive(Serialize)]
struct Answer {
    types: Vec<Row>,
    #[serde(skip)]
    reachable: [u64; 2],
    #[serde(skip)]
    changed: usize,
}

#[derive(Serialize)]
struct Row {
    name: String,
    assembly: String,
    count_delta: i64,
    bytes_delta: i64,
    retained_delta: i64,
    base: Of,
    new: Of,
}

#[derive(Serialize)]
struct Of {
    count: u64,
    bytes: u64,
    retained: u64,
}

pub fn run(args: &Args) -> Result<()> {
    // One after the other: two large heaps at once may not fit into memory.
    let measure = |dump: &PathBuf| args.reading.ask(dump, |heap, progress| Side::new(heap, &args.reading, progress));
    let (base, new) = (measure(&args.base)?, measure(&args.new)?);
    let changes = diff::diff((&base.types, &base.sums), (&new.types, &new.sums));
    let answer = Answer {
        reachable: [base.reachable, new.reachable],
        changed: changes.iter().filter(|change| change.base != change.new).count(),
        types: changes.into_iter().take(args.limit.unwrap_or(usize::MAX)).map(Row::new).collect(),
    };
    args.print.answer(&answer, people)?;
    let grown = new.reachable.saturating_sub(base.reachable);
    match args.fail_if_grown {
        Some(limit) if grown > limit => Err(Error::Grown { grown, limit }),
        _ => Ok(()),
    }
}

/// What is left of a heap when it is closed.
struct Side {
    types: Vec<TypeInfo>,
    sums: Vec<Sums>,
    reachable: u64,
}

impl Side {
    fn new(heap: &Heap, reading: &Reading, progress: &Progress) -> Result<Side> {
        let graph = &heap.graph;
        let liveness = Liveness::new(graph, &reading.without_roots(), progress)?;
        let groups = TypeGroups::by_name_and_assembly(graph);
        let tallies = groups.sum(&histogram(graph, progress)?);
        let retained = liveness.retained.by_type(graph, &liveness.dominators, &groups, progress)?;
        let sums = tallies.iter().zip(&retained).map(|(tally, retained)| Sums {
            count: tally.count,
            bytes: tally.bytes,
            retained: retained.bytes,
        });
        Ok(Side {
            types: groups.first.iter().map(|&first| graph.types[first as usize].clone()).collect(),
            sums: sums.collect(),
            reachable: liveness.dominators.objects()[1..].iter().map(|&object| graph.objects.size(object)).sum(),
        })
    }
}

impl Row {
    fn new(change: Change) -> Row {
        let of = |sums: Sums| Of { count: sums.count, bytes: sums.bytes, retained: sums.retained };
        Row {
            count_delta: change.count_delta(),
            bytes_delta: change.bytes_delta(),
            retained_delta: change.retained_delta(),
            base: of(change.base),
            new: of(change.new),
            name: change.name.full.into(),
            assembly: change.assembly.into(),
        }
    }
}

fn people(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    let [base, new] = answer.reachable;
    let grown = diff::delta(base, new);
    let verdict = if grown == 0 { "no change".into() } else { format!("{} bytes", delta(grown)) };
    writeln!(
        out,
        "Reachable objects: {} → {} bytes ({verdict}); {} types changed.\n",
        count(base),
        count(new),
        count(answer.changed as u64)
    )?;
    let mut table = Table::new([
        ("Δ Bytes", Align::Right),
        ("Δ Count", Align::Right),
        ("Δ Retained", Align::Right),
        ("Bytes", Align::Right),
        ("Count", Align::Right),
        ("", Align::Left),
        ("Type", Align::Left),
    ]);
    for row in answer.types.iter().filter(|row| row.bytes_delta != 0 || row.count_delta != 0 || row.retained_delta != 0)
    {
        let state = match (row.base.count, row.new.count) {
            (0, _) => "new",
            (_, 0) => "gone",
            _ => "",
        };
        table.row([
            delta(row.bytes_delta),
            delta(row.count_delta),
            delta(row.retained_delta),
            count(row.new.bytes),
            count(row.new.count),
            state.into(),
            row.name.clone(),
        ]);
    }
    table.write(out)
}
