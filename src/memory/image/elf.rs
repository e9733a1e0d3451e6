//! Exported symbols of an ELF image as the dynamic linker has loaded it.
//!
//! Section headers are not loaded, so symbols are found the linker's way: program headers → dynamic table
//! → GNU hash table → symbol. Layouts: `elf.h`; the hash table as binutils writes it.

use super::is_text;
use crate::memory::AddressSpace;

const MOST_SEGMENTS: u16 = 256;
const MOST_DYNAMIC_ENTRIES: u64 = 1024;
/// Symbols in one chain of a hash table: a handful, unless the table is damaged.
const LONGEST_CHAIN: u64 = 1 << 16;

/// The address of the exported symbol `name` of the image at `base`.
pub fn export(space: &AddressSpace, base: u64, name: &str) -> Option<u64> {
    let image = Image { space, base, wide: space.u8(base.checked_add(4)?)? == 2 };
    let [hashes, symbols, strings] = image.dynamic()?;
    let bucket_count = space.u32(hashes)?;
    let first_symbol = space.u32(hashes.checked_add(4)?)?;
    let bloom_words = space.u32(hashes.checked_add(8)?)?;
    let hash = name.bytes().fold(5381u32, |hash, byte| hash.wrapping_mul(33).wrapping_add(byte.into()));
    let buckets = hashes.checked_add(16)?.checked_add(u64::from(bloom_words) * image.word())?;
    let chains = buckets.checked_add(4 * u64::from(bucket_count))?;
    let start = space.u32(buckets.checked_add(4 * u64::from(hash.checked_rem(bucket_count)?))?)?;
    for index in u64::from(start)..u64::from(start) + LONGEST_CHAIN {
        let chain = space.u32(chains.checked_add(4 * index.checked_sub(first_symbol.into())?)?)?;
        if chain | 1 == hash | 1 {
            let (size, value) = if image.wide { (24, 8) } else { (16, 4) };
            let symbol = symbols.checked_add(size * index)?;
            let text = strings.checked_add(space.u32(symbol)?.into())?;
            if is_text(space, text, name) == Some(true) {
                return base.checked_add(image.read_word(symbol.checked_add(value)?)?);
            }
        }
        if chain & 1 == 1 {
            break;
        }
    }
    None
}

struct Image<'a> {
    space: &'a AddressSpace,
    base: u64,
    wide: bool,
}

impl Image<'_> {
    fn word(&self) -> u64 {
        if self.wide { 8 } else { 4 }
    }

    fn read_word(&self, address: u64) -> Option<u64> {
        if self.wide { self.space.u64(address) } else { self.space.u32(address).map(u64::from) }
    }

    /// Addresses of hash table, symbols and strings. The linker may have turned the table's offsets into
    /// addresses already (glibc does, musl does not).
    fn dynamic(&self) -> Option<[u64; 3]> {
        const DT_STRTAB: u64 = 5;
        const DT_SYMTAB: u64 = 6;
        const DT_GNU_HASH: u64 = 0x6fff_fef5;
        let table = self.segment(2)?;
        let mut found = [None; 3];
        for index in 0..MOST_DYNAMIC_ENTRIES {
            let entry = table.checked_add(2 * self.word() * index)?;
            let value = self.read_word(entry.checked_add(self.word())?)?;
            let slot = match self.read_word(entry)? {
                0 => break,
                DT_GNU_HASH => 0,
                DT_SYMTAB => 1,
                DT_STRTAB => 2,
                _ => continue,
            };
            found[slot] = if value < self.base { self.base.checked_add(value) } else { Some(value) };
        }
        let [hashes, symbols, strings] = found;
        Some([hashes?, symbols?, strings?])
    }

    /// Where the first segment of a kind is loaded.
    fn segment(&self, kind: u32) -> Option<u64> {
        let [headers, count, address, record] = if self.wide { [32, 56, 16, 56] } else { [28, 44, 8, 32] };
        let at = |offset: u64| self.base.checked_add(offset);
        let headers = at(self.read_word(at(headers)?)?)?;
        let count = self.space.u16(at(count)?)?.min(MOST_SEGMENTS);
        let mut all = (0..u64::from(count)).filter_map(|index| headers.checked_add(record * index));
        let header = all.find(|&header| self.space.u32(header) == Some(kind))?;
        at(self.read_word(header.checked_add(address)?)?)
    }
}
