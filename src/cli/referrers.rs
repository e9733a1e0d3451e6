//! `referrers`: who refers to the objects of a type, up to the roots.

use std::io::{self, Write};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use super::common::Reading;
use super::print::Print;
use super::table::{Align, Table, count};
use super::target::Target;
use crate::analysis::histogram::TypeGroups;
use crate::analysis::independent::Holders;
use crate::analysis::liveness::Liveness;
use crate::analysis::referrers::{Referrers, Scene, Who};
use crate::error::Result;
use crate::heap::{FieldNames, Heap};
use crate::progress::Progress;
use crate::view::format::{bytes, counted};
use crate::view::roots::title;

/// Levels and opened rows of an answer that nobody limited: enough to reach the root that matters.
const DEPTH: u16 = 64;
const OPENED: usize = 48;
/// Rows that are opened at most: what holds most comes first.
const MOST: usize = 2000;

/// Show who refers to the objects of a type, and who to those, up to the roots
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  heapglass referrers shop.dmp System.Data.SqlClient.SqlCommand
  heapglass referrers shop.dmp SqlCommand --depth 3 --width 20 --json

A row is all objects of one type that refer by one field, or roots of one name. Held are the objects of the
asked-for type that are reached through the row, and what they retain together.")]
pub struct Args {
    /// The dump to read
    dump: PathBuf,
    /// A type: its full name, or an end of it that only one type has; or the address of an object (0x…)
    #[arg(value_name = "TYPE")]
    target: String,
    /// Levels to show; without, what holds most is followed up to its root
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    depth: Option<u16>,
    /// Rows of each level to show, those that hold most
    #[arg(long, value_name = "N", default_value_t = 8)]
    width: usize,
    #[command(flatten)]
    print: Print,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Serialize)]
struct Answer {
    r#type: String,
    objects: u64,
    bytes: u64,
    referrers: Vec<Row>,
    #[serde(skip)]
    more: usize,
}

#[derive(Serialize)]
struct Row {
    kind: &'static str,
    name: Box<str>,
    field: Arc<str>,
    referring_objects: u64,
    held_objects: u64,
    held_bytes: u64,
    cycle: bool,
    referrers: Vec<Row>,
    #[serde(skip)]
    title: String,
    /// Rows that were left out because they hold less.
    #[serde(skip)]
    more: usize,
}

/// Opens the dump and prints the tree of referrers.
pub fn run(args: &Args) -> Result<()> {
    let answer = args.reading.ask(&args.dump, |heap, progress| answer(args, heap, progress))?;
    args.print.answer(&answer, people)
}

fn answer(args: &Args, heap: &Heap, progress: &Progress) -> Result<Answer> {
    let graph = &heap.graph;
    let target = Target::find(graph, &args.target)?;
    let liveness = Liveness::new(graph, &args.reading.without_roots(), progress)?;
    let (groups, fields) = (TypeGroups::by_name_and_assembly(graph), FieldNames::new(graph));
    let holders = Holders { graph, liveness: &liveness };
    let scene = Scene { holders, groups: &groups, fields: &fields, runtime: heap.runtime.as_ref() };
    let bytes = target.objects.iter().map(|&object| graph.objects.size(object)).sum();
    let mut tree = Referrers::of(scene, target.objects, None);
    let most = if args.depth.is_some() { MOST } else { OPENED };
    tree.unfold(scene, args.depth.unwrap_or(DEPTH).into(), args.width, most, progress)?;
    let (referrers, more) = level(scene, &tree, tree.top(), args.width);
    Ok(Answer { r#type: target.type_name, objects: tree.asked().len() as u64, bytes, referrers, more })
}

/// The first rows of a level and how many more there are. Levels are at most 256 deep.
fn level(scene: Scene<'_>, tree: &Referrers, rows: Option<Range<u32>>, width: usize) -> (Vec<Row>, usize) {
    let rows = rows.unwrap_or(0..0);
    let more = rows.len().saturating_sub(width);
    let graph = scene.holders.graph;
    let rows = rows.take(width).map(|id| {
        let row = tree.row(id);
        let (kind, name, field, title) = match row.who {
            Who::Root(root) => {
                let root = &graph.roots[root as usize];
                ("root", (*root.name).into(), Arc::default(), title(root))
            }
            Who::Type { group, field } => {
                let name = &graph.types[scene.groups.first[group as usize] as usize].name.full;
                let field = scene.fields.name(field);
                ("type", name.clone(), field.clone(), format!("{name}  .{field}").replace(".[]", "[]"))
            }
        };
        let (referrers, more) = level(scene, tree, row.children.clone(), width);
        Row {
            kind,
            name,
            field,
            referring_objects: row.referring,
            held_objects: row.held_objects,
            held_bytes: row.held_bytes,
            cycle: row.cycle,
            referrers,
            title,
            more,
        }
    });
    (rows.collect(), more)
}

fn people(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: {}, {}\n", answer.r#type, counted(answer.objects, "object"), bytes(answer.bytes))?;
    let right = Align::Right;
    let mut table =
        Table::new([("Held bytes", right), ("Held", right), ("Referring", right), ("Referrer", Align::Left)]);
    lines(&answer.referrers, answer.more, 0, &mut table);
    table.write(out)
}

fn lines(rows: &[Row], more: usize, depth: usize, table: &mut Table) {
    for row in rows {
        let mark = if row.cycle { "  (cycle)" } else { "" };
        let name = format!("{:1$}{2}{mark}", "", 2 * depth, row.title);
        table.row([count(row.held_bytes), count(row.held_objects), count(row.referring_objects), name]);
        lines(&row.referrers, row.more, depth + 1, table);
    }
    if more > 0 {
        let empty = String::new;
        table.row([empty(), empty(), empty(), format!("{:1$}{more} smaller", "", 2 * depth)]);
    }
}
