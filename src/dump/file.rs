//! A file mapped into memory, and the only `unsafe` of the crate.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use super::Error;
use super::sniff::{self, Kind};
use crate::progress::{Phase, Progress};

/// The bytes of a file, mapped; a test may use owned bytes.
#[derive(Debug)]
pub enum Bytes {
    Mapped(memmap2::Mmap),
    Owned(Vec<u8>),
}

impl Bytes {
    /// Maps the whole file for reading.
    #[allow(unsafe_code)]
    pub fn map(path: &Path) -> io::Result<Bytes> {
        let file = File::open(path)?;
        // SAFETY: the mapping is only read, as plain bytes. If another process cuts the file short
        // while it is open, the system stops ours; there is no way to map files without that.
        Ok(Bytes::Mapped(unsafe { memmap2::Mmap::map(&file)? }))
    }
}

impl Deref for Bytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Mapped(map) => map,
            Bytes::Owned(bytes) => bytes,
        }
    }
}

/// Maps a file and says what it is.
pub fn open(path: &Path, progress: &Progress) -> Result<(Arc<Bytes>, Kind), Error> {
    progress.begin(Phase::Map, 0);
    progress.check()?;
    let bytes = Bytes::map(path).map_err(|source| Error::Open { path: path.to_owned(), source })?;
    let kind = sniff::sniff(&bytes[..bytes.len().min(sniff::HEAD)]);
    Ok((Arc::new(bytes), kind))
}
