//! Sets of object ids as they come from clicks: a handful, or half the heap.
//!
//! A few ids are a sorted list, so that a click on one object never touches memory in proportion to the heap;
//! many are one bit each, which also sorts them faster than sorting does. Takes lists of ids, gives membership,
//! the ids in ascending order, or their rank.

use std::borrow::Cow;

use super::bits::Bits;

/// Ids below this share of the bound stay a list: scanning all words of a bitmap costs about as much as sorting
/// one id per 1024 of them.
const FEW: usize = 1024;

/// A set of ids.
#[derive(Clone, Debug)]
pub enum Set {
    /// Ascending.
    Few(Vec<u32>),
    Many(Bits),
}

impl Set {
    /// All ids of some lists, all below `bound`.
    pub fn of(bound: usize, lists: &[&[u32]]) -> Set {
        let count = lists.iter().map(|list| list.len()).sum();
        Set::collect(bound, count, lists.iter().flat_map(|list| list.iter().copied()))
    }

    /// These ids, all below `bound`; about `count`.
    pub fn collect(bound: usize, count: usize, ids: impl Iterator<Item = u32>) -> Set {
        if count < bound / FEW {
            let mut few: Vec<u32> = ids.collect();
            few.sort_unstable();
            few.dedup();
            return Set::Few(few);
        }
        let mut bits = Bits::new(bound);
        for id in ids {
            bits.insert(id);
        }
        Set::Many(bits)
    }

    #[inline]
    pub fn contains(&self, id: u32) -> bool {
        match self {
            Set::Few(few) => few.binary_search(&id).is_ok(),
            Set::Many(bits) => bits.contains(id),
        }
    }

    /// Calls `visit` for every id, ascending.
    pub fn for_each(&self, visit: impl FnMut(u32)) {
        match self {
            Set::Few(few) => few.iter().copied().for_each(visit),
            Set::Many(bits) => bits.for_each(visit),
        }
    }

    fn into_members(self) -> Vec<u32> {
        match self {
            Set::Few(few) => few,
            Set::Many(bits) => bits.members(),
        }
    }
}

/// These ids, all below `bound`, ascending and once.
pub fn ascending<'a>(bound: usize, ids: impl Into<Cow<'a, [u32]>>) -> Cow<'a, [u32]> {
    let ids = ids.into();
    match ids.is_sorted_by(|a, b| a < b) {
        true => ids,
        false => Cow::Owned(Set::of(bound, &[&ids]).into_members()),
    }
}

/// A set of numbers that tells how many of its members come before one.
#[derive(Clone, Debug, Default)]
pub struct Ranks {
    bits: Bits,
    /// Per word of the bits: members in the words before it.
    before: Vec<u32>,
}

impl Ranks {
    pub fn new(bits: Bits) -> Ranks {
        let mut sum = 0;
        let mut add = |word: &u64| {
            sum += word.count_ones();
            sum - word.count_ones()
        };
        let before = bits.words().iter().map(&mut add).collect();
        Ranks { bits, before }
    }

    /// How many members are `number` or smaller.
    #[inline]
    pub fn up_to(&self, number: u32) -> u32 {
        let (word, bit) = (number as usize / 64, number % 64);
        self.before[word] + (self.bits.words()[word] << (63 - bit)).count_ones()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn few_and_many_are_the_same_set(bound in 1..6000u32, ids in prop::collection::vec(any::<u32>(), 0..40)) {
            let ids: Vec<u32> = ids.iter().map(|id| id % bound).collect();
            let (front, back) = ids.split_at(ids.len() / 2);
            let set = Set::of(bound as usize, &[front, back]);
            let mut sorted = ids.clone();
            sorted.sort_unstable();
            sorted.dedup();
            prop_assert!((0..bound).all(|id| set.contains(id) == ids.contains(&id)));
            prop_assert_eq!(&*ascending(bound as usize, &ids[..]), &sorted[..]);
            let mut seen = Vec::new();
            set.for_each(|id| seen.push(id));
            prop_assert_eq!(&seen, &sorted);
            let ranks = Ranks::new(Bits::of(bound as usize, &sorted));
            for number in 0..bound {
                let want = sorted.iter().filter(|&&member| member <= number).count() as u32;
                prop_assert_eq!(ranks.up_to(number), want);
            }
        }
    }
}
