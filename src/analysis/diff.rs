//! Two heaps compared type by type: what came, what went, what grew.
//!
//! Takes the types of each heap with their sums and gives one [`Change`] per name and assembly that has
//! objects on either side. Method tables of one name are one row: their addresses say nothing across two
//! processes.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::heap::TypeInfo;
use crate::runtime::types::TypeName;

/// What the objects of one type come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub count: u64,
    /// Their own bytes.
    pub bytes: u64,
    /// What would go if they went.
    pub retained: u64,
}

/// One type in both heaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub name: TypeName,
    pub assembly: Box<str>,
    pub base: Sums,
    pub new: Sums,
}

impl Change {
    pub fn count_delta(&self) -> i64 {
        delta(self.base.count, self.new.count)
    }

    pub fn bytes_delta(&self) -> i64 {
        delta(self.base.bytes, self.new.bytes)
    }

    pub fn retained_delta(&self) -> i64 {
        delta(self.base.retained, self.new.retained)
    }

    /// No object of it was in the base.
    pub fn is_new(&self) -> bool {
        self.base.count == 0
    }

    /// No object of it is left.
    pub fn is_gone(&self) -> bool {
        self.new.count == 0
    }
}

/// `new - base`.
pub fn delta(base: u64, new: u64) -> i64 {
    new.wrapping_sub(base) as i64
}

/// Compares two heaps, each a list of types and, in the same order, their sums; where several entries have one
/// name and assembly, they are added up. What grew most in bytes comes first, ties by retained bytes and name.
pub fn diff(base: (&[TypeInfo], &[Sums]), new: (&[TypeInfo], &[Sums])) -> Vec<Change> {
    let mut changes: BTreeMap<(&str, &str), Change> = BTreeMap::new();
    for ((types, sums), is_new) in [(base, false), (new, true)] {
        for (info, sums) in types.iter().zip(sums).filter(|(_, sums)| sums.count > 0) {
            let change = changes.entry((&info.name.full, &info.assembly)).or_insert_with(|| Change {
                name: info.name.clone(),
                assembly: info.assembly.clone(),
                base: Sums::default(),
                new: Sums::default(),
            });
            let side = if is_new { &mut change.new } else { &mut change.base };
            side.count += sums.count;
            side.bytes += sums.bytes;
            side.retained += sums.retained;
        }
    }
    let mut changes: Vec<Change> = changes.into_values().collect();
    changes.sort_by_key(|change| Reverse((change.bytes_delta(), change.retained_delta())));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::TypeKind;

    fn types(names: &[(&str, &str)]) -> Vec<TypeInfo> {
        let info = |&(name, assembly): &(&str, &str)| TypeInfo {
            method_table: 0,
            name: TypeName { full: name.into(), ..TypeName::default() },
            assembly: assembly.into(),
            kind: TypeKind::Object,
        };
        names.iter().map(info).collect()
    }

    fn sums(count: u64, bytes: u64) -> Sums {
        Sums { count, bytes, retained: 2 * bytes }
    }

    #[test]
    fn types_meet_by_name_and_assembly_and_the_most_grown_come_first() {
        let base =
            types(&[("Gone", "a.dll"), ("Same", "a.dll"), ("Twice", "a.dll"), ("Twice", "a.dll"), ("Unused", "")]);
        let new = types(&[("Twice", "a.dll"), ("Same", "a.dll"), ("Same", "b.dll")]);
        let changes = diff(
            (&base, &[sums(1, 100), sums(2, 20), sums(1, 10), sums(1, 30), sums(0, 0)]),
            (&new, &[sums(5, 100), sums(2, 20), sums(1, 8)]),
        );
        let shown: Vec<_> = changes
            .iter()
            .map(|c| (&*c.name.full, &*c.assembly, c.count_delta(), c.bytes_delta(), c.retained_delta()))
            .collect();
        assert_eq!(
            shown,
            [
                ("Twice", "a.dll", 3, 60, 120),
                ("Same", "b.dll", 1, 8, 16),
                ("Same", "a.dll", 0, 0, 0),
                ("Gone", "a.dll", -1, -100, -200)
            ]
        );
        assert!(changes[1].is_new() && changes[3].is_gone() && !changes[0].is_new());
    }
}
