//! A metadata root in the memory of a dump.
//!
//! Roots stay in the mapped file: one holds its place and its layout, not its bytes. Only a root that
//! lies across two memory ranges which are apart in the file is copied.

use crate::memory::AddressSpace;

use super::layout::HEAD;
use super::{Layout, Metadata};

/// The longest root that is copied; those of real assemblies are below 20 MB.
const LONGEST_COPY: usize = 32 << 20;

/// A whole, readable metadata root.
#[derive(Debug)]
pub struct Root {
    pub address: u64,
    len: usize,
    copy: Option<Box<[u8]>>,
    layout: Box<Layout>,
}

impl Root {
    /// Parses the root at `address`; `None` where there is none, or not all of it.
    pub fn read(space: &AddressSpace, address: u64) -> Option<Root> {
        let mut head = [0; HEAD];
        let head = match space.bytes(address, HEAD) {
            Some(bytes) => bytes,
            None => read_some(space, address, &mut head),
        };
        let len = Layout::size(head)?;
        if let Some(bytes) = space.bytes(address, len) {
            let layout = Box::new(Layout::parse(bytes)?);
            return Some(Root { address, len, copy: None, layout });
        }
        // Every byte must be there before any is copied: a size is only a claim.
        let mut at = address;
        let end = address.checked_add(len as u64).filter(|_| len <= LONGEST_COPY)?;
        while at < end {
            at = at.checked_add(space.tail(at)?.len() as u64)?;
        }
        let mut copy = vec![0; len].into_boxed_slice();
        space.read(address, &mut copy)?;
        let layout = Box::new(Layout::parse(&copy)?);
        Some(Root { address, len, copy: Some(copy), layout })
    }

    /// The tables and heaps, to be asked.
    pub fn metadata<'a>(&'a self, space: &'a AddressSpace) -> Metadata<'a> {
        let bytes = self.copy.as_deref().or_else(|| space.bytes(self.address, self.len));
        Metadata::new(bytes.unwrap_or_default(), &self.layout)
    }

    /// The same root, its bytes taken along: for metadata of a file that does not stay open.
    pub fn detached(self, space: &AddressSpace) -> Option<Root> {
        let copy = match self.copy {
            Some(copy) => copy,
            None => space.bytes(self.address, self.len)?.into(),
        };
        Some(Root { copy: Some(copy), ..self })
    }

    /// Bytes that had to be copied out of the dump.
    pub fn copied(&self) -> usize {
        self.copy.as_ref().map_or(0, |copy| copy.len())
    }
}

/// As many bytes from `address` on as are there.
fn read_some<'a>(space: &AddressSpace, address: u64, out: &'a mut [u8]) -> &'a [u8] {
    let mut len = 0;
    while len < out.len()
        && let Some(tail) = address.checked_add(len as u64).and_then(|at| space.tail(at))
    {
        let n = tail.len().min(out.len() - len);
        out[len..len + n].copy_from_slice(&tail[..n]);
        len += n;
    }
    &out[..len]
}
