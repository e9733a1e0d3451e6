//! First pass: segments → objects.
//!
//! Segments are walked in parallel, each from its start: an object's method table gives its size, its
//! size the next object. Types get an index from a table that all threads share, behind a small cache of
//! each thread's own; nothing is allocated per object. Where no object is (a thread's unused allocation
//! context, or torn memory) the walk looks for the next place at which objects follow one another, and
//! notes the gap. Memory that the dump lacks is stepped over and counted.

use std::borrow::Cow;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::memory::AddressSpace;
use crate::progress::{CHECK_EVERY, Cancelled, Progress};
use crate::runtime::contexts::Gap;
use crate::runtime::gc::{Segment, SegmentKind};
use crate::runtime::method_table::{MethodTable, MethodTables};

/// Objects that must follow one another for a place to count as an object after a gap.
const RUN: usize = 3;
/// Set in an object's first word while a GC that has marked it is not yet done with it.
const MARK: u8 = 1;
/// No method table lies below this.
const LOWEST: u64 = 0x1000;

/// A stretch of a segment that the dump has, as bytes.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    pub start: u64,
    pub bytes: Cow<'a, [u8]>,
}

impl Piece<'_> {
    pub fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

/// The objects of one piece of a segment (or of 32 GiB of one), on their way into [`Objects`](super::Objects).
#[derive(Debug)]
pub(super) struct Stretch {
    pub base: u64,
    pub end: u64,
    /// Distance from `base` in units of the alignment.
    pub offsets: Vec<u32>,
    pub types: Vec<u32>,
    pub sizes: Vec<u32>,
    /// (index in this stretch, size) of objects whose size does not fit; `sizes` has `u32::MAX`.
    pub large: Vec<(u32, u64)>,
}

/// What the walk of a segment found.
#[derive(Debug)]
pub(super) struct Walked<'a> {
    pub segment: Segment,
    pub pieces: Vec<Piece<'a>>,
    pub stretches: Vec<Stretch>,
    pub gaps: Vec<Gap>,
    /// Bytes of the segment that the dump lacks.
    pub missing: u64,
    /// Bytes of an offset's unit.
    pub unit: u64,
    /// Does any object carry the mark of a GC (bit 0 of its method table word)?
    pub marked: bool,
}

/// Walks all segments. `unit` is the alignment of objects: 8, or 4 in 32-bit processes.
pub(super) fn walk<'a>(
    space: &'a AddressSpace,
    tables: &MethodTables,
    segments: &[Segment],
    progress: &Progress,
) -> Result<Vec<Walked<'a>>, Cancelled> {
    segments
        .par_iter()
        .filter(|segment| !segment.is_empty())
        .map(|segment| {
            if space.pointer_size() == 8 {
                Walker::<8>::new(space, tables, *segment, progress).run()
            } else {
                Walker::<4>::new(space, tables, *segment, progress).run()
            }
        })
        .collect()
}

/// What the hot loop needs of a method table, keyed by its address.
#[derive(Clone, Copy, Default)]
struct Slot {
    table: u64,
    index: u32,
    base_size: u32,
    component_size: u32,
}

const CACHE: usize = 512;

struct Walker<'a, 'b, const P: usize> {
    space: &'a AddressSpace,
    tables: &'b MethodTables,
    progress: &'b Progress,
    cache: Box<[Slot; CACHE]>,
    known: FxHashMap<u64, Slot>,
    out: Walked<'a>,
    /// Rounding of object sizes in this segment.
    align: u64,
    /// Does the next object open a stretch?
    opens: bool,
}

impl<'a, 'b, const P: usize> Walker<'a, 'b, P> {
    const MASK: u64 = if P == 8 { !7 } else { !3 };
    const UNIT: u64 = P as u64;

    fn new(space: &'a AddressSpace, tables: &'b MethodTables, segment: Segment, progress: &'b Progress) -> Self {
        let pieces = pieces(space, segment.start, segment.end);
        let present: u64 = pieces.iter().map(|piece| piece.bytes.len() as u64).sum();
        // 32-bit processes align small objects to 4, those of the large and pinned heaps to 8.
        let loose = P == 4 && !matches!(segment.kind, SegmentKind::Large | SegmentKind::Pinned);
        let missing = segment.len() - present;
        Walker {
            space,
            tables,
            progress,
            cache: Box::new([Slot::default(); CACHE]),
            known: FxHashMap::default(),
            out: Walked {
                segment,
                pieces,
                stretches: Vec::new(),
                gaps: Vec::new(),
                missing,
                unit: Self::UNIT,
                marked: false,
            },
            align: if loose { 4 } else { 8 },
            opens: true,
        }
    }

