//! Who keeps some objects alive: the sentence under a table, and the ways from roots behind it.
//!
//! A way is named by its root; a remark says where it leads through something that holds much and causes
//! little (a timer, a weak table), so that nobody takes it for the cause.

use std::borrow::Cow;
use std::sync::Arc;

use super::format;
use super::rows::{Cell, Column, Rows, Span, Tone};
use crate::heap::TypeName;

/// One object of a way and the field of it that holds the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub object: u32,
    pub name: TypeName,
    /// Empty at the last step, and where fields have no names.
    pub field: Arc<str>,
}

/// A way from a root to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Index of the root in the graph.
    pub root: u32,
    /// `static var System.Data.Entity.Internal.LazyInternalContext._cachedModels`
    pub title: Box<str>,
    /// `static var LazyInternalContext._cachedModels`
    pub short: Box<str>,
    /// From the object that the root holds to the one asked about; of a way with more than twice [`ENDS`] steps
    /// the first and the last [`ENDS`].
    pub steps: Vec<Step>,
    /// Steps between those that are not named: the middle of a long list says nothing.
    pub unnamed: usize,
}

/// Steps at each end of a way that are named in any case.
pub const ENDS: usize = 100;

/// What a row of a way is.
enum Part<'a> {
    Root,
    Step(&'a Step),
    /// So many steps in one row.
    Unnamed(usize),
}

impl Way {
    /// The step in a row; `None` for the root and for steps that are not named.
    pub fn step(&self, row: usize) -> Option<&Step> {
        match self.part(row) {
            Part::Step(step) => Some(step),
            Part::Root | Part::Unnamed(_) => None,
        }
    }

    fn part(&self, row: usize) -> Part<'_> {
        let behind_gap = self.unnamed > 0 && row > ENDS + 1;
        match row.checked_sub(1 + usize::from(behind_gap)) {
            None => Part::Root,
            Some(ENDS) if self.unnamed > 0 && !behind_gap => Part::Unnamed(self.unnamed),
            Some(step) => Part::Step(&self.steps[step]),
        }
    }

    /// What the way leads through, where that matters; `through a timer`.
    pub fn remark(&self) -> Option<&'static str> {
        const SIDEWAYS: [(&str, &str); 4] = [
            ("System.Threading.Timer", "through a timer"),
            ("System.Runtime.CompilerServices.ConditionalWeakTable", "through a weak table"),
            ("System.RuntimeType", "through a type's cache"),
            ("System.Diagnostics.Tracing.", "through tracing"),
        ];
        let passes = |beginning: &str| self.steps.iter().any(|step| step.name.full.starts_with(beginning));
        SIDEWAYS.into_iter().find(|(beginning, _)| passes(beginning)).map(|(_, remark)| remark)
    }

    /// `19 steps, through a timer`
    pub fn words(&self) -> String {
        let steps = format::counted((self.steps.len() + self.unnamed) as u64, "step");
        match self.remark() {
            Some(remark) => format!("{steps}, {remark}"),
            None => steps,
        }
    }

    /// The way as a Markdown list, root first.
    pub fn markdown(&self) -> String {
        let line = |row| match self.part(row) {
            Part::Root => format!("- **{}**", self.title),
            Part::Step(step) if step.field.is_empty() => format!("- `{}`", step.name.full),
            Part::Step(step) => format!("- `{}` .{}", step.name.full, format::field(&step.field)),
            Part::Unnamed(count) => format!("- {}", more(count)),
        };
        let lines: Vec<String> = (0..self.len()).map(line).collect();
        lines.join("\n")
    }
}

/// Who keeps a set of objects alive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// Objects asked about, and how many of them something keeps alive.
    pub objects: u64,
    pub alive: u64,
    /// Roots that hold any of them on their own; stack words do not count.
    pub independent: usize,
    /// Of the object that retains most: the cheapest way first, then the most different ones.
    pub ways: Vec<Way>,
    /// How many of the objects the root of the first way is the cheapest for.
    pub by_first: u64,
}

