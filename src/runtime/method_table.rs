//! MethodTable: what the heap walk needs to know of a type.
//!
//! A word is taken for a method table only if it passes a structural test that holds from 2.1 to 10,
//! 32 and 64 bit: its EEClass points back at the canonical method table (in 2.x by a distance from the
//! slot), and its GCDesc is sane. No version is asked. The layout used: flags at 0, base size at 4,
//! EEClass or canonical method table (tagged) behind four pointers at 0x10.

use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use super::gcdesc::GcDesc;
use crate::memory::AddressSpace;

const HAS_COMPONENTS: u32 = 0x8000_0000;
const CONTAINS_POINTERS: u32 = 0x0100_0000;
/// Flags of the one method table that marks unused space.
const FREE: u32 = 0x8000_0001;
/// No type is larger, less its elements.
const MAX_BASE_SIZE: u32 = 1 << 24;

/// A type as the walk sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodTable {
    pub address: u64,
    pub flags: u32,
    pub base_size: u32,
    /// Bytes per element; 0 for types without elements.
    pub component_size: u32,
    pub gcdesc: GcDesc,
}

impl MethodTable {
    /// Reads the method table at `address`; `None` where there is none.
    pub fn read(space: &AddressSpace, address: u64) -> Option<MethodTable> {
        let p = space.pointer_size() as u64;
        let class_slot = 0x10 + 3 * p;
        if address == 0 || !address.is_multiple_of(p) {
            return None;
        }
        let mut head = [0u8; 0x40];
        let head = &mut head[..if p == 8 { 0x40 } else { 0x28 }];
        space.read(address, head)?;
        let flags = u32::from_le_bytes(head[..4].try_into().expect("four bytes"));
        let base_size = u32::from_le_bytes(head[4..8].try_into().expect("four bytes"));
        if flags == FREE && u64::from(base_size) == 3 * p && head[8..].iter().all(|&byte| byte == 0) {
            return Some(MethodTable { address, flags, base_size, component_size: 1, gcdesc: GcDesc::None });
        }
        if !(2 * p as u32..MAX_BASE_SIZE).contains(&base_size) {
            return None;
        }
        let class = space.pointer(address.checked_add(class_slot)?)?;
        let canonical = match class & 3 {
            0 => address,
            3 => space.pointer(class - 3)?,
            _ => class & !3,
        };
        let class = space.pointer(canonical.checked_add(class_slot)?)?;
        if canonical == 0 || class == 0 || class & 3 != 0 {
            return None;
        }
        let back_slot = class.checked_add(2 * p)?;
        let back = space.pointer(back_slot)?;
        let mask = if p == 8 { u64::MAX } else { u64::from(u32::MAX) };
        if back == 0 || (canonical != back && canonical != back_slot.wrapping_add(back) & mask) {
            return None;
        }
        let component_size = if flags & HAS_COMPONENTS != 0 { flags & 0xFFFF } else { 0 };
        let gcdesc = if flags & CONTAINS_POINTERS != 0 {
            GcDesc::read(space, address, base_size, component_size)?
        } else {
            GcDesc::None
        };
        Some(MethodTable { address, flags, base_size, component_size, gcdesc })
    }

    pub fn is_free(&self) -> bool {
        self.flags == FREE
    }

    /// May this be a type of a collectible load context? (Bit of 3.1–8, bit of 9+; others use them for
    /// other things, so a proof must follow.)
    pub fn may_be_collectible(&self) -> bool {
        self.flags & 0x1020_0000 != 0
    }

    /// Size of an object with `length` elements: not rounded up, but at least the minimum object size.
    #[inline]
    pub fn size(&self, length: u32, pointer_size: u64) -> u64 {
        let size = u64::from(self.base_size) + u64::from(self.component_size) * u64::from(length);
        size.max(3 * pointer_size)
    }
}

/// All method tables met so far, by index; shared by the threads that walk.
#[derive(Debug, Default)]
pub struct MethodTables {
    /// A method table never lies in the GC heap: stale words there must not pass.
    heap: Vec<Range<u64>>,
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    index: FxHashMap<u64, u32>,
    tables: Vec<Arc<MethodTable>>,
}

impl MethodTables {
    pub fn new(heap: Vec<Range<u64>>) -> MethodTables {
        MethodTables { heap, known: RwLock::default() }
    }

    /// Index and method table at `address`, or `None` where there is none. Addresses that fail are not
    /// remembered: a broken dump may hold as many of them as it has words.
    pub fn get(&self, space: &AddressSpace, address: u64) -> Option<(u32, Arc<MethodTable>)> {
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(&index) = known.index.get(&address) {
                return Some((index, known.tables[index as usize].clone()));
            }
        }
        let behind = self.heap.partition_point(|range| range.end <= address);
        if self.heap.get(behind).is_some_and(|range| range.start <= address) {
            return None;
        }
        let table = Arc::new(MethodTable::read(space, address)?);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let Known { index, tables } = &mut *known;
        let found = *index.entry(address).or_insert_with(|| {
            tables.push(table);
            tables.len() as u32 - 1
        });
        Some((found, tables[found as usize].clone()))
    }

    /// All tables, in the order of their indices.
    pub fn tables(&self) -> Vec<Arc<MethodTable>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).tables.clone()
    }
}
