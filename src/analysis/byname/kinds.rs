//! PerfView's types of nodes: one a name, where arrays, strings and free blocks say how big they are.
//!
//! `System.Byte[] (Bytes > 10K,NoPtrs,ElemSize=1)`, `System.String (Bytes > 1K)`. Types of one name from
//! several modules are one; the module that came first lends it its path.

use rustc_hash::FxHashMap;

use crate::gcdump::NodeType;
use crate::heap::{Heap, TypeInfo, TypeKind};
use crate::runtime::gcdesc::GcDesc;

const NONE: u32 = u32::MAX;
/// Objects larger than the first number of bytes, up to the next line's, are `Bytes > ` the second.
const BUCKETS: [(u64, &str); 7] = [
    (0, ""),
    (1_000, "1K"),
    (9_999, "10K"),
    (99_999, "100K"),
    (999_999, "1M"),
    (9_999_999, "10M"),
    (99_999_999, "100M"),
];

pub(super) struct Kinds<'a> {
    heap: &'a Heap,
    pub types: Vec<NodeType>,
    /// By type of the graph and bucket.
    of_type: Vec<[u32; BUCKETS.len()]>,
    by_name: FxHashMap<Box<str>, u32>,
}

impl<'a> Kinds<'a> {
    pub fn new(heap: &'a Heap) -> Kinds<'a> {
        let mut kinds = Kinds {
            heap,
            types: Vec::new(),
            of_type: vec![[NONE; BUCKETS.len()]; heap.graph.types.len()],
            by_name: FxHashMap::default(),
        };
        kinds.of_name("UNDEFINED", None);
        kinds
    }

    /// Gives the type of an object its number, if it has none yet.
    pub fn see(&mut self, object: u32) {
        let (index, bucket) = self.place(object);
        if self.of_type[index][bucket] == NONE {
            let info = &self.heap.graph.types[index];
            let name = format!("{}{}", info.name.full, self.remark(index, info.kind, BUCKETS[bucket].1));
            self.of_type[index][bucket] = self.of_name(&name, self.module(info));
        }
    }

    /// The type of an object that was seen.
    pub fn of(&self, object: u32) -> u32 {
        let (index, bucket) = self.place(object);
        self.of_type[index][bucket]
    }

    fn place(&self, object: u32) -> (usize, usize) {
        let objects = &self.heap.graph.objects;
        let index = objects.type_index(object) as usize;
        let bucket = match self.heap.graph.types[index].kind {
            TypeKind::Object => 0,
            _ => BUCKETS.iter().rposition(|(above, _)| objects.size(object) > *above).unwrap_or(0),
        };
        (index, bucket)
    }

    /// The type of that name; a new one gets the module.
    pub fn of_name(&mut self, name: &str, module: Option<Box<str>>) -> u32 {
        let next = self.types.len() as u32;
        let kind = *self.by_name.entry(name.into()).or_insert(next);
        if kind == next {
            self.types.push(NodeType { name: name.into(), module });
        }
        kind
    }

    fn remark(&self, index: usize, kind: TypeKind, bytes: &str) -> String {
        let table = self.heap.runtime.as_ref().and_then(|runtime| runtime.method_tables.get(index));
        match (kind, table, bytes) {
            (TypeKind::Object, ..) | (TypeKind::String | TypeKind::Free, _, "") | (TypeKind::Array, None, "") => {
                String::new()
            }
            (TypeKind::String | TypeKind::Free, ..) | (TypeKind::Array, None, _) => format!(" (Bytes > {bytes})"),
            (TypeKind::Array, Some(table), _) => {
                let bytes = if bytes.is_empty() { String::new() } else { format!("Bytes > {bytes},") };
                let pointers = if table.gcdesc == GcDesc::None { "NoPtrs" } else { "Ptrs" };
                format!(" ({bytes}{pointers},ElemSize={})", table.component_size)
            }
        }
    }

    /// The path of the module that defines a type; its file name where it was loaded from bytes.
    fn module(&self, info: &TypeInfo) -> Option<Box<str>> {
        let runtime = self.heap.runtime.as_ref()?;
        let module = runtime.types.module_of(&runtime.space, info.method_table)?;
        let known = [&module.path, &module.file].into_iter().find(|name| !name.is_empty());
        known.cloned()
    }
}
