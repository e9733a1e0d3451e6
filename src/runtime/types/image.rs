//! From a module to the images it was loaded from, and from an image to its metadata.
//!
//! Module → PEAssembly → PEImage → PEImageLayout → base. No offset is fixed: a PEImage is recognised by
//! the path at its start, a base by its headers. An image in memory is laid out as mapped (RVA = offset)
//! or flat as in its file; both are tried, the caller's row count test decides.

use crate::memory::AddressSpace;
use crate::runtime::metadata::MAGIC;

/// How far into Module the pointers of interest lie (0xE0 at most in 2.1 to 10).
const MODULE_WORDS: u64 = 0x200;
/// Where in PEImage the pointers to its layouts lie: 0x38 (2.1, 32 bit) to 0x80 (10).
const LAYOUT_WORDS: std::ops::Range<u64> = 0x20..0xA0;
/// The longest path, in bytes of UTF-16.
const LONGEST_PATH: u32 = 4096;
/// Data directory of the CLI header, and where in that header the metadata's directory is.
const CLI_DIRECTORY: u64 = 14;
const CLI_METADATA: u64 = 8;
/// Sections that an image may have (the PE format allows no more).
const MOST_SECTIONS: u16 = 96;

/// An image that a module was loaded from.
pub(super) struct PeImage {
    address: u64,
    /// Empty where the assembly was loaded from bytes.
    pub path: String,
}

/// The words of a module that may point at what it was loaded from.
pub(super) fn module_words(space: &AddressSpace, module: u64) -> impl Iterator<Item = u64> {
    let p = space.pointer_size() as u64;
    (1..MODULE_WORDS / p).map_while(move |i| space.pointer(module.checked_add(i * p)?))
}

/// The PEImages of a module, recognised by the path at their start: {u32 bytes with the closing NUL,
/// u32 allocated, u32 flags, pointer to UTF-16}. Up to 6 a PEAssembly has two, behind one and two pointers.
pub(super) fn pe_images(space: &AddressSpace, module: u64) -> Vec<PeImage> {
    let p = space.pointer_size() as u64;
    let mut out: Vec<PeImage> = Vec::new();
    for assembly in module_words(space, module).filter(|&word| word != 0 && word.is_multiple_of(p)) {
        for slot in [p, 2 * p] {
            let image = assembly.checked_add(slot).and_then(|at| space.pointer(at));
            let Some(address) = image.filter(|&at| at != 0 && at.is_multiple_of(p)) else { continue };
            if out.iter().all(|known| known.address != address)
                && let Some(path) = path_at(space, address)
            {
                out.push(PeImage { address, path });
            }
        }
    }
    out
}

fn path_at(space: &AddressSpace, string: u64) -> Option<String> {
    let len = space.u32(string)?;
    if !(4..LONGEST_PATH).contains(&len) || len % 2 != 0 {
        return None;
    }
    let text = space.pointer(string.checked_add(if space.pointer_size() == 8 { 0x10 } else { 0xC })?)?;
    let mut bytes = vec![0; len as usize];
    space.read(text, &mut bytes)?;
    let units: Vec<u16> = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
    let (&last, units) = units.split_last()?;
    let path = String::from_utf16(units).ok()?;
    (last == 0 && !path.chars().any(char::is_control)).then_some(path)
}

/// Bases of everything that a module may have been loaded from: its own Base word (9 and later), then
/// the layouts of its PEImages.
pub(super) fn bases(space: &AddressSpace, module: u64, images: &[PeImage]) -> Vec<u64> {
    let p = space.pointer_size() as u64;
    let layouts = images.iter().flat_map(|image| {
        LAYOUT_WORDS.step_by(p as usize).filter_map(|slot| {
            let layout = space.pointer(image.address.checked_add(slot)?)?;
            space.pointer(layout.checked_add(p)?)
        })
    });
    let mut out: Vec<u64> = Vec::new();
    for base in module_words(space, module).chain(layouts) {
        if base.is_multiple_of(16) && space.u16(base) == Some(0x5A4D) && !out.contains(&base) {
            out.push(base);
        }
    }
    out
}

/// Where the image at `base` has its metadata: as mapped, as flat (one address where both agree).
pub(super) fn metadata(space: &AddressSpace, base: u64) -> Vec<u64> {
    let Some(sections) = Sections::read(space, base) else { return Vec::new() };
    let mut out = Vec::new();
    for flat in [false, true] {
        let found = sections.metadata(space, base, flat);
        out.extend(found.filter(|address| !out.contains(address)));
    }
    out
}

/// Where a byte of a flat file lies once the image is mapped, from its start.
pub(super) fn mapped_offset(space: &AddressSpace, base: u64, flat: u64) -> u64 {
    let sections = Sections::read(space, base).map(|sections| sections.list).unwrap_or_default();
    let inside = |&&(_, size, raw): &&(u64, u64, u64)| (raw..raw.saturating_add(size)).contains(&flat);
    sections.iter().find(inside).map_or(flat, |(start, _, raw)| flat - raw + start)
}

/// What of a PE header is needed to turn RVAs into addresses.
struct Sections {
    cli_rva: u64,
    /// (RVA, size, offset in the file)
    list: Vec<(u64, u64, u64)>,
}

impl Sections {
    fn read(space: &AddressSpace, base: u64) -> Option<Sections> {
        let pe = base.checked_add(u64::from(space.u32(base.checked_add(0x3C)?)?))?;
        if space.u32(pe)? != u32::from_le_bytes(*b"PE\0\0") {
            return None;
        }
        let optional = pe.checked_add(24)?;
        let directories = optional + if space.u16(optional)? == 0x20B { 112 } else { 96 };
        let cli_rva = u64::from(space.u32(directories + CLI_DIRECTORY * 8)?);
        let table = optional + u64::from(space.u16(pe + 20)?);
        let count = space.u16(pe + 6)?.min(MOST_SECTIONS);
        let list = (0..u64::from(count)).map_while(|i| {
            let field = |at| space.u32(table + 40 * i + at).map(u64::from);
            Some((field(12)?, field(8)?.max(field(16)?), field(20)?))
        });
        Some(Sections { cli_rva, list: list.collect() })
    }

    fn address(&self, base: u64, rva: u64, flat: bool) -> Option<u64> {
        if !flat {
            return base.checked_add(rva);
        }
        let &(start, _, raw) = self.list.iter().find(|(start, size, _)| (*start..start + size).contains(&rva))?;
        base.checked_add(rva - start + raw)
    }

    fn metadata(&self, space: &AddressSpace, base: u64, flat: bool) -> Option<u64> {
        let cli = self.address(base, self.cli_rva, flat)?;
        let rva = u64::from(space.u32(cli.checked_add(CLI_METADATA)?)?);
        let address = self.address(base, rva, flat)?;
        let mut magic = [0; MAGIC.len()];
        space.read(address, &mut magic)?;
        (magic == MAGIC).then_some(address)
    }
}
