//! What the gaps are that the walk met, and which objects in them are none.
//!
//! Memory handed to a thread for new objects (its allocation context) holds none yet. Mostly the walk meets
//! zeros there: a gap. Where it met objects, they are older than the context (not cleared yet) or newer (the
//! process ran on while it was dumped); then the segment is walked again round the context, as the
//! GC itself would do it. What no context explains is counted.

use std::ops::Range;

use super::walk::{self, Stretch, Walked};
use super::{Consistency, Unread};
use crate::dump;
use crate::error::Result;
use crate::memory::AddressSpace;
use crate::progress::Progress;
use crate::runtime::contexts::{self, Contexts, Gap, OfThreads, Record};
use crate::runtime::gc::{Gc, Segment, SegmentKind};
use crate::runtime::method_table::MethodTables;
use crate::runtime::threads::{Threads, managed};
use crate::runtime::types::TypeSystem;

/// What is known beside the walk.
pub(super) struct Known<'a> {
    pub space: &'a AddressSpace,
    pub os_threads: &'a [dump::Thread],
    pub gc: &'a Gc,
    pub tables: &'a MethodTables,
    pub types: &'a TypeSystem,
}

/// What the gaps of a heap came to.
pub(super) struct Settled {
    pub consistency: Consistency,
    /// Memory of contexts that was left out although objects were met in it; sorted, not overlapping.
    pub left_out: Vec<Range<u64>>,
    /// How the threads' records were found, in words; `None` where nobody had to be asked.
    pub how: Option<&'static str>,
}

/// Explains the gaps of `walked`, takes out what are no objects, and notes what stays unexplained.
pub(super) fn settle<'a>(
    known: &Known<'a>,
    walked: &mut Vec<Walked<'a>>,
    unread: &mut Unread,
    warnings: &mut Vec<String>,
    progress: &Progress,
) -> Result<Settled> {
    // One sentence for each kind of finding, however many places it has: a broken dump has thousands.
    let (mut newer, mut older, mut doubtful) = (Places::default(), Places::default(), Places::default());
    let mut how = None;
    let Contexts { mut explained, mut filled, mut certain, doubtful: records } = known.explain(walked, progress)?;
    if !records.is_empty() || explained.contains(&false) {
        certain.extend(records.iter().map(|record| record.at));
        certain.sort_unstable();
        let threads = known.threads(walked, progress)?;
        match contexts::of_threads(known.space, &threads, &certain, known.types.contract(), progress)? {
            Some(OfThreads { list, how: way }) => {
                how = Some(way);
                let ranges = list.into_iter().map(|record| record.range);
                filled
                    .extend(ranges.filter(|range| part(walked, range.start).is_some_and(|part| part.can_hold(range))));
            }
            None => {
                // Two neighbouring handles both name objects; the limit of a context hardly ever does.
                let min_object = 3 * known.space.pointer_size() as u64;
                let ranges = records.into_iter().map(|Record { range, .. }| range);
                let contexts = ranges.filter(|range| !has_object(walked, range.end - min_object));
                doubtful.add_each(walked, contexts);
            }
        }
    }
    let ran_on = |range: &Range<u64>| gaps(walked).any(|gap| gap.end == range.end && gap.start > range.start);
    let (torn, uncleared): (Vec<_>, Vec<_>) = filled.iter().cloned().partition(ran_on);
    newer.add_each(walked, torn);
    older.add_each(walked, uncleared);
    let left_out = if newer.sum + older.sum > 0 { disjoint(filled) } else { Vec::new() };
    if !left_out.is_empty() {
        walk_round(known, walked, &left_out, progress)?;
        explained = known.explain(walked, progress)?.explained;
    }
    let told = gaps(walked).map(|gap| gap.start..gap.end).zip(explained.iter().copied());
    let consistency = Consistency::of_walk(&known.gc.segments, walked, told, &left_out);
    let (mut torn, mut unknown) = (Places::default(), Places::default());
    for (gap, _) in gaps(walked).zip(explained).filter(|(_, explained)| !explained) {
        let kind = if gap.odd_words == 0 { &mut unknown } else { &mut torn };
        kind.add(gap.start, gap.end - gap.start);
    }
    unread.bytes += torn.sum + walked.iter().map(|walked| walked.missing).sum::<u64>();
    unread.objects += newer.sum;
    torn.warn(warnings, |sum, at| {
        format!("{sum} bytes of the heap hold no objects that can be read (torn memory, {at}).")
    });
    unknown.warn(warnings, |sum, at| {
        format!("{sum} zero bytes of the heap belong to no thread that is still known ({at}): unused memory.")
    });
    newer.warn(warnings, |sum, at| {
        format!("{sum} objects are left out ({at}): they were made while the dump was written and are newer than their thread's record, or are old ones in memory that a thread had just been handed.")
    });
    older.warn(warnings, |sum, at| {
        format!(
            "{sum} old objects are left out ({at}): a thread had just been handed their memory and not cleared it yet."
        )
    });
    doubtful.warn(warnings, |sum, at| {
        format!("Up to {sum} objects may be old ones ({at}): words that look like a thread's allocation context bound them, and no thread's record tells.")
    });
    Ok(Settled { consistency, left_out, how })
}

impl<'a> Known<'a> {
    fn explain(&self, walked: &[Walked], progress: &Progress) -> Result<Contexts> {
        let gaps: Vec<Gap> = gaps(walked).collect();
        let is_object = |address| has_object(walked, address);
        let is_border = |from, to| {
            part(walked, from)
                .is_some_and(|part| to == part.segment.end || to < part.segment.end && part.has_object(to))
        };
        Ok(contexts::explain(self.space, &self.gc.ranges(), &gaps, is_object, is_border, progress)?)
    }

