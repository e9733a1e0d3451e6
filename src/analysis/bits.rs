//! A set of object ids as one bit each.

/// A set of `u32` below a fixed bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// The empty set of numbers below `bound`.
    pub fn new(bound: usize) -> Bits {
        Bits(vec![0; bound.div_ceil(64)])
    }

    /// These numbers, all below `bound`.
    pub fn of(bound: usize, members: &[u32]) -> Bits {
        let mut bits = Bits::new(bound);
        bits.extend(members);
        bits
    }

    /// Puts all of these in.
    pub fn extend(&mut self, members: &[u32]) {
        for &member in members {
            self.insert(member);
        }
    }

    /// Puts `i` in and tells whether it was not yet there.
    #[inline]
    pub fn insert(&mut self, i: u32) -> bool {
        let word = &mut self.0[i as usize / 64];
        let fresh = *word & (1 << (i % 64)) == 0;
        *word |= 1 << (i % 64);
        fresh
    }

    #[inline]
    pub fn contains(&self, i: u32) -> bool {
        self.0[i as usize / 64] & (1 << (i % 64)) != 0
    }

    /// The bits, 64 to a word, the lowest number first.
    pub fn words(&self) -> &[u64] {
        &self.0
    }

    /// The members, ascending.
    pub fn members(&self) -> Vec<u32> {
        let mut members = Vec::with_capacity(self.0.iter().map(|word| word.count_ones() as usize).sum());
        self.for_each(|member| members.push(member));
        members
    }

    /// Calls `visit` for every member, ascending.
    pub fn for_each(&self, mut visit: impl FnMut(u32)) {
        for (at, &word) in self.0.iter().enumerate() {
            let mut left = word;
            while left != 0 {
                visit(at as u32 * 64 + left.trailing_zeros());
                left &= left - 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_back_ascending_and_once() {
        let mut bits = Bits::of(200, &[199, 0, 64, 63]);
        assert!(!bits.insert(64) && bits.insert(65));
        assert_eq!(bits.members(), [0, 63, 64, 65, 199]);
        assert!(bits.contains(199) && !bits.contains(198));
    }
}
