//! PERFVIEW FILES: `.gcdump`, another way to the same graph.
//!
//! A `.gcdump` (PerfView, dotnet-gcdump, Visual Studio) is a FastSerialization container with one memory
//! graph in it: names, sizes, references and root nodes, but no field names and no values. [`open`] gives
//! the graph as PerfView sees it ([`MemoryGraph`]: what its By Name table needs) and
//! [`open_heap`] the heap as the rest of the program sees it, of a `.gcdump` as of any dump.

mod file;
mod graph;
mod heap;
mod load;
mod names;
mod roots;
mod stream;

use std::path::{Path, PathBuf};

use crate::dump::{self, Opened};
use crate::progress::{Cancelled, Progress};

pub use file::Gcdump;
pub use graph::{MemoryGraph, NodeType};
pub use load::open_heap;

/// Opens a `.gcdump` file; a packed one (zstd, gzip, zip) is unpacked first.
///
/// # Errors
/// See [`read`]; and if the file cannot be opened or unpacked.
pub fn open(path: &Path, progress: &Progress) -> Result<Gcdump, Error> {
    read(path, &dump::open(path, progress)?, progress)
}

/// Reads what [`dump::open`] opened; `path` is what messages call it.
///
/// # Errors
/// If the file is of another kind or a version that cannot be read, is cut short or contradicts itself; or
/// if the job was cancelled.
pub fn read(path: &Path, opened: &Opened, progress: &Progress) -> Result<Gcdump, Error> {
    file::read(&opened.bytes, progress).map_err(|stop| match stop {
        Stop::Problem(problem) => Error::Unreadable { path: path.into(), problem },
        Stop::Cancelled(cancelled) => Error::Cancelled(cancelled),
    })
}

/// Why a `.gcdump` cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Dump(#[from] dump::Error),
    #[error("{path}: {problem}")]
    Unreadable { path: PathBuf, problem: Problem },
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// What is wrong with the bytes of a `.gcdump`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("it is not a .gcdump file (it does not begin with !FastSerialization.1)")]
    NotAGcdump,
    #[error("it holds a {0}, not a heap; is it an event trace?")]
    OtherContent(Box<str>),
    #[error(
        "it has .gcdump version {0}; versions 4 to 7 and from 9 on are read: \
         open it in the PerfView that wrote it and save it from a current one"
    )]
    OldVersion(i32),
    #[error("{name} in it asks for a reader of version {minimum}: the file is newer than this program")]
    NewVersion { name: Box<str>, minimum: i32 },
    #[error("its types have no names (.NET Native and native AOT keep them in PDB files), so there is nothing to show")]
    UnnamedTypes,
    #[error("it is cut short: it ends inside its {0}")]
    CutShort(&'static str),
    #[error("it is damaged at byte {at:#x}: {what}")]
    Damaged { at: u64, what: &'static str },
}

/// Why reading stopped.
#[derive(Debug, PartialEq, Eq)]
enum Stop {
    Problem(Problem),
    Cancelled(Cancelled),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Stop {
        Stop::Problem(problem)
    }
}

impl From<Cancelled> for Stop {
    fn from(cancelled: Cancelled) -> Stop {
        Stop::Cancelled(cancelled)
    }
}
