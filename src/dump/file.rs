//! A file mapped into memory, unpacked first where it is packed; the only `unsafe` of the crate.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use super::Error;
use super::sniff::{self, Kind};
use super::unpack::{self, Failure, Unpacked};
use crate::progress::{Phase, Progress};

/// The bytes of a file, mapped; a test may use owned bytes.
#[derive(Debug)]
pub enum Bytes {
    /// The file stays open as long as its mapping: a temporary one is removed when it is closed.
    Mapped {
        map: memmap2::Mmap,
        file: File,
    },
    Owned(Vec<u8>),
    /// Part of the program itself.
    Static(&'static [u8]),
}

impl Bytes {
    /// Maps the whole file for reading.
    #[allow(unsafe_code)]
    pub fn map(file: File) -> io::Result<Bytes> {
        // SAFETY: the mapping is only read, as plain bytes. If another process cuts the file short
        // while it is open, the system stops ours; there is no way to map files without that.
        let map = unsafe { memmap2::Mmap::map(&file)? };
        Ok(Bytes::Mapped { map, file })
    }
}

impl Deref for Bytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Mapped { map, .. } => map,
            Bytes::Owned(bytes) => bytes,
            Bytes::Static(bytes) => bytes,
        }
    }
}

/// A file of any kind, ready to be read.
#[derive(Debug)]
pub struct Opened {
    pub bytes: Arc<Bytes>,
    /// What the bytes are: never a packed kind.
    pub kind: Kind,
    /// Why a packed file could not be unpacked to its end.
    pub cut: Option<String>,
}

/// Maps a file, unpacks it where it is packed, and says what it is.
pub fn open(path: &Path, progress: &Progress) -> Result<Opened, Error> {
    let cannot_open = |source| Error::Open { path: path.to_owned(), source };
    // Opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(cannot_open)?.is_file() {
        return Err(cannot_open(io::Error::other("it is a folder or a device, not a file")));
    }
    let bytes = File::open(path).and_then(Bytes::map).map_err(cannot_open)?;
    ready(path, bytes, progress)
}

/// The same for bytes that are at hand; `path` is what messages call them.
pub fn ready(path: &Path, bytes: Bytes, progress: &Progress) -> Result<Opened, Error> {
    let kind = sniff::sniff(&bytes[..bytes.len().min(sniff::HEAD)]);
    if !matches!(kind, Kind::Zstd | Kind::Gzip | Kind::Zip) {
        progress.begin(Phase::Map, bytes.len() as u64);
        progress.check()?;
        return Ok(Opened { bytes: Arc::new(bytes), kind, cut: None });
    }
    let unpacked =
        unpack::unpack(kind, &bytes, progress).and_then(|Unpacked { file, cut }| Ok((Bytes::map(file)?, cut)));
    let (bytes, cut) = unpacked.map_err(|failure| match failure {
        Failure::NotADump(reason) => Error::NotADump { path: path.to_owned(), reason },
        Failure::Io(source) => Error::Unpack { path: path.to_owned(), source },
        Failure::Cancelled(cancelled) => Error::Cancelled(cancelled),
    })?;
    let kind = sniff::sniff(&bytes[..bytes.len().min(sniff::HEAD)]);
    Ok(Opened { bytes: Arc::new(bytes), kind, cut })
}
