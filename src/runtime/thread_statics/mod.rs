//! Thread statics that hold objects: their names, by thread.
//!
//! From 9 on a thread keeps its objects in arrays that only a native word holds (`per_thread.rs`); up to 8 in
//! arrays that handles hold (`per_module.rs`). Where in a Thread these structures lie is measured: the
//! offset that fits most threads wins.

mod per_module;
mod per_thread;

use super::statics::{Sources, Storage, holds_object};
use super::threads::Thread;
use super::types::StaticField;
use crate::memory::AddressSpace;
use crate::progress::{CHECK_EVERY, Cancelled, Progress};

/// How far into a Thread its thread statics are looked for: 0x4A0 in 2.2.
const THREAD_SIZE: u64 = 0x600;

/// A thread-static variable that is not null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadStatic {
    /// Index of its thread.
    pub thread: u32,
    pub method_table: u64,
    /// Raw name of the field.
    pub field: Box<str>,
    /// Where the reference lies.
    pub slot: u64,
    pub object: u64,
    /// Is it kept by a collectible load context, not by the thread?
    pub collectible: bool,
}

/// All thread statics that are not null.
#[derive(Clone, Debug, Default)]
pub struct ThreadStatics {
    /// By thread, then in the order of types.
    pub list: Vec<ThreadStatic>,
    /// 9+: the array of each thread that holds all of its thread statics and is a root with no name:
    /// (index of the thread, native word, array).
    pub arrays: Vec<(u32, u64, u64)>,
    /// How they were found, in words.
    pub how: String,
}

/// Where a type's thread statics of one thread lie.
struct Place {
    base: u64,
    collectible: bool,
}

/// The way a runtime keeps thread statics.
enum Kept<'a> {
    PerThread(per_thread::PerThread),
    PerModule(per_module::Blocks<'a>),
}

impl ThreadStatics {
    /// Finds them among `method_tables` and `threads`.
    pub fn find(
        sources: Sources,
        storage: &Storage,
        method_tables: &[u64],
        threads: &[Thread],
        progress: &Progress,
    ) -> Result<ThreadStatics, Cancelled> {
        let native: Vec<u64> = threads.iter().map(|thread| thread.address).collect();
        let kept = match storage {
            Storage::PerType => per_thread::PerThread::measure(sources, &native).map(Kept::PerThread),
            Storage::PerModule(statics) => {
                per_module::Blocks::measure(sources, statics, method_tables, &native).map(Kept::PerModule)
            }
        };
        let Some(kept) = kept else {
            return Ok(ThreadStatics { how: "none found".to_owned(), ..ThreadStatics::default() });
        };
        let mut out = ThreadStatics { how: kept.how(), ..ThreadStatics::default() };
        if let Kept::PerThread(kept) = &kept {
            let array = |(i, &thread): (usize, &u64)| {
                kept.array(sources.space, thread).map(|(at, array)| (i as u32, at, array))
            };
            out.arrays = native.iter().enumerate().filter_map(array).collect();
        }
        for (i, &method_table) in method_tables.iter().enumerate() {
            if i.is_multiple_of(CHECK_EVERY >> 6) {
                progress.check()?;
            }
            let list = storage.field_list(sources, method_table);
            let mut fields = sources.types.static_fields(sources.space, method_table, list);
            fields.retain(|field| holds_object(field) && field.thread_local);
            for (thread, &native) in native.iter().enumerate().filter(|_| !fields.is_empty()) {
                let Some(place) = kept.place(sources, native, method_table) else { continue };
                out.list.extend(variables(sources.space, thread as u32, method_table, &fields, &place));
            }
        }
        out.list.sort_by_key(|variable| variable.thread);
        Ok(out)
    }
}

fn variables(
    space: &AddressSpace,
    thread: u32,
    method_table: u64,
    fields: &[StaticField],
    place: &Place,
) -> impl Iterator<Item = ThreadStatic> {
    fields.iter().filter_map(move |field| {
        let slot = place.base.wrapping_add(u64::from(field.offset));
        let object = space.pointer(slot).filter(|&object| object != 0)?;
        let (field, collectible) = (field.name.clone(), place.collectible);
        Some(ThreadStatic { thread, method_table, field, slot, object, collectible })
    })
}

impl Kept<'_> {
    fn place(&self, sources: Sources, thread: u64, method_table: u64) -> Option<Place> {
        match self {
            Kept::PerThread(kept) => kept.place(sources, thread, method_table),
            Kept::PerModule(kept) => kept.place(sources, thread, method_table),
        }
    }

    fn how(&self) -> String {
        match self {
            Kept::PerThread(kept) => kept.how(),
            Kept::PerModule(kept) => kept.how(),
        }
    }
}

/// Is `object` an object[] (of `length` elements, where that is asked for)?
fn is_object_array(sources: Sources, object: u64, length: Option<u32>) -> bool {
    let Sources { space, types, .. } = sources;
    let of_objects = |array: u64| types.element(space, array) == Some(types.object());
    space.pointer(object).is_some_and(of_objects)
        && length
            .is_none_or(|length| object.checked_add(types.shape().pointer).and_then(|at| space.u32(at)) == Some(length))
}

/// The place in a Thread with most hits, the lowest of several; `None` without any hit.
fn most<T: Copy>(places: impl Iterator<Item = T>, hits: impl Fn(T) -> usize) -> Option<T> {
    let mut best = (0, None);
    for place in places {
        let count = hits(place);
        if count > best.0 {
            best = (count, Some(place));
        }
    }
    best.1
}
