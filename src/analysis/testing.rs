//! Small graphs, drawn by hand or at random, for the tests of this layer.

use std::sync::Arc;

use proptest::prelude::*;

use crate::heap::{Csr, ExtraEdge, ExtraKind, Graph, Objects, Root, RootKind, TypeInfo, TypeKind};
use crate::runtime::types::TypeName;

/// A graph in the making; ids count up from 0.
#[derive(Default)]
pub struct Sketch {
    objects: Vec<(u64, u32, u64)>,
    types: Vec<TypeInfo>,
    references: Vec<Vec<u32>>,
    extra: Vec<ExtraEdge>,
    roots: Vec<Root>,
}

impl Sketch {
    /// Adds an object; its references may name objects that come later.
    pub fn object(&mut self, type_name: &str, size: u64, references: &[u32]) -> u32 {
        let known = self.types.iter().position(|info| &*info.name.full == type_name);
        let kind = known.unwrap_or_else(|| {
            self.types.push(type_info(type_name, self.types.len()));
            self.types.len() - 1
        });
        let address = self.objects.last().map_or(0x10000, |&(address, _, size)| address + size.next_multiple_of(8));
        self.objects.push((address, kind as u32, size));
        self.references.push(references.to_vec());
        self.references.len() as u32 - 1
    }

    /// Where an object starts.
    pub fn address(&self, object: u32) -> u64 {
        self.objects[object as usize].0
    }

    pub fn dependent(&mut self, from: u32, to: u32) {
        self.extra.push(ExtraEdge { from, to, kind: ExtraKind::DependentHandle });
    }

    pub fn root(&mut self, kind: RootKind, name: &str, object: u32, address: u64) {
        let assembly: &str = match kind {
            RootKind::Static if name.starts_with("System.") => "System.Private.CoreLib.dll",
            RootKind::Static => "App.dll",
            _ => "",
        };
        self.roots.push(Root { kind, name: Arc::from(name), address, object, assembly: Arc::from(assembly) });
    }

    pub fn graph(mut self) -> Graph {
        self.extra.sort_unstable();
        for edge in &self.extra {
            self.references[edge.from as usize].push(edge.to);
        }
        self.roots.sort_by_key(|root| (root.kind, root.address, root.object));
        let references = Csr::from_rows(&self.references);
        Graph {
            objects: Objects::from_list(&self.objects),
            types: self.types,
            referrers: references.transpose(),
            references,
            extra: self.extra,
            roots: self.roots,
            ..Graph::default()
        }
    }
}

fn type_info(name: &str, index: usize) -> TypeInfo {
    let kind = match name {
        "Free" => TypeKind::Free,
        "System.String" => TypeKind::String,
        name if name.ends_with(']') => TypeKind::Array,
        _ => TypeKind::Object,
    };
    let namespace = name.split('<').next().and_then(|own| own.rfind('.')).map_or(0, |dot| dot + 1);
    let name = TypeName { full: name.into(), short: name[namespace..].into(), namespace: namespace as u32 };
    TypeInfo { method_table: 0x1000 + index as u64 * 0x10, name, assembly: "App.dll".into(), kind }
}

/// A graph of `rows.len()` objects of 24, 32, 40 … bytes in `types` types, held by strong handles.
pub fn graph_of(rows: &[Vec<u32>], roots: &[u32], types: usize) -> Graph {
    let mut sketch = Sketch::default();
    for (i, row) in rows.iter().enumerate() {
        sketch.object(&format!("T{}", i % types), 24 + 8 * (i as u64 % 50), row);
    }
    for (i, &root) in roots.iter().enumerate() {
        sketch.root(RootKind::StrongHandle, "strong handle", root, 0x10 + i as u64 * 8);
    }
    sketch.graph()
}

/// Up to `size` rows with few edges each, as heaps have them, and some roots.
pub fn random_graph(size: usize) -> impl Strategy<Value = (Vec<Vec<u32>>, Vec<u32>)> {
    (1..=size).prop_flat_map(|count| {
        let object = 0..count as u32;
        let row = prop::collection::vec(object.clone(), 0..4);
        (prop::collection::vec(row, count), prop::collection::vec(object, 0..4))
    })
}
