//! `suspects`: where the heap piles up, in whole sentences.

use std::io::{self, Write};
use std::path::PathBuf;

use serde::Serialize;

use super::common::Reading;
use super::print::Print;
use super::way::{Root, Step, Way};
use crate::analysis::flame::{Forest, Labels, Limits, top_down};
use crate::analysis::independent::Holders;
use crate::analysis::liveness::Liveness;
use crate::analysis::suspects::suspects;
use crate::error::Result;
use crate::heap::{FieldNames, Heap};
use crate::progress::Progress;
use crate::view::suspects::{LEAST, sentences};

/// Say in whole sentences where the heap piles up and who holds it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  heapglass suspects shop.dmp
  heapglass suspects shop.dmp --json | jq -r '.suspects[0].root.name'

A suspect is a place where few objects hold many (a cache's entries, an event's subscribers) that keep at least 1 % of
the heap alive, or one heavy object. Large is not wrong: a cache may be meant to be so.")]
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
    suspects: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    text: String,
    r#type: Box<str>,
    objects: u32,
    retained_bytes: u64,
    retained_percent: f64,
    root: Option<Root>,
    path: Vec<Step>,
    independent_roots: usize,
}

pub fn run(args: &Args) -> Result<()> {
    let answer = args.reading.ask(&args.dump, |heap, progress| {
        let liveness = Liveness::new(&heap.graph, &args.reading.without_roots(), progress)?;
        answer(heap, Holders { graph: &heap.graph, liveness: &liveness }, progress)
    })?;
    args.print.answer(&answer, people)
}

fn answer(heap: &Heap, holders: Holders<'_>, progress: &Progress) -> Result<Answer> {
    let graph = &heap.graph;
    let labels = Labels::new(graph);
    let forest = Forest::retained(holders, &labels, progress)?;
    let source = forest.source(holders, &labels, false);
    let tree = top_down(&source, source.tops, "", &Limits::default(), progress)?;
    let bytes: u64 = graph.objects.ids().map(|id| graph.objects.size(id)).sum();
    let fields = FieldNames::new(graph);
    let rows = suspects(&tree, bytes / LEAST).into_iter().map(|suspect| {
        let sample = tree.frames[suspect.frame as usize].sample;
        let roots = holders.roots(&[sample], usize::MAX).len();
        let way = holders.cheapest_path(sample).map(|path| Way::new(heap, &fields, &path));
        let (root, path) = way.map_or((None, Vec::new()), |way| (Some(way.root), way.path));
        Row {
            text: sentences(&tree, &suspect, bytes, roots),
            r#type: graph.type_of(sample).name.full.clone(),
            objects: suspect.objects,
            retained_bytes: suspect.bytes,
            retained_percent: suspect.bytes as f64 * 100.0 / bytes as f64,
            root,
            path,
            independent_roots: roots,
        }
    });
    Ok(Answer { suspects: rows.collect() })
}

fn people(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    if answer.suspects.is_empty() {
        return writeln!(out, "Nothing stands out: no place keeps 1 % of the heap alive on its own.");
    }
    for (n, suspect) in answer.suspects.iter().enumerate() {
        writeln!(out, "{}{}. {}", if n > 0 { "\n" } else { "" }, n + 1, suspect.text)?;
    }
    Ok(())
}
