//! Modules that several application domains share (.NET Framework; mscorlib always is one).
//!
//! Such a module has an index, 2 i + 1, where others point at their DomainLocalModule: each domain has one
//! of its own, at place i of the table that its DomainLocalBlock {domain, table, entries} names. The tables
//! are found by their shape: what an entry points at says that entry's index itself. By source
//! (appdomain.hpp and ceeload.h of CoreCLR 1.0): .NET Core has one domain and no such modules.

use std::ops::Range;

use crate::memory::AddressSpace;
use crate::progress::{Cancelled, Progress};
use crate::runtime::word;

/// Nothing is mapped below.
const LOWEST: u64 = 0x10000;
/// Modules of a process, and tables that are looked at, beyond which they are not believed.
const MOST_ENTRIES: u64 = 1 << 12;
const MOST_TABLES: usize = 1 << 12;
/// Indices are given in order, so the first entries of a table cannot all be empty.
const FIRST: u64 = 8;
/// Entries that must prove themselves.
const WITNESSES: usize = 3;

/// The DomainLocalModules of one domain, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Table {
    address: u64,
    entries: u64,
}

impl Table {
    /// Finds the tables of all domains. `skip` is the GC heap.
    pub fn find_all(space: &AddressSpace, skip: &[Range<u64>], progress: &Progress) -> Result<Vec<Table>, Cancelled> {
        let p = space.pointer_size();
        let mut tables = space.scan(skip, p, progress, |address, bytes, own, hits| {
            let first = (address.next_multiple_of(p as u64) - address) as usize;
            for at in (first..own).step_by(p) {
                let (Some(address), Some(entries)) = (word(bytes, at, p), word(bytes, at + p, p)) else { return };
                if (WITNESSES as u64..=MOST_ENTRIES).contains(&entries)
                    && address >= LOWEST
                    && address.is_multiple_of(p as u64)
                {
                    let table = Table { address, entries };
                    if table.witnesses(space, entries.min(FIRST)).is_some_and(|count| count > 0) {
                        hits.push(table);
                    }
                }
            }
        })?;
        tables.sort_unstable();
        tables.dedup();
        tables.truncate(MOST_TABLES);
        tables.retain(|table| table.witnesses(space, table.entries).is_some_and(|count| count >= WITNESSES));
        Ok(tables)
    }

    /// The module with this index.
    pub fn local_module(self, space: &AddressSpace, index: u64) -> Option<u64> {
        let p = space.pointer_size() as u64;
        let slot = self.address.checked_add(index.checked_mul(p)?)?;
        if index < self.entries { space.pointer(slot).filter(|&local| local != 0) } else { None }
    }

    /// How many of the first `entries` say their index; `None` where one contradicts.
    fn witnesses(self, space: &AddressSpace, entries: u64) -> Option<usize> {
        let p = space.pointer_size() as u64;
        let mut count = 0;
        for index in 0..entries {
            let local = space.pointer(self.address.checked_add(index * p)?)?;
            if local != 0 {
                (space.pointer(local.checked_add(5 * p)?)? == index).then_some(())?;
                count += 1;
            }
        }
        Some(count)
    }
}
