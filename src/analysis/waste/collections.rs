//! Collections that hold less than they have room for.
//!
//! A collection is known by its name and read by the names of its fields: the array behind it and how many of
//! that array's elements are in use. Names have hardly changed since .NET Framework 2; where one did, both
//! stand here.

use rayon::prelude::*;

use super::super::bits::Bits;
use super::{Hit, Source};
use crate::progress::{CHECK_EVERY, Cancelled, Progress};
use crate::runtime::Runtime;

/// How a collection's fields are called, newer names first.
struct Known {
    /// Up to the generic arguments.
    name: &'static str,
    backing: &'static [&'static str],
    used: &'static [&'static str],
    /// Elements counted in `used` that were given back.
    freed: &'static [&'static str],
}

const fn known(
    name: &'static str,
    backing: &'static [&'static str],
    used: &'static [&'static str],
    freed: &'static [&'static str],
) -> Known {
    Known { name, backing, used, freed }
}

const KNOWN: [Known; 13] = [
    known("System.Collections.Generic.List", &["_items"], &["_size"], &[]),
    known(
        "System.Collections.Generic.Dictionary",
        &["_entries", "entries"],
        &["_count", "count"],
        &["_freeCount", "freeCount"],
    ),
    known(
        "System.Collections.Generic.HashSet",
        &["_entries", "_slots", "m_slots"],
        &["_count", "m_count"],
        &["_freeCount"],
    ),
    known("System.Collections.Generic.Queue", &["_array"], &["_size"], &[]),
    known("System.Collections.Generic.Stack", &["_array"], &["_size"], &[]),
    known("System.Collections.Generic.PriorityQueue", &["_nodes"], &["_size"], &[]),
    known("System.Collections.Generic.SortedList", &["keys"], &["_size"], &[]),
    known("System.Collections.ArrayList", &["_items"], &["_size"], &[]),
    known("System.Collections.Hashtable", &["_buckets", "buckets"], &["_count", "count"], &[]),
    known("System.Collections.Queue", &["_array"], &["_size"], &[]),
    known("System.Collections.Stack", &["_array"], &["_size"], &[]),
    known("System.IO.MemoryStream", &["_buffer"], &["_length"], &[]),
    known("System.Text.StringBuilder", &["m_ChunkChars"], &["m_ChunkLength"], &[]),
];

/// Where the fields of one collection type are, in bytes from the object's start.
#[derive(Clone, Copy)]
struct Layout {
    backing: u64,
    used: u64,
    freed: Option<u64>,
}

/// What was found.
pub struct Collections {
    /// Collections without an element: they and the room they set aside are wasted.
    pub empty: Vec<Hit>,
    /// Collections at most half full: the unused room is wasted.
    pub sparse: Vec<Hit>,
    /// The arrays behind all collections.
    pub backing: Bits,
}

pub fn find(source: &Source<'_>, progress: &Progress) -> Result<Collections, Cancelled> {
    let objects = &source.graph.objects;
    let layouts: Vec<Option<Layout>> = (0..source.graph.types.len()).map(|index| layout(source, index)).collect();
    let parts = objects
        .type_indices()
        .par_chunks(CHECK_EVERY)
        .enumerate()
        .map(|(chunk, types)| {
            progress.check()?;
            let found = types.iter().enumerate().filter_map(|(i, &kind)| {
                Collection::read(source, (chunk * CHECK_EVERY + i) as u32, layouts[kind as usize]?)
            });
            Ok(found.collect())
        })
        .collect::<Result<Vec<Vec<Collection>>, Cancelled>>()?;

    let mut out = Collections { empty: Vec::new(), sparse: Vec::new(), backing: Bits::new(source.graph.len()) };
    for collection in parts.into_iter().flatten() {
        let Collection { id, backing, used, capacity, element } = collection;
        // Two collections may share an array; its room is wasted once. An array without elements is often
        // the one that all empty collections share.
        let mine = backing.is_some_and(|backing| out.backing.insert(backing)) && capacity > 0;
        if used == 0 {
            let array = backing.filter(|_| mine).map_or(0, |backing| objects.size(backing));
            out.empty.push((id, objects.size(id) + array));
        } else if mine && used * 2 <= capacity {
            out.sparse.push((id, (capacity - used) * element));
        }
    }
    Ok(out)
}

fn layout(source: &Source<'_>, index: usize) -> Option<Layout> {
    let info = &source.graph.types[index];
    let known = KNOWN.iter().find(|known| is_instance(&info.name.full, known.name))?;
    let Runtime { space, types, .. } = source.runtime;
    let fields = types.fields(space, info.method_table);
    let at = |names: &[&str]| {
        let field = names.iter().find_map(|name| fields.iter().find(|field| &*field.name == *name))?;
        Some(space.pointer_size() as u64 + u64::from(field.offset))
    };
    Some(Layout { backing: at(known.backing)?, used: at(known.used)?, freed: at(known.freed) })
}

/// Is `full` the type `name`, with or without generic arguments? Not its nested types and arrays of it.
fn is_instance(full: &str, name: &str) -> bool {
    let Some(arguments) = full.strip_prefix(name) else { return false };
    let mut depth = 0usize;
    let closed = arguments.char_indices().find_map(|(at, c)| {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth == 0).then_some(at + 1)
    });
    arguments.is_empty() || (arguments.starts_with('<') && closed == Some(arguments.len()))
}

struct Collection {
    id: u32,
    /// `None` before anything was put in.
    backing: Option<u32>,
    used: u64,
    capacity: u64,
    /// Bytes of an element.
    element: u64,
}

impl Collection {
    /// `None` where its fields are not in the dump or contradict each other.
    fn read(source: &Source<'_>, id: u32, layout: Layout) -> Option<Collection> {
        let (graph, space) = (source.graph, &source.runtime.space);
        let address = graph.objects.address(id);
        let number = |offset: u64| space.u32(address.checked_add(offset)?).map(u64::from);
        let freed = layout.freed.map_or(Some(0), number)?;
        let used = number(layout.used)?.checked_sub(freed)?;
        let array = space.pointer(address.checked_add(layout.backing)?)?;
        if array == 0 {
            return (used == 0).then_some(Collection { id, backing: None, used, capacity: 0, element: 0 });
        }
        let backing = graph.objects.at(array)?;
        let (capacity, element) = super::arrays::length(source, backing)?;
        (used <= capacity).then_some(Collection { id, backing: Some(backing), used, capacity, element })
    }
}

#[cfg(test)]
mod tests {
    use super::is_instance;

    #[test]
    fn only_the_collection_itself_is_one() {
        let name = "Generic.List";
        assert!(is_instance("Generic.List", name));
        assert!(is_instance("Generic.List<A<B>+C, D>", name));
        for other in ["Generic.List<A>+Enumerator", "Generic.List<A>[]", "Generic.ListOf<A>", "Generic.List+Node", "x"]
        {
            assert!(!is_instance(other, name), "{other}");
        }
    }
}
