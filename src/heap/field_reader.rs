//! Reads objects once more, to tell which reference of a row is which field.
//!
//! A row of references is in order of offset without the empty ones, so the slots that are not empty are the
//! row's entries one by one. Questions come for millions of objects in ascending order: the reader keeps its
//! place in every list it looks things up in, and searches only where that place is the wrong one.

use super::field_names::{FieldId, FieldNames, Layout};
use super::{ExtraKind, Graph};
use crate::runtime::Runtime;

/// What a dependent handle's edge is called, and that of a collectible type's object to its LoaderAllocator.
const DEPENDENT_HANDLE: &str = "(dependent handle)";
const LOADER_ALLOCATOR: &str = "(collectible type)";

/// Reads the references of objects by field; fast in ascending order, right in any.
#[derive(Clone, Debug)]
pub struct FieldReader<'a> {
    names: &'a FieldNames,
    graph: &'a Graph,
    runtime: Option<&'a Runtime>,
    /// Places: the first extra edge and the first stray at or behind the object, its block of objects.
    extra: usize,
    strays: usize,
    block: usize,
    /// Memory from `base` on.
    base: u64,
    bytes: &'a [u8],
}

impl<'a> FieldReader<'a> {
    pub(super) fn new(names: &'a FieldNames, graph: &'a Graph, runtime: Option<&'a Runtime>) -> FieldReader<'a> {
        FieldReader { names, graph, runtime, extra: 0, strays: 0, block: 0, base: 0, bytes: &[] }
    }

    /// Calls `visit(target, field)` for every reference of `from`, in order of offset, then for its edges
    /// that are no fields.
    pub fn visit(&mut self, from: u32, mut visit: impl FnMut(u32, FieldId)) {
        let graph = self.graph;
        self.extra = seek(&graph.extra, self.extra, from, |edge| edge.from);
        let extra = graph.extra[self.extra..].iter().take_while(|edge| edge.from == from);
        let row = graph.references.row(from);
        let row = &row[..row.len() - extra.clone().count().min(row.len())];
        let layout = self.names.layout_of(graph, self.runtime, graph.objects.type_index(from));
        match (layout, self.runtime) {
            (&Layout::Same(field), _) => row.iter().for_each(|&to| visit(to, field)),
            (Layout::Fields(fields), _) if fields.len() == row.len() => {
                row.iter().zip(fields).for_each(|(&to, &(_, field))| visit(to, field));
            }
            (Layout::Fields(fields), Some(runtime)) => {
                self.slots(runtime, from, row, fields.iter().copied(), &mut visit);
            }
            (Layout::Elements { first, size, fields }, Some(runtime)) => {
                let end = graph.objects.size(from).saturating_sub(runtime.space.pointer_size() as u64);
                let starts = (*first..end).step_by(*size as usize);
                let slots = starts.flat_map(|start| fields.iter().map(move |&(offset, field)| (start + offset, field)));
                self.slots(runtime, from, row, slots, &mut visit);
            }
            (_, None) => {}
        }
        for edge in extra {
            let name = match edge.kind {
                ExtraKind::DependentHandle => DEPENDENT_HANDLE,
                ExtraKind::LoaderAllocator => LOADER_ALLOCATOR,
            };
            visit(edge.to, self.names.intern(name));
        }
    }

    /// Pairs the entries of the row with the slots that are not empty.
    fn slots(
        &mut self,
        runtime: &'a Runtime,
        from: u32,
        row: &[u32],
        slots: impl Iterator<Item = (u64, FieldId)>,
        mut visit: impl FnMut(u32, FieldId),
    ) {
        let graph = self.graph;
        let (address, block) = graph.objects.address_near(from, self.block);
        self.block = block;
        // References that hit no object have no entry in the row.
        self.strays = seek(&graph.strays, self.strays, from, |stray| stray.from);
        let strays = graph.strays[self.strays..].iter().take_while(|stray| stray.from == from);
        let mut row = row.iter();
        for (offset, field) in slots {
            let target = self.pointer(runtime, address.wrapping_add(offset));
            if target != 0 && strays.clone().all(|stray| stray.target != target) {
                let Some(&to) = row.next() else { return };
                visit(to, field);
            }
        }
    }

    /// The pointer at an address; 0 where the dump lacks it.
    fn pointer(&mut self, runtime: &'a Runtime, address: u64) -> u64 {
        let p = runtime.space.pointer_size();
        let here = |base: u64, bytes: &'a [u8]| {
            let at = usize::try_from(address.checked_sub(base)?).ok()?;
            bytes.get(at..at.checked_add(p)?)
        };
        let bytes = here(self.base, self.bytes).or_else(|| {
            (self.base, self.bytes) = (address, runtime.space.tail(address)?);
            here(self.base, self.bytes)
        });
        match bytes {
            Some(bytes) if p == 8 => u64::from_le_bytes(bytes.try_into().expect("eight bytes")),
            Some(bytes) => u64::from(u32::from_le_bytes(bytes.try_into().expect("four bytes"))),
            // It may go on in the next run.
            None => runtime.space.pointer(address).unwrap_or(0),
        }
    }
}

/// The first entry whose key is `wanted` or more, from a place that is probably near.
fn seek<T>(sorted: &[T], at: usize, wanted: u32, key: impl Fn(&T) -> u32) -> usize {
    let behind = at == 0 || key(&sorted[at - 1]) < wanted;
    let before = sorted.get(at).is_none_or(|entry| key(entry) >= wanted);
    if behind && before { at } else { sorted.partition_point(|entry| key(entry) < wanted) }
}
