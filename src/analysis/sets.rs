//! Sets of object ids as they come from clicks: a handful, or half the heap.
//!
//! A few ids are a sorted list, so that a click on one object never touches memory in proportion to the heap;
//! many are one bit each, which also sorts them faster than sorting does. Takes lists of ids, gives membership,
//! the ids in ascending order, or their rank.

use super::bits::Bits;

/// Ids below this share of the bound stay a list: scanning all words of a bitmap costs about as much as sorting
/// one id per 1024 of them.
const FEW: usize = 1024;

fn is_few(count: usize, bound: usize) -> bool {
    count < bound / FEW
}

/// A set that is looked up in.
#[derive(Clone, Debug)]
pub enum Set {
    /// Ascending.
    Few(Vec<u32>),
    Many(Bits),
}

impl Set {
    /// All ids of some lists, all below `bound`.
    pub fn of(bound: usize, lists: &[&[u32]]) -> Set {
        if is_few(lists.iter().map(|list| list.len()).sum(), bound) {
            let mut few = lists.concat();
            few.sort_unstable();
            return Set::Few(few);
        }
        let mut bits = Bits::new(bound);
        lists.iter().for_each(|list| bits.extend(list));
        Set::Many(bits)
    }

    #[inline]
    pub fn contains(&self, id: u32) -> bool {
        match self {
            Set::Few(few) => few.binary_search(&id).is_ok(),
            Set::Many(bits) => bits.contains(id),
        }
    }
}

/// These ids, all below `bound`, ascending and once.
pub fn ascending(bound: usize, mut ids: Vec<u32>) -> Vec<u32> {
    if ids.is_sorted_by(|a, b| a < b) {
        return ids;
    }
    if is_few(ids.len(), bound) {
        ids.sort_unstable();
        ids.dedup();
        return ids;
    }
    Bits::of(bound, &ids).members()
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
            prop_assert_eq!(ascending(bound as usize, ids), sorted.clone());
            let ranks = Ranks::new(Bits::of(bound as usize, &sorted));
            for number in 0..bound {
                let want = sorted.iter().filter(|&&member| member <= number).count() as u32;
                prop_assert_eq!(ranks.up_to(number), want);
            }
        }
    }
}
