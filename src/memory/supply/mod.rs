//! Memory that a dump lacks, taken from image files that the user names.
//!
//! Kernel cores and partial minidumps leave out what can be read from the program's own files. Where the
//! user gives a folder with them, their bytes fill holes of the address space, never replace what the dump
//! has, and only if the file is the build that the process had loaded, as far as the dump can tell.

mod elf;
mod fill;
mod folder;
mod pe;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashMap;

pub use self::folder::ImageFiles;
use super::{AddressSpace, Run};
use crate::dump::{Bytes, Dump, Module, Range};
use crate::progress::{Cancelled, Progress};

/// Whether a file is the one that the process had loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Match {
    /// Another build.
    Other,
    /// The dump has nothing to compare with: name and size fit.
    Likely,
    Same,
}

/// Files mapped so far: path → content, and its index among the space's sources.
type Opened = FxHashMap<PathBuf, Option<(Arc<Bytes>, u32)>>;

impl AddressSpace {
    /// Fills holes from image files; says in sentences what came of it.
    pub fn supply(&mut self, dump: &Dump, files: &ImageFiles, progress: &Progress) -> Result<Vec<String>, Cancelled> {
        let mut opened = Opened::default();
        let (mut supplied, mut trusted, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        let mut bytes = 0;
        for module in &dump.modules {
            progress.check()?;
            let candidates = files.named(&module.path);
            if candidates.is_empty() || !self.lacks(module) {
                continue;
            }
            let mut found = Match::Other;
            let mut runs = Vec::new();
            for path in candidates {
                let Some((content, source)) = self.open(&mut opened, path) else { continue };
                let (fits, pieces) = match_file(self, module, &content);
                if fits > found {
                    found = fits;
                    runs = pieces.into_iter().map(|piece| Run::of(piece, source)).collect();
                }
            }
            let filled = self.fill(runs);
            bytes += filled;
            match found {
                Match::Other => refused.push(module.file_name()),
                _ if filled == 0 => {}
                Match::Likely => trusted.push(module.file_name()),
                Match::Same => supplied.push(module.file_name()),
            }
        }
        let place = files.root().display();
        let mut notes = Vec::new();
        if bytes > 0 {
            let count = supplied.len() + trusted.len();
            notes.push(format!("{bytes} bytes that the dump lacks were taken from {count} image files of {place}."));
        }
        if !trusted.is_empty() {
            notes.push(format!("Nothing in the dump tells whether these are the right build: {}.", list(trusted)));
        }
        if bytes == 0 && refused.is_empty() {
            notes.push(format!("{place} has no file that the dump lacks."));
        }
        if !refused.is_empty() {
            notes.push(format!("These files of {place} are of another build and were not used: {}.", list(refused)));
        }
        Ok(notes)
    }

    /// Whether any byte of a module is not in the dump.
    fn lacks(&self, module: &Module) -> bool {
        let whole = [Range { address: module.base, len: module.size, offset: 0 }];
        let ranges = if module.mapped.is_empty() { &whole } else { module.mapped.as_slice() };
        ranges.iter().any(|range| {
            let end = range.address.saturating_add(range.len);
            let here: usize = self.parts(range.address..end).map(|(_, bytes)| bytes.len()).sum();
            (here as u64) < range.len
        })
    }

    fn open(&mut self, opened: &mut Opened, path: &Path) -> Option<(Arc<Bytes>, u32)> {
        let sources = &mut self.sources;
        let file = opened.entry(path.to_owned()).or_insert_with(|| {
            let bytes = Arc::new(File::open(path).and_then(Bytes::map).ok()?);
            sources.push(bytes.clone());
            Some((bytes, sources.len() as u32 - 1))
        });
        file.clone()
    }
}

/// Compares a file with what the dump has of a module; gives which of its bytes belong where.
fn match_file(space: &AddressSpace, module: &Module, file: &[u8]) -> (Match, Vec<Range>) {
    if module.mapped.is_empty() { pe::match_file(module, file) } else { elf::match_file(space, module, file) }
}

fn list(mut names: Vec<&str>) -> String {
    const SHOWN: usize = 8;
    names.sort_unstable();
    names.dedup();
    match names.len() {
        0..=SHOWN => names.join(", "),
        count => format!("{} and {} more", names[..SHOWN].join(", "), count - SHOWN),
    }
}
