//! Thread statics from 9 on: ThreadLocalData of each thread.
//!
//! ThreadLocalData {i32 n, i32 m, object[] array, handles of m collectible types, …}. The array has n - 2
//! elements, one for each type that has thread statics; the word that names it is a root that no handle
//! stands for. A type's index has its kind in the top byte: 0 an element of the array, 1 one of the
//! handles (weak: the LoaderAllocator holds that object).

use super::{Place, THREAD_SIZE, is_object_array, most};
use crate::memory::AddressSpace;
use crate::runtime::statics::{Sources, thread_index};

/// Indices below are kept in ThreadLocalData itself.
const FIRST_INDEX: u32 = 2;
const MAX_INDEX: u32 = 1 << 20;

/// Where a Thread keeps its ThreadLocalData.
pub(super) struct PerThread {
    offset: u64,
}

impl PerThread {
    /// The offset at which most threads have an array of the length that goes with it.
    pub fn measure(sources: Sources, threads: &[u64]) -> Option<PerThread> {
        let fits = |offset: u64, thread: u64| {
            let found = || {
                let kept = PerThread { offset };
                let (_, array) = kept.array(sources.space, thread)?;
                let count = sources.space.u32(kept.data(sources.space, thread)?)?;
                let length = count.checked_sub(FIRST_INDEX).filter(|&length| length > 0 && length < MAX_INDEX)?;
                Some(is_object_array(sources, array, Some(length)))
            };
            found() == Some(true)
        };
        let step = sources.types.shape().pointer as usize;
        let offset =
            most((0..THREAD_SIZE).step_by(step), |o| threads.iter().filter(|&&thread| fits(o, thread)).count())?;
        Some(PerThread { offset })
    }

    pub fn how(&self) -> String {
        format!("ThreadLocalData at Thread+{:#x}", self.offset)
    }

    fn data(&self, space: &AddressSpace, thread: u64) -> Option<u64> {
        space.pointer(thread.checked_add(self.offset)?).filter(|&data| data != 0)
    }

    /// A thread's array: where its word lies, and the object.
    pub fn array(&self, space: &AddressSpace, thread: u64) -> Option<(u64, u64)> {
        let slot = self.data(space, thread)?.checked_add(8)?;
        Some((slot, space.pointer(slot).filter(|&array| array != 0)?))
    }

    pub fn place(&self, sources: Sources, thread: u64, method_table: u64) -> Option<Place> {
        let space = sources.space;
        let p = sources.types.shape().pointer;
        let index = thread_index(sources, method_table)?;
        let (kind, index) = (index >> 24, index & 0xFF_FFFF);
        let data = self.data(space, thread)?;
        let element = match kind {
            0 if (FIRST_INDEX..space.u32(data)?).contains(&index) => {
                let (_, array) = self.array(space, thread)?;
                space.pointer(array.checked_add(2 * p + u64::from(index - FIRST_INDEX) * p)?)?
            }
            1 if index < space.u32(data.checked_add(4)?)? => {
                let handles = space.pointer(data.checked_add(8 + p)?)?;
                let handle = space.pointer(handles.checked_add(u64::from(index) * p)?)?;
                sources.handles.at(handle)?.object
            }
            _ => return None,
        };
        (element != 0).then_some(Place { base: element, collectible: kind == 1 })
    }
}
