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
    /// From the object that the root holds to the one asked about.
    pub steps: Vec<Step>,
}

impl Way {
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
        let steps = format::counted(self.steps.len() as u64, "step");
        match self.remark() {
            Some(remark) => format!("{steps}, {remark}"),
            None => steps,
        }
    }

    /// The way as a Markdown list, root first.
    pub fn markdown(&self) -> String {
        let mut lines = vec![format!("- **{}**", self.title)];
        lines.extend(self.steps.iter().map(|step| match step.field.is_empty() {
            true => format!("- `{}`", step.name.full),
            false => format!("- `{}` .{}", step.name.full, format::field(&step.field)),
        }));
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
        self.steps.len() + 1
    }

    fn cell(&self, row: usize, _column: usize) -> Cell<'_> {
        let Some(step) = row.checked_sub(1).map(|step| &self.steps[step]) else {
            return Cell::Name { spans: vec![(Tone::Root, Cow::Borrowed(&self.short))], root: true };
        };
        let mut spans: Vec<Span<'_>> = vec![(Tone::Plain, Cow::Borrowed(&step.name.short))];
        if !step.field.is_empty() {
            spans.push((Tone::Faint, Cow::Owned(format!(" .{}", format::field(&step.field)))));
        }
        Cell::Name { spans, root: false }
    }

    fn name(&self, row: usize) -> Cow<'_, str> {
        match row.checked_sub(1).map(|step| &self.steps[step]) {
            None => Cow::Borrowed(&self.title),
            Some(step) if step.field.is_empty() => Cow::Borrowed(&step.name.full),
            Some(step) => Cow::Owned(format!("{} .{}", step.name.full, step.field)),
        }
    }
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
}