    /// Addresses of all native Threads.
    fn threads(&self, walked: &[Walked], progress: &Progress) -> Result<Vec<u64>> {
        let Known { space, types, .. } = *self;
        let tables = self.tables.tables().into_iter().map(|table| table.address);
        let table = types.find_type_among(space, ("System.Threading", "Thread"), tables);
        let table = table.and_then(|mt| self.tables.get(space, mt));
        let objects: Vec<u64> = table.map_or_else(Vec::new, |(index, _)| {
            let stretches = walked.iter().flat_map(|part| part.stretches.iter().map(|stretch| (stretch, part.unit)));
            stretches.flat_map(|(stretch, unit)| stretch.of_type(index, unit)).collect()
        });
        let managed = managed(space, types, &objects);
        let threads = Threads::find(space, &managed, self.os_threads, &self.gc.ranges(), types.contract(), progress)?;
        Ok(threads.list.iter().map(|thread| thread.address).filter(|&address| address != 0).collect())
    }
}

/// Walks the segments again in which `contexts` (sorted, disjoint) lie, leaving these out.
fn walk_round<'a>(
    known: &Known<'a>,
    walked: &mut Vec<Walked<'a>>,
    contexts: &[Range<u64>],
    progress: &Progress,
) -> Result<()> {
    for old in std::mem::take(walked) {
        let Segment { start, end, .. } = old.segment;
        let behind = &contexts[contexts.partition_point(|range| range.start < start)..];
        let inside = &behind[..behind.partition_point(|range| range.end <= end)];
        if inside.is_empty() {
            walked.push(old);
            continue;
        }
        let starts = [start].into_iter().chain(inside.iter().map(|range| range.end));
        let ends = inside.iter().map(|range| range.start).chain([end]);
        let parts: Vec<Segment> = starts.zip(ends).map(|(start, end)| Segment { start, end, ..old.segment }).collect();
        walked.extend(walk::walk(known.space, known.tables, &parts, progress)?);
    }
    Ok(())
}

fn gaps(walked: &[Walked]) -> impl Iterator<Item = Gap> {
    walked.iter().flat_map(|part| part.gaps.iter().copied())
}

/// In order, none that overlaps one before.
fn disjoint(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut end = 0;
    ranges.retain(|range| {
        let keep = range.start >= end;
        end = if keep { range.end } else { end };
        keep
    });
    ranges
}

/// The walked part in which an address lies (they are in address order).
fn part<'w, 'a>(walked: &'w [Walked<'a>], address: u64) -> Option<&'w Walked<'a>> {
    let index = walked.partition_point(|part| part.segment.start <= address).checked_sub(1)?;
    Some(&walked[index]).filter(|part| address < part.segment.end)
}

/// Does an object start at this address?
pub(super) fn has_object(walked: &[Walked], address: u64) -> bool {
    part(walked, address).is_some_and(|part| part.has_object(address))
}

impl Walked<'_> {
    /// May an allocation context lie here? Threads allocate in the youngest generation only.
    fn can_hold(&self, context: &Range<u64>) -> bool {
        let Segment { kind, start, end, .. } = self.segment;
        let young = matches!(kind, SegmentKind::Small | SegmentKind::Ephemeral | SegmentKind::Gen0);
        young && start <= context.start && context.end <= end
    }

    fn has_object(&self, address: u64) -> bool {
        let index = self.stretches.partition_point(|stretch| stretch.base <= address).checked_sub(1);
        index.is_some_and(|index| {
            let stretch = &self.stretches[index];
            let first = stretch.first_from(address, self.unit);
            stretch.offsets.get(first).map(|&offset| stretch.base + u64::from(offset) * self.unit) == Some(address)
        })
    }

    fn objects_in(&self, range: &Range<u64>) -> u64 {
        let count = |stretch: &Stretch| {
            stretch.first_from(range.end, self.unit).saturating_sub(stretch.first_from(range.start, self.unit)) as u64
        };
        self.stretches.iter().map(count).sum()
    }
}

impl Stretch {
    fn first_from(&self, address: u64, unit: u64) -> usize {
        self.offsets.partition_point(|&offset| self.base + u64::from(offset) * unit < address)
    }

    fn of_type(&self, index: u32, unit: u64) -> impl Iterator<Item = u64> {
        let objects = self.offsets.iter().zip(&self.types).filter(move |&(_, &kind)| kind == index);
        objects.map(move |(&offset, _)| self.base + u64::from(offset) * unit)
    }
}

/// Places with one thing in common: how many, what they sum to, where the first is.
#[derive(Default)]
struct Places {
    count: u64,
    sum: u64,
    first: u64,
}

impl Places {
    fn add(&mut self, at: u64, amount: u64) {
        if self.count == 0 {
            self.first = at;
        }
        self.count += 1;
        self.sum += amount;
    }

    /// Adds the objects in each of these ranges, each object once.
    fn add_each(&mut self, walked: &[Walked], ranges: impl IntoIterator<Item = Range<u64>>) {
        for range in disjoint(ranges.into_iter().collect()) {
            let objects = part(walked, range.start).map_or(0, |part| part.objects_in(&range));
            if objects > 0 {
                self.add(range.start, objects);
            }
        }
    }

    fn warn(&self, warnings: &mut Vec<String>, sentence: impl Fn(u64, String) -> String) {
        match self.count {
            0 => {}
            1 => warnings.push(sentence(self.sum, format!("at {:#x}", self.first))),
            n => warnings.push(sentence(self.sum, format!("{n} places, the first at {:#x}", self.first))),
        }
    }
}
