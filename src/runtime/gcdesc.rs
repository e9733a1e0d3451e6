//! GCDesc: where an object keeps its references.
//!
//! It lies in front of the method table and is read backwards: a count of series, then for each its
//! length (less the object's size) and its start. A negative count means an array of value types: one
//! start, then (pointers, bytes to skip) pairs that repeat from element to element. Same in every
//! runtime; halves of a pair are 16 bits wide in 32-bit processes.

use crate::memory::AddressSpace;

/// More series than any type has; a garbage word must not become an allocation.
const MAX_SERIES: i64 = 0x4000;

/// A run of references: `adjust + size of the object` bytes from `start` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    pub start: u32,
    pub adjust: i32,
}

/// `pointers` references, then `skip` bytes without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    pub pointers: u32,
    pub skip: u32,
}

/// The references of one type's objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GcDesc {
    #[default]
    None,
    /// In ascending order of start.
    Series(Box<[Series]>),
    /// An array of value types with references.
    Elements { start: u32, items: Box<[Item]> },
}

impl GcDesc {
    /// Reads the GCDesc in front of `method_table`; `None` when it is not sane for a type of these sizes.
    pub fn read(space: &AddressSpace, method_table: u64, base_size: u32, component_size: u32) -> Option<GcDesc> {
        let p = space.pointer_size() as u64;
        let signed = |address: u64| {
            space.pointer(address).map(|word| if p == 8 { word as i64 } else { i64::from(word as u32 as i32) })
        };
        let back = |words: u64| method_table.checked_sub(words * p);
        let count = signed(back(1)?)?;
        if count == 0 || count.abs() > MAX_SERIES {
            return None;
        }
        if count > 0 {
            let mut series = Vec::with_capacity(count as usize);
            for k in 1..=count as u64 {
                let (start, length) = (space.pointer(back(2 * k)?)?, signed(back(2 * k + 1)?)?);
                let sane = (p..=u64::from(base_size)).contains(&start)
                    && start.is_multiple_of(p)
                    && (-i64::from(base_size)..=0).contains(&length);
                if !sane {
                    return None;
                }
                series.push(Series { start: start as u32, adjust: length as i32 });
            }
            series.sort_by_key(|series| series.start);
            // Only an array of references grows, and it has one series: overlapping ones would let a broken
            // dump ask for endless work.
            let end = |series: &Series| i64::from(series.start) + i64::from(series.adjust) + i64::from(base_size);
            let apart = series.windows(2).all(|pair| end(&pair[0]) <= i64::from(pair[1].start));
            return (apart && (count == 1 || component_size == 0)).then(|| GcDesc::Series(series.into()));
        }
        let start = space.pointer(back(2)?)?;
        let mut items = Vec::with_capacity(count.unsigned_abs() as usize);
        let mut element = 0u64;
        for k in 0..count.unsigned_abs() {
            let word = space.pointer(back(3 + k)?)?;
            let half = 4 * p;
            let (pointers, skip) = (word & ((1 << half) - 1), word >> half);
            if pointers == 0 {
                return None;
            }
            element += pointers * p + skip;
            items.push(Item { pointers: pointers as u32, skip: skip as u32 });
        }
        let sane = (p..=u64::from(base_size)).contains(&start) && start.is_multiple_of(p);
        (sane && element == u64::from(component_size))
            .then(|| GcDesc::Elements { start: start as u32, items: items.into() })
    }

    /// Calls `visit(offset, bytes)` for every stretch of references in an object of `size` bytes (not
    /// rounded up), in ascending order.
    #[inline]
    pub fn for_each_run(&self, size: u64, pointer_size: u64, mut visit: impl FnMut(u64, u64)) {
        match self {
            GcDesc::None => {}
            GcDesc::Series(series) => {
                for run in series {
                    let bytes = i64::from(run.adjust) + size as i64;
                    if bytes > 0 {
                        visit(u64::from(run.start), bytes as u64 / pointer_size * pointer_size);
                    }
                }
            }
            GcDesc::Elements { start, items } => {
                let stop = size.saturating_sub(pointer_size);
                let mut offset = u64::from(*start);
                while offset < stop {
                    for item in items {
                        let bytes = u64::from(item.pointers) * pointer_size;
                        visit(offset, bytes);
                        offset += bytes + u64::from(item.skip);
                    }
                }
            }
        }
    }
}
