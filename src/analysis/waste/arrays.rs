//! Arrays that hold nothing, or next to nothing.
//!
//! How many elements of an array of references are null is known without a look at memory: the graph has the
//! others as edges. Arrays of values are read, but only up to their first byte that is not zero.

use rayon::prelude::*;

use super::super::bits::Bits;
use super::{Hit, Source};
use crate::heap::TypeKind;
use crate::progress::{CHECK_EVERY, Cancelled, Progress};
use crate::runtime::gcdesc::GcDesc;

/// A smaller array of zeros may well be meant so.
const SMALLEST: u64 = 64;

/// What was found.
pub struct Arrays {
    /// Arrays of length 0, the first of each type left out: one suffices.
    pub empty: Vec<Hit>,
    /// Arrays at least half null or all zero: the elements that are null or zero are wasted.
    pub sparse: Vec<Hit>,
}

/// Looks at all arrays but those behind collections.
pub fn find(source: &Source<'_>, backing: &Bits, progress: &Progress) -> Result<Arrays, Cancelled> {
    let graph = source.graph;
    let is_array: Vec<bool> = graph.types.iter().map(|info| info.kind == TypeKind::Array).collect();
    let parts = (graph.objects.type_indices().par_chunks(CHECK_EVERY).enumerate())
        .map(|(chunk, types)| {
            progress.check()?;
            let mut part = Arrays { empty: Vec::new(), sparse: Vec::new() };
            for (i, _) in types.iter().enumerate().filter(|&(_, &kind)| is_array[kind as usize]) {
                let id = (chunk * CHECK_EVERY + i) as u32;
                match length(source, id) {
                    Some((0, _)) => part.empty.push((id, graph.objects.size(id))),
                    Some(length) if !backing.contains(id) => {
                        part.sparse.extend(unused(source, id, length).map(|bytes| (id, bytes)));
                    }
                    _ => {}
                }
            }
            Ok(part)
        })
        .collect::<Result<Vec<Arrays>, Cancelled>>()?;
    let mut met = vec![false; graph.types.len()];
    let mut out = Arrays { empty: Vec::new(), sparse: Vec::new() };
    for part in parts {
        let further = |&(id, _): &Hit| std::mem::replace(&mut met[graph.objects.type_index(id) as usize], true);
        out.empty.extend(part.empty.into_iter().filter(further));
        out.sparse.extend(part.sparse);
    }
    Ok(out)
}

/// Elements of an array and bytes of each; `None` for what is no array.
pub fn length(source: &Source<'_>, id: u32) -> Option<(u64, u64)> {
    let index = source.graph.objects.type_index(id) as usize;
    if source.graph.types[index].kind != TypeKind::Array {
        return None;
    }
    let table = &source.runtime.method_tables[index];
    let element = u64::from(table.component_size);
    let elements = source.graph.objects.size(id).saturating_sub(u64::from(table.base_size));
    Some((elements.checked_div(element)?, element))
}

/// Bytes of the elements that are null or zero, where that is worth a word.
fn unused(source: &Source<'_>, id: u32, (count, element): (u64, u64)) -> Option<u64> {
    let (graph, space) = (source.graph, &source.runtime.space);
    let table = &source.runtime.method_tables[graph.objects.type_index(id) as usize];
    let bytes = count * element;
    match table.gcdesc {
        GcDesc::Series(_) => {
            let extra = graph.extra.partition_point(|edge| edge.from <= id)
                - graph.extra.partition_point(|edge| edge.from < id);
            let strays = graph.strays.partition_point(|stray| stray.from <= id)
                - graph.strays.partition_point(|stray| stray.from < id);
            let filled = (graph.references.row(id).len() + strays - extra) as u64;
            let null = count.checked_sub(filled)?;
            (null * 2 >= count).then_some(null * element)
        }
        _ if bytes < SMALLEST => None,
        _ => {
            // The header word that the base size counts lies before the object.
            let first = u64::from(table.base_size).checked_sub(space.pointer_size() as u64)?;
            let elements = space.bytes(graph.objects.address(id).checked_add(first)?, usize::try_from(bytes).ok()?)?;
            let is_zero = |block: &[u8]| block.iter().fold(0, |any, byte| any | byte) == 0;
            elements.chunks(256).all(is_zero).then_some(bytes)
        }
    }
}
