//! GRAPH: objects, types, references and roots as flat arrays with dense `u32` ids.
//!
//! Built once, never changed. Ids are in address order.

mod consistency;
mod csr;
mod digest;
mod edges;
mod ends;
mod facts;
mod field_names;
mod field_reader;
mod gaps;
mod locate;
mod objects;
mod open;
mod roots;
mod types;
mod walk;

pub use consistency::{Consistency, Stretches};
pub use csr::Csr;
pub use digest::digests;
pub use facts::{Facts, GcFacts, RuntimeFacts};
pub use field_names::{FieldId, FieldNames};
pub use field_reader::FieldReader;
pub use objects::Objects;
pub use open::Options;
pub use roots::{Root, RootKind};
pub use types::{TypeInfo, TypeKind, TypeName};

/// An edge that is no field: it keeps its target alive, but is not counted as a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExtraEdge {
    pub from: u32,
    pub to: u32,
    pub kind: ExtraKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExtraKind {
    /// Key → value of a dependent handle (ConditionalWeakTable).
    DependentHandle,
    /// Object of a collectible type → its LoaderAllocator.
    LoaderAllocator,
}

/// A reference that hits no object start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stray {
    pub from: u32,
    pub target: u64,
}

/// What could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Bytes of GC segments that the dump lacks or that could not be walked.
    pub bytes: u64,
    /// Objects known to be there and left out (newer than their thread's allocation context).
    pub objects: u64,
    /// References that hit no object.
    pub references: u64,
}

/// An open heap: the graph, what is known about the dump, and (not for a .gcdump) the runtime, from which
/// field names and values are read when they are asked for.
#[derive(Debug)]
pub struct Heap {
    pub graph: Graph,
    pub facts: Facts,
    pub runtime: Option<crate::runtime::Runtime>,
}

/// The whole heap as a graph. Free blocks are objects of a type of kind [`TypeKind::Free`] and have no edges.
#[derive(Debug, Default)]
pub struct Graph {
    pub objects: Objects,
    pub types: Vec<TypeInfo>,
    /// Per object its references in order of their offset (null and stray ones left out, the same target
    /// as often as it is there), then its extra edges.
    pub references: Csr,
    /// `references` turned round.
    pub referrers: Csr,
    /// Sorted by `from`; all of them are also in `references`.
    pub extra: Vec<ExtraEdge>,
    /// Sorted by `from`.
    pub strays: Vec<Stray>,
    pub roots: Vec<Root>,
    pub unread: Unread,
}

impl Graph {
    /// Number of objects, Free blocks and dead objects included.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    pub fn type_of(&self, object: u32) -> &TypeInfo {
        &self.types[self.objects.type_index(object) as usize]
    }
}
