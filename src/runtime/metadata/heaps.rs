//! The heaps of a metadata root: `#Strings` and `#Blob`, and the compressed integers in blobs.
//!
//! ECMA-335 II.24.2.3, II.24.2.4, II.23.2.

use std::borrow::Cow;

use super::tables::Table;
use super::{Metadata, u16_at, u32_at};

/// Bytes after which a name is cut: the runtime itself takes no longer ones (`MAX_CLASS_NAME` is 1024).
const LONGEST_NAME: usize = 4096;

impl<'a> Metadata<'a> {
    /// The value of one cell.
    pub(super) fn cell(&self, table: Table, rid: u32, column: usize) -> Option<u32> {
        let (at, wide) = self.layout.cell(table, rid, column)?;
        if wide { u32_at(self.bytes, at) } else { u16_at(self.bytes, at).map(u32::from) }
    }

    /// Where the name that a cell gives lies, from the root's start.
    pub(super) fn name_offset(&self, table: Table, rid: u32, column: usize) -> Option<usize> {
        let at = self.layout.strings.start + self.cell(table, rid, column)? as usize;
        (at < self.layout.strings.end).then_some(at)
    }

    /// The name that a cell gives, without its closing NUL.
    pub(super) fn name_bytes(&self, table: Table, rid: u32, column: usize) -> Option<&'a [u8]> {
        let at = self.name_offset(table, rid, column)?;
        let bytes = self.bytes.get(at..self.layout.strings.end)?;
        let bytes = &bytes[..bytes.len().min(LONGEST_NAME)];
        Some(&bytes[..bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len())])
    }

    /// The name that a cell gives as text; what is no UTF-8 becomes U+FFFD.
    pub(super) fn name(&self, table: Table, rid: u32, column: usize) -> Option<Cow<'a, str>> {
        self.name_bytes(table, rid, column).map(String::from_utf8_lossy)
    }

    /// The blob that a cell gives.
    pub(super) fn blob(&self, table: Table, rid: u32, column: usize) -> Option<&'a [u8]> {
        let at = self.layout.blob.start + self.cell(table, rid, column)? as usize;
        let mut rest = self.bytes.get(at..self.layout.blob.end)?;
        let len = compressed(&mut rest)? as usize;
        rest.get(..len)
    }
}

/// Takes a compressed unsigned integer (II.23.2) off the front of `bytes`.
pub(super) fn compressed(bytes: &mut &[u8]) -> Option<u32> {
    let &first = bytes.first()?;
    let (len, value) = match first {
        0..0x80 => (1, u32::from(first)),
        0x80..0xC0 => (2, u32::from(u16::from_be_bytes(*bytes.first_chunk()?)) & 0x3FFF),
        0xC0..0xE0 => (4, u32::from_be_bytes(*bytes.first_chunk()?) & 0x1FFF_FFFF),
        0xE0.. => return None,
    };
    *bytes = &bytes[len..];
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::compressed;

    #[test]
    fn compressed_integers_are_read_as_the_standard_gives_them() {
        // The examples of ECMA-335 II.23.2.
        for (bytes, value) in [
            (&[0x03][..], 0x03),
            (&[0x7F], 0x7F),
            (&[0x80, 0x80], 0x80),
            (&[0xAE, 0x57], 0x2E57),
            (&[0xBF, 0xFF], 0x3FFF),
            (&[0xC0, 0x00, 0x40, 0x00], 0x4000),
            (&[0xDF, 0xFF, 0xFF, 0xFF], 0x1FFF_FFFF),
        ] {
            let mut rest = bytes;
            assert_eq!(compressed(&mut rest), Some(value));
            assert!(rest.is_empty());
        }
        assert_eq!(compressed(&mut &[0x80][..]), None);
        assert_eq!(compressed(&mut &[0xFF, 0, 0, 0][..]), None);
    }
}
