//! `roots`: what holds objects from outside the heap.
//!
//! Each root comes with its kind, its name, where the reference is kept and what it holds. Weak handles and
//! what only a load context keeps are listed too; they retain nothing.

use std::io::{self, Write};
use std::path::PathBuf;

use serde::Serialize;

use super::common::{Reading, root_kind};
use super::print::{Address, Print};
use super::table::{Align, Table, count};
use crate::error::Result;
use crate::heap::{Graph, Root, RootKind};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  heapglass roots shop.dmp --kind static         every static variable that is not null
  heapglass roots shop.dmp --without-roots stack,weak_handle --json

Stacks are read without the debugger's libraries: every word that may point to an object counts, so some of
these roots are old values. An address of 0x0 is a register.")]
pub struct Args {
    /// The dump to read
    dump: PathBuf,
    /// Show only roots of this kind
    #[arg(long, value_name = "KIND", value_parser = root_kind())]
    kind: Option<String>,
    #[command(flatten)]
    print: Print,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Serialize)]
struct Answer {
    roots: Vec<Row>,
    /// How many of each kind, in the order of kinds.
    #[serde(skip)]
    counts: Vec<(&'static str, u64)>,
}

#[derive(Serialize)]
struct Row {
    kind: &'static str,
    name: String,
    address: Address,
    object: Address,
    #[serde(rename = "type")]
    type_name: String,
}

pub fn run(args: &Args) -> Result<()> {
    let without = args.reading.without_roots();
    let wanted = |kind: RootKind| args.kind.as_deref().is_none_or(|id| id == kind.id()) && !without.contains(&kind);
    let answer = args.reading.ask(&args.dump, |heap, _| Ok(answer(&heap.graph, wanted)))?;
    args.print.answer(&answer, people)
}

fn answer(graph: &Graph, wanted: impl Fn(RootKind) -> bool) -> Answer {
    let row = |root: &Root| Row {
        kind: root.kind.id(),
        name: root.name.to_string(),
        address: Address(root.address),
        object: Address(graph.objects.address(root.object)),
        type_name: graph.type_of(root.object).name.full.to_string(),
    };
    let roots: Vec<Row> = graph.roots.iter().filter(|root| wanted(root.kind)).map(row).collect();
    let mut counts: Vec<(&'static str, u64)> = Vec::new();
    for root in &roots {
        match counts.iter_mut().find(|(kind, _)| *kind == root.kind) {
            Some((_, count)) => *count += 1,
            None => counts.push((root.kind, 1)),
        }
    }
    Answer { roots, counts }
}

fn people(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    let counts: Vec<String> = answer.counts.iter().map(|&(kind, n)| format!("{} {kind}", count(n))).collect();
    writeln!(out, "{} roots: {}\n", count(answer.roots.len() as u64), counts.join(", "))?;
    let mut table = Table::new([
        ("Kind", Align::Left),
        ("Address", Align::Right),
        ("Object", Align::Right),
        ("Name → type", Align::Left),
    ]);
    for root in &answer.roots {
        let (address, object) = (root.address.to_string(), root.object.to_string());
        table.row([root.kind.to_owned(), address, object, format!("{} → {}", root.name, root.type_name)]);
    }
    table.write(out)
}
