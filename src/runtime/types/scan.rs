//! One look at all memory outside the GC heap for what types can be found by.
//!
//! System.String's method table, the method table of free blocks and metadata roots have shapes that
//! nothing else has; everything further is reached from them by pointers.

use std::ops::Range;

use regex::bytes::Regex;

use crate::memory::AddressSpace;
use crate::progress::{Cancelled, Progress};
use crate::runtime::contract::Contract;

/// Hits in one chunk, and of one kind in all, beyond which a dump is not believed.
const MOST_IN_CHUNK: usize = 1 << 12;
const MOST_HITS: usize = 1 << 14;

/// What the scan found; addresses ascend.
#[derive(Debug, Default)]
pub(super) struct Landmarks {
    /// System.String and System.Object of each runtime in the process.
    pub strings: Vec<(u64, u64)>,
    /// Method tables of free blocks.
    pub free: Vec<u64>,
    /// Where `BSJB` and the bytes that always follow it stand.
    pub roots: Vec<u64>,
}

impl Landmarks {
    /// Adds what a runtime's contract names, if it passes the same tests.
    pub fn add(&mut self, space: &AddressSpace, contract: &Contract) {
        let string = contract.pointer(space, "StringMethodTable");
        let pair = string.and_then(|string| Some((string, object_of(space, string)?)));
        self.strings.extend(pair.filter(|pair| !self.strings.contains(pair)));
        let free = contract.pointer(space, "FreeObjectMethodTable").filter(|&free| is_free(space, free));
        if let Some(free) = free
            && let Err(place) = self.free.binary_search(&free)
        {
            self.free.insert(place, free);
        }
    }
}

enum Hit {
    String(u64),
    Free(u64),
    Root(u64),
}

/// Looks for landmarks outside `skip` (sorted, not overlapping).
pub(super) fn landmarks(
    space: &AddressSpace,
    skip: &[Range<u64>],
    progress: &Progress,
) -> Result<Landmarks, Cancelled> {
    let p = space.pointer_size();
    // Flags (components of 2 bytes, nothing else) and base size: 2.x counts the terminator twice.
    let bases: &[u64] = if p == 8 { &[0x16, 0x1A] } else { &[0x0E, 0x10, 0x12] };
    let strings: Vec<u64> = bases.iter().map(|base| base << 32 | 0x8000_0002).collect();
    let free = (3 * p as u64) << 32 | 0x8000_0001;
    let root = Regex::new(r"(?s-u)BSJB\x01\x00\x01\x00\x00\x00\x00\x00").expect("a valid pattern");

    let hits = space.scan(skip, 16, progress, |address, bytes, own, hits| {
        for (i, word) in bytes.windows(8).step_by(p).take(own.div_ceil(p)).enumerate() {
            let word = u64::from_le_bytes(*word.first_chunk().expect("a window of 8 bytes"));
            if word == free {
                hits.push(Hit::Free(address + (i * p) as u64));
            } else if strings.contains(&word) {
                hits.push(Hit::String(address + (i * p) as u64));
            }
        }
        let roots = root.find_iter(bytes).map(|hit| hit.start()).take_while(|&at| at < own);
        hits.extend(roots.map(|at| Hit::Root(address + at as u64)));
        hits.truncate(MOST_IN_CHUNK);
    })?;

    let mut out = Landmarks::default();
    for hit in hits {
        match hit {
            Hit::String(string) => out.strings.extend(object_of(space, string).map(|object| (string, object))),
            Hit::Free(free) if is_free(space, free) => out.free.push(free),
            Hit::Root(root) => out.roots.push(root),
            Hit::Free(_) => {}
        }
    }
    out.strings.truncate(MOST_HITS);
    out.free.truncate(MOST_HITS);
    out.roots.truncate(MOST_HITS);
    Ok(out)
}

/// System.Object, if `string` looks like System.String: its parent has no parent, no components, the
/// base size of an empty object, and a module.
fn object_of(space: &AddressSpace, string: u64) -> Option<u64> {
    let p = space.pointer_size() as u64;
    let object = space.pointer(string.checked_add(0x10)?)?;
    let is_object = object != 0
        && object.is_multiple_of(p)
        && space.pointer(object.checked_add(0x10)?)? == 0
        && space.u32(object)? >> 31 == 0
        && space.u32(object + 4)? == 3 * p as u32
        && space.pointer(object + 0x10 + p)? != 0;
    is_object.then_some(object)
}

/// Everything behind flags and base size is zero, up to the interface map.
fn is_free(space: &AddressSpace, mt: u64) -> bool {
    let mut rest = [0; 0x38];
    let rest = &mut rest[..if space.pointer_size() == 8 { 0x38 } else { 0x20 }];
    mt.checked_add(8).and_then(|at| space.read(at, rest)).is_some() && rest.iter().all(|&byte| byte == 0)
}