impl Holding {
    /// What stands behind the name of the first root: `all 801 · also by TimerQueue.Instances`.
    pub fn rest(&self) -> String {
        let mut parts = Vec::new();
        if self.objects > 1 {
            let all = self.by_first == self.objects;
            let count = format::count(self.by_first);
            parts.push(if all {
                format!("all {count}")
            } else {
                format!("{count} of {}", format::count(self.objects))
            });
        }
        match self.independent {
            0 => parts.push(String::from("may be a leftover on the stack")),
            1 => {}
            2 => parts.push(String::from("and by 1 other root")),
            n => parts.push(format!("and by {} other roots", format::count(n as u64 - 1))),
        }
        parts.join(" · ")
    }

    /// Where nothing keeps them alive.
    pub fn dead(&self) -> Option<&'static str> {
        (self.alive == 0).then_some("nothing: the next collection frees it")
    }
}

const COLUMNS: [Column; 1] =
    [Column::name("From root to object", "Each object holds the next by the field named").fixed()];

impl Rows for Way {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn len(&self) -> usize {
        1 + self.steps.len() + usize::from(self.unnamed > 0)
    }

    fn cell(&self, row: usize, _column: usize) -> Cell<'_> {
        let spans: Vec<Span<'_>> = match self.part(row) {
            Part::Root => {
                return Cell::Name { spans: vec![(Tone::Root, Cow::Borrowed(&self.short))], root: true };
            }
            Part::Unnamed(count) => vec![(Tone::Faint, Cow::Owned(more(count)))],
            Part::Step(step) if step.field.is_empty() => vec![(Tone::Plain, Cow::Borrowed(&step.name.short))],
            Part::Step(step) => vec![
                (Tone::Plain, Cow::Borrowed(&step.name.short)),
                (Tone::Faint, Cow::Owned(format!(" .{}", format::field(&step.field)))),
            ],
        };
        Cell::Name { spans, root: false }
    }

    fn name(&self, row: usize) -> Cow<'_, str> {
        match self.part(row) {
            Part::Root => Cow::Borrowed(&self.title),
            Part::Unnamed(count) => Cow::Owned(more(count)),
            Part::Step(step) if step.field.is_empty() => Cow::Borrowed(&step.name.full),
            Part::Step(step) => Cow::Owned(format!("{} .{}", step.name.full, step.field)),
        }
    }
}

/// What stands for steps that are not named.
fn more(count: usize) -> String {
    format!("… {} …", format::counted(count as u64, "more step"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(types: &[&str]) -> Way {
        let step = |name: &&str| Step {
            object: 0,
            name: TypeName { full: (*name).into(), short: (*name).into(), namespace: 0 },
            field: "_next".into(),
        };
        Way {
            root: 0,
            title: "static var N.T.f".into(),
            short: "static var T.f".into(),
            steps: types.iter().map(step).collect(),
            unnamed: 0,
        }
    }

    #[test]
    fn a_way_through_a_timer_says_so() {
        assert_eq!(way(&["A", "B"]).words(), "2 steps");
        assert_eq!(way(&["A", "System.Threading.TimerQueueTimer"]).words(), "2 steps, through a timer");
    }

    #[test]
    fn the_sentence_counts_what_the_first_root_holds_and_who_else_does() {
        let holding = Holding { objects: 801, alive: 801, independent: 2, ways: vec![way(&["A"])], by_first: 801 };
        assert_eq!(holding.rest(), "all 801 · and by 1 other root");
        assert_eq!(Holding { by_first: 5, independent: 1, ..holding.clone() }.rest(), "5 of 801");
        assert_eq!(
            Holding { objects: 1, by_first: 1, independent: 0, ..holding }.rest(),
            "may be a leftover on the stack"
        );
    }

    #[test]
    fn a_way_is_copied_as_a_list() {
        assert_eq!(way(&["A"]).markdown(), "- **static var N.T.f**\n- `A` ._next");
    }

    #[test]
    fn the_middle_of_a_long_way_is_one_row() {
        let mut long = way(&["A"; 2 * ENDS]);
        assert_eq!(long.len(), 1 + 2 * ENDS);
        long.unnamed = 1_499_790;
        assert_eq!(long.words(), format!("{} steps", format::count(1_499_990)));
        assert_eq!(long.len(), 2 + 2 * ENDS);
        assert_eq!(long.name(ENDS + 1), format!("… {} more steps …", format::count(1_499_790)));
        assert!(long.step(0).is_none() && long.step(ENDS + 1).is_none());
        assert!((1..=ENDS).chain(ENDS + 2..long.len()).all(|row| long.step(row).is_some()));
        assert_eq!(long.markdown().lines().count(), long.len());
    }
}
