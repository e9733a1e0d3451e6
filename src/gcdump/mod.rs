//! PERFVIEW FILES: `.gcdump`, another way to the same graph.
//!
//! A `.gcdump` (PerfView, dotnet-gcdump, Visual Studio) is a FastSerialization container with one memory
//! graph in it: names, sizes, references and root nodes, but no field names and no values. [`open`] gives
//! the graph as PerfView sees it ([`MemoryGraph`]: what its By Name table needs) and
//! [`Gcdump::heap`] the graph as the rest of the program sees it.

mod file;
mod graph;
mod stream;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::dump::Bytes;
use crate::progress::{Cancelled, Progress};

pub use file::Gcdump;
pub use graph::{MemoryGraph, NodeType};

/// Reads a `.gcdump` file whole.
///
/// # Errors
/// If the file cannot be opened, is of another kind or a version that nobody can read, is cut short or
/// contradicts itself; or if the job was cancelled.
pub fn open(path: &Path, progress: &Progress) -> Result<Gcdump, Error> {
    let bytes = File::open(path).and_then(Bytes::map).map_err(|source| Error::Open { path: path.into(), source })?;
    read(&bytes, progress).map_err(|stop| match stop {
        Stop::Problem(problem) => Error::Unreadable { path: path.into(), problem },
        Stop::Cancelled(cancelled) => Error::Cancelled(cancelled),
    })
}

/// Reads a `.gcdump` out of memory.
fn read(bytes: &[u8], progress: &Progress) -> Result<Gcdump, Stop> {
    file::read(bytes, progress)
}

/// Why a `.gcdump` cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot open {path}: {source}")]
    Open { path: PathBuf, source: io::Error },
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
