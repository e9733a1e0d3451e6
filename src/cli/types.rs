//! `types`: what fills the heap, one row per method table.

use std::cmp::Reverse;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use regex::Regex;
use serde::Serialize;

use super::common::Reading;
use super::print::{Address, Print};
use super::table::{Align, Table, count, percent};
use crate::analysis::dominators::Dominators;
use crate::analysis::histogram::{TypeGroups, histogram};
use crate::analysis::owned::owned;
use crate::analysis::retained::Retained;
use crate::analysis::retaining::Retaining;
use crate::error::Error;
use crate::heap::{Graph, TypeKind};
use crate::progress::Progress;

/// What fills the heap, type by type
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  heapglass types shop.dmp --limit 20
  heapglass types shop.dmp --sort retained --filter 'SqlClient'
  heapglass types shop.dmp --csv > types.csv

Exc is what the objects weigh themselves, Owned adds the strings and arrays that they alone keep, Retained is
what would be freed with them. Every percent is of the whole heap, free and dead objects included.")]
pub struct Args {
    /// The dump
    dump: PathBuf,
    /// Sort by this column, largest first (name: A to Z)
    #[arg(long, value_enum, default_value_t = Sort::Exc)]
    sort: Sort,
    /// Print this many rows
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Only types whose name matches this regular expression
    #[arg(long, value_name = "RE")]
    filter: Option<Regex>,
    /// Print comma-separated values
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Leave out owned and retained bytes: much faster on a large heap
    #[arg(long)]
    no_retained: bool,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    print: Print,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sort {
    Exc,
    Count,
    Retained,
    Name,
}

#[derive(Serialize)]
struct Types {
    total_bytes: u64,
    total_count: u64,
    types: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    assembly: String,
    method_table: Address,
    exc_bytes: u64,
    exc_percent: f64,
    exc_count: u64,
    #[serde(flatten)]
    kept: Option<Kept>,
    #[serde(skip)]
    is_free: bool,
}

#[derive(Clone, Copy, Serialize)]
struct Kept {
    owned_bytes: u64,
    owned_percent: f64,
    retained_bytes: u64,
    retained_percent: f64,
}

/// Opens the dump and prints its type table.
pub fn run(args: Args) -> Result<(), Error> {
    let mut types = args.reading.ask(&args.dump, |heap, progress| {
        let retaining = (!args.no_retained).then(|| args.reading.retaining(&heap.graph, progress)).transpose()?;
        table(&heap.graph, retaining.as_ref(), progress)
    })?;
    types.sort(args.sort);
    if let Some(filter) = &args.filter {
        types.types.retain(|row| filter.is_match(&row.name));
    }
    types.types.truncate(args.limit.unwrap_or(usize::MAX));
    args.print.answer(&types, if args.csv { csv } else { people })
}

fn table(graph: &Graph, retaining: Option<&Retaining>, progress: &Progress) -> Result<Types, Error> {
    let tally = histogram(graph, progress)?;
    let kept = retaining.map(|retaining| kept(graph, retaining, progress)).transpose()?;
    let total_bytes = tally.iter().map(|tally| tally.bytes).sum();
    let share = |bytes: u64| if total_bytes == 0 { 0.0 } else { bytes as f64 * 100.0 / total_bytes as f64 };
    let types = graph
        .types
        .iter()
        .zip(&tally)
        .enumerate()
        .map(|(index, (info, tally))| Row {
            name: info.name.full.to_string(),
            assembly: info.assembly.to_string(),
            method_table: Address(info.method_table),
            exc_bytes: tally.bytes,
            exc_percent: share(tally.bytes),
            exc_count: tally.count,
            kept: kept.as_ref().map(|(owned, retained)| Kept {
                owned_bytes: owned[index],
                owned_percent: share(owned[index]),
                retained_bytes: retained[index],
                retained_percent: share(retained[index]),
            }),
            is_free: info.kind == TypeKind::Free,
        })
        .collect();
    Ok(Types { total_bytes, total_count: tally.iter().map(|tally| tally.count).sum(), types })
}

/// Owned and retained bytes per type.
fn kept(graph: &Graph, retaining: &Retaining, progress: &Progress) -> Result<(Vec<u64>, Vec<u64>), Error> {
    let dominators = Dominators::new(graph, retaining, progress)?;
    let retained = Retained::new(graph, &dominators, progress)?;
    let by_type = retained.by_type(graph, &dominators, &TypeGroups::by_method_table(graph), progress)?;
    let retained = by_type.iter().map(|tally| tally.bytes).collect();
    Ok((owned(graph, &dominators, progress)?, retained))
}

impl Types {
    /// Free comes last under every sort; ties go by name and method table.
    fn sort(&mut self, sort: Sort) {
        self.types.sort_by(|a, b| {
            let key = |row: &Row| match sort {
                Sort::Exc => Reverse(row.exc_bytes),
                Sort::Count => Reverse(row.exc_count),
                Sort::Retained => Reverse(row.kept.map_or(0, |kept| kept.retained_bytes)),
                Sort::Name => Reverse(0),
            };
            let order = a.is_free.cmp(&b.is_free).then(key(a).cmp(&key(b))).then_with(|| a.name.cmp(&b.name));
            order.then(a.method_table.0.cmp(&b.method_table.0))
        });
    }
}

fn people(types: &Types, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new([
        ("Exc %", Align::Right),
        ("Exc", Align::Right),
        ("Exc Ct", Align::Right),
        ("Owned", Align::Right),
        ("Retained %", Align::Right),
        ("Retained", Align::Right),
        ("Name", Align::Left),
        ("Assembly", Align::Left),
    ]);
    for row in &types.types {
        let kept = row.kept.map_or_else(
            || [const { String::new() }; 3],
            |kept| [count(kept.owned_bytes), percent(kept.retained_percent), count(kept.retained_bytes)],
        );
        let own = [percent(row.exc_percent), count(row.exc_bytes), count(row.exc_count)];
        table.row(own.into_iter().chain(kept).chain([row.name.clone(), row.assembly.clone()]));
    }
    table.write(out)?;
    writeln!(out, "\n{} bytes in {} objects", count(types.total_bytes), count(types.total_count))
}

fn csv(types: &Types, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "name,assembly,method_table,exc_bytes,exc_count,owned_bytes,retained_bytes")?;
    for row in &types.types {
        let kept =
            row.kept.map_or_else(|| ",".to_owned(), |kept| format!("{},{}", kept.owned_bytes, kept.retained_bytes));
        let (name, assembly) = (quoted(&row.name), quoted(&row.assembly));
        writeln!(out, "{name},{assembly},{},{},{},{kept}", row.method_table, row.exc_bytes, row.exc_count)?;
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
