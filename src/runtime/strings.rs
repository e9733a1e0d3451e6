//! What a `System.String` says.
//!
//! Every runtime lays a string out alike: method table, character count (i32), UTF-16 characters. The count
//! comes from the dump, so it is bounded by the object's size; characters are borrowed from the dump
//! wherever they lie in one piece.

use std::borrow::Cow;

use crate::memory::AddressSpace;

/// Little-endian UTF-16 of the string object at `address` with `size` bytes, without a final zero; `None`
/// where the dump lacks a part of it or the count does not fit the size.
pub fn utf16(space: &AddressSpace, address: u64, size: u64) -> Option<Cow<'_, [u8]>> {
    let count_at = address.checked_add(space.pointer_size() as u64)?;
    let first = count_at.checked_add(4)?;
    let bytes = u64::from(space.u32(count_at)?) * 2;
    if bytes > size.checked_sub(first - address)? {
        return None;
    }
    let bytes = usize::try_from(bytes).ok()?;
    if let Some(whole) = space.bytes(first, bytes) {
        return Some(Cow::Borrowed(whole));
    }
    // Piece by piece, so that no memory is taken for characters that are not there.
    let mut out = Vec::new();
    while out.len() < bytes {
        let tail = space.tail(first.checked_add(out.len() as u64)?)?;
        out.extend_from_slice(&tail[..tail.len().min(bytes - out.len())]);
    }
    Some(Cow::Owned(out))
}

/// The text of a string object, at most `limit` characters (UTF-16 units) of it; a lone surrogate becomes U+FFFD.
pub fn text(space: &AddressSpace, address: u64, size: u64, limit: usize) -> Option<String> {
    let bytes = utf16(space, address, size)?;
    let units = bytes.chunks_exact(2).take(limit).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    Some(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str, pointer_size: usize) -> Vec<u8> {
        let mut out = vec![0xAA; pointer_size];
        out.extend((text.encode_utf16().count() as u32).to_le_bytes());
        out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        out.extend([0, 0]);
        out
    }

    #[test]
    fn a_string_reads_with_4_and_8_byte_pointers_and_across_pieces() {
        for pointer_size in [4, 8] {
            let bytes = string("Grüße 🌍", pointer_size);
            let (a, b) = bytes.split_at(pointer_size + 9);
            let size = bytes.len() as u64;
            let whole = AddressSpace::from_pieces(&[(0x1000, &bytes)], pointer_size);
            let cut = AddressSpace::from_pieces(&[(0x1000, a), (0x1000 + a.len() as u64, b)], pointer_size);
            for space in [whole, cut] {
                assert_eq!(text(&space, 0x1000, size, usize::MAX).as_deref(), Some("Grüße 🌍"));
                assert_eq!(text(&space, 0x1000, size, 3).as_deref(), Some("Grü"));
            }
        }
    }

    #[test]
    fn a_count_beyond_the_object_or_the_dump_is_no_string() {
        let mut bytes = string("abc", 8);
        let size = bytes.len() as u64;
        bytes[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
        let space = AddressSpace::from_pieces(&[(0x1000, &bytes)], 8);
        assert_eq!(utf16(&space, 0x1000, size), None);
        assert_eq!(utf16(&space, 0x1000, u64::MAX), None);
        assert_eq!(utf16(&space, 0x1000, 4), None);
        assert_eq!(utf16(&space, u64::MAX - 4, size), None);
    }
}
