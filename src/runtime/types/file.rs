//! Metadata of an assembly's file on disk, for a dump that lacks the image.
//!
//! Whether the file is the build that the process had loaded, only the module can tell: its simple name
//! points at the assembly's name in its own metadata, and where that memory is missing, the pointer's low
//! 12 bits still say where in a page the name lies, in the flat file or in the mapped image.

use std::fs::File;
use std::path::Path;

use super::image;
use super::shape::Shape;
use crate::dump::Bytes;
use crate::memory::AddressSpace;
use crate::runtime::metadata::Root;

/// No assembly is larger.
const LARGEST: usize = 512 << 20;
/// Nothing is mapped below.
const LOWEST: u64 = 0xFFFF;
/// Bits of an address that mapping keeps.
const IN_PAGE: u64 = 0xFFF;

/// Metadata from a file.
pub(super) struct FileMetadata {
    pub root: Root,
    /// Where the assembly's name lies: from the file's start, and from the image's when mapped.
    name: [u64; 2],
}

/// Reads the metadata of an assembly file.
pub(super) fn metadata(path: &Path, pointer_size: usize) -> Option<FileMetadata> {
    let bytes = File::open(path).and_then(Bytes::map).ok()?;
    if bytes.len() > LARGEST || !bytes.starts_with(b"MZ") {
        return None;
    }
    let space = AddressSpace::from_pieces(&[(0, &bytes)], pointer_size);
    let root = image::metadata(&space, 0).into_iter().find_map(|address| Root::read(&space, address))?;
    let flat = root.address + root.metadata(&space).assembly_name_offset()? as u64;
    let name = [flat, image::mapped_offset(&space, 0, flat)];
    Some(FileMetadata { root: root.detached(&space)?, name })
}

impl FileMetadata {
    /// Does the module's simple name point to where this file has it? Where the name's place in Module is not
    /// known, any of its words may be it: that still refuses nearly every other build.
    pub fn may_be_of(&self, space: &AddressSpace, shape: &Shape, module: u64) -> bool {
        let points_here = |word: u64| self.name.iter().any(|name| (word ^ name) & IN_PAGE == 0);
        match shape.simple_name {
            Some(slot) => module.checked_add(slot).and_then(|at| space.pointer(at)).is_some_and(points_here),
            None => image::module_words(space, module).any(|word| word > LOWEST && points_here(word)),
        }
    }
}
