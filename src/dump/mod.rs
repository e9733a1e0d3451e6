//! BYTES: a file → what it contains.
//!
//! A Windows minidump and a Linux core come out as one [`Dump`]: a mapped file, sorted memory
//! ranges that do not overlap, modules and threads. Nothing here knows about .NET. Zeros are never
//! invented for memory that is not in the file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::progress::{Cancelled, Progress};

mod file;
pub use file::Bytes;

/// Which kind of file a dump is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    Minidump,
    ElfCore,
}

/// The system of the dumped process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Os {
    Windows,
    Linux,
    Other,
}

/// The processor architecture of the dumped process (a 32-bit process on a 64-bit system is `X86`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    X86,
    X64,
    Arm,
    Arm64,
}

impl Architecture {
    /// Bytes of a pointer: 4 or 8.
    pub fn pointer_size(self) -> usize {
        match self {
            Architecture::X86 | Architecture::Arm => 4,
            Architecture::X64 | Architecture::Arm64 => 8,
        }
    }
}

/// `len` bytes of the process at `address`, found at `offset` of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub address: u64,
    pub len: u64,
    pub offset: u64,
}

/// A loaded image or mapped file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    pub base: u64,
    pub size: u64,
    /// Full path as the process saw it.
    pub path: String,
}

impl Module {
    /// The path's last component, whichever system's separators it has.
    pub fn file_name(&self) -> &str {
        self.path.rsplit(['/', '\\']).next().unwrap_or(&self.path)
    }
}

/// One OS thread at the moment of the dump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    pub id: u32,
    pub name: Option<String>,
    pub stack_pointer: u64,
    /// All integer registers, the stack pointer among them.
    pub registers: Vec<u64>,
    /// Windows: address of the thread environment block; 0 elsewhere.
    pub teb: u64,
}

/// The process, as far as the dump says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    pub id: Option<u32>,
    pub path: Option<String>,
    /// Seconds since 1970 at which the dump was taken.
    pub taken: Option<u64>,
}

/// An open dump.
#[derive(Debug)]
pub struct Dump {
    /// The file that was asked for (the packed one, where it was unpacked first).
    pub path: PathBuf,
    pub container: Container,
    pub os: Os,
    pub architecture: Architecture,
    pub process: Process,
    pub bytes: Arc<Bytes>,
    /// Sorted by address, not overlapping, clipped to the file.
    pub ranges: Vec<Range>,
    pub modules: Vec<Module>,
    pub threads: Vec<Thread>,
    /// What the file promised and does not have, in whole sentences.
    pub warnings: Vec<String>,
}

impl Dump {
    /// Opens a minidump or an ELF core; `.zst`, `.gz` and `.zip` are unpacked to a temporary file first.
    pub fn open(_path: &Path, _progress: &Progress) -> Result<Dump, Error> {
        unimplemented!()
    }
}

/// Why a file cannot be opened as a dump.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot open {path}: {source}")]
    Open { path: PathBuf, source: std::io::Error },
    #[error("{path} is not a memory dump: {reason}")]
    NotADump { path: PathBuf, reason: String },
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
