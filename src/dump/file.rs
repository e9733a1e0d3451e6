//! A file mapped into memory, and the only `unsafe` of the crate.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

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
