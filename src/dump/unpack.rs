//! A packed dump (.zst, .gz, .zip) → a nameless temporary file.
//!
//! Takes the packed bytes, gives an open file that the system removes when it is closed, even after a
//! crash. Runs of zeros become holes, so that a dump's empty pages (or a bomb's) take no room; what is
//! inside is looked at after its first block, so that only a dump is unpacked further. A packed file that
//! is damaged or cut short gives what could be unpacked before that place.

use std::fs::File;
use std::io::{self, BufRead, Cursor, Read, Seek, SeekFrom, Write};

use super::sniff::{self, Kind};
use crate::progress::{Cancelled, Phase, Progress};

/// Bytes unpacked between two looks at `Progress`: a few milliseconds' work.
const BLOCK: usize = 256 << 10;
/// No dump is larger; a file that claims to be is made to fill disks.
const LARGEST: u64 = 1 << 40;
/// zstd's window in `zstd --long=27`; more would need that much memory.
const WINDOW_LOG: u32 = 27;
/// Files of an archive that are tried, the largest first.
const TRIED_ENTRIES: usize = 16;

/// What came out.
#[derive(Debug)]
pub struct Unpacked {
    pub file: File,
    /// Why not all of it could be unpacked.
    pub cut: Option<String>,
}

/// Why nothing came out.
#[derive(Debug)]
pub enum Failure {
    /// It is packed, but what is inside is no dump; in words that complete "it is …".
    NotADump(String),
    Io(io::Error),
    Cancelled(Cancelled),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Io(error)
    }
}

impl From<Cancelled> for Failure {
    fn from(cancelled: Cancelled) -> Failure {
        Failure::Cancelled(cancelled)
    }
}

/// Unpacks `packed`, which [`sniff`](sniff::sniff) found to be of the given kind. Progress counts packed bytes.
pub fn unpack(kind: Kind, packed: &[u8], progress: &Progress) -> Result<Unpacked, Failure> {
    progress.begin(Phase::Unpack, packed.len() as u64);
    let source = Counted { bytes: Cursor::new(packed), progress };
    match kind {
        Kind::Zstd => {
            let mut decoder = zstd::Decoder::with_buffer(source)?;
            decoder.window_log_max(WINDOW_LOG)?;
            copy(decoder, "a zstd file with", progress)
        }
        Kind::Gzip => copy(flate2::read::MultiGzDecoder::new(source), "a gzip file with", progress),
        _ => unzip(source, progress),
    }
}

/// Unpacks the largest file of an archive that is a dump.
fn unzip(source: Counted, progress: &Progress) -> Result<Unpacked, Failure> {
    let mut archive = zip::ZipArchive::new(source).map_err(io::Error::from)?;
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        if let Ok(entry) = archive.by_index_raw(index)
            && entry.is_file()
        {
            entries.push((entry.size(), entry.compressed_size(), index));
        }
    }
    entries.sort_unstable_by(|a, b| b.cmp(a));
    let mut last = Failure::NotADump("an empty zip archive".into());
    for (_, packed, index) in entries.into_iter().take(TRIED_ENTRIES) {
        progress.begin(Phase::Unpack, packed);
        let unpacked = match archive.by_index(index) {
            Ok(entry) => copy(entry, "a zip archive with", progress),
            Err(error) => Err(Failure::Io(error.into())),
        };
        match unpacked {
            Err(failure @ Failure::NotADump(_)) => last = failure,
            done => return done,
        }
    }
    Err(last)
}

/// Copies all that `packed` gives to a temporary file. `found` begins the message where that is no dump.
fn copy(mut packed: impl Read, found: &str, progress: &Progress) -> Result<Unpacked, Failure> {
    let mut file = tempfile::tempfile().map_err(no_room)?;
    let mut block = vec![0; BLOCK];
    let mut len = 0;
    let cut = loop {
        let (filled, end) = fill(&mut packed, &mut block);
        progress.check()?;
        let bytes = &block[..filled];
        if len == 0 {
            match end {
                Some(Err(error)) if filled == 0 => return Err(error.into()),
                _ => expect_dump(bytes, found)?,
            }
        }
        if bytes.iter().all(|&byte| byte == 0) {
            file.seek(SeekFrom::Current(filled as i64))?;
        } else {
            file.write_all(bytes).map_err(no_room)?;
        }
        len += filled as u64;
        if len > LARGEST {
            return Err(io::Error::other("it unpacks to more than 1 TiB, which no dump is").into());
        }
        match end {
            None => {}
            Some(Ok(())) => break None,
            Some(Err(error)) => {
                break Some(format!(
                    "The packed file is damaged or cut short ({error}): only its first {len} bytes could be unpacked."
                ));
            }
        }
    };
    file.set_len(len).map_err(no_room)?;
    Ok(Unpacked { file, cut })
}

/// Whether the first block of what is inside begins a dump.
fn expect_dump(block: &[u8], found: &str) -> Result<(), Failure> {
    match sniff::sniff(block) {
        Kind::Minidump | Kind::ElfCore | Kind::Gcdump => Ok(()),
        Kind::Other(what) => Err(Failure::NotADump(format!("{found} a file inside that is {what}"))),
        Kind::Zstd | Kind::Gzip | Kind::Zip => {
            Err(Failure::NotADump(format!("{found} another packed file inside: unpack it first")))
        }
    }
}

/// Fills the block; tells the end of the input, or the error that ended it, where that came first.
fn fill(reader: &mut impl Read, block: &mut [u8]) -> (usize, Option<io::Result<()>>) {
    let mut filled = 0;
    while filled < block.len() {
        match reader.read(&mut block[filled..]) {
            Ok(0) => return (filled, Some(Ok(()))),
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (filled, Some(Err(error))),
        }
    }
    (filled, None)
}

/// A full disk, said so that it can be helped.
fn no_room(error: io::Error) -> io::Error {
    if error.kind() != io::ErrorKind::StorageFull {
        return error;
    }
    let variable = if cfg!(windows) { "TEMP" } else { "TMPDIR" };
    let folder = std::env::temp_dir();
    let folder = folder.display();
    io::Error::new(error.kind(), format!("the temporary folder {folder} is full; set {variable} to one with room"))
}

/// The packed bytes; reading them is progress.
struct Counted<'a> {
    bytes: Cursor<&'a [u8]>,
    progress: &'a Progress,
}

impl Read for Counted<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(out)?;
        self.progress.add(read as u64);
        Ok(read)
    }
}

impl BufRead for Counted<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let rest = self.bytes.fill_buf()?;
        Ok(&rest[..rest.len().min(BLOCK)])
    }

    fn consume(&mut self, amount: usize) {
        self.bytes.consume(amount);
        self.progress.add(amount as u64);
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}
