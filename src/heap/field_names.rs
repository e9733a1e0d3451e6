//! Which field of an object holds another.
//!
//! The graph keeps no offsets: they would cost as much again as the references. Where a type keeps references
//! is learnt when the first of its objects is asked about, names and all; [`super::field_reader`] then reads
//! objects by that.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use super::field_reader::FieldReader;
use super::{Graph, TypeKind};
use crate::runtime::Runtime;
use crate::runtime::gcdesc::GcDesc;
use crate::runtime::types::{ElementKind, Field};

/// Structs inside structs that a name follows.
const DEEPEST: usize = 16;

/// A field's name; equal names have equal ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FieldId(u32);

/// Where objects of a type keep references, by name.
#[derive(Debug)]
pub(super) enum Layout {
    /// All references go by one name: array elements, or a graph without a runtime.
    Same(FieldId),
    /// (bytes from the object's start, name), ascending.
    Fields(Box<[(u64, FieldId)]>),
    /// An array of structs: its first element, the size of one, and its fields by bytes from its start.
    Elements { first: u64, size: u64, fields: Box<[(u64, FieldId)]> },
}

/// Names of fields, learnt as they are asked for. Shared by threads.
#[derive(Debug)]
pub struct FieldNames {
    /// By type index.
    layouts: Vec<OnceLock<Layout>>,
    names: RwLock<Names>,
}

#[derive(Debug, Default)]
struct Names {
    names: Vec<Arc<str>>,
    ids: FxHashMap<Arc<str>, FieldId>,
}

impl FieldNames {
    /// For a graph with so many types.
    pub fn new(graph: &Graph) -> FieldNames {
        let layouts = graph.types.iter().map(|_| OnceLock::new()).collect();
        FieldNames { layouts, names: RwLock::default() }
    }

    /// `_entries`, `[]`, `[].value`, `_range._start`; `<Name>k__BackingField` as it is; empty where a graph
    /// came without a runtime; `+0x18` where the metadata is missing.
    pub fn name(&self, field: FieldId) -> Arc<str> {
        self.names.read().unwrap_or_else(PoisonError::into_inner).names[field.0 as usize].clone()
    }

    /// The id of a name, whether or not any field has it.
    pub(super) fn intern(&self, name: &str) -> FieldId {
        if let Some(&id) = self.names.read().unwrap_or_else(PoisonError::into_inner).ids.get(name) {
            return id;
        }
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        let next = FieldId(names.names.len() as u32);
        let name: Arc<str> = name.into();
        let id = *names.ids.entry(name.clone()).or_insert(next);
        if id == next {
            names.names.push(name);
        }
        id
    }

    /// Reads objects of the graph these names are of.
    pub fn reader<'a>(&'a self, graph: &'a Graph, runtime: Option<&'a Runtime>) -> FieldReader<'a> {
        FieldReader::new(self, graph, runtime)
    }

    /// The first field of `from` that holds `to`.
    pub fn between(&self, graph: &Graph, runtime: Option<&Runtime>, from: u32, to: u32) -> Option<Arc<str>> {
        let no_field = graph.extra.binary_search_by_key(&from, |edge| edge.from).is_ok();
        if let (false, &Layout::Same(field)) =
            (no_field, self.layout_of(graph, runtime, graph.objects.type_index(from)))
        {
            // An array may have millions of elements.
            return graph.references.row(from).contains(&to).then(|| self.name(field));
        }
        let mut found = None;
        self.reader(graph, runtime).visit(from, |target, field| {
            if target == to && found.is_none() {
                found = Some(field);
            }
        });
        found.map(|field| self.name(field))
    }

    /// Where objects of a type keep references.
    pub(super) fn layout_of(&self, graph: &Graph, runtime: Option<&Runtime>, index: u32) -> &Layout {
        self.layouts[index as usize].get_or_init(|| self.layout(graph, runtime, index))
    }

    fn layout(&self, graph: &Graph, runtime: Option<&Runtime>, index: u32) -> Layout {
        let is_array = graph.types[index as usize].kind == TypeKind::Array;
        let Some(runtime) = runtime else {
            return Layout::Same(self.intern(if is_array { "[]" } else { "" }));
        };
        let p = runtime.space.pointer_size() as u64;
        let table = &runtime.method_tables[index as usize];
        let named = |offset: u64, fields: &[Field], prefix: &str, offset_in: u64| {
            (offset, self.intern(&format!("{prefix}{}", field_at(runtime, fields, offset_in))))
        };
        match &table.gcdesc {
            GcDesc::Elements { start, .. } => {
                let (first, size) = (u64::from(*start), u64::from(table.component_size));
                let element = runtime.types.element(&runtime.space, table.address);
                let fields = element.map_or_else(Vec::new, |element| runtime.types.fields(&runtime.space, element));
                let mut slots = Vec::new();
                // The references of an array with one element. They begin at its first reference, which
                // need not be where the element begins.
                let header = u64::from(table.base_size).saturating_sub(p);
                let lead = first.saturating_sub(header) % size.max(1);
                table.gcdesc.for_each_run(first + p + size.max(1) - 1, p, |offset, bytes| {
                    slots.extend((offset..offset + bytes).step_by(p as usize).map(|at| at - first));
                });
                slots.retain(|&slot| slot < size);
                let fields = slots.iter().map(|&slot| named(slot, &fields, "[].", (slot + lead) % size.max(1)));
                Layout::Elements { first, size: size.max(1), fields: fields.collect() }
            }
            GcDesc::Series(_) if is_array || table.component_size != 0 => Layout::Same(self.intern("[]")),
            gcdesc => {
                let fields = runtime.types.fields(&runtime.space, table.address);
                let mut slots = Vec::new();
                gcdesc.for_each_run(u64::from(table.base_size), p, |offset, bytes| {
                    slots.extend((offset..offset + bytes).step_by(p as usize));
                });
                Layout::Fields(slots.iter().map(|&slot| named(slot, &fields, "", slot.saturating_sub(p))).collect())
            }
        }
    }
}

/// The name of what lies at `offset` among `fields`: a field, or a field of the struct that lies there.
fn field_at(runtime: &Runtime, fields: &[Field], offset: u64) -> String {
    let mut name = String::new();
    let (mut level, mut offset) = (fields.to_vec(), offset);
    for _ in 0..DEEPEST {
        let here = level.iter().filter(|field| u64::from(field.offset) <= offset).max_by_key(|field| field.offset);
        let Some(field) = here else { break };
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(&field.name);
        if field.kind != ElementKind::Struct {
            return name;
        }
        let Some(inner) = runtime.types.value_type_of(&runtime.space, field.declaring, field.rid) else { return name };
        offset -= u64::from(field.offset);
        level = runtime.types.fields(&runtime.space, inner);
    }
    if name.is_empty() { format!("+{offset:#x}") } else { name }
}
