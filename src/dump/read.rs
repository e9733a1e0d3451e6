//! Little-endian reads at 64-bit offsets of a file.
//!
//! Every offset and count of a dump comes from the dump, so each read here answers `None` (or fewer
//! bytes) rather than trust one.

/// `len` bytes at `at`; `None` unless all of them are there.
pub fn slice(bytes: &[u8], at: u64, len: u64) -> Option<&[u8]> {
    let start = usize::try_from(at).ok()?;
    bytes.get(start..start.checked_add(usize::try_from(len).ok()?)?)
}

/// Up to `len` bytes at `at`: what the file still has of them.
pub fn clipped(bytes: &[u8], at: u64, len: u64) -> &[u8] {
    let end = bytes.len() as u64;
    let at = at.min(end);
    &bytes[at as usize..at.saturating_add(len).min(end) as usize]
}

fn array<const N: usize>(bytes: &[u8], at: u64) -> Option<[u8; N]> {
    slice(bytes, at, N as u64)?.try_into().ok()
}

pub fn u16(bytes: &[u8], at: u64) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

pub fn u32(bytes: &[u8], at: u64) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

pub fn u64(bytes: &[u8], at: u64) -> Option<u64> {
    array(bytes, at).map(u64::from_le_bytes)
}

/// A word of `size` bytes (4 or 8), zero-extended.
pub fn word(bytes: &[u8], at: u64, size: usize) -> Option<u64> {
    if size == 8 { u64(bytes, at) } else { u32(bytes, at).map(u64::from) }
}

/// Text up to the first zero byte.
pub fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}
