//! METADATA: the ECMA-335 tables of an assembly, read where they lie in memory.
//!
//! Takes the bytes of one metadata root (`BSJB…`) and answers by row: names and nesting of types, their
//! fields, enum literals, the assembly's identity. Nothing is unpacked: a [`Layout`] says where rows and
//! heaps are, a [`Metadata`] pairs it with the bytes, and every look-up is a few bounded reads that give
//! `None` on garbage. Reflection.Emit saves its metadata with a `#-` table stream; both kinds are read.

mod heaps;
mod layout;
mod lookup;
mod root;
pub mod signature;
mod tables;

pub use layout::Layout;
pub use lookup::{Assembly, Constant, Field, TypePath};
pub use root::Root;
pub use tables::{Table, Token};

/// Bytes that every metadata root begins with: signature, version 1.1, four reserved zeros.
pub const MAGIC: [u8; 12] = *b"BSJB\x01\x00\x01\x00\x00\x00\x00\x00";

/// One metadata root: its bytes, and where things lie in them. Copied freely.
#[derive(Clone, Copy, Debug)]
pub struct Metadata<'a> {
    bytes: &'a [u8],
    layout: &'a Layout,
}

impl<'a> Metadata<'a> {
    /// Pairs the bytes of a root with the layout that was parsed from them.
    pub fn new(bytes: &'a [u8], layout: &'a Layout) -> Metadata<'a> {
        Metadata { bytes, layout }
    }

    pub fn layout(&self) -> &'a Layout {
        self.layout
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
