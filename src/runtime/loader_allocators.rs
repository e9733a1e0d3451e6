//! LoaderAllocators: what keeps the types of a collectible load context alive.
//!
//! To the GC an object of a collectible type holds the managed LoaderAllocator of its context, though no
//! field does. No offset is needed to find it: a native LoaderAllocator holds a weak long handle of the
//! managed one, whose first field is its scout, whose only field is the address of the native one. That
//! circle proves all three. A module names its native LoaderAllocator in one of its words (8+), or its
//! assembly does (3.1).

use rustc_hash::{FxHashMap, FxHashSet};

use super::handles::{HandleKind, Handles};
use super::types::TypeSystem;
use crate::memory::AddressSpace;

/// How far into the native LoaderAllocator its handle is looked for: 0x240 in 3.1, 0x468 in 9.
const ALLOCATOR_SIZE: u64 = 0x600;
/// How far into a module its LoaderAllocator is looked for (0xF8 in 8), and into an assembly (0x40 in 3.1).
const MODULE_SIZE: u64 = 0x200;
const ASSEMBLY_SIZE: u64 = 0x80;

/// The collectible LoaderAllocators of a runtime.
#[derive(Clone, Debug, Default)]
pub struct LoaderAllocators {
    /// Native address → address of the managed object.
    managed: FxHashMap<u64, u64>,
}

impl LoaderAllocators {
    /// Finds them among the weak long handles.
    pub fn find(space: &AddressSpace, handles: &Handles, is_object: impl Fn(u64) -> bool) -> LoaderAllocators {
        let p = space.pointer_size() as u64;
        let field = |object: u64| is_object(object).then(|| space.pointer(object.checked_add(p)?)).flatten();
        let managed = handles
            .iter()
            .filter(|handle| handle.kind == HandleKind::WeakLong)
            .filter_map(|handle| {
                let scout = field(handle.object)?;
                let native = field(scout)?;
                let proven = words(space, native, ALLOCATOR_SIZE).any(|(_, word)| word == handle.address);
                proven.then_some((native, handle.object))
            })
            .collect();
        LoaderAllocators { managed }
    }

    pub fn len(&self) -> usize {
        self.managed.len()
    }

    pub fn is_empty(&self) -> bool {
        self.managed.is_empty()
    }

    /// The managed LoaderAllocator of a collectible type; `None` for every other type.
    pub fn of_type(&self, space: &AddressSpace, types: &TypeSystem, method_table: u64) -> Option<u64> {
        if self.managed.is_empty() {
            return None;
        }
        self.of_module(space, types.shape().loader_module(space, method_table)?)
    }

    /// The managed LoaderAllocator of a collectible module; `None` for every other module.
    pub fn of_module(&self, space: &AddressSpace, module: u64) -> Option<u64> {
        if self.managed.is_empty() {
            return None;
        }
        let known = |(_, word): (u64, u64)| self.managed.get(&word).copied();
        words(space, module, MODULE_SIZE).find_map(known).or_else(|| {
            // A collectible module has at most one assembly, and any other word of it names no allocator.
            let found: FxHashSet<u64> = words(space, module, MODULE_SIZE)
                .filter_map(|(_, word)| words(space, word, ASSEMBLY_SIZE).find_map(known))
                .collect();
            (found.len() == 1).then(|| found.into_iter().next()).flatten()
        })
    }
}

/// The readable words of `size` bytes from `address` on, each with its address.
fn words(space: &AddressSpace, address: u64, size: u64) -> impl Iterator<Item = (u64, u64)> {
    let p = space.pointer_size() as u64;
    let first = address != 0 && address.is_multiple_of(p);
    let end = if first { address.saturating_add(size) } else { address };
    (address..end).step_by(p as usize).filter_map(|at| Some((at, space.pointer(at)?)))
}
