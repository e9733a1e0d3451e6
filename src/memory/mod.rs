//! ADDRESS SPACE: address → bytes.
//!
//! [`AddressSpace`] answers every read of the layers below. Ranges that adjoin both in the process
//! and in their file are one run; a read may cross runs that adjoin in the process only. A byte that
//! the dump lacks makes a read `None`.

use std::ops::Range;
use std::sync::Arc;

use crate::dump::{Bytes, Dump};

pub mod image;
mod scan;
mod supply;

pub use supply::ImageFiles;

/// The memory of a dumped process.
#[derive(Debug)]
pub struct AddressSpace {
    /// Sorted by address, not overlapping.
    runs: Vec<Run>,
    sources: Vec<Arc<Bytes>>,
    pointer_size: usize,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    address: u64,
    len: u64,
    offset: u64,
    source: u32,
}

impl AddressSpace {
    pub fn new(dump: &Dump) -> AddressSpace {
        let mut runs: Vec<Run> = Vec::with_capacity(dump.ranges.len());
        for range in &dump.ranges {
            match runs.last_mut() {
                Some(last) if last.address + last.len == range.address && last.offset + last.len == range.offset => {
                    last.len += range.len;
                }
                _ => runs.push(Run { address: range.address, len: range.len, offset: range.offset, source: 0 }),
            }
        }
        AddressSpace { runs, sources: vec![dump.bytes.clone()], pointer_size: dump.architecture.pointer_size() }
    }

    /// From pieces of memory, each with its address, sorted and not overlapping: for what is no dump.
    pub fn from_pieces(pieces: &[(u64, &[u8])], pointer_size: usize) -> AddressSpace {
        let run = |(source, &(address, bytes)): (usize, &(u64, &[u8]))| Run {
            address,
            len: bytes.len() as u64,
            offset: 0,
            source: source as u32,
        };
        AddressSpace {
            runs: pieces.iter().enumerate().map(run).collect(),
            sources: pieces.iter().map(|(_, bytes)| Arc::new(Bytes::Owned(bytes.to_vec()))).collect(),
            pointer_size,
        }
    }

    /// Bytes of a pointer in the dumped process: 4 or 8.
    pub fn pointer_size(&self) -> usize {
        self.pointer_size
    }

    /// Every run: its address and its bytes, in address order.
    pub fn runs(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.runs.iter().map(|run| (run.address, self.run_bytes(run)))
    }

    fn run_bytes(&self, run: &Run) -> &[u8] {
        &self.sources[run.source as usize][run.offset as usize..(run.offset + run.len) as usize]
    }

    /// The bytes from `address` to the end of its run; `None` where the dump has nothing.
    pub fn tail(&self, address: u64) -> Option<&[u8]> {
        let index = self.runs.partition_point(|run| run.address <= address).checked_sub(1)?;
        let run = &self.runs[index];
        let at = address - run.address;
        (at < run.len).then(|| &self.run_bytes(run)[at as usize..])
    }

    /// The parts of `range` that the dump has: address and bytes of each, in address order.
    pub fn parts(&self, range: Range<u64>) -> impl Iterator<Item = (u64, &[u8])> {
        let first = self.runs.partition_point(|run| run.address + run.len <= range.start);
        self.runs[first..].iter().take_while(move |run| run.address < range.end).map(move |run| {
            let start = range.start.max(run.address);
            let end = range.end.clamp(start, run.address + run.len);
            (start, &self.run_bytes(run)[(start - run.address) as usize..(end - run.address) as usize])
        })
    }

    pub fn contains(&self, address: u64) -> bool {
        self.tail(address).is_some()
    }

    /// `len` bytes as they lie in one run; `None` where they are missing or cross runs (then [`read`](Self::read)).
    pub fn bytes(&self, address: u64, len: usize) -> Option<&[u8]> {
        self.tail(address)?.get(..len)
    }

    /// Fills `out` from `address` on, across runs; `None` when a byte is missing.
    pub fn read(&self, mut address: u64, mut out: &mut [u8]) -> Option<()> {
        while !out.is_empty() {
            let tail = self.tail(address)?;
            let n = tail.len().min(out.len());
            out[..n].copy_from_slice(&tail[..n]);
            out = &mut out[n..];
            address = address.checked_add(n as u64)?;
        }
        Some(())
    }

    fn array<const N: usize>(&self, address: u64) -> Option<[u8; N]> {
        let mut out = [0; N];
        self.read(address, &mut out)?;
        Some(out)
    }

    pub fn u8(&self, address: u64) -> Option<u8> {
        self.array::<1>(address).map(|b| b[0])
    }

    pub fn u16(&self, address: u64) -> Option<u16> {
        self.array(address).map(u16::from_le_bytes)
    }

    pub fn u32(&self, address: u64) -> Option<u32> {
        self.array(address).map(u32::from_le_bytes)
    }

    pub fn u64(&self, address: u64) -> Option<u64> {
        self.array(address).map(u64::from_le_bytes)
    }

    /// A pointer of the process, zero-extended.
    pub fn pointer(&self, address: u64) -> Option<u64> {
        if self.pointer_size == 8 { self.u64(address) } else { self.u32(address).map(u64::from) }
    }
}
