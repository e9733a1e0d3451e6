//! The ThreadStore's list, and where a native Thread keeps its ids.
//!
//! Three offsets are measured together: the managed id (equal to the id in the managed Thread object), the
//! OS id (among the dump's thread ids) and the link to the next thread (chains end in null, and their
//! nodes are threads again). The list is then followed backwards by looking for whoever points at its
//! first link: another thread, or the ThreadStore, known by the number of threads three words behind its
//! head (2.1 to 10, 32 and 64 bit).

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::ManagedThread;
use crate::dump;
use crate::memory::AddressSpace;
use crate::progress::{Cancelled, Progress};
use crate::runtime::contract::Contract;

/// How far into a Thread its ids and its link are looked for (OS id 0x204 in 2.2, link 0x148).
const SPAN: u64 = 0x400;
/// A Thread is at least so large.
const LEAST: u64 = 0x100;
const MAX_ID: u32 = 1 << 24;
const MAX_THREADS: usize = 1 << 16;
/// Threads that may stand before the first one that has a managed object.
const MAX_BACKWARDS: usize = 16;

/// A native Thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Native {
    pub address: u64,
    pub managed_id: u32,
    pub os_id: u32,
}

/// The list, first thread first.
pub(super) struct Store {
    pub threads: Vec<Native>,
    /// How it was found, in words.
    pub how: &'static str,
}

/// Where a Thread keeps what we need.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Offsets {
    managed_id: u64,
    os_id: u64,
    link: u64,
}

impl Offsets {
    fn thread(self, space: &AddressSpace, address: u64) -> Option<Native> {
        Some(Native {
            address,
            managed_id: space.u32(address.checked_add(self.managed_id)?).filter(|&id| id != 0 && id < MAX_ID)?,
            os_id: space.u32(address.checked_add(self.os_id)?)?,
        })
    }

    /// The list from `first` on; `None` unless it ends in null and every node is a thread of its own.
    fn chain(self, space: &AddressSpace, first: u64) -> Option<Vec<Native>> {
        let mut out = Vec::new();
        let mut ids = FxHashSet::default();
        let mut os_ids = FxHashSet::default();
        let mut address = first;
        loop {
            let thread = self.thread(space, address)?;
            if !ids.insert(thread.managed_id) || (thread.os_id != 0 && !os_ids.insert(thread.os_id)) {
                return None;
            }
            out.push(thread);
            match space.pointer(address.checked_add(self.link)?)? {
                0 => return Some(out),
                link if link.is_multiple_of(space.pointer_size() as u64) => address = link.checked_sub(self.link)?,
                _ => return None,
            }
            if out.len() == MAX_THREADS {
                return None;
            }
        }
    }
}

/// The list as the runtime's contract leads to it: for dumps in which no managed thread names a native one.
/// `None` unless it has as many threads as the ThreadStore says.
pub(super) fn declared(space: &AddressSpace, contract: &Contract) -> Option<Store> {
    let field = |field| contract.offset("Thread", field);
    let offsets = Offsets { managed_id: field("Id")?, os_id: field("OSId")?, link: field("LinkNext")? };
    let store = contract.pointer(space, "ThreadStore")?;
    let of_store = |field| store.checked_add(contract.offset("ThreadStore", field)?);
    let first = space.pointer(of_store("FirstThreadLink")?)?.checked_sub(offsets.link)?;
    let count = space.u32(of_store("ThreadCount")?)?;
    let threads = offsets.chain(space, first).filter(|threads| threads.len() == count as usize)?;
    Some(Store { threads, how: "ThreadStore, as the contract declares it" })
}

/// Finds the list; `None` where no managed thread names a native one.
pub(super) fn find(
    space: &AddressSpace,
    managed: &[ManagedThread],
    os: &[dump::Thread],
    skip: &[Range<u64>],
    progress: &Progress,
) -> Result<Option<Store>, Cancelled> {
    let p = space.pointer_size() as u64;
    let readable = |native: u64| native.is_multiple_of(p) && space.contains(native.saturating_add(LEAST));
    let known: FxHashMap<u64, u32> = managed
        .iter()
        .filter(|thread| thread.native != 0 && (1..MAX_ID).contains(&thread.id) && readable(thread.native))
        .map(|thread| (thread.native, thread.id))
        .collect();
    let os_ids: FxHashSet<u32> = os.iter().map(|thread| thread.id).collect();
    let Some((offsets, threads)) = measure(space, &known, &os_ids, progress)? else { return Ok(None) };
    backwards(space, offsets, threads, skip, progress).map(Some)
}

