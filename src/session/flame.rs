//! Questions about flame graphs: which tree, from where, what is hidden.
//!
//! Takes a [`FlameQuestion`], gives a tree ready to be looked at. What every picture of a heap needs (labels, the
//! tree of each kind with its roots) is made once, when the first one asks for it.

use std::sync::{Arc, OnceLock};

use super::Opened;
use super::byname::{ByName, Explored};
use crate::analysis::byname::Rules;
use crate::analysis::flame::{
    FlameTree, Forest, Labels, Limits, NO_GENERATION, Name, Source, Start, Top, bottom_up, generations, objects_of,
    objects_of_outward, outermost, top_down,
};
use crate::analysis::independent::Holders;
use crate::analysis::liveness::Liveness;
use crate::error::{Error, Result};
use crate::heap::{Graph, Heap, RootKind};
use crate::progress::{Phase, Progress};
use crate::view::flame::{Held, Measure, Origin, TreeKind, Unit, origin};
use crate::view::place::Subject;

/// Name of the box that everything hangs from.
const WHOLE: &str = "heap reachable from roots";
/// A picture in the window: boxes down to a hundred-thousandth, so that one can zoom in.
const FINEST: f64 = 0.001;
const MOST_FRAMES: usize = 1 << 17;
/// Roots that a card names.
const NAMED_ROOTS: usize = 4;

/// What a picture starts from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FlameRoot {
    #[default]
    Heap,
    /// All types of this full name.
    Type(Arc<str>),
    /// A set of objects, ascending, and what it is called.
    Objects(Arc<[u32]>, Arc<str>),
}

impl FlameRoot {
    /// Where a picture of a subject starts; the heap without one.
    pub fn of(opened: &Opened, subject: Option<&Subject>) -> FlameRoot {
        match subject {
            None => FlameRoot::Heap,
            Some(Subject::Objects(objects, title)) => FlameRoot::Objects(objects.clone(), title.clone()),
            Some(subject @ Subject::Type(_)) => FlameRoot::Type((&*opened.name_of(subject).full).into()),
            Some(subject @ Subject::Object(object)) => {
                FlameRoot::Objects([*object].into(), (&*opened.name_of(subject).short).into())
            }
        }
    }
}

/// Which picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlameQuestion {
    pub measure: Measure,
    pub root: FlameRoot,
    /// Then down to one box of that picture: the labels on the way.
    pub path: Vec<u32>,
    /// Labels of types whose objects count to the box above.
    pub hidden: Vec<u32>,
    /// Hide everything that the program and its libraries did not bring.
    pub only_user: bool,
    /// Say in which generation each box's objects live (top-down only).
    pub generations: bool,
}

/// A picture's tree.
#[derive(Clone, Debug)]
pub struct FlameAnswer {
    pub tree: Arc<FlameTree>,
    /// 100 %: all that roots reach.
    pub heap: u64,
    /// The question with its path walked: what to ask for more of the same.
    pub question: FlameQuestion,
}

/// Trees of one heap, as far as they were asked for.
#[derive(Debug, Default)]
pub struct Flames {
    /// Where PerfView's tree comes from.
    by_name: Arc<ByName>,
    labels: OnceLock<Labels>,
    retained: OnceLock<Forest>,
    cheapest: OnceLock<Forest>,
    perfview: OnceLock<Forest>,
}

impl Flames {
    /// For a liveness without roots of some kinds.
    pub fn new(without: Vec<RootKind>) -> Flames {
        Flames::beside(Arc::new(ByName::new(without)))
    }

    /// The same, with what PerfView's table of the heap has found out.
    pub(super) fn beside(by_name: Arc<ByName>) -> Flames {
        Flames { by_name, ..Flames::default() }
    }

    pub fn labels(&self, graph: &Graph) -> &Labels {
        self.labels.get_or_init(|| Labels::new(graph))
    }

