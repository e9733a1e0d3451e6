//! What the window asks an open dump, beside flame graphs.
//!
//! Each function is run by a worker, takes what the question is about and gives what a panel shows.

use std::sync::Arc;

use super::{Analysis, Opened};
use crate::analysis::histogram::TypeGroups;
use crate::analysis::independent::Holders;
use crate::analysis::liveness::Liveness;
use crate::analysis::paths::paths;
use crate::analysis::referrers::{Referrers, Scene};
use crate::error::Result;
use crate::heap::{Root, TypeInfo, TypeName};
use crate::progress::Progress;
use crate::view::holding::{ENDS, Holding, Step, Way};
use crate::view::place::Subject;
use crate::view::root_table::{Held, RootTable};
use crate::view::roots::title;
use crate::view::tree::{Line, Tree};
use crate::view::type_sets::{Grouping, SetSizes};

/// Ways that are shown of an object.
const WAYS: usize = 6;

impl Opened {
    /// The objects of a subject, ascending.
    pub fn objects_of(&self, subject: &Subject) -> Vec<u32> {
        match subject {
            Subject::Object(object) => vec![*object],
            Subject::Objects(objects, _) => objects.to_vec(),
            Subject::Type(group) => {
                let meant: Vec<bool> = self.groups.group_of.iter().map(|of| of == group).collect();
                let types = self.heap.graph.objects.type_indices().iter().zip(self.heap.graph.objects.ids());
                types.filter(|(index, _)| meant[**index as usize]).map(|(_, object)| object).collect()
            }
        }
    }

    /// The group of types that an object belongs to.
    pub fn group_of(&self, object: u32) -> u32 {
        self.groups.group_of[self.heap.graph.objects.type_index(object) as usize]
    }

    /// What a subject is called.
    pub fn name_of(&self, subject: &Subject) -> TypeName {
        let graph = &self.heap.graph;
        match subject {
            Subject::Type(group) => graph.types[self.groups.first[*group as usize] as usize].name.clone(),
            Subject::Object(object) => graph.type_of(*object).name.clone(),
            Subject::Objects(_, title) => TypeName { full: (&**title).into(), short: (&**title).into(), namespace: 0 },
        }
    }

    /// Where referrers are looked for, once they can be.
    pub fn scene(&self) -> Result<Scene<'_>> {
        let holders = Holders { graph: &self.heap.graph, liveness: &self.analysed()?.liveness };
        Ok(Scene { holders, groups: &self.groups, fields: &self.fields, runtime: self.heap.runtime.as_ref() })
    }

    /// Who refers to a subject: the first level.
    pub fn referrers(&self, subject: &Subject, progress: &Progress) -> Result<Tree> {
        let scene = self.scene()?;
        let known = match subject {
            Subject::Type(group) => self.table().row_of(*group),
            Subject::Object(_) | Subject::Objects(..) => None,
        };
        let bytes = known.map(|row| self.table().rows[row].figures.retained);
        let referrers = Referrers::of(scene, self.objects_of(subject), bytes);
        Ok(Tree::new(scene, self.name_of(subject), referrers, progress)?)
    }

    /// The same tree with a line opened (`None`: the heaviest way up to a root), and the line to go to.
    pub fn open_line(&self, tree: &Tree, line: Option<Line>, progress: &Progress) -> Result<(Tree, Line)> {
        let (mut tree, scene) = (tree.clone(), self.scene()?);
        let at = match line {
            Some(line) => {
                tree.open(scene, line, progress)?;
                line
            }
            None => tree.open_heaviest(scene, progress)?,
        };
        Ok((tree, at))
    }

    /// What all objects of each set of types retain together.
    pub fn set_sizes(&self, grouping: Grouping, progress: &Progress) -> Result<SetSizes> {
        let (graph, liveness) = (&self.heap.graph, &self.analysed()?.liveness);
        let set_of = |info: &TypeInfo| -> Box<str> { grouping.set_of(&info.name, &info.assembly).into() };
        let sets = TypeGroups::by(graph, set_of);
        let tallies = liveness.retained.by_type(graph, &liveness.dominators, &sets, progress)?;
        let names = sets.first.iter().map(|&first| set_of(&graph.types[first as usize]));
        Ok(names.zip(tallies.iter().map(|tally| tally.bytes)).collect())
    }

    /// Who keeps these objects alive.
    pub fn holding(&self, objects: &[u32], progress: &Progress) -> Result<Holding> {
        let holders = self.scene()?.holders;
        let liveness = holders.liveness;
        let alive = objects.iter().filter(|&&object| liveness.dominators.is_reachable(object)).count() as u64;
        // Of equal ones the first in memory.
        let heaviest = objects.iter().rev().copied().max_by_key(|&object| liveness.retained.of(object));
        let found = heaviest.map_or(Ok(Vec::new()), |object| paths(holders, object, WAYS, progress))?;
        let by_first = found.first().map_or(0, |first| {
            let labels = self.analysis().map(|analysis| analysis.flames.labels(&self.heap.graph));
            let label = |root: u32| labels.map(|labels| labels.of_root(root));
            let wanted = label(first.root);
            let same = |object: &&u32| self.origin(**object).is_some_and(|root| label(root) == wanted);
            objects.iter().filter(same).count() as u64
        });
        let independent = holders.roots(objects, usize::MAX).len();
        let ways = found.into_iter().map(|path| self.way(path.root, &path.objects)).collect();
        Ok(Holding { objects: objects.len() as u64, alive, independent, ways, by_first })
    }

    /// All roots with what they hold; worked out once.
    pub fn root_table(&self) -> Result<Arc<RootTable>> {
        let Analysis { liveness, roots, .. } = self.analysed()?;
        Ok(roots.get_or_init(|| Arc::new(self.make_root_table(liveness))).clone())
    }

    fn make_root_table(&self, liveness: &Liveness) -> RootTable {
        let graph = &self.heap.graph;
        let Liveness { retaining, dominators, retained, cheapest, tops } = liveness;
        let alone = |root: &Root| Held { bytes: 0, alone: retained.of(root.object) };
        let mut held: Vec<Held> = graph.roots.iter().map(alone).collect();
        for (top, root) in (0..).zip(tops.labels(graph, retaining, dominators, cheapest)) {
            if let Some(held) = held.get_mut(root as usize) {
                held.bytes += retained.of(tops.object(dominators, top));
            }
        }
        RootTable::new(held, self.table().total.bytes)
    }

    fn way(&self, root: u32, objects: &[u32]) -> Way {
        let (graph, runtime) = (&self.heap.graph, self.heap.runtime.as_ref());
        let step = |at: usize| {
            let object = objects[at];
            let next = objects.get(at + 1);
            let field = next.and_then(|&next| self.fields.between(graph, runtime, object, next));
            Step { object, name: graph.type_of(object).name.clone(), field: field.unwrap_or_default() }
        };
        let label = self.analysis().map(|analysis| analysis.flames.labels(graph));
        let short = label.map(|labels| labels.name(graph, labels.of_root(root)).short).unwrap_or_default();
        let title = title(&graph.roots[root as usize]).into();
        let unnamed = objects.len().saturating_sub(2 * ENDS);
        let named = (0..objects.len().min(ENDS)).chain((ENDS + unnamed)..objects.len());
        Way { root, title, short, steps: named.map(step).collect(), unnamed }
    }
}
