//! Allocation contexts by thread: the pair of words that each thread's record holds.
//!
//! A pair that bounds whole objects may be the context of a thread that has not cleared its memory yet, or
//! just two words that look like one (two neighbouring handles). The records decide: from the threads one
//! and the same way leads to all contexts, an offset into Thread (up to .NET 8) or a pointer in Thread and
//! an offset from there (9 and later: RuntimeThreadLocals). The way is measured on the pairs that were
//! found; it counts only where it leads from two threads to two of them, which chance does not do.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Record;
use crate::memory::AddressSpace;
use crate::progress::{Cancelled, Progress};
use crate::runtime::contract::Contract;

/// How far into a Thread the context or the pointer to it is looked for (0x20 to 0x60 in 2.1 to 10).
const SPAN: u64 = 0x400;
/// How far behind that pointer the context may lie (0 and 8 in 9 and 10).
const REACH: u64 = 0x80;
/// Pairs that must lie at the end of one way.
const WITNESSES: usize = 2;

/// How a thread's record leads to its context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    /// Offset of a pointer in Thread; `None` where the context lies in Thread itself.
    pointer: Option<u64>,
    offset: u64,
}

impl Way {
    /// The way that a contract declares (from 10 on with a struct more in between).
    fn declared(contract: &Contract) -> Option<Way> {
        let inside = contract.offset("EEAllocContext", "GCAllocationContext").unwrap_or(0);
        let context = contract.offset("RuntimeThreadLocals", "AllocContext")?.checked_add(inside)?;
        let offset = context.checked_add(contract.offset("GCAllocContext", "Pointer")?)?;
        Some(Way { pointer: Some(contract.offset("Thread", "RuntimeThreadLocals")?), offset })
    }

    fn follow(self, space: &AddressSpace, thread: u64) -> Option<u64> {
        let from = match self.pointer {
            Some(pointer) => space.pointer(thread.checked_add(pointer)?)?,
            None => thread,
        };
        from.checked_add(self.offset)
    }
}

/// The contexts of all threads that have one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfThreads {
    pub list: Vec<Record>,
    /// How the way to them was found, in words.
    pub how: &'static str,
}

/// The contexts of all `threads` (addresses of native Threads) that have one, as their records tell;
/// `None` where no way from threads to `pairs` (addresses of known and possible ones, ascending) is sure
/// and `contract` declares none.
pub fn of_threads(
    space: &AddressSpace,
    threads: &[u64],
    pairs: &[u64],
    contract: Option<&Contract>,
    progress: &Progress,
) -> Result<Option<OfThreads>, Cancelled> {
    let p = space.pointer_size() as u64;
    let mut ways: BTreeMap<Way, BTreeSet<u64>> = BTreeMap::new();
    for &thread in threads {
        progress.check()?;
        for slot in (0..SPAN).step_by(p as usize) {
            let Some(at) = thread.checked_add(slot) else { break };
            if pairs.binary_search(&at).is_ok() {
                ways.entry(Way { pointer: None, offset: slot }).or_default().insert(at);
            }
            let Some(target) = space.pointer(at) else { continue };
            let near = &pairs[pairs.partition_point(|&pair| pair < target)..];
            for &pair in near.iter().take_while(|&&pair| pair - target < REACH) {
                ways.entry(Way { pointer: Some(slot), offset: pair - target }).or_default().insert(pair);
            }
        }
    }
    let best = ways.iter().max_by_key(|(way, pairs)| (pairs.len(), Reverse(**way)));
    let measured = best.filter(|(_, pairs)| pairs.len() >= WITNESSES).map(|(&way, _)| (way, "measured"));
    let declared = || Some((Way::declared(contract?)?, "as the contract declares them"));
    let Some((way, how)) = measured.or_else(declared) else { return Ok(None) };
    let record = |&thread: &u64| {
        let at = way.follow(space, thread)?;
        let (ptr, limit) = (space.pointer(at)?, space.pointer(at.checked_add(p)?)?);
        let range = ptr..limit.checked_add(3 * p)?;
        (ptr != 0 && ptr.is_multiple_of(p) && ptr <= limit).then_some(Record { at, range })
    };
    Ok(Some(OfThreads { list: threads.iter().filter_map(record).collect(), how }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three threads at 0x1000, 0x2000 and 0x3000; the record of each (0x5000 …) holds a context at +8.
    fn memory(contexts: [[u64; 2]; 3]) -> AddressSpace {
        let mut bytes = vec![0u8; 0x8000];
        let mut put = |at: usize, word: u64| bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
        for (i, [ptr, limit]) in contexts.into_iter().enumerate() {
            put(i * 0x1000 + 0x20, 0x5000 + i as u64 * 0x1000);
            put(0x4000 + i * 0x1000 + 8, ptr);
            put(0x4000 + i * 0x1000 + 16, limit);
        }
        AddressSpace::from_pieces(&[(0x1000, &bytes)], 8)
    }

    const THREADS: [u64; 3] = [0x1000, 0x2000, 0x3000];

    #[test]
    fn two_threads_pairs_show_the_way_to_the_third_one_and_words_that_look_alike_are_not_on_it() {
        let space = memory([[0x10_0000, 0x10_0100], [0x20_0000, 0x20_0080], [0, 0]]);
        let handles = 0x4FF8;
        let found = of_threads(&space, &THREADS, &[handles, 0x5008, 0x6008], None, &Progress::new()).unwrap();
        let wanted =
            [Record { at: 0x5008, range: 0x10_0000..0x10_0118 }, Record { at: 0x6008, range: 0x20_0000..0x20_0098 }];
        assert_eq!(found, Some(OfThreads { list: wanted.to_vec(), how: "measured" }));
    }

    #[test]
    fn one_pair_alone_shows_no_way() {
        let space = memory([[0x10_0000, 0x10_0100], [0, 0], [0, 0]]);
        assert_eq!(of_threads(&space, &THREADS, &[0x5008], None, &Progress::new()).unwrap(), None);
        assert_eq!(of_threads(&space, &[], &[0x5008, 0x6008], None, &Progress::new()).unwrap(), None);
    }

    #[test]
    fn where_no_way_is_sure_the_contracts_is_taken() {
        let space = memory([[0x10_0000, 0x10_0100], [0, 0], [0, 0]]);
        let json = r#"{"types":{"Thread":{"RuntimeThreadLocals":32},"RuntimeThreadLocals":{"AllocContext":0},
            "EEAllocContext":{"GCAllocationContext":8},"GCAllocContext":{"Pointer":0,"Limit":8}}}"#;
        let contract = Contract::parse(&serde_json::from_str(json).expect("JSON"), |_| None);
        let found = of_threads(&space, &THREADS, &[0x5008], Some(&contract), &Progress::new()).unwrap();
        let list = vec![Record { at: 0x5008, range: 0x10_0000..0x10_0118 }];
        assert_eq!(found, Some(OfThreads { list, how: "as the contract declares them" }));
    }
}
