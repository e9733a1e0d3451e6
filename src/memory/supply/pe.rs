//! A Windows image file, laid out as the loader maps it.
//!
//! Headers and sections that nobody writes to are the same in the file and in the process, but for pages
//! that the loader changed to fit the address (relocations): those are left out, and so are writable
//! sections, whose content in the file is only how they began.

use object::LittleEndian as LE;
use object::pe::{IMAGE_SCN_MEM_WRITE, ImageNtHeaders32, ImageNtHeaders64};
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, PeFile};

use super::Match;
use crate::dump::{Module, Range};

/// Compares a file with the module list's record; gives which of its bytes belong where.
pub fn match_file(module: &Module, file: &[u8]) -> (Match, Vec<Range>) {
    let pieces = pieces::<ImageNtHeaders64>(module, file).or_else(|| pieces::<ImageNtHeaders32>(module, file));
    pieces.map_or((Match::Other, Vec::new()), |pieces| (Match::Same, pieces))
}

/// `None` unless the file is a PE file of this width, link time and size.
fn pieces<Headers: ImageNtHeaders>(module: &Module, file: &[u8]) -> Option<Vec<Range>> {
    let pe = PeFile::<Headers>::parse(file).ok()?;
    let optional = pe.nt_headers().optional_header();
    let timestamp = pe.nt_headers().file_header().time_date_stamp.get(LE);
    if timestamp != module.timestamp || u64::from(optional.size_of_image()) != module.size {
        return None;
    }
    let moved = module.base != optional.image_base();
    let relocated = if moved { relocated_pages(&pe)? } else { Vec::new() };
    let mut pieces = Vec::new();
    let mut add = |rva: u64, len: u64, offset: u64| {
        let len = len.min((file.len() as u64).saturating_sub(offset)).min(module.size.saturating_sub(rva));
        let end = rva + len;
        let mut at = rva;
        let first = relocated.partition_point(|&page| page + PAGE <= rva);
        for page in relocated[first..].iter().copied().take_while(|&page| page < end).chain([end]) {
            if at < page {
                pieces.push(Range { address: module.base + at, len: page - at, offset: offset + (at - rva) });
            }
            at = at.max((page + PAGE).min(end));
        }
    };
    add(0, optional.size_of_headers().into(), 0);
    for section in pe.section_table().iter() {
        if section.characteristics.get(LE).0 & IMAGE_SCN_MEM_WRITE.0 == 0 {
            let (offset, len) = section.pe_file_range();
            add(section.virtual_address.get(LE).into(), len.into(), offset.into());
        }
    }
    Some(pieces)
}

const PAGE: u64 = 0x1000;

/// RVAs of the pages that the loader changes when the image is not at its preferred base, ascending.
fn relocated_pages<Headers: ImageNtHeaders>(pe: &PeFile<'_, Headers>) -> Option<Vec<u64>> {
    let Some(mut blocks) = pe.data_directories().relocation_blocks(pe.data(), &pe.section_table()).ok()? else {
        return Some(Vec::new());
    };
    let mut pages = Vec::new();
    while let Some(block) = blocks.next().ok()? {
        let page = u64::from(block.virtual_address()) & !(PAGE - 1);
        pages.push(page);
        // A pointer may reach into the next page.
        if block.into_iter().any(|relocation| u64::from(relocation.virtual_address) > page + PAGE - 8) {
            pages.push(page + PAGE);
        }
    }
    pages.sort_unstable();
    pages.dedup();
    Some(pages)
}
