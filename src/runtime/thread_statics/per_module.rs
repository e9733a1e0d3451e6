//! Thread statics up to 8: a ThreadLocalBlock in each thread, a ThreadLocalModule for each module.
//!
//! ThreadLocalBlock {table, count}, by module index: ThreadLocalModule {table, entries, handle of an
//! object[], …}. Types with statics of their own have an entry in its table, by the same id as for
//! statics, whose data begin with the handle. In 2.x a Thread points at its block, from 3.1 on it
//! contains it.

use rustc_hash::FxHashSet;

use super::{Place, THREAD_SIZE, is_object_array, most};
use crate::memory::AddressSpace;
use crate::runtime::statics::{PerModule, Sources, entry, loader_slot};

const MAX_MODULES: u64 = 1 << 16;

/// Where a Thread keeps its ThreadLocalBlock.
pub(super) struct Blocks<'a> {
    offset: u64,
    /// Does it point at the block (else contain it)?
    pointer: bool,
    statics: &'a PerModule,
}

impl<'a> Blocks<'a> {
    /// The place at which threads have most arrays for the modules of `method_tables`.
    pub fn measure(
        sources: Sources,
        statics: &'a PerModule,
        method_tables: &[u64],
        threads: &[u64],
    ) -> Option<Blocks<'a>> {
        let Sources { space, types, .. } = sources;
        let shape = types.shape();
        let modules: FxHashSet<u64> = method_tables.iter().filter_map(|&mt| shape.loader_module(space, mt)).collect();
        let mut indices: Vec<u64> =
            modules.into_iter().filter_map(|module| statics.module_index(sources, module)).collect();
        indices.sort_unstable();
        indices.dedup();
        let hits = |(offset, pointer): (u64, bool)| {
            let blocks = Blocks { offset, pointer, statics };
            let modules = |thread: u64| blocks.modules(space, thread);
            let found = |&(table, count): &(u64, u64)| {
                let of_index = |&&index: &&u64| array(sources, module_at(space, table, count, index)).is_some();
                indices.iter().filter(of_index).count()
            };
            threads.iter().filter_map(|&thread| modules(thread)).map(|block| found(&block)).sum()
        };
        let offsets = (0..THREAD_SIZE).step_by(shape.pointer as usize);
        let (offset, pointer) = most(offsets.flat_map(|offset| [(offset, false), (offset, true)]), hits)?;
        Some(Blocks { offset, pointer, statics })
    }

    pub fn how(&self) -> String {
        let link = if self.pointer { "behind a pointer at" } else { "at" };
        format!("ThreadLocalBlock {link} Thread+{:#x}", self.offset)
    }

    /// Table and count of a thread's modules.
    fn modules(&self, space: &AddressSpace, thread: u64) -> Option<(u64, u64)> {
        let at = thread.checked_add(self.offset)?;
        let block = if self.pointer { space.pointer(at)? } else { at };
        let count = space.pointer(block.checked_add(space.pointer_size() as u64)?)?;
        Some((space.pointer(block)?, count)).filter(|&(table, count)| table != 0 && count < MAX_MODULES)
    }

    pub fn place(&self, sources: Sources, thread: u64, method_table: u64) -> Option<Place> {
        let Sources { space, types, handles, .. } = sources;
        let elements = 2 * types.shape().pointer;
        let module = types.shape().loader_module(space, method_table)?;
        let (table, count) = self.modules(space, thread)?;
        let local = module_at(space, table, count, self.statics.module_index(sources, module)?)?;
        let (array, collectible) = match self.statics.id(sources, method_table)? {
            None => (array(sources, Some(local))?, false),
            Some(id) => {
                let entry = entry(space, local, id)?;
                match entry.collectible {
                    false => (handles.at(entry.word)?.object, false),
                    true => (loader_slot(sources, module, entry.word)?, true),
                }
            }
        };
        Some(Place { base: array.checked_add(elements)?, collectible })
    }
}

/// The ThreadLocalModule of a module index.
fn module_at(space: &AddressSpace, table: u64, count: u64, index: u64) -> Option<u64> {
    let slot = table.checked_add(index.checked_mul(space.pointer_size() as u64)?)?;
    if index < count { space.pointer(slot).filter(|&module| module != 0) } else { None }
}

/// The object[] that a ThreadLocalModule has a handle of.
fn array(sources: Sources, local: Option<u64>) -> Option<u64> {
    let slot = local?.checked_add(2 * sources.types.shape().pointer)?;
    let handle = sources.handles.at(sources.space.pointer(slot)?)?;
    is_object_array(sources, handle.object, None).then_some(handle.object)
}