    fn forest(&self, heap: &Heap, holders: Holders<'_>, kind: TreeKind, progress: &Progress) -> Result<&Forest> {
        let labels = self.labels(holders.graph);
        let cell = match kind {
            TreeKind::Retained => &self.retained,
            TreeKind::Shortest => &self.cheapest,
            TreeKind::PerfView => &self.perfview,
        };
        if let Some(forest) = cell.get() {
            return Ok(forest);
        }
        progress.begin(Phase::Answer, 0);
        let forest = match kind {
            TreeKind::Retained => Forest::retained(holders, labels, progress)?,
            TreeKind::Shortest => Forest::cheapest(holders, labels, progress)?,
            TreeKind::PerfView => {
                let Explored { nodes, tree, .. } = self.by_name.explored(heap, &Rules::default().priority, progress)?;
                Forest::perfview(&nodes, &tree, holders, labels, progress)?
            }
        };
        Ok(cell.get_or_init(|| forest))
    }

    fn source<'a>(
        &'a self,
        heap: &'a Heap,
        liveness: &'a Liveness,
        measure: Measure,
        progress: &Progress,
    ) -> Result<Source<'a>> {
        let holders = Holders { graph: &heap.graph, liveness };
        let forest = self.forest(heap, holders, measure.tree, progress)?;
        Ok(forest.source(holders, self.labels(&heap.graph), measure.unit == Unit::Objects))
    }

    /// A tree for the window: fine enough to zoom in, chains folded.
    pub fn answer(
        &self,
        heap: &Heap,
        liveness: &Liveness,
        question: &FlameQuestion,
        progress: &Progress,
    ) -> Result<FlameAnswer> {
        let limits = Limits { min_percent: FINEST, max_frames: MOST_FRAMES, ..Limits::default() };
        self.tree(heap, liveness, question, limits, progress)
    }

    /// A tree within the given limits; those that the question sets itself (what is hidden) are overwritten.
    pub fn tree(
        &self,
        heap: &Heap,
        liveness: &Liveness,
        question: &FlameQuestion,
        limits: Limits,
        progress: &Progress,
    ) -> Result<FlameAnswer> {
        let graph = &heap.graph;
        let source = self.source(heap, liveness, question.measure, progress)?;
        let limits = Limits { hidden: hidden(&source, question), ..limits };
        let all = source.tops.iter().map(|top| source.weight(top.number)).sum();
        let start = start(&source, &question.root, progress)?;
        let mut title = match &question.root {
            FlameRoot::Objects(_, title) => title.clone(),
            _ => WHOLE.into(),
        };
        let mut asked = question.clone();
        let mut chosen = start;
        if !question.path.is_empty() {
            let objects = boxed(&source, chosen.as_deref(), question, &limits, progress)?;
            let label = question.path[question.path.len() - 1];
            title = source.labels.name(graph, label).short.into();
            chosen = Some(outermost(&source, &objects, progress)?);
            asked.root = FlameRoot::Objects(objects.into(), title.clone());
            asked.path.clear();
        }
        let tree = if question.measure.bottom_up {
            bottom_up(&source, outward(chosen.as_deref()), &title, &limits, progress)?
        } else {
            let start = chosen.as_deref().unwrap_or(source.tops);
            let mut tree = top_down(&source, start, &title, &limits, progress)?;
            if question.generations && heap.runtime.is_some() {
                let generation = |object| heap.facts.gc.generation(graph.objects.address(object));
                let of = |object| generation(object).map_or(NO_GENERATION, |generation| generation as u8);
                tree.generations = generations(&source, start, &tree, &limits, of, progress)?;
            }
            tree
        };
        Ok(FlameAnswer { tree: Arc::new(tree), heap: all, question: asked })
    }
}

/// Where a selection starts; `None` for the whole heap.
fn start(source: &Source<'_>, root: &FlameRoot, progress: &Progress) -> Result<Option<Vec<Top>>> {
    let objects = match root {
        FlameRoot::Heap => return Ok(None),
        FlameRoot::Objects(objects, _) => objects.to_vec(),
        FlameRoot::Type(name) => {
            let graph = source.graph;
            let meant: Vec<bool> = graph.types.iter().map(|info| *info.name.full == **name).collect();
            let of_type = |object: &u32| meant[graph.objects.type_index(*object) as usize];
            graph.objects.ids().filter(of_type).collect()
        }
    };
    let start = outermost(source, &objects, progress)?;
    if start.is_empty() {
        return Err(Error::Question(String::from("No root reaches any of these objects, so they hang in no tree.")));
    }
    Ok(Some(start))
}

