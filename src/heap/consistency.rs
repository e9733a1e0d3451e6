//! Does a heap agree with itself?
//!
//! In a heap at rest every segment is objects from its start to its end but for memory that threads were
//! handed, and every reference leads to the start of an object. What breaks these rules is counted here:
//! nothing else can tell how far a dump that was taken while the process ran, or during a GC, can be
//! believed. The truth reader that such dumps are otherwise compared with stops where they are broken.

use std::ops::Range;

use super::walk::Walked;
use super::{Csr, Root, RootKind, Stray};
use crate::progress::{CHECK_EVERY, Cancelled, Progress};
use crate::runtime::gc::Segment;

/// How many stretches of memory, and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stretches {
    pub count: u64,
    pub bytes: u64,
}

impl Stretches {
    pub(super) fn add(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes += bytes;
    }
}

/// How far a heap agrees with itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consistency {
    /// Segments that are not empty.
    pub segments: u64,
    /// Those of them in which object follows object from the start to exactly the end.
    pub whole: u64,
    /// Stretches without objects that a thread's allocation context explains.
    pub contexts: Stretches,
    /// Stretches without objects that nothing explains.
    pub unexplained: Stretches,
    /// Bytes of segments that the dump lacks.
    pub missing: u64,
    /// References of objects that roots other than words on stacks reach, to no object's start.
    pub live_strays: u64,
    /// The same of all other objects: while a background GC sweeps, dead objects refer to what it has swept.
    pub dead_strays: u64,
    /// References to objects that are there but were left out, because they are newer than their thread's
    /// record; in neither of the other two.
    pub newer_strays: u64,
}

impl Consistency {
    /// What the walk of `segments` says. `explained` are the gaps of `walked` in order, with whether a
    /// context explains them; `left_out` is memory that was not walked because it is a context.
    pub(super) fn of_walk(
        segments: &[Segment],
        walked: &[Walked],
        explained: impl Iterator<Item = (Range<u64>, bool)>,
        left_out: &[Range<u64>],
    ) -> Consistency {
        let mut out = Consistency { missing: walked.iter().map(|part| part.missing).sum(), ..Consistency::default() };
        for (gap, explained) in explained {
            let kind = if explained { &mut out.contexts } else { &mut out.unexplained };
            kind.add(gap.end - gap.start);
        }
        left_out.iter().for_each(|range| out.contexts.add(range.end - range.start));
        for segment in segments.iter().filter(|segment| !segment.is_empty()) {
            out.segments += 1;
            // A segment with contexts left out was walked in parts.
            let first = walked.partition_point(|part| part.segment.start < segment.start);
            let whole = walked.get(first).filter(|part| part.segment == *segment);
            out.whole += u64::from(whole.is_some_and(|part| part.gaps.is_empty() && part.missing == 0));
        }
        out
    }

    /// Tells whose references `strays` (sorted by `from`) are.
    pub(super) fn judge(
        &mut self,
        strays: &[Stray],
        left_out: &[Range<u64>],
        references: &Csr,
        roots: &[Root],
        progress: &Progress,
    ) -> Result<(), Cancelled> {
        if strays.is_empty() {
            return Ok(());
        }
        let live = reachable(references, roots, progress)?;
        for stray in strays {
            let before = left_out.partition_point(|range| range.start <= stray.target).checked_sub(1);
            let kind = match before.is_some_and(|index| stray.target < left_out[index].end) {
                true => &mut self.newer_strays,
                false if live[stray.from as usize] => &mut self.live_strays,
                false => &mut self.dead_strays,
            };
            *kind += 1;
        }
        Ok(())
    }

    /// All references that lead to no object.
    pub fn strays(&self) -> u64 {
        self.live_strays + self.dead_strays + self.newer_strays
    }

    /// What a person should know of the references, as a sentence.
    pub(super) fn warning(&self) -> Option<String> {
        let (live, dead, newer, all) = (self.live_strays, self.dead_strays, self.newer_strays, self.strays());
        (all > 0).then(|| {
            format!("{all} references lead to no object: {live} of live objects, {dead} of dead ones, {newer} to objects that are left out.")
        })
    }
}

/// Which objects can be reached from roots that keep theirs alive. Words on stacks may be leftovers.
fn reachable(references: &Csr, roots: &[Root], progress: &Progress) -> Result<Vec<bool>, Cancelled> {
    let mut live = vec![false; references.len()];
    let mut open: Vec<u32> = Vec::new();
    let mut steps = 0;
    for root in roots.iter().filter(|root| root.kind.retains() && root.kind != RootKind::Stack) {
        open.push(root.object);
        while let Some(object) = open.pop() {
            if std::mem::replace(&mut live[object as usize], true) {
                continue;
            }
            steps += 1;
            if steps % CHECK_EVERY == 0 {
                progress.check()?;
            }
            open.extend(references.row(object).iter().filter(|&&target| !live[target as usize]));
        }
    }
    Ok(live)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_into_nowhere_is_told_by_whose_it_is_and_where_it_leads() {
        // 0 is held by a root and holds 1; 2 holds itself: a weak handle keeps nothing, a stack word may be old.
        let references = Csr::from_rows(&[vec![1], vec![], vec![2]]);
        let root = |kind, object| Root { kind, name: "".into(), address: 0, object, assembly: "".into() };
        let roots = [root(RootKind::Static, 0), root(RootKind::WeakHandle, 2), root(RootKind::Stack, 2)];
        let stray = |from, target| Stray { from, target };
        let strays = [stray(1, 0x500), stray(1, 0x1008), stray(2, 0x500), stray(2, 0x501), stray(2, 0x1020)];
        let mut found = Consistency::default();
        found
            .judge(&strays, &[0x1000..0x1020, 0x2000..0x2020], &references, &roots, &Progress::new())
            .expect("not cancelled");
        assert_eq!((found.live_strays, found.dead_strays, found.newer_strays), (1, 3, 1));
        let told = "5 references lead to no object: 1 of live objects, 3 of dead ones, 1 to objects that are left out.";
        assert_eq!(found.warning().as_deref(), Some(told));
        assert_eq!(Consistency::default().warning(), None);
    }
}
