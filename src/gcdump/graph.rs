//! The graph of a `.gcdump`: nodes, their types, sizes, children and addresses.
//!
//! Nodes are objects and *pseudo nodes* (`[.NET Roots]`, `[static var X.y]` …: address 0, size 0). Their
//! numbers and the order of their children are PerfView's and matter: its spanning tree depends on them.
//! In the file each node is a few packed integers in a blob, found by an offset of its own.

use super::stream::{ObjectType, Stream};
use super::{Problem, Stop};
use crate::heap::Csr;
use crate::progress::{CHECK_EVERY, Phase, Progress};

/// A type of nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeType {
    /// `System.Byte[] (Bytes > 1K,NoPtrs,ElemSize=1)`: as ClrMD spells it, and PerfView's remark.
    pub name: Box<str>,
    /// Full path of the module that defines it; pseudo nodes have none.
    pub module: Option<Box<str>>,
}

/// A heap as PerfView sees it. All vectors but `types` and `multipliers` have one entry a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemoryGraph {
    /// Type 0 is `UNDEFINED`: what is referred to and was not walked.
    pub types: Vec<NodeType>,
    /// Type index of each node.
    pub kinds: Vec<u32>,
    /// Bytes of each node.
    pub sizes: Vec<u64>,
    pub children: Csr,
    /// 0 for pseudo nodes.
    pub addresses: Vec<u64>,
    /// The node `[.NET Roots]`.
    pub root: u32,
    /// By type: how many objects one node stands for, where the writer sampled; else empty.
    pub multipliers: Vec<f32>,
}

/// Ids above this mark states of nodes in the algorithms that work on the graph.
const MOST_NODES: usize = u32::MAX as usize - 16;

impl MemoryGraph {
    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    pub fn type_of(&self, node: u32) -> &NodeType {
        &self.types[self.kinds[node as usize] as usize]
    }

    /// Reads the fields of a `Graphs.MemoryGraph` and tells whether the process had 64-bit pointers.
    pub(super) fn read(
        stream: &mut Stream,
        kind: &ObjectType,
        progress: &Progress,
    ) -> Result<(MemoryGraph, Option<bool>), Stop> {
        match kind.minimum {
            ..=0 => {}
            1 => return Err(Problem::UnnamedTypes.into()),
            minimum => return Err(Problem::NewVersion { name: kind.name.clone(), minimum }.into()),
        }
        stream.part = "types";
        stream.i64()?;
        let root = stream.i32()?;
        let (types, type_sizes) = read_types(stream)?;
        stream.part = "nodes";
        let count = stream.count(4)?;
        let labels = stream.take(count * 4)?;
        let blob_len = stream.count(1)?;
        let blob = stream.take(blob_len)?;
        let mut graph = MemoryGraph { types, ..MemoryGraph::default() };
        if count > MOST_NODES || root < 0 || root as usize >= count {
            return Err(stream.damaged("the root is no node").into());
        }
        graph.root = root as u32;
        graph.read_nodes(labels, Blob { bytes: blob, at: 0 }, &type_sizes, progress)?;
        stream.part = "addresses";
        if stream.count(8)? != count {
            return Err(stream.damaged("not every node has an address").into());
        }
        graph.addresses =
            stream.take(count * 8)?.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
        let wide = stream.tagged_byte()?;
        stream.end()?;
        Ok((graph, wide.map(|wide| wide != 0)))
    }

    fn read_nodes(
        &mut self,
        labels: &[u8],
        mut blob: Blob,
        type_sizes: &[u64],
        progress: &Progress,
    ) -> Result<(), Stop> {
        let labels = labels.as_chunks().0;
        progress.begin(Phase::References, labels.len() as u64);
        let mut lengths = Vec::with_capacity(labels.len());
        let mut targets = Vec::new();
        self.kinds.reserve_exact(labels.len());
        self.sizes.reserve_exact(labels.len());
        for (node, label) in labels.iter().enumerate() {
            if node % CHECK_EVERY == 0 {
                progress.check()?;
                progress.add(if node == 0 { 0 } else { CHECK_EVERY as u64 });
            }
            blob.at = u32::from_le_bytes(*label) as usize;
            let head = blob.int()?;
            let kind = u32::try_from(head >> 1).ok().filter(|kind| (*kind as usize) < type_sizes.len());
            let kind = kind.ok_or_else(|| blob.damaged("a node of no type"))?;
            let size = if head & 1 == 0 { type_sizes[kind as usize] } else { u64::try_from(blob.int()?).unwrap_or(0) };
            let count = u32::try_from(blob.int()?).map_err(|_| blob.damaged("a negative number of children"))?;
            // Each record is used once, but a hostile file could have all nodes share one long list.
            if targets.len() + count as usize > blob.bytes.len() {
                return Err(blob.damaged("more references than there are bytes").into());
            }
            for _ in 0..count {
                let child = node as i64 + i64::from(blob.int()?);
                let child = usize::try_from(child).ok().filter(|child| *child < labels.len());
                targets.push(child.ok_or_else(|| blob.damaged("a reference to no node"))? as u32);
            }
            self.kinds.push(kind);
            self.sizes.push(size);
            lengths.push(count);
        }
        self.children = Csr::new(&lengths, targets);
        Ok(())
    }
}

/// Types and the size that a type's nodes have where they state none (it may be unset: −1).
fn read_types(stream: &mut Stream) -> Result<(Vec<NodeType>, Vec<u64>), Problem> {
    let count = stream.count(12)?;
    let mut types = Vec::with_capacity(count);
    let mut sizes = Vec::with_capacity(count);
    for _ in 0..count {
        let name = stream.string()?.unwrap_or_default();
        sizes.push(u64::try_from(stream.i32()?).unwrap_or(0));
        types.push(NodeType { name, module: stream.string()? });
    }
    Ok((types, sizes))
}

/// The packed integers of the nodes.
struct Blob<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Blob<'_> {
    fn damaged(&self, what: &'static str) -> Problem {
        Problem::Damaged { at: self.at as u64, what }
    }

    /// Groups of 7 bits, highest first, bit 7 says that more follow; the first group is signed. At most
    /// five groups, of which the first then wraps.
    fn int(&mut self) -> Result<i32, Problem> {
        let mut value = 0i64;
        for group in 0..5 {
            let byte = *self.bytes.get(self.at).ok_or(Problem::CutShort("nodes"))?;
            self.at += 1;
            let bits = i64::from(byte & 0x7F);
            value = if group == 0 { bits - ((bits & 0x40) << 1) } else { value << 7 | bits };
            if byte & 0x80 == 0 {
                return Ok(value as i32);
            }
        }
        Err(self.damaged("a number of more than five bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ints(bytes: &[u8]) -> Vec<i32> {
        let mut blob = Blob { bytes, at: 0 };
        std::iter::from_fn(|| blob.int().ok()).collect()
    }

    #[test]
    fn packed_integers_have_a_signed_first_group() {
        assert_eq!(ints(&[0x00, 0x3F, 0x40, 0x7F]), [0, 63, -64, -1]);
        assert_eq!(ints(&[0x80, 0x40, 0xBF, 0x7F, 0xC0, 0x00]), [64, 8191, -8192]);
        assert_eq!(ints(&[0x87, 0xFF, 0xFF, 0xFF, 0x7F]), [i32::MAX]);
        assert_eq!(ints(&[0xF8, 0x80, 0x80, 0x80, 0x00]), [i32::MIN]);
        assert_eq!(ints(&[0x88, 0x80, 0x80, 0x80, 0x00]), [i32::MIN], "written without a sign");
        assert!(ints(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]).is_empty());
    }
}