    fn run(mut self) -> Result<Walked<'a>, Cancelled> {
        let pieces = std::mem::take(&mut self.out.pieces);
        let mut next = self.out.segment.start;
        for piece in &pieces {
            // An object may reach over missing memory into this piece: go on exactly behind it.
            next = next.max(piece.start);
            if next < piece.end() {
                // A stretch never spans missing memory: what is as long as it costs no more than the dump has.
                self.opens = true;
                next = self.piece(piece, next)?;
            }
        }
        self.out.pieces = pieces;
        for stretch in &mut self.out.stretches {
            stretch.offsets.shrink_to_fit();
            stretch.types.shrink_to_fit();
            stretch.sizes.shrink_to_fit();
        }
        Ok(self.out)
    }

    /// Walks from `at` to the end of the piece; gives the address behind the last object.
    fn piece(&mut self, piece: &Piece, mut at: u64) -> Result<u64, Cancelled> {
        let mut steps = 0;
        let mut reported = at;
        while at < piece.end() {
            steps += 1;
            if steps % CHECK_EVERY == 0 {
                self.progress.check()?;
                self.progress.add(at - reported);
                reported = at;
            }
            match self.object(piece, at) {
                Some((index, size)) => {
                    self.out.marked |= piece.bytes[(at - piece.start) as usize] & MARK != 0;
                    self.push(at, index, size);
                    at += size.next_multiple_of(self.align);
                }
                None => at = self.gap(piece, at)?,
            }
        }
        self.progress.add(at.min(piece.end()).saturating_sub(reported));
        Ok(at)
    }

    /// Type index and size of the object at `at`, if one is there and fits its segment.
    #[inline]
    fn object(&mut self, piece: &Piece, at: u64) -> Option<(u32, u64)> {
        let offset = (at - piece.start) as usize;
        let word = read_word::<P>(&piece.bytes, offset)?;
        let slot = self.slot(word & Self::MASK)?;
        let length = if slot.component_size != 0 {
            u32::from_le_bytes(piece.bytes.get(offset + P..offset + P + 4)?.try_into().expect("four bytes"))
        } else {
            0
        };
        let size = u64::from(slot.base_size) + u64::from(slot.component_size) * u64::from(length);
        let size = size.max(3 * P as u64);
        (size <= self.out.segment.end - at).then_some((slot.index, size))
    }

    #[inline]
    fn slot(&mut self, table: u64) -> Option<Slot> {
        let line = (table >> 3 ^ table >> 12) as usize % CACHE;
        let cached = self.cache[line];
        if cached.table == table && table != 0 {
            return Some(cached);
        }
        let slot = self.slow_slot(table)?;
        self.cache[line] = slot;
        Some(slot)
    }

    #[cold]
    fn slow_slot(&mut self, table: u64) -> Option<Slot> {
        if table < LOWEST {
            return None;
        }
        if let Some(slot) = self.known.get(&table) {
            return Some(*slot);
        }
        let (index, found): (u32, Arc<MethodTable>) = self.tables.get(self.space, table)?;
        let slot = Slot { table, index, base_size: found.base_size, component_size: found.component_size };
        self.known.insert(table, slot);
        Some(slot)
    }

    #[inline]
    fn push(&mut self, at: u64, index: u32, size: u64) {
        let fits =
            self.out.stretches.last().is_some_and(|stretch| (at - stretch.base) / Self::UNIT < u64::from(u32::MAX));
        if self.opens || !fits {
            self.open_stretch(at);
        }
        let stretch = self.out.stretches.last_mut().expect("a stretch is open");
        stretch.offsets.push(((at - stretch.base) / Self::UNIT) as u32);
        stretch.types.push(index);
        stretch.end = at + size;
        match u32::try_from(size) {
            Ok(size) if size < u32::MAX => stretch.sizes.push(size),
            _ => {
                stretch.large.push((stretch.sizes.len() as u32, size));
                stretch.sizes.push(u32::MAX);
            }
        }
    }

    #[cold]
    fn open_stretch(&mut self, base: u64) {
        self.opens = false;
        let (offsets, types, sizes) = (Vec::new(), Vec::new(), Vec::new());
        self.out.stretches.push(Stretch { base, end: base, offsets, types, sizes, large: Vec::new() });
    }

    /// Finds the next object behind `at`, where none is, and notes the gap. Its last word may be set: it is
    /// the header of the object behind.
    fn gap(&mut self, piece: &Piece, at: u64) -> Result<u64, Cancelled> {
        let mut next = at + P as u64;
        let (mut odd, mut last, mut steps) = (0u32, self.word(piece, at), 0);
        while next < piece.end() {
            steps += 1;
            if steps % CHECK_EVERY == 0 {
                self.progress.check()?;
            }
            let word = self.word(piece, next);
            if word > LOWEST && self.run_starts(piece, next) {
                break;
            }
            odd = odd.saturating_add(u32::from(last != 0));
            last = word;
            next += P as u64;
        }
        let end = next.min(piece.end());
        self.out.gaps.push(Gap { start: at, end, odd_words: odd, is_last: end >= self.out.segment.end });
        Ok(end.max(next))
    }

    fn word(&self, piece: &Piece, at: u64) -> u64 {
        read_word::<P>(&piece.bytes, (at - piece.start) as usize).unwrap_or(0)
    }

    /// Do three objects follow one another from `at` on, or fewer up to a zero word or the end?
    fn run_starts(&mut self, piece: &Piece, mut at: u64) -> bool {
        for _ in 0..RUN {
            let Some((_, size)) = self.object(piece, at) else { return false };
            at += size.next_multiple_of(self.align);
            if at >= piece.end() || self.word(piece, at) == 0 {
                return true;
            }
        }
        true
    }
}

#[inline]
fn read_word<const P: usize>(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + P)?;
    Some(if P == 8 {
        u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
    } else {
        u64::from(u32::from_le_bytes(bytes.try_into().expect("four bytes")))
    })
}

/// What the dump has of `start..end`: stretches that adjoin are one piece, borrowed where they adjoin in
/// the file too.
fn pieces(space: &AddressSpace, start: u64, end: u64) -> Vec<Piece<'_>> {
    let mut out: Vec<Piece> = Vec::new();
    for (found, bytes) in space.parts(start..end) {
        match out.last_mut() {
            Some(last) if last.end() == found => last.bytes.to_mut().extend_from_slice(bytes),
            _ => out.push(Piece { start: found, bytes: Cow::Borrowed(bytes) }),
        }
    }
    out
}
