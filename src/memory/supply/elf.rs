//! A file that a Linux process had mapped, native or .NET, laid out as the core's notes say.
//!
//! A mapping that the kernel left out of a core was never written to, so the file has its very bytes.

use super::Match;
use crate::dump::{Module, Range};
use crate::memory::AddressSpace;
use crate::memory::image::Pe;

/// Beyond the file's end a mapping goes up to the end of its page, which may have 64 KiB.
const LARGEST_PAGE: u64 = 0x10000;
/// Bytes of a native image that are compared: header, program headers and, as linkers lay it out, build id.
const COMPARED: usize = 0x1000;

/// Compares a file with what the dump has of it; gives which of its bytes belong where.
pub fn match_file(space: &AddressSpace, module: &Module, file: &[u8]) -> (Match, Vec<Range>) {
    let len = file.len() as u64;
    let longest = module.mapped.iter().map(|range| range.offset.saturating_add(range.len)).max().unwrap_or(0);
    if longest > len.saturating_add(LARGEST_PAGE) {
        return (Match::Other, Vec::new());
    }
    let clip = |range: &Range| Range { len: range.len.min(len.saturating_sub(range.offset)), ..*range };
    let pieces = module.mapped.iter().map(clip).filter(|range| range.len > 0).collect();
    let starts_at_header = module.mapped.first().is_some_and(|range| range.offset == 0);
    (if starts_at_header { compare(space, module.base, file) } else { Match::Likely }, pieces)
}

/// Compares headers where the dump has them. Those of a PE file change when the runtime loads it, but not
/// what names its build.
fn compare(space: &AddressSpace, base: u64, file: &[u8]) -> Match {
    let same = if file.starts_with(b"MZ") {
        let head = &file[..file.len().min(COMPARED)];
        let in_file = Pe::read(&AddressSpace::from_pieces(&[(0, head)], space.pointer_size()), 0);
        match (Pe::read(space, base), in_file) {
            (Some(memory), Some(file)) => (memory.timestamp, memory.size) == (file.timestamp, file.size),
            (None, Some(_)) if !space.contains(base) => return Match::Likely,
            _ => false,
        }
    } else {
        match space.tail(base) {
            Some(memory) => {
                let len = memory.len().min(file.len()).min(COMPARED);
                memory[..len] == file[..len]
            }
            None => return Match::Likely,
        }
    };
    if same { Match::Same } else { Match::Other }
}
