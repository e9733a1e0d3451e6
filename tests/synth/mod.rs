//! Small dumps made here, byte by byte, so that tests can bend every field of them.
#![allow(dead_code, reason = "every test binary uses its own part of this")]

pub mod core;
pub mod minidump;
pub mod pe;

/// Little-endian bytes, appended and patched.
#[derive(Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    /// 4 or 8 bytes.
    pub fn word(&mut self, value: u64, size: usize) -> &mut Self {
        self.bytes(&value.to_le_bytes()[..size])
    }

    pub fn zeros(&mut self, count: usize) -> &mut Self {
        self.bytes(&vec![0; count])
    }

    pub fn align(&mut self, to: usize) -> &mut Self {
        self.zeros(self.len().next_multiple_of(to) - self.len())
    }

    pub fn put_u32(&mut self, at: usize, value: u32) {
        self.0[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
}
