//! `flame`: the heap as one picture, or as a tree for another program.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use eframe::egui::Theme;

use super::common::Reading;
use super::target::Target;
use crate::analysis::flame::Limits;
use crate::analysis::liveness::Liveness;
use crate::error::{Error, Result};
use crate::heap::Heap;
use crate::progress::Progress;
use crate::session::flame::{FlameQuestion, FlameRoot, Flames};
use crate::ui::export::{self, Caption, Format, Look};
use crate::view::flame::{ColorBy, FlameView, JSON_LEVELS, Measure, TreeKind};
use crate::view::{facts, format};

/// Write the heap as a flame graph: a picture, folded stacks, speedscope or JSON
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  heapglass flame shop.dmp -o shop.png
  heapglass flame shop.dmp -o shop.svg --root SqlCommand
  heapglass flame shop.dmp -o shop.speedscope.json --tree shortest
  heapglass flame shop.dmp -o shop.folded && inferno-flamegraph shop.folded > shop.svg

The width of a box is what would be freed if its objects went. With --tree shortest it is what is reached first
through them, with --tree perfview what PerfView's Inc counts. What other roots hold as well is striped in a picture
and counted as `shared` in JSON.

JSON goes 61 levels down, as many as common readers take; what is deeper counts as smaller, and the outermost box says
how much that is: `levels`, `deeper_bytes`. The other formats have every level.")]
pub struct Args {
    /// The dump to read
    dump: PathBuf,
    /// Where to write; the end of the name is the format: .png, .svg, .folded, .speedscope.json, .json
    #[arg(short, long, value_name = "FILE", value_parser = output())]
    output: PathBuf,
    /// The tree of objects
    #[arg(long, default_value = "retained", value_parser = tree())]
    tree: TreeKind,
    /// Show only what these objects keep: a type (its full name, or an end of it that only one has), or 0x…
    #[arg(long, value_name = "TYPE")]
    root: Option<String>,
    /// Width of a picture at scale 1
    #[arg(long, value_name = "PX", default_value_t = 1600, value_parser = clap::value_parser!(u32).range(200..=16_000))]
    width: u32,
    /// Pixels of a picture for each one of its width: 1, 2 or 4
    #[arg(long, value_name = "N", default_value = "1", value_parser = scale())]
    scale: u8,
    /// Boxes of less than this share of the root are summed as smaller
    #[arg(long, value_name = "P", default_value_t = 0.1, value_parser = percent)]
    min_percent: f64,
    /// What the colours of a picture tell
    #[arg(long, value_enum, default_value_t = Coloring::Assembly)]
    color: Coloring,
    /// Is the picture dark or light?
    #[arg(long, value_enum, default_value_t = Colors::Dark)]
    theme: Colors,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Colors {
    Dark,
    Light,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Coloring {
    Assembly,
    Namespace,
    Generation,
    RootKind,
}

impl From<Coloring> for ColorBy {
    fn from(coloring: Coloring) -> ColorBy {
        match coloring {
            Coloring::Assembly => ColorBy::Assembly,
            Coloring::Namespace => ColorBy::Namespace,
            Coloring::Generation => ColorBy::Generation,
            Coloring::RootKind => ColorBy::RootKind,
        }
    }
}

fn output() -> impl TypedValueParser<Value = PathBuf> {
    clap::builder::PathBufValueParser::new().try_map(|path: PathBuf| match Format::of(&path) {
        Some(_) => Ok(path),
        None => Err("the name must end in .png, .svg, .folded, .speedscope.json or .json"),
    })
}

fn tree() -> impl TypedValueParser<Value = TreeKind> {
    PossibleValuesParser::new(TreeKind::ALL.map(TreeKind::id))
        .map(|id| TreeKind::ALL.into_iter().find(|tree| tree.id() == id).unwrap_or_default())
}

fn scale() -> impl TypedValueParser<Value = u8> {
    PossibleValuesParser::new(["1", "2", "4"]).map(|scale| scale.parse().unwrap_or(1))
}

fn percent(text: &str) -> Result<f64, String> {
    let percent: f64 = text.parse().map_err(|_| String::from("not a number"))?;
    if (0.0..=100.0).contains(&percent) { Ok(percent) } else { Err(String::from("not between 0 and 100")) }
}

/// Opens the dump and writes the file.
pub fn run(args: &Args) -> Result<()> {
    let format = Format::of(&args.output).ok_or_else(|| Error::Question(String::from("No such format.")))?;
    let (view, caption) = args.reading.ask(&args.dump, |heap, progress| view(args, format, heap, progress))?;
    let theme = match args.theme {
        Colors::Dark => Theme::Dark,
        Colors::Light => Theme::Light,
    };
    let look = Look { width: args.width as f32, scale: f32::from(args.scale), theme };
    let failed = |source| Error::Write { path: args.output.clone(), source };
    let mut file = BufWriter::new(File::create(&args.output).map_err(failed)?);
    export::write(format, &view, &caption, look, &mut file).and_then(|()| file.flush()).map_err(failed)
}

fn view(args: &Args, format: Format, heap: &Heap, progress: &Progress) -> Result<(FlameView, Caption)> {
    let graph = &heap.graph;
    let root = match &args.root {
        None => FlameRoot::Heap,
        Some(text) => {
            let target = Target::find(graph, text)?;
            FlameRoot::Objects(target.objects.into(), target.type_name.into())
        }
    };
    let without = args.reading.without_roots();
    let liveness = Liveness::new(graph, &without, progress)?;
    let flames = Flames::new(without);
    let measure = Measure { tree: args.tree, ..Measure::default() };
    let color = ColorBy::from(args.color);
    let generations = color == ColorBy::Generation;
    let question = FlameQuestion { measure, root, generations, ..FlameQuestion::default() };
    let limits = Limits { min_percent: args.min_percent, ..Limits::default() };
    let limits = match format {
        // One level more than is written, so that what lies deeper is told from what is small.
        Format::Json => Limits { fold_chains: false, max_depth: JSON_LEVELS + 1, ..limits },
        _ => limits,
    };
    let answer = flames.tree(heap, &liveness, &question, limits, progress)?;
    let caption = caption(args, heap, &answer.tree.name(0).short, answer.heap);
    let mut view = FlameView::new(Arc::clone(&answer.tree), measure, answer.heap);
    view.color = color;
    Ok((view, caption))
}

fn caption(args: &Args, heap: &Heap, root: &str, reachable: u64) -> Caption {
    let name = args.dump.file_name().unwrap_or(Path::new(&args.dump).as_os_str()).to_string_lossy().into_owned();
    let objects = &heap.graph.objects;
    let bytes: u64 = objects.ids().map(|object| objects.size(object)).sum();
    let mut facts = facts::badges(&heap.facts, &args.reading.without_roots());
    facts.push(format!("{} reachable of {}", format::bytes(reachable), format::bytes(bytes)));
    if args.root.is_some() {
        facts.push(format!("root: {root}"));
    }
    Caption { title: name, facts: facts.join(" · ") }
}
