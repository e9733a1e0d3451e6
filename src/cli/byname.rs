//! `byname`: PerfView's By Name table of a dump or a `.gcdump`, by PerfView's rules.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::common::{Reading, with_progress};
use super::print::Print;
use super::table::{Align, Table, count, percent};
use crate::analysis::byname::{self, Rules, Weight, by_name, memory_graph};
use crate::dump::{self, Dump, Kind};
use crate::error::Error;
use crate::gcdump::{self, MemoryGraph};
use crate::heap::Heap;
use crate::progress::Progress;

/// PerfView's By Name table, by PerfView's rules
#[derive(Debug, clap::Args)]
#[command(after_help = r"Examples:
  heapglass byname shop.dmp | head -30
  heapglass byname shop.gcdump --group '' --fold '' --json
  heapglass byname shop.dmp --group '{%}!=>module $1' --fold '[]' --fold-percent 1

Patterns are PerfView's: * is any text, % letters, digits and dots, ^ the start, | or, { } a group, everything
else itself; ; stands between patterns, and an empty text means none. Without these options the defaults are
PerfView's with System.Private.CoreLib, the name of today's core library, beside mscorlib. PerfView's own are
  --group '[group Framework] mscorlib!=>LIB;System%!=>LIB;' --fold '[];mscorlib!String'

Inc sums come from PerfView's spanning tree: what was reached first through a type. They are not retained
sizes; the command types has those.")]
pub struct Args {
    /// The dump, or a .gcdump file
    #[arg(value_name = "DUMP|FILE.gcdump")]
    file: PathBuf,
    /// Show types as one: PATTERN->NAME, or PATTERN=>NAME to keep apart where the group is entered
    #[arg(long, value_name = "PATS")]
    group: Option<String>,
    /// Count these types to whatever holds them
    #[arg(long, value_name = "PATS")]
    fold: Option<String>,
    /// Leave these types out, with everything below them
    #[arg(long, value_name = "PATS")]
    exclude: Option<String>,
    /// Count only what lies on a path on which each of these matches something
    #[arg(long, value_name = "PATS")]
    include: Option<String>,
    /// What to reach things through first: PATTERN->NUMBER
    #[arg(long, value_name = "PATS", allow_hyphen_values = true)]
    priority: Option<String>,
    /// Count what has less than this share of all bytes to whatever holds it
    #[arg(long, value_name = "P", default_value_t = 0.0)]
    fold_percent: f32,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    print: Print,
}

#[derive(Serialize)]
struct ByName {
    total_bytes: u64,
    total_count: u64,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: Box<str>,
    /// `None` where the patterns left no bytes.
    exc_percent: Option<f64>,
    exc_bytes: u64,
    exc_count: u64,
    inc_percent: Option<f64>,
    inc_bytes: u64,
    inc_count: u64,
}

/// Opens the file and prints the table.
pub fn run(args: &Args) -> Result<(), Error> {
    let rules = args.rules();
    let table = with_progress(|progress| -> Result<byname::Table, Error> {
        Ok(by_name(&graph(&args.file, &args.reading, progress)?, &rules, progress)?)
    })?;
    args.print.answer(&ByName::from(table), people)
}

fn graph(file: &Path, reading: &Reading, progress: &Progress) -> Result<MemoryGraph, Error> {
    let opened = dump::open(file, progress)?;
    if opened.kind == Kind::Gcdump {
        let mut graph = gcdump::read(file, &opened, progress)?.graph;
        graph.leave_out_roots(&reading.without_roots());
        return Ok(graph);
    }
    let heap = Heap::from_dump(Dump::read(file, opened)?, &reading.options(), progress)?;
    memory_graph(&heap, &reading.without_roots(), progress)
}

impl Args {
    fn rules(&self) -> Rules {
        let ours = Rules::default();
        let or = |text: &Option<String>, default| text.clone().unwrap_or(default);
        Rules {
            group: or(&self.group, ours.group),
            fold: or(&self.fold, ours.fold),
            exclude: or(&self.exclude, ours.exclude),
            include: or(&self.include, ours.include),
            priority: or(&self.priority, ours.priority),
            fold_percent: self.fold_percent,
        }
    }
}

impl From<byname::Table> for ByName {
    fn from(table: byname::Table) -> ByName {
        let share = |weight: &Weight| table.percent(weight);
        let row = |row: &byname::Row| Row {
            name: row.name.clone(),
            exc_percent: share(&row.exclusive),
            exc_bytes: row.exclusive.bytes,
            exc_count: row.exclusive.count,
            inc_percent: share(&row.inclusive),
            inc_bytes: row.inclusive.bytes,
            inc_count: row.inclusive.count,
        };
        ByName {
            total_bytes: table.total.bytes,
            total_count: table.total.count,
            rows: table.rows.iter().map(row).collect(),
        }
    }
}

fn people(by_name: &ByName, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} bytes in {} objects\n", count(by_name.total_bytes), count(by_name.total_count))?;
    let mut table = Table::new([
        ("Exc %", Align::Right),
        ("Exc", Align::Right),
        ("Exc Ct", Align::Right),
        ("Inc %", Align::Right),
        ("Inc", Align::Right),
        ("Inc Ct", Align::Right),
        ("Name", Align::Left),
    ]);
    for row in &by_name.rows {
        table.row([
            percent(row.exc_percent.unwrap_or_default()),
            count(row.exc_bytes),
            count(row.exc_count),
            percent(row.inc_percent.unwrap_or_default()),
            count(row.inc_bytes),
            count(row.inc_count),
            row.name.to_string(),
        ]);
    }
    table.write(out)
}
