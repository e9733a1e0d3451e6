//! Why a file cannot be opened as a dump.
//!
//! Each message says what the file is or lacks, so that whoever reads it knows what to do next.

use std::io;
use std::path::PathBuf;

use super::Container;
use crate::progress::Cancelled;

/// What keeps a file from being opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot open {path}: {source}")]
    Open { path: PathBuf, source: io::Error },
    #[error("cannot unpack {path}: {source}")]
    Unpack { path: PathBuf, source: io::Error },
    /// The file is something else.
    #[error("{path} is not a memory dump: it is {reason}")]
    NotADump { path: PathBuf, reason: String },
    /// It is a dump, but nothing can be read from it.
    #[error("{path} is {}, but {reason}", container.words())]
    Damaged { path: PathBuf, container: Container, reason: String },
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
