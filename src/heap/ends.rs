//! Where open segments end when only allocation contexts can tell.
//!
//! Without GcDacVars the end of the open segment is known from its own header only, and that may be
//! stale. Behind the real end lie old objects that look alive, so walking on is wrong. The rule that holds
//! on every dump: the end is the header's, or that of the last allocation context that lies in the
//! segment, whichever is higher.

use super::{gaps, walk};
use crate::error::Result;
use crate::memory::AddressSpace;
use crate::progress::Progress;
use crate::runtime::contexts::{self, Gap};
use crate::runtime::gc::{Gc, Segment, SegmentKind};
use crate::runtime::method_table::MethodTables;

/// Moves the ends of small-object segments to where their last allocation context ends.
pub(super) fn settle(space: &AddressSpace, tables: &MethodTables, gc: &mut Gc, progress: &Progress) -> Result<()> {
    let committed: Vec<Segment> = gc
        .segments
        .iter()
        .filter(|segment| segment.kind == SegmentKind::Small)
        .map(|segment| Segment { end: segment.committed, ..*segment })
        .collect();
    let walked = walk::walk(space, tables, &committed, progress)?;
    let found: Vec<Gap> = walked.iter().flat_map(|walked| walked.gaps.iter().copied()).collect();
    let is_object = |address| gaps::has_object(&walked, address);
    let ends = contexts::ends(space, &gc.ranges(), &found, is_object, progress)?;
    for segment in gc.segments.iter_mut().filter(|segment| segment.kind == SegmentKind::Small) {
        let inside = ends.iter().copied().filter(|end| (segment.start..=segment.committed).contains(end));
        segment.end = inside.max().unwrap_or(0).max(segment.end);
        (segment.gen1_start, segment.gen0_start) = (segment.end, segment.end);
    }
    Ok(())
}
