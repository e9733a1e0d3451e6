//! Generic instances: those of the heap's objects, and those in the modules' hash tables.
//!
//! A module's AvailableParamTypes is found by its first word, which points back at the module: {module,
//! loader heap, buckets, number of entries}. That its chains hold exactly that number of entries proves
//! it a table; its values count if they are method tables of instances (other tables of a module begin
//! alike and hold something else).

use rustc_hash::FxHashSet;

use super::Sources;
use crate::memory::AddressSpace;
use crate::progress::{Cancelled, Progress};
use crate::runtime::types::{Shape, TypeDef};

/// Where in Module the tables lie: 0x13C (32 bit) to 0x400.
const TABLES: std::ops::Range<u64> = 0x80..0x600;
/// Chains and entries of one table beyond which it is not believed.
const MAX_BUCKETS: u64 = 1 << 20;
const MAX_ENTRIES: u64 = 1 << 20;
/// Base classes of a type.
const DEEPEST: usize = 256;

/// Method tables of all generic instances, each once; no open definitions.
pub(super) fn all(
    sources: Sources,
    type_defs: &[TypeDef],
    extra: &[u64],
    progress: &Progress,
) -> Result<Vec<u64>, Cancelled> {
    let Sources { space, types, .. } = sources;
    let shape = types.shape();
    let mut out = Vec::new();
    let mut seen = FxHashSet::default();
    let mut take = |out: &mut Vec<u64>, first: u64| {
        let mut next = Some(first);
        for _ in 0..DEEPEST {
            let Some(mt) = next.filter(|&mt| mt != 0 && seen.insert(mt)) else { break };
            if shape.is_instance(space, mt) {
                out.push(mt);
            }
            next = shape.parent(space, mt);
        }
    };
    for &mt in extra.iter().chain(type_defs.iter().map(|def| &def.method_table)) {
        take(&mut out, mt);
    }
    let mut modules: Vec<u64> = type_defs.iter().map(|def| def.module).collect();
    modules.sort_unstable();
    modules.dedup();
    for module in modules {
        progress.check()?;
        for instance in of_module(space, shape, module) {
            take(&mut out, instance);
        }
    }
    Ok(out)
}

/// The instances in all tables of a module.
fn of_module(space: &AddressSpace, shape: &Shape, module: u64) -> Vec<u64> {
    let mut out = Vec::new();
    for offset in TABLES.step_by(shape.pointer as usize) {
        let Some(table) = module.checked_add(offset).and_then(|slot| space.pointer(slot)) else { break };
        if table != 0 && space.pointer(table) == Some(module) {
            out.extend(entries(space, table).unwrap_or_default());
        }
    }
    out.retain(|&mt| mt & 3 == 0 && shape.is_instance(space, mt) && shape.is_method_table(space, mt));
    out
}

/// The values of the hash table at `table`; `None` if it proves to be none.
fn entries(space: &AddressSpace, table: u64) -> Option<Vec<u64>> {
    let p = space.pointer_size() as u64;
    let word = |address: u64, index: u64| space.pointer(address.checked_add(index.checked_mul(p)?)?);
    let count = |index: u64| space.u32(table.checked_add(3 * p + 4 * index)?).map(u64::from);
    let buckets = word(table, 2)?;
    // From 7 on the bucket array begins with its length; before, that stood in front of the entry count.
    let (first, chains, expected) = match bucket_array(space, buckets) {
        Some((first, chains)) => (first, chains, count(0)?),
        None => (0, count(0)?, count(1)?),
    };
    if chains > MAX_BUCKETS || expected > MAX_ENTRIES {
        return None;
    }
    let mut out = Vec::new();
    for bucket in 0..chains {
        let mut entry = word(buckets, first + bucket)?;
        // From 8 on a chain ends at a word with bit 0 set.
        while entry != 0 && entry & 1 == 0 {
            if out.len() as u64 == expected {
                return None;
            }
            out.push(word(entry, 0)?);
            entry = word(entry, 1)?;
        }
    }
    (out.len() as u64 == expected).then_some(out)
}

/// First chain and number of chains of a bucket array that begins with its length (7+): {length, next
/// array, chains}, from 8 on with a word before the chains that ends them.
fn bucket_array(space: &AddressSpace, buckets: u64) -> Option<(u64, u64)> {
    let p = space.pointer_size() as u64;
    let word = |index: u64| space.pointer(buckets.checked_add(index * p)?);
    let (length, next, end) = (word(0)?, word(1)?, word(2)?);
    let plausible = (1..MAX_BUCKETS).contains(&length) && (end & 1 != 0 || next == 0 || space.contains(next));
    plausible.then_some((if end & 1 != 0 { 3 } else { 2 }, length))
}
