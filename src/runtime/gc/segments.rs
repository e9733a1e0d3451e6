//! heap_segment: the seven words that describe a stretch of the GC heap, and chains of them.
//!
//! The order of the words is the same in every runtime from 2.1 to 10, with segments and with regions,
//! 32 and 64 bit: allocated, committed, reserved, used, mem, flags, next. A header is accepted only if
//! these words are ordered as the GC keeps them and the memory it names is in the dump.

use crate::memory::AddressSpace;

const FROZEN: u64 = 1;
const LARGE: u64 = 8;
const PINNED: u64 = 0x200;
/// Longer chains do not occur (a region is 4 MB at least) and would cost a broken dump's reader hours.
const MAX_CHAIN: usize = 1 << 20;
/// No flag of any known runtime lies above this.
const FLAGS_END: u64 = 0x1000;

/// What a segment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SegmentKind {
    /// Regions: one generation each.
    Gen0,
    Gen1,
    Gen2,
    /// Segments: generations 0 and 1, and what was promoted in place.
    Ephemeral,
    /// Small objects where nothing tells the generation.
    Small,
    Large,
    Pinned,
    /// Objects that are never moved or freed: frozen or NonGC heap.
    Frozen,
}

impl SegmentKind {
    /// The name in JSON.
    pub fn id(self) -> &'static str {
        match self {
            SegmentKind::Gen0 => "gen0",
            SegmentKind::Gen1 => "gen1",
            SegmentKind::Gen2 => "gen2",
            SegmentKind::Ephemeral => "ephemeral",
            SegmentKind::Small => "small",
            SegmentKind::Large => "large",
            SegmentKind::Pinned => "pinned",
            SegmentKind::Frozen => "frozen",
        }
    }

    /// The generation of all objects in such a segment; `None` where it depends on the address or nothing tells.
    pub fn generation(self) -> Option<Generation> {
        match self {
            SegmentKind::Gen0 => Some(Generation::Gen0),
            SegmentKind::Gen1 => Some(Generation::Gen1),
            SegmentKind::Gen2 => Some(Generation::Gen2),
            SegmentKind::Large => Some(Generation::Large),
            SegmentKind::Pinned => Some(Generation::Pinned),
            SegmentKind::Frozen => Some(Generation::Frozen),
            SegmentKind::Ephemeral | SegmentKind::Small => None,
        }
    }
}

/// A generation as a person speaks of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generation {
    Gen0,
    Gen1,
    Gen2,
    Large,
    Pinned,
    Frozen,
    /// A small object where nothing tells.
    Unknown,
}

impl Generation {
    pub const ALL: [Generation; 7] = [
        Generation::Gen0,
        Generation::Gen1,
        Generation::Gen2,
        Generation::Large,
        Generation::Pinned,
        Generation::Frozen,
        Generation::Unknown,
    ];

    /// The name in JSON and on screen.
    pub fn id(self) -> &'static str {
        match self {
            Generation::Gen0 => "gen0",
            Generation::Gen1 => "gen1",
            Generation::Gen2 => "gen2",
            Generation::Large => "large",
            Generation::Pinned => "pinned",
            Generation::Frozen => "frozen",
            Generation::Unknown => "unknown",
        }
    }
}

/// Objects lie in `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub kind: SegmentKind,
    /// Index of the GC heap (server GC has several).
    pub heap: u32,
    pub start: u64,
    /// End of the allocated part.
    pub end: u64,
    pub committed: u64,
    /// Ephemeral segments: where generations 1 and 0 start; elsewhere `end`.
    pub gen1_start: u64,
    pub gen0_start: u64,
}

impl Segment {
    pub fn len(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The generation of an object at `address` in this segment.
    pub fn generation(&self, address: u64) -> Generation {
        match (self.kind.generation(), self.kind) {
            (Some(generation), _) => generation,
            (None, SegmentKind::Small) => Generation::Unknown,
            (None, _) if address >= self.gen0_start => Generation::Gen0,
            (None, _) if address >= self.gen1_start => Generation::Gen1,
            (None, _) => Generation::Gen2,
        }
    }
}

/// A heap_segment as it lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub address: u64,
    pub allocated: u64,
    pub committed: u64,
    pub reserved: u64,
    pub mem: u64,
    pub flags: u64,
    pub next: u64,
}

impl Header {
    /// Reads the header at `address`; `None` where the words cannot be one.
    pub fn read(space: &AddressSpace, address: u64) -> Option<Header> {
        let p = space.pointer_size() as u64;
        let mut words = [0; 7];
        for (i, word) in words.iter_mut().enumerate() {
            *word = space.pointer(address.checked_add(i as u64 * p)?)?;
        }
        let header = Header::from_words(address, words, p)?;
        space.contains(header.mem).then_some(header)
    }

    /// The same from words already at hand, without asking whether `mem` is in the dump.
    pub fn from_words(address: u64, words: [u64; 7], pointer_size: u64) -> Option<Header> {
        let [allocated, committed, reserved, _used, mem, flags, next] = words;
        let ordered = mem <= allocated && allocated <= committed && committed <= reserved && mem < reserved;
        (ordered && mem.is_multiple_of(pointer_size) && mem != 0 && flags < FLAGS_END).then_some(Header {
            address,
            allocated,
            committed,
            reserved,
            mem,
            flags,
            next,
        })
    }

    /// The kind that the flags alone tell; `None` for the small-object heap.
    pub fn kind(&self) -> Option<SegmentKind> {
        if self.flags & FROZEN != 0 {
            Some(SegmentKind::Frozen)
        } else if self.flags & LARGE != 0 {
            Some(SegmentKind::Large)
        } else if self.flags & PINNED != 0 {
            Some(SegmentKind::Pinned)
        } else {
            None
        }
    }
}

/// Follows `next` from the header at `address` to the end; `None` when a node is no heap_segment or the
/// chain runs in a circle. An `address` of 0 is no chain.
pub(super) fn chain(space: &AddressSpace, address: u64) -> Option<Vec<Header>> {
    let mut out: Vec<Header> = Vec::new();
    let mut seen = rustc_hash::FxHashSet::default();
    let mut at = address;
    while at != 0 {
        if !seen.insert(at) || out.len() >= MAX_CHAIN {
            return None;
        }
        let header = Header::read(space, at)?;
        at = header.next;
        out.push(header);
    }
    (!out.is_empty()).then_some(out)
}
