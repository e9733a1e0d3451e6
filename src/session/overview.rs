//! Questions of the first look at a dump: how full each generation is, and what the leak suspects are.

use super::Opened;
use super::flame::{FlameQuestion, FlameRoot};
use crate::analysis::flame::{Limits, NameKind};
use crate::analysis::generations::{Share, generations};
use crate::analysis::suspects::suspects;
use crate::error::Result;
use crate::progress::Progress;
use crate::view::overview::Suspicion;
use crate::view::place::Subject;
use crate::view::suspects::{LEAST, sentences};

/// Suspects that are told.
const MOST: usize = 8;

impl Opened {
    /// What each generation has.
    pub fn shares(&self, progress: &Progress) -> Result<Vec<Share>> {
        Ok(generations(&self.heap.graph, &self.heap.facts.gc.segments, progress)?)
    }

    /// Places where the heap piles up, heaviest first.
    pub fn suspicions(&self, progress: &Progress) -> Result<Vec<Suspicion>> {
        let (analysis, holders) = (self.analysed()?, self.scene()?.holders);
        let ask = |path: Vec<u32>| {
            let question = FlameQuestion { path, ..FlameQuestion::default() };
            analysis.flames.tree(&self.heap, &analysis.liveness, &question, Limits::default(), progress)
        };
        let tree = ask(Vec::new())?.tree;
        let heap = self.table().total.bytes;
        let mut out = Vec::new();
        for suspect in suspects(&tree, heap / LEAST).into_iter().take(MOST) {
            let roots = holders.roots(&[tree.frames[suspect.frame as usize].sample], usize::MAX).len();
            let path = tree.path(suspect.frame);
            let root = path.iter().map(|&frame| tree.name(frame)).find(|name| matches!(name.kind, NameKind::Root(_)));
            let labels = tree.labels_to(suspect.frame);
            let FlameRoot::Objects(objects, title) = ask(labels.clone())?.question.root else { continue };
            out.push(Suspicion {
                text: sentences(&tree, &suspect, heap, roots),
                root: root.map_or_else(String::new, |name| name.short.to_string()),
                bytes: suspect.bytes,
                objects: Subject::Objects(objects, title),
                path: labels,
            });
        }
        Ok(out)
    }
}
