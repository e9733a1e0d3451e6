//! Arrays: length, dimensions, elements by page.
//!
//! Behind the method table lies the count (u32, padded to a pointer); arrays of another shape than
//! `T[]` follow it with the length of each dimension, then each lower bound, 4 bytes each. Elements end
//! one pointer before the base size would have them (it counts the object's header).

use super::{Inspector, Item};
use crate::runtime::types::ElementKind;

/// Dimensions that an array may have (the runtime's own limit).
const MOST_DIMENSIONS: u32 = 32;

/// An array object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array {
    /// All elements, over all dimensions.
    pub length: u64,
    /// Length and lower bound of each dimension; empty for `T[]`.
    pub dimensions: Vec<(u32, i32)>,
    /// Type handle of the elements.
    pub element: u64,
    pub kind: ElementKind,
    /// Bytes from one element to the next.
    pub stride: u64,
    /// Where the first element lies.
    pub data: u64,
}

impl Array {
    /// How an index along all elements is written: `7`, or `1, 0, 4`.
    pub fn index_text(&self, index: u64) -> String {
        if self.dimensions.is_empty() {
            return index.to_string();
        }
        let mut rest = index;
        let mut parts: Vec<String> = Vec::new();
        for &(length, lower) in self.dimensions.iter().rev() {
            let length = u64::from(length.max(1));
            parts.push(((rest % length) as i64 + i64::from(lower)).to_string());
            rest /= length;
        }
        parts.reverse();
        parts.join(", ")
    }
}

impl Inspector<'_> {
    /// The array at `object`; `None` where there is none.
    pub fn array(self, object: u64) -> Option<Array> {
        let mt = self.method_table(object)?;
        let element = self.types.element(self.space, mt)?;
        let rank = self.types.array_rank(self.space, mt)?;
        let body = self.body(object);
        let header = body.checked_add(self.space.pointer_size() as u64)?;
        let dimensions = (0..u64::from(rank.min(MOST_DIMENSIONS)))
            .map(|i| {
                let length = self.space.u32(header.checked_add(4 * i)?)?;
                let lower = self.space.u32(header.checked_add(4 * (u64::from(rank) + i))?)?;
                Some((length, lower as i32))
            })
            .collect::<Option<_>>()?;
        Some(Array {
            length: self.space.u32(body)?.into(),
            dimensions,
            element,
            kind: self.kind_of(element),
            stride: u64::from(self.space.u32(mt)? & 0xFFFF),
            data: header.checked_add(8 * u64::from(rank))?,
        })
    }

    /// Up to `count` elements from index `from` on.
    pub fn elements(self, array: &Array, from: u64, count: usize) -> Vec<Item> {
        let end = array.length.min(from.saturating_add(count as u64));
        (from..end).map(|index| self.element(array, index, 0)).collect()
    }

    pub(super) fn element(self, array: &Array, index: u64, depth: u32) -> Item {
        let declared = if array.kind.is_reference() { 0 } else { array.element };
        self.item(array.kind, declared, array.data.saturating_add(index.saturating_mul(array.stride)), depth)
    }
}