/// What climbs in a picture that goes outward: a selection, or everything.
fn outward(chosen: Option<&[Top]>) -> Start<'_> {
    chosen.map_or(Start::Everything, Start::From)
}

/// The objects in the box that the question's path leads to, in a picture of these or of the whole.
fn boxed(
    source: &Source<'_>,
    chosen: Option<&[Top]>,
    question: &FlameQuestion,
    limits: &Limits,
    progress: &Progress,
) -> Result<Vec<u32>> {
    let path = &question.path;
    Ok(if question.measure.bottom_up {
        objects_of_outward(source, outward(chosen), path, limits, progress)?
    } else {
        objects_of(source, chosen.unwrap_or(source.tops), path, limits, progress)?
    })
}

/// Per label: is it hidden?
fn hidden(source: &Source<'_>, question: &FlameQuestion) -> Vec<bool> {
    let Source { graph, labels, .. } = *source;
    if question.hidden.is_empty() && !question.only_user {
        return Vec::new();
    }
    let foreign = |name: Name| question.only_user && origin(&name) != Origin::User;
    let types = (0..labels.len() as u32).take_while(|&label| labels.is_type(label));
    let mut hidden: Vec<bool> = types.map(|label| foreign(labels.name(graph, label))).collect();
    for &label in &question.hidden {
        if let Some(hidden) = hidden.get_mut(label as usize) {
            *hidden = true;
        }
    }
    hidden
}

impl Opened {
    /// The flame graph that a question asks for, once the analysis is there.
    pub fn flame(&self, question: &FlameQuestion, progress: &Progress) -> Result<FlameAnswer> {
        let analysis = self.analysed()?;
        analysis.flames.answer(&self.heap, &analysis.liveness, question, progress)
    }

    /// The objects in the box that the question's path leads to (right below it, where it stands for roots; outward
    /// those before them), as the subject of another view.
    pub fn flame_objects(&self, question: &FlameQuestion, progress: &Progress) -> Result<Subject> {
        let analysis = self.analysed()?;
        let source = analysis.flames.source(&self.heap, &analysis.liveness, question.measure, progress)?;
        let limits = Limits { hidden: hidden(&source, question), ..Limits::default() };
        let start = start(&source, &question.root, progress)?;
        let objects = boxed(&source, start.as_deref(), question, &limits, progress)?;
        let name = question.path.last().map(|&label| source.labels.name(&self.heap.graph, label).short);
        Ok(Subject::Objects(objects.into(), name.unwrap_or_default().into()))
    }
}

/// What the card of a box says about its heaviest object: the field that holds it, and the roots that do beside
/// the one with the label `under`, which the picture puts it under.
pub fn held(opened: &Opened, object: u32, under: Option<u32>) -> Held {
    let graph = &opened.heap.graph;
    let (Some(holders), true) = (opened.holders(), (object as usize) < graph.len()) else { return Held::default() };
    let liveness = holders.liveness;
    let refers = |from: &u32| liveness.retaining.references(graph, *from).any(|to| to == object);
    // By its dominator where that refers to it itself, else by the last step of the cheapest way.
    let direct = liveness.dominators.immediate(object).filter(refers);
    let holder = direct.or_else(|| liveness.cheapest.parent(object));
    let through = holder.and_then(|from| {
        let field = opened.fields.between(graph, opened.heap.runtime.as_ref(), from, object)?;
        Some((graph.type_of(from).name.short.to_string(), field.to_string()))
    });
    let Some(labels) = opened.analysis().map(|analysis| analysis.flames.labels(graph)) else { return Held::default() };
    let mut others: Vec<(RootKind, u32)> = holders
        .roots(&[object], usize::MAX)
        .into_iter()
        .map(|root| (graph.roots[root as usize].kind, labels.of_root(root)))
        .filter(|&(_, label)| Some(label) != under)
        .collect();
    others.sort_unstable();
    others.dedup();
    let name = |&(_, label): &(RootKind, u32)| labels.name(graph, label).short.into();
    Held { through, others: others.len() as u32, other_roots: others.iter().take(NAMED_ROOTS).map(name).collect() }
}