/// The offsets whose chain holds most known threads, is longest, and has most OS ids of the dump.
fn measure(
    space: &AddressSpace,
    known: &FxHashMap<u64, u32>,
    os_ids: &FxHashSet<u32>,
    progress: &Progress,
) -> Result<Option<(Offsets, Vec<Native>)>, Cancelled> {
    let ids = best(known, |&native, &id, offset| space.u32(native + offset) == Some(id));
    let os = best(known, |&native, _, offset| space.u32(native + offset).is_some_and(|id| os_ids.contains(&id)));
    let mut best_score = (0, 0, 0);
    let mut winner = None;
    for &managed_id in &ids {
        for &os_id in os.iter().filter(|&&os_id| os_id != managed_id) {
            progress.check()?;
            for link in (0..SPAN).step_by(space.pointer_size()) {
                let offsets = Offsets { managed_id, os_id, link };
                let Some(chain) = longest_chain(space, offsets, known) else { continue };
                let ours = chain.iter().filter(|thread| known.get(&thread.address) == Some(&thread.managed_id)).count();
                let alive = chain.iter().filter(|thread| os_ids.contains(&thread.os_id)).count();
                let score = (ours, chain.len(), alive);
                if score > best_score && alive * 2 >= chain.len() {
                    (best_score, winner) = (score, Some((offsets, chain)));
                }
            }
        }
    }
    Ok(winner)
}

/// The offsets at which most known threads pass, ascending; none where none passes.
fn best(known: &FxHashMap<u64, u32>, pass: impl Fn(&u64, &u32, u64) -> bool) -> Vec<u64> {
    let count = |offset: u64| known.iter().filter(|(native, id)| pass(native, id, offset)).count();
    let counts: Vec<(u64, usize)> = (0..SPAN).step_by(4).map(|offset| (offset, count(offset))).collect();
    let most = counts.iter().map(|&(_, count)| count).max().unwrap_or(0);
    counts.into_iter().filter(|&(_, count)| count == most && most > 0).map(|(offset, _)| offset).collect()
}

/// Chains merge towards their end, so one that starts inside another is never the longest.
fn longest_chain(space: &AddressSpace, offsets: Offsets, known: &FxHashMap<u64, u32>) -> Option<Vec<Native>> {
    let mut starts: Vec<u64> = known.keys().copied().collect();
    starts.sort_unstable();
    let mut inside = FxHashSet::default();
    let mut longest: Option<Vec<Native>> = None;
    for start in starts {
        if inside.contains(&start) {
            continue;
        }
        let Some(chain) = offsets.chain(space, start) else { continue };
        inside.extend(chain.iter().map(|thread| thread.address));
        if longest.as_ref().is_none_or(|longest| chain.len() > longest.len()) {
            longest = Some(chain);
        }
    }
    longest
}

/// Puts the threads before the first one of `threads`, up to the ThreadStore's head.
fn backwards(
    space: &AddressSpace,
    offsets: Offsets,
    mut threads: Vec<Native>,
    skip: &[Range<u64>],
    progress: &Progress,
) -> Result<Store, Cancelled> {
    let count_at = 3 * space.pointer_size() as u64;
    for _ in 0..MAX_BACKWARDS {
        let Some(first) = threads.first().and_then(|first| first.address.checked_add(offsets.link)) else { break };
        let hits = space.scan_words(skip, progress, |word| word == first)?;
        let is_head = |&(at, _): &(u64, u64)| space.u32(at.saturating_add(count_at)) == Some(threads.len() as u32);
        if hits.iter().any(is_head) {
            return Ok(Store { threads, how: "ThreadStore" });
        }
        let before: Vec<Native> = hits
            .iter()
            .filter_map(|&(at, _)| offsets.thread(space, at.checked_sub(offsets.link)?))
            .filter(|thread| thread.os_id != 0 && threads.iter().all(|known| known.managed_id != thread.managed_id))
            .collect();
        let [before] = before[..] else { break };
        threads.insert(0, before);
    }
    Ok(Store { threads, how: "list of native threads (its head was not found)" })
}
