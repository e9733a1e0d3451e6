//! `path`: from the root that is the likeliest cause to an object, step by step.

use std::io::{self, Write};
use std::path::PathBuf;

use serde::Serialize;

use super::common::Reading;
use super::print::{Address, Print};
use super::target::Target;
use super::way::{Root, Step, Way, steps};
use crate::analysis::independent::Holders;
use crate::analysis::liveness::Liveness;
use crate::analysis::paths::paths;
use crate::error::Result;
use crate::heap::{FieldNames, Heap};
use crate::progress::Progress;
use crate::view::format::bytes;

/// Show what keeps an object alive, step by step from its root
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  heapglass path shop.dmp System.Data.SqlClient.SqlCommand
  heapglass path shop.dmp 0x7f165d039730 --all 5

Of a type, the object that retains most is shown. Ways from a root are ranked: from static variables of the
program first, then from the runtime's own, from handles and the like, from conservative stack words last; ways
through timers, weak tables and type caches come later than others, shorter ones before longer ones.")]
pub struct Args {
    /// The dump to read
    dump: PathBuf,
    /// Address of an object (0x…), or a type: its full name, or an end of it that only one type has
    #[arg(value_name = "ADDRESS|TYPE")]
    target: String,
    /// Show up to N ways: first from other roots, then those that differ most
    #[arg(long, value_name = "N")]
    all: Option<usize>,
    #[command(flatten)]
    print: Print,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Serialize)]
struct Answer {
    object: Address,
    r#type: String,
    /// Absent where nothing keeps the object alive.
    root: Option<Root>,
    path: Vec<Step>,
    independent_roots: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    paths: Option<Vec<Way>>,
    #[serde(skip)]
    retained: u64,
}

/// Opens the dump and prints the ways to the object.
pub fn run(args: &Args) -> Result<()> {
    let answer = args.reading.ask(&args.dump, |heap, progress| answer(args, heap, progress))?;
    args.print.answer(&answer, people)
}

fn answer(args: &Args, heap: &Heap, progress: &Progress) -> Result<Answer> {
    let graph = &heap.graph;
    let target = Target::find(graph, &args.target)?;
    let liveness = Liveness::new(graph, &args.reading.without_roots(), progress)?;
    let holders = Holders { graph, liveness: &liveness };
    // Of equal ones the first in memory.
    let heaviest = target.objects.iter().rev().copied().max_by_key(|&object| liveness.retained.of(object));
    let object = heaviest.unwrap_or(0);
    let found = paths(holders, object, args.all.unwrap_or(1).max(1), progress)?;
    let fields = FieldNames::new(graph);
    let ways: Vec<Way> = found.iter().map(|path| Way::new(heap, &fields, path)).collect();
    let first = ways.first().cloned();
    Ok(Answer {
        object: Address(graph.objects.address(object)),
        r#type: target.type_name,
        independent_roots: holders.roots(&[object], usize::MAX).len(),
        retained: liveness.retained.of(object),
        root: first.as_ref().map(|way| way.root.clone()),
        path: first.map_or_else(Vec::new, |way| way.path),
        paths: args.all.map(|_| ways),
    })
}

fn people(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} at {}, retains {}", answer.r#type, answer.object, bytes(answer.retained))?;
    let Some(root) = &answer.root else {
        return writeln!(out, "Nothing keeps it alive.");
    };
    let roots = match answer.independent_roots {
        0 => String::from("Only conservative stack words hold it: they may be leftovers."),
        1 => String::from("One root holds it."),
        n => format!("{n} independent roots hold it: without one of them the others still do."),
    };
    writeln!(out, "{roots}")?;
    match &answer.paths {
        None => steps(root, &answer.path, out),
        Some(ways) => ways.iter().try_for_each(|way| steps(&way.root, &way.path, out)),
    }
}
