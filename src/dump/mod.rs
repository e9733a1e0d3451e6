//! BYTES: a file → what it contains.
//!
//! A Windows minidump and a Linux core come out as one [`Dump`]: a mapped file, sorted memory
//! ranges that do not overlap, modules and threads. Nothing here knows about .NET. Zeros are never
//! invented for memory that is not in the file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parts::Parts;
use ranges::Collected;

use crate::progress::Progress;

mod contents;
mod elf;
mod elf_notes;
mod error;
mod file;
mod minidump;
mod parts;
mod ranges;
mod read;
mod sniff;
mod unpack;
mod wow64;

pub use contents::{Contents, FULL_DUMP_RECIPES};
pub use error::Error;
pub use file::{Bytes, Opened, open};
pub use sniff::Kind;

/// The bundled dump, and the name it goes by.
const SAMPLE: &[u8] = include_bytes!("../../assets/sample.dmp.zst");
const SAMPLE_NAME: &str = "efshop-net8-win-x64.dmp (sample)";

/// Which kind of file a dump is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    Minidump,
    ElfCore,
    /// PerfView's own kind of heap dump, read by another layer: no memory, only the graph.
    Gcdump,
}

impl Container {
    /// With its article: "a minidump".
    pub fn words(self) -> &'static str {
        match self {
            Container::Minidump => "a minidump",
            Container::ElfCore => "a Linux core",
            Container::Gcdump => "a .gcdump file",
        }
    }
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
    /// Windows: when the image was linked, as its header has it; with `size` it names one build. 0 elsewhere.
    pub timestamp: u32,
    /// Windows: the file version, where the image has one.
    pub version: Option<[u16; 4]>,
    /// Linux: which bytes of the file are mapped where, whether or not the dump has them; empty elsewhere.
    pub mapped: Vec<Range>,
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
    /// All integer registers, the stack pointer among them; empty where the dump has no context.
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
    /// How much memory the dump was made to have.
    pub contents: Contents,
    pub process: Process,
    pub bytes: Arc<Bytes>,
    /// Sorted by address, not overlapping, clipped to the file.
    pub ranges: Vec<Range>,
    /// Bytes that `ranges` should have and the file lacks: it was cut short.
    pub missing: u64,
    /// In address order.
    pub modules: Vec<Module>,
    pub threads: Vec<Thread>,
    /// What the file promised and does not have, in whole sentences.
    pub warnings: Vec<String>,
}

impl Dump {
    /// Opens a minidump or an ELF core; a packed one (zstd, gzip, zip) is unpacked to a temporary file first.
    pub fn open(path: &Path, progress: &Progress) -> Result<Dump, Error> {
        Dump::read(path, open(path, progress)?)
    }

    /// Opens the bundled sample.
    pub fn open_sample(progress: &Progress) -> Result<Dump, Error> {
        let path = Path::new(SAMPLE_NAME);
        Dump::read(path, file::ready(path, Bytes::Static(SAMPLE), progress)?)
    }

    /// Reads what [`open`] opened; `path` is what the dump and messages call it.
    pub fn read(path: &Path, opened: Opened) -> Result<Dump, Error> {
        let Opened { bytes, kind, cut } = opened;
        let not_a_dump = |reason: &str| Error::NotADump { path: path.to_owned(), reason: reason.to_owned() };
        let (container, parts) = match kind {
            Kind::Minidump => (Container::Minidump, minidump::read(&bytes)),
            Kind::ElfCore => (Container::ElfCore, elf::read(&bytes)),
            Kind::Gcdump => return Err(not_a_dump("a .gcdump file")),
            Kind::Zstd | Kind::Gzip | Kind::Zip => return Err(not_a_dump("packed")),
            Kind::Other(what) => return Err(not_a_dump(what)),
        };
        let parts = parts.map_err(|reason| Error::Damaged { path: path.to_owned(), container, reason })?;
        let mut dump = Dump::assemble(path.to_owned(), container, bytes, parts);
        dump.warnings.extend(cut);
        wow64::settle(&mut dump);
        Ok(dump)
    }

    fn assemble(path: PathBuf, container: Container, bytes: Arc<Bytes>, parts: Parts) -> Dump {
        let Collected { ranges, missing, refused } = parts.collected;
        let mut warnings = parts.warnings;
        if missing > 0 {
            warnings.push(format!(
                "The file is cut short or damaged: {missing} bytes of memory that it lists are not in it."
            ));
        }
        if refused > 0 {
            warnings.push(format!(
                "The file is damaged: {refused} memory ranges beyond what its size allows were left out."
            ));
        }
        Dump {
            path,
            container,
            os: parts.os,
            architecture: parts.architecture,
            contents: parts.contents,
            process: parts.process,
            bytes,
            ranges,
            missing,
            modules: parts.modules,
            threads: parts.threads,
            warnings,
        }
    }
}
