//! Where each thread's stack lies.
//!
//! A Thread caches its stack's base and limit; the offset is the one at which every live thread's stack
//! pointer lies between the two. Windows' thread environment block says it too and counts the guard pages
//! in, so it goes first. Without either, the stack is what lies above the stack pointer in one stretch
//! of memory.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::list::Native;
use crate::dump;
use crate::memory::AddressSpace;

/// How far into a Thread the pair (base, limit) is looked for: 0x160 in 2.2, 0x78 in 9.
const SPAN: u64 = 0x800;
/// No stack is larger.
const MAX_STACK: u64 = 1 << 30;

/// Where a Thread keeps its stack's bounds.
pub(super) struct Bounds {
    offset: Option<u64>,
}

impl Bounds {
    /// The offset that fits most live threads, if it fits more than half of them.
    pub fn measure(space: &AddressSpace, threads: &[Native], os: &FxHashMap<u32, &dump::Thread>) -> Bounds {
        let live: Vec<(u64, u64)> = threads
            .iter()
            .filter_map(|t| Some((t.address, os.get(&t.os_id)?.stack_pointer)))
            .filter(|t| t.1 != 0)
            .collect();
        let fits = |offset: u64| {
            let fit = |&&(address, sp): &&(u64, u64)| cached(space, address, offset).is_some_and(|b| b.contains(&sp));
            live.iter().filter(fit).count()
        };
        let best =
            (0..SPAN).step_by(space.pointer_size()).map(|offset| (fits(offset), std::cmp::Reverse(offset))).max();
        let offset = best.filter(|(count, _)| count * 2 > live.len()).map(|(_, offset)| offset.0);
        Bounds { offset }
    }

    /// The stack of the Thread at `address`; empty where nothing tells.
    pub fn of(&self, space: &AddressSpace, address: u64, os: Option<&dump::Thread>) -> Range<u64> {
        let of_block = os.and_then(|os| of_environment_block(space, os));
        let of_cache = || {
            let range = cached(space, address, self.offset?)?;
            os.is_none_or(|os| holds_pointer(&range, os)).then_some(range)
        };
        of_block.or_else(of_cache).unwrap_or_else(|| os.map_or(0..0, |os| of_os_thread(space, os)))
    }
}

/// The stack of an OS thread about which no runtime structure is known.
pub(super) fn of_os_thread(space: &AddressSpace, os: &dump::Thread) -> Range<u64> {
    of_environment_block(space, os).unwrap_or_else(|| {
        let sp = os.stack_pointer;
        let above = space.tail(sp).map_or(0, |bytes| bytes.len() as u64);
        sp..sp + above.min(MAX_STACK)
    })
}

/// NT_TIB: ExceptionList, StackBase, StackLimit.
fn of_environment_block(space: &AddressSpace, os: &dump::Thread) -> Option<Range<u64>> {
    let p = space.pointer_size() as u64;
    let block = Some(os.teb).filter(|&block| block != 0)?;
    let range = stack(space.pointer(block.checked_add(2 * p)?)?, space.pointer(block.checked_add(p)?)?)?;
    holds_pointer(&range, os).then_some(range)
}

/// A dump without a thread's context does not know its stack pointer.
fn holds_pointer(stack: &Range<u64>, os: &dump::Thread) -> bool {
    os.stack_pointer == 0 || stack.contains(&os.stack_pointer)
}

fn cached(space: &AddressSpace, address: u64, offset: u64) -> Option<Range<u64>> {
    let base = address.checked_add(offset)?;
    stack(space.pointer(base.checked_add(space.pointer_size() as u64)?)?, space.pointer(base)?)
}

fn stack(limit: u64, base: u64) -> Option<Range<u64>> {
    (limit != 0 && limit < base && base - limit <= MAX_STACK).then_some(limit..base)
}
