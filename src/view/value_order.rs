//! Objects in the order of what they say of themselves: numbers by size, then texts by letter, then the silent.
//!
//! Millions of texts do not fit beside the heap, so objects carry 8 bytes of theirs at a time: sorted by these, only
//! those that are still alike are read again for their next 8, until a text ends or is longer than a list shows.

use rayon::prelude::*;

use super::instances::value;
use super::object::inspector;
use crate::heap::{Heap, TypeKind};
use crate::progress::{CHECK_EVERY, Cancelled, Progress};
use crate::runtime::values::PREVIEW;

/// Letters of a text that are compared at once, and how often that is done at most.
const STEP: usize = size_of::<u64>();
const STEPS: usize = PREVIEW.div_ceil(STEP);

/// One object on its way to its place.
#[derive(Clone, Copy)]
struct Key {
    /// The letters compared now, as one number; 0 where its place among the others is final.
    part: u64,
    /// Where those begin that were alike so far.
    group: u32,
    object: u32,
}

/// Numbers, texts, and objects that say nothing.
const NUMBER: u32 = 0;
const TEXT: u32 = 1;
const SILENT: u32 = 2;

/// Sorts objects (ascending); what is alike stays in the order of addresses, whichever way.
pub fn sort(heap: &Heap, order: &mut Vec<u32>, descending: bool, progress: &Progress) -> Result<(), Cancelled> {
    let mut keys = vec![Key { part: 0, group: SILENT, object: 0 }; order.len()];
    keys.par_chunks_mut(CHECK_EVERY >> 4).zip(order.par_chunks(CHECK_EVERY >> 4)).try_for_each(|(keys, objects)| {
        progress.check()?;
        for (key, &object) in keys.iter_mut().zip(objects) {
            let said = text(heap, object);
            let (group, part) = match (said.as_deref(), said.as_deref().and_then(number)) {
                (_, Some(number)) => (NUMBER, number),
                (Some(text), None) => (TEXT, letters(text, 0)),
                (None, None) => (SILENT, 0),
            };
            *key = Key { part, group, object };
        }
        progress.add(keys.len() as u64);
        Ok(())
    })?;
    keys.par_sort_unstable_by_key(|key| (key.group, key.part, key.object));
    let numbers = keys.partition_point(|key| key.group == NUMBER);
    regroup(&mut keys);
    keys[..numbers].iter_mut().for_each(|key| key.part = 0);
    for step in 1..STEPS {
        if keys.par_iter().all(|key| key.part == 0) {
            break;
        }
        keys.par_chunks_mut(CHECK_EVERY >> 4).try_for_each(|keys| {
            for key in keys.iter_mut().filter(|key| key.part != 0) {
                key.part = text(heap, key.object).map_or(0, |text| letters(&text, step));
            }
            progress.check()
        })?;
        keys.par_sort_unstable_by_key(|key| (key.group, key.part, key.object));
        regroup(&mut keys);
    }
    order.clear();
    match descending {
        false => order.extend(keys.iter().map(|key| key.object)),
        true => {
            let alike = keys.chunk_by(|a, b| a.group == b.group);
            order.extend(alike.rev().flatten().map(|key| key.object));
        }
    }
    progress.check()
}

/// Puts those together that are alike up to here; whoever is alone, or has no letters left, is in its place.
fn regroup(keys: &mut [Key]) {
    let mut first = 0;
    for alike in keys.chunk_by_mut(|a, b| (a.group, a.part) == (b.group, b.part)) {
        let alone = alike.len() == 1;
        for key in alike.iter_mut() {
            key.group = first;
            key.part *= u64::from(!alone);
        }
        first += alike.len() as u32;
    }
}

/// What an object says, as far as it matters here.
fn text(heap: &Heap, object: u32) -> Option<String> {
    match heap.graph.type_of(object).kind {
        TypeKind::String => {
            let address = heap.graph.objects.address(object);
            inspector(heap)?.string(address, PREVIEW).map(|(text, _)| text)
        }
        _ => value(heap, object),
    }
}

/// A number, also of elements or entries, as one that sorts as it does.
fn number(text: &str) -> Option<u64> {
    let text = ["Length = ", "Count = "].iter().find_map(|head| text.strip_prefix(head)).unwrap_or(text);
    // Texts such as "inf" and "nan" are no numbers to a person.
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let bits = text.parse::<f64>().ok().filter(|_| is_number)?.to_bits();
    let negative = bits >> 63 == 1;
    Some(if negative { !bits } else { bits | 1 << 63 })
}

/// The letters of one step as a number that sorts as they do, not minding case; 0 where none are left.
fn letters(text: &str, step: usize) -> u64 {
    let mut part = [0; STEP];
    let bytes = text.bytes().skip(step * STEP).take(STEP);
    part.iter_mut().zip(bytes).for_each(|(part, byte)| *part = byte.to_ascii_lowercase());
    u64::from_be_bytes(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_by_size_also_of_elements() {
        let sorted = ["-12.5", "-3", "0", "7", "12", "1e3"].map(|text| number(text).unwrap());
        assert!(sorted.is_sorted(), "{sorted:?}");
        assert!(number("Length = 9") < number("Length = 12"));
        assert_eq!([number("2024-05-01"), number("inf"), number("\"7\""), number("")], [None; 4]);
    }

    #[test]
    fn letters_sort_as_texts_do_without_case() {
        assert!(letters("Order", 0) < letters("order line", 0));
        assert_eq!(letters("ORDER", 0), letters("order", 0));
        assert_eq!(letters("eight ch", 1), 0);
        assert!(letters("eight chars", 1) > 0);
    }
}
