//! Sets of types: by namespace, or by assembly.
//!
//! A set sums its types that pass the filter. What all objects of a set retain together is no sum of what its types
//! retain, so it comes from the dominator tree, and is there only where nothing of the set was left out.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::rows::directed;
use super::types::{Arrangement, Figures, Query, TypeColumn, TypeTable};
use crate::heap::{TypeKind, TypeName};

/// What types are put together by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Grouping {
    #[default]
    None,
    Namespace,
    Assembly,
}

impl Grouping {
    pub const ALL: [Grouping; 3] = [Grouping::None, Grouping::Namespace, Grouping::Assembly];

    /// A word for a button.
    pub fn word(self) -> &'static str {
        match self {
            Grouping::None => "none",
            Grouping::Namespace => "namespace",
            Grouping::Assembly => "assembly",
        }
    }

    /// The set that a type belongs to; empty where it has no namespace, or its assembly is not known.
    pub fn set_of<'a>(self, name: &'a TypeName, assembly: &'a str) -> &'a str {
        match self {
            Grouping::None => "",
            Grouping::Namespace => name.full.get(..name.namespace as usize).unwrap_or_default().trim_end_matches('.'),
            Grouping::Assembly => assembly,
        }
    }

    /// What a set is called.
    pub fn title(self, set: &str) -> Cow<'_, str> {
        match (set, self) {
            ("", Grouping::Assembly) => Cow::Borrowed("(assembly not known)"),
            ("", _) => Cow::Borrowed("(no namespace)"),
            (set, _) => Cow::Owned(set.to_owned()),
        }
    }
}

/// Bytes that all objects of a set retain together, by its name.
pub type SetSizes = FxHashMap<Box<str>, u64>;

/// Types that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeSet {
    pub name: Box<str>,
    /// Where its types stand in [`Arrangement::order`].
    pub types: Range<usize>,
    /// Sums over these; `retained` is not one.
    pub figures: Figures,
    /// Was none of its types left out?
    pub whole: bool,
    /// What its objects retain together: of a whole one, once that is known.
    pub retained: Option<u64>,
}

/// Puts the types of a set together in `order`, Free behind them all, and gives the sets in order.
pub(super) fn sets(table: &TypeTable, query: &Query, order: &mut [u32], folded: bool) -> Vec<TypeSet> {
    if query.grouping == Grouping::None {
        return Vec::new();
    }
    let set_of = |row: u32| {
        let row = &table.rows[row as usize];
        query.grouping.set_of(&row.name, &row.assembly)
    };
    let is_free = |row: u32| table.rows[row as usize].kind == TypeKind::Free;
    let mut all: FxHashMap<&str, usize> = FxHashMap::default();
    (0..table.rows.len() as u32).filter(|&row| !is_free(row)).for_each(|row| *all.entry(set_of(row)).or_default() += 1);
    let mut members: FxHashMap<&str, Vec<u32>> = FxHashMap::default();
    let mut free = Vec::new();
    for &row in &*order {
        if is_free(row) { free.push(row) } else { members.entry(set_of(row)).or_default().push(row) }
    }
    let set = |(name, rows): (&str, Vec<u32>)| {
        let whole = all[name] == rows.len();
        let retained = query.sizes.as_ref().filter(|_| whole).and_then(|sizes| sizes.get(name).copied());
        let figures = table.sum(&rows);
        (TypeSet { name: name.into(), types: 0..rows.len(), figures, whole, retained }, rows)
    };
    let mut sets: Vec<(TypeSet, Vec<u32>)> = members.into_iter().map(set).collect();
    sets.sort_by(|(a, _), (b, _)| {
        directed(compare(a, b, query.sort, folded), query.descending).then_with(|| a.name.cmp(&b.name))
    });
    let mut at = 0;
    for (set, rows) in &mut sets {
        order[at..at + rows.len()].copy_from_slice(rows);
        set.types = at..at + rows.len();
        at = set.types.end;
    }
    order[at..].copy_from_slice(&free);
    sets.into_iter().map(|(set, _)| set).collect()
}

fn compare(a: &TypeSet, b: &TypeSet, column: TypeColumn, folded: bool) -> Ordering {
    match column {
        TypeColumn::Name | TypeColumn::Assembly => a.name.cmp(&b.name),
        TypeColumn::ExcPercent | TypeColumn::ExcBytes => a.figures.exclusive(folded).cmp(&b.figures.exclusive(folded)),
        TypeColumn::ExcCount => a.figures.count.cmp(&b.figures.count),
        TypeColumn::RetainedPercent | TypeColumn::RetainedBytes => a.retained.cmp(&b.retained),
    }
}

/// A line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// A set, as an index into [`Arrangement::sets`].
    Set(u32),
    /// A row of the table.
    Type(u32),
}

impl Arrangement {
    /// The lines in sight where these sets are open.
    pub fn lines(&self, open: &FxHashSet<Box<str>>) -> Vec<Line> {
        let mut lines = Vec::new();
        for (at, set) in self.sets.iter().enumerate() {
            lines.push(Line::Set(at as u32));
            if open.contains(&set.name) {
                lines.extend(self.order[set.types.clone()].iter().map(|&row| Line::Type(row)));
            }
        }
        let behind = self.sets.last().map_or(0, |set| set.types.end);
        lines.extend(self.order[behind..].iter().map(|&row| Line::Type(row)));
        lines
    }
}
