//! Executable images as they lie in the memory of a process: PE and ELF.
//!
//! Only what finding things in a dump needs: what names a build, and exported symbols. Headers and tables
//! may be missing or damaged; then there is no answer.

mod elf;
mod pe;

pub use pe::Pe;

use super::AddressSpace;

/// The address of what the image at `base` exports as `name`.
pub fn export(space: &AddressSpace, base: u64, name: &str) -> Option<u64> {
    match space.u32(base)?.to_le_bytes() {
        [b'M', b'Z', ..] => Pe::read(space, base)?.export(space, name),
        [0x7f, b'E', b'L', b'F'] => elf::export(space, base, name),
        _ => None,
    }
}

/// Whether `expected` and a zero byte are at `address`.
fn is_text(space: &AddressSpace, address: u64, expected: &str) -> Option<bool> {
    let mut text = vec![0; expected.len() + 1];
    space.read(address, &mut text)?;
    Some(text.strip_suffix(b"\0") == Some(expected.as_bytes()))
}
