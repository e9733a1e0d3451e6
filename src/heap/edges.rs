//! Second pass: objects → references.
//!
//! The objects are cut into chunks that threads take in turn; each chunk yields the lengths of its rows
//! and their targets in one look at its memory, and the chunks are put one behind another. A reference
//! that hits no object start is kept as a stray with its address.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::locate::Locator;
use super::walk::Piece;
use super::{Csr, ExtraEdge, Objects, Stray};
use crate::progress::{CHECK_EVERY, Cancelled, Progress};
use crate::runtime::gcdesc::GcDesc;
use crate::runtime::method_table::MethodTable;

/// What the second pass gives.
#[derive(Debug, Default)]
pub(super) struct Edges {
    pub references: Csr,
    pub strays: Vec<Stray>,
    /// Bytes in which references were expected and that the dump lacks.
    pub missing: u64,
}

#[derive(Default)]
struct Part {
    lengths: Vec<u32>,
    targets: Vec<u32>,
    strays: Vec<Stray>,
    missing: u64,
}

/// Reads all references. `tables` are by type index, `pieces` the memory of all segments in address
/// order; `extra` is sorted by `from`, and its edges follow an object's own.
pub(super) fn read(
    objects: &Objects,
    pieces: &[Piece],
    tables: &[Arc<MethodTable>],
    locator: &Locator,
    extra: &[ExtraEdge],
    pointer_size: usize,
    progress: &Progress,
) -> Result<Edges, Cancelled> {
    let chunks: Vec<Range<u32>> = (0..objects.len())
        .step_by(CHECK_EVERY)
        .map(|first| first as u32..objects.len().min(first + CHECK_EVERY) as u32)
        .collect();
    let reader = Reader { objects, pieces, tables, locator, extra };
    let parts: Vec<Part> = chunks
        .par_iter()
        .map(|ids| {
            progress.check()?;
            let part = if pointer_size == 8 { reader.read::<8>(ids.clone()) } else { reader.read::<4>(ids.clone()) };
            progress.add(ids.len() as u64);
            Ok(part)
        })
        .collect::<Result<_, Cancelled>>()?;

    let mut lengths = Vec::with_capacity(parts.iter().map(|part| part.lengths.len()).sum());
    let mut targets = Vec::with_capacity(parts.iter().map(|part| part.targets.len()).sum());
    let mut out = Edges::default();
    for part in parts {
        lengths.extend_from_slice(&part.lengths);
        targets.extend_from_slice(&part.targets);
        out.strays.extend(part.strays);
        out.missing += part.missing;
    }
    out.references = Csr::new(&lengths, targets);
    Ok(out)
}

#[derive(Clone, Copy)]
struct Reader<'a, 'm> {
    objects: &'a Objects,
    pieces: &'a [Piece<'m>],
    tables: &'a [Arc<MethodTable>],
    locator: &'a Locator,
    extra: &'a [ExtraEdge],
}

impl Reader<'_, '_> {
    fn read<const P: usize>(self, ids: Range<u32>) -> Part {
        let mut part = Part { lengths: Vec::with_capacity(ids.len()), ..Part::default() };
        let mut extra = self.extra[self.extra.partition_point(|edge| edge.from < ids.start)..].iter().peekable();
        let mut piece = 0;
        for (id, address) in ids.clone().zip(self.objects.addresses_from(ids.start)) {
            let before = part.targets.len();
            let gcdesc = &self.tables[self.objects.type_index(id) as usize].gcdesc;
            if !matches!(gcdesc, GcDesc::None) {
                let size = self.objects.size(id);
                // Ids follow addresses, so the piece only ever moves forward.
                while self.pieces.get(piece).is_some_and(|piece| piece.end() <= address) {
                    piece = self.pieces.partition_point(|piece| piece.end() <= address);
                }
                gcdesc.for_each_run(size, P as u64, |offset, bytes| {
                    let run = address + offset..address + (offset + bytes).min(size);
                    self.run::<P>(id, piece, run, &mut part);
                });
            }
            while let Some(edge) = extra.next_if(|edge| edge.from == id) {
                part.targets.push(edge.to);
            }
            part.lengths.push((part.targets.len() - before) as u32);
        }
        part
    }

    /// Reads the references in `run`, which begins in the piece of that index or behind it.
    #[inline]
    fn run<const P: usize>(self, id: u32, piece: usize, run: Range<u64>, part: &mut Part) {
        let mut at = run.start;
        for piece in self.pieces[piece..].iter().take_while(|piece| piece.start < run.end) {
            if piece.end() <= at {
                continue;
            }
            part.missing += piece.start.saturating_sub(at);
            at = at.max(piece.start);
            let stop = run.end.min(piece.end());
            for word in piece.bytes[(at - piece.start) as usize..(stop - piece.start) as usize].chunks_exact(P) {
                let target = if P == 8 {
                    u64::from_le_bytes(word.try_into().expect("eight bytes"))
                } else {
                    u64::from(u32::from_le_bytes(word.try_into().expect("four bytes")))
                };
                if target == 0 {
                    continue;
                }
                match self.locator.find(target) {
                    Some(target) => part.targets.push(target),
                    None => part.strays.push(Stray { from: id, target }),
                }
            }
            at = stop;
        }
        part.missing += run.end.saturating_sub(at);
    }
}
