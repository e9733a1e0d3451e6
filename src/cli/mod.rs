//! HEADLESS: arguments in, answers out; one file per command.
//!
//! A command is a file with `Args` (what it takes) and `run` (what it does): it opens the dump through
//! [`common::Reading`], asks the analysis or view layer, and prints one answer through
//! [`print::Print`], as a table for people or as JSON. Nothing is computed here.
//!
//! Exit codes: 0 fine, 1 the dump could not be read or the answer could not be given, 2 wrong usage.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Error;
use crate::session::{Reading, Source};

mod byname;
pub mod common;
mod diff;
mod flame;
mod info;
mod object;
mod path;
pub mod print;
mod referrers;
pub mod roots;
mod strings;
mod suspects;
pub mod table;
mod target;
mod types;
mod waste;
mod way;

const ABOUT: &str = "Heapglass shows what fills the managed heap of a .NET process, and who keeps it alive.";

const LONG_ABOUT: &str = "\
Heapglass shows what fills the managed heap of a .NET process, and who keeps it alive.

It reads a memory dump: a Windows .dmp with full memory (procdump -ma, Task Manager, Azure's Collect Memory
Dump, dotnet-dump collect) or a Linux core (dotnet-dump, createdump, gcore), from any operating system, without
debugger libraries, symbols or network. A dump packed as .zst, .gz or .zip opens as it is. PerfView's .gcdump
files open too; they hold types, sizes and references only.

With a dump or alone it opens the window; with a command it answers on standard output.";

const EXAMPLES: &str = "\
Examples:
  heapglass shop.dmp                     open the dump in the window
  heapglass --sample                     look at the bundled dump of a leaking web shop
  heapglass help COMMAND                 what a command does, with examples";

#[derive(Debug, Parser)]
#[command(name = "heapglass", version, about = ABOUT, long_about = LONG_ABOUT, after_help = EXAMPLES)]
#[command(args_conflicts_with_subcommands = true, max_term_width = 110)]
struct Cli {
    /// The dump to open in the window
    #[arg(value_name = "DUMP", conflicts_with = "sample")]
    dump: Option<PathBuf>,
    /// Open the bundled sample dump in the window
    #[arg(long)]
    sample: bool,
    #[command(flatten)]
    reading: common::Reading,
    #[command(subcommand)]
    command: Option<Command>,
}

/// One variant a command, in the order in which help lists them: `Types(types::Args)`. Its doc comment is
/// its line in that list; longer text and examples stand at its `Args`, as `long_about` and `after_help`.
#[derive(Debug, Subcommand)]
enum Command {
    /// Say what a dump is: process, runtime, GC heap, and what could not be read
    Info(info::Args),
    /// Show what fills the heap, type by type
    Types(types::Args),
    /// Show PerfView's By Name table, of a dump or a .gcdump file
    #[command(name = "byname")]
    ByName(byname::Args),
    /// Show one object: its fields, elements, entries
    Object(object::Args),
    /// Show who refers to the objects of a type, up to the roots
    Referrers(referrers::Args),
    /// Show what keeps an object alive, step by step from its root
    Path(path::Args),
    /// Write the heap as a flame graph: a picture, folded stacks, speedscope or JSON
    Flame(flame::Args),
    /// Say in whole sentences where the heap piles up and who holds it
    Suspects(suspects::Args),
    /// Compare two dumps type by type: what came, what went, what grew
    Diff(diff::Args),
    /// List what holds objects: static variables, handles, stacks, queues
    Roots(roots::Args),
    /// List values that strings hold more than once, most wasteful first
    Strings(strings::Args),
    /// Add up memory that does no work: duplicate strings, empty collections, boxes, gaps …
    Waste(waste::Args),
}

/// Reads the arguments and does what they say; `window` opens the window, with a dump or on the start screen.
pub fn main(
    arguments: impl IntoIterator<Item = OsString>,
    window: impl FnOnce(Option<Source>, Reading) -> Result<(), Error>,
) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come as errors too, with exit code 0 and for standard output.
            let code = if error.use_stderr() { 2 } else { 0 };
            return exit(error.print().map_err(Error::Print), code);
        }
    };
    let done = match cli {
        Cli { command: Some(command), .. } => run(command),
        Cli { sample, dump, reading, .. } => {
            let reading = Reading { options: reading.options(), without_roots: reading.without_roots() };
            window(if sample { Some(Source::Sample) } else { dump.map(Source::File) }, reading)
        }
    };
    exit(done, 0)
}

fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::Info(args) => info::run(args),
        Command::Types(args) => types::run(args),
        Command::ByName(args) => byname::run(&args),
        Command::Object(args) => object::run(&args),
        Command::Referrers(args) => referrers::run(&args),
        Command::Path(args) => path::run(&args),
        Command::Suspects(args) => suspects::run(&args),
        Command::Flame(args) => flame::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Roots(args) => roots::run(&args),
        Command::Strings(args) => strings::run(&args),
        Command::Waste(args) => waste::run(&args),
    }
}

fn exit(done: Result<(), Error>, fine: u8) -> ExitCode {
    match done {
        Ok(()) => ExitCode::from(fine),
        // Whoever read our output had enough of it, as `head` does.
        Err(Error::Print(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(fine),
        Err(error) => {
            eprintln!("heapglass: {error}");
            ExitCode::FAILURE
        }
    }
}
