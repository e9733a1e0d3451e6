//! A PE image (Windows, and .NET assemblies anywhere) laid out as the loader maps it: address = base + RVA.
//!
//! Layouts: Microsoft's *PE Format*; offsets are those of the headers' fields.

use std::cmp::Ordering;

use crate::memory::AddressSpace;

/// What the headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pe {
    pub base: u64,
    /// When it was linked, or a hash of its content; with `size` it names one build.
    pub timestamp: u32,
    /// Bytes from `base` on, when mapped.
    pub size: u32,
    /// RVA of the export directory; 0 where there is none.
    exports: u32,
}

impl Pe {
    /// Reads the headers at `base`; `None` where there are none.
    pub fn read(space: &AddressSpace, base: u64) -> Option<Pe> {
        if space.u16(base)? != u16::from_le_bytes(*b"MZ") {
            return None;
        }
        let signature = base.checked_add(space.u32(base.checked_add(0x3c)?)?.into())?;
        if space.u32(signature)? != u32::from_le_bytes(*b"PE\0\0") {
            return None;
        }
        let optional = signature.checked_add(24)?;
        let directories = match space.u16(optional)? {
            0x10b => 96,
            0x20b => 112,
            _ => return None,
        };
        Some(Pe {
            base,
            timestamp: space.u32(signature.checked_add(8)?)?,
            size: space.u32(optional.checked_add(56)?)?,
            exports: space.u32(optional.checked_add(directories)?)?,
        })
    }

    /// The address of an exported symbol. The table of names is sorted.
    pub fn export(&self, space: &AddressSpace, name: &str) -> Option<u64> {
        let at = |rva: u32, offset: u64| self.base.checked_add(rva.into())?.checked_add(offset);
        let field = |offset| space.u32(at(self.exports, offset)?);
        let (names, ordinals, functions) = (field(32)?, field(36)?, field(28)?);
        let (mut low, mut high) = (0, field(24).filter(|_| self.exports != 0)?);
        while low < high {
            let middle = low + (high - low) / 2;
            let text = at(space.u32(at(names, 4 * u64::from(middle))?)?, 0)?;
            match compare(space, text, name)? {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => {
                    let ordinal = space.u16(at(ordinals, 2 * u64::from(middle))?)?;
                    return at(space.u32(at(functions, 4 * u64::from(ordinal))?)?, 0);
                }
            }
        }
        None
    }
}

/// Compares the zero-ended text at `address` with `name`.
fn compare(space: &AddressSpace, address: u64, name: &str) -> Option<Ordering> {
    for (index, &wanted) in name.as_bytes().iter().enumerate() {
        let byte = space.u8(address.checked_add(index as u64)?)?;
        if byte != wanted {
            return Some(byte.cmp(&wanted));
        }
    }
    Some(space.u8(address.checked_add(name.len() as u64)?)?.cmp(&0))
}
