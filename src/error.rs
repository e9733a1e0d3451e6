//! The library's error: one variant a layer, each layer with its own enum.
//!
//! A message says what failed, where, and what the user can do about it.

use crate::progress::Cancelled;

/// Anything that keeps a dump from being opened or a question from being answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Dump(#[from] crate::dump::Error),
    #[error(transparent)]
    Runtime(#[from] crate::runtime::Error),
    #[error(transparent)]
    Gcdump(#[from] crate::gcdump::Error),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// A question that names something the dump does not have.
    #[error("{0}")]
    Question(String),
    /// Not a fault, but what the user wants to hear as one.
    #[error("the heap grew by {grown} bytes, which is more than the {limit} bytes allowed")]
    Grown { grown: u64, limit: u64 },
    /// Writing an answer to a file failed.
    #[error("cannot write {path}: {source}")]
    Write { path: std::path::PathBuf, source: std::io::Error },
    /// A fault of ours: a worker panicked.
    #[error("Heapglass itself failed: {0}")]
    Internal(String),
    /// The system gives no window.
    #[error("no window can be opened: {0} (the commands work without one: heapglass help)")]
    Window(String),
    /// Standard output is closed or full.
    #[error("cannot print the answer: {0}")]
    Print(std::io::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;
