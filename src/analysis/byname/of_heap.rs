//! The graph that PerfView would build from a dump, built from ours.
//!
//! Its order decides which parent an object gets in the spanning tree, so it is PerfView's: nodes are
//! numbered as they are first mentioned, roots before objects, objects in address order, each after what
//! it refers to; an object's children are the targets of its dependent handles, then its references by
//! offset. What differs: our stack roots are conservative, types of Reflection.Emit have their names, and
//! a reference that hits no object stands last among its object's children.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::kinds::Kinds;
use super::roots_of_heap::{Label, labelled};
use crate::analysis::bits::Bits;
use crate::dump::Container;
use crate::gcdump::{self, MemoryGraph};
use crate::heap::{Csr, ExtraKind, Graph, Heap, RootKind};
use crate::progress::{CHECK_EVERY, Cancelled, Phase, Progress};

const NONE: u32 = u32::MAX;

/// PerfView's graph of an open heap.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    pub graph: MemoryGraph,
    /// By node: the heap's object that it is; `None` for pseudo nodes and for what is no object.
    objects: Vec<u32>,
}

impl Nodes {
    /// The graph, less roots of some kinds. That of a `.gcdump` is read from its file again.
    pub fn new(heap: &Heap, without: &[RootKind], progress: &Progress) -> crate::Result<Nodes> {
        if heap.facts.container == Container::Gcdump {
            let mut graph = gcdump::open(&heap.facts.file, progress)?.graph;
            graph.leave_out_roots(without);
            let at = |&address: &u64| heap.graph.objects.at(address).filter(|_| address != 0).unwrap_or(NONE);
            let objects = graph.addresses.par_iter().map(at).collect();
            return Ok(Nodes { graph, objects });
        }
        Ok(of_heap(heap, without, progress)?)
    }

    /// The heap's object that a node is.
    pub fn object(&self, node: u32) -> Option<u32> {
        Some(self.objects[node as usize]).filter(|&object| object != NONE)
    }
}

/// PerfView's graph alone.
pub fn memory_graph(heap: &Heap, without: &[RootKind], progress: &Progress) -> crate::Result<MemoryGraph> {
    Ok(Nodes::new(heap, without, progress)?.graph)
}

fn of_heap(heap: &Heap, without: &[RootKind], progress: &Progress) -> Result<Nodes, Cancelled> {
    let graph = &heap.graph;
    progress.begin(Phase::Answer, graph.len() as u64);
    let mut build = Builder {
        graph,
        node_of: vec![NONE; graph.len()],
        nodes: Vec::with_capacity(graph.len()),
        others: Vec::new(),
        special: Bits::new(graph.len()),
        undefined: FxHashMap::default(),
    };
    for from in graph.extra.iter().map(|edge| edge.from).chain(graph.strays.iter().map(|stray| stray.from)) {
        build.special.insert(from);
    }
    build.add_roots(heap, without, progress)?;
    for object in graph.objects.ids() {
        if (object as usize).is_multiple_of(CHECK_EVERY) {
            progress.check()?;
            progress.add(CHECK_EVERY as u64);
        }
        build.mention_children(object);
        build.mention(object);
    }
    build.finish(heap, progress)
}

/// A node that is no object.
enum Other {
    /// A pseudo node.
    Inner { name: String, children: Vec<u32> },
    /// Where a reference that hits no object leads to.
    Undefined(u64),
}

struct Builder<'a> {
    graph: &'a Graph,
    /// By object.
    node_of: Vec<u32>,
    /// By node: its object; [`NONE`] for what is none.
    nodes: Vec<u32>,
    /// Those, by node ascending.
    others: Vec<(u32, Other)>,
    /// Objects that have more than references which hit an object.
    special: Bits,
    undefined: FxHashMap<u64, u32>,
}

impl Builder<'_> {
    fn add_roots(&mut self, heap: &Heap, without: &[RootKind], progress: &Progress) -> Result<(), Cancelled> {
        let root = self.add_inner(None, "[.NET Roots]");
        let mut known: FxHashMap<Label, u32> = FxHashMap::default();
        for (path, object) in labelled(heap, without, progress)? {
            if self.node_of[object as usize] != NONE {
                continue;
            }
            let mut above = root;
            for label in path {
                let name = label.to_string();
                above = *known.entry(label).or_insert_with(|| self.add_inner(Some(above), &name));
            }
            let node = self.mention(object);
            self.children_of(above).push(node);
        }
        Ok(())
    }

    fn add_inner(&mut self, above: Option<u32>, name: &str) -> u32 {
        let node = self.add_other(Other::Inner { name: name.into(), children: Vec::new() });
        if let Some(above) = above {
            self.children_of(above).push(node);
        }
        node
    }

    fn add_other(&mut self, other: Other) -> u32 {
        let node = self.nodes.len() as u32;
        self.nodes.push(NONE);
        self.others.push((node, other));
        node
    }

    /// Where a node that is no object is among those.
    fn place(&self, node: u32) -> usize {
        self.others.partition_point(|other| other.0 < node)
    }

    fn children_of(&mut self, node: u32) -> &mut Vec<u32> {
        let at = self.place(node);
        match &mut self.others[at].1 {
            Other::Inner { children, .. } => children,
            Other::Undefined(_) => unreachable!("only pseudo nodes stand above roots"),
        }
    }

    fn mention(&mut self, object: u32) -> u32 {
        let node = &mut self.node_of[object as usize];
        if *node == NONE {
            *node = self.nodes.len() as u32;
            self.nodes.push(object);
        }
        *node
    }

    fn mention_children(&mut self, object: u32) {
        let graph = self.graph;
        if !self.special.contains(object) {
            graph.references.row(object).iter().for_each(|&child| {
                self.mention(child);
            });
            return;
        }
        let (dependents, references) = children(graph, object);
        dependents.chain(references.iter().copied()).for_each(|child| {
            self.mention(child);
        });
        for target in strays(graph, object) {
            let next = self.nodes.len() as u32;
            if *self.undefined.entry(target).or_insert(next) == next {
                self.add_other(Other::Undefined(target));
            }
        }
    }

    fn finish(self, heap: &Heap, progress: &Progress) -> Result<Nodes, Cancelled> {
        let graph = self.graph;
        let mut kinds = Kinds::new(heap);
        // Types are numbered as objects first have them; pseudo nodes' come last.
        for object in graph.objects.ids() {
            kinds.see(object);
            progress.check_at(object as usize)?;
        }
        let mut out = MemoryGraph {
            sizes: self.column(|object| graph.objects.size(object)),
            addresses: self.column(|object| graph.objects.address(object)),
            kinds: self.column(|object| kinds.of(object)),
            ..MemoryGraph::default()
        };
        progress.check()?;
        for (node, other) in &self.others {
            match other {
                Other::Inner { name, .. } => out.kinds[*node as usize] = kinds.of_name(name, None),
                Other::Undefined(address) => out.addresses[*node as usize] = *address,
            }
        }
        out.types = kinds.types;
        out.children = self.children(progress)?;
        Ok(Nodes { graph: out, objects: self.nodes })
    }

    /// What `of` says of each node's object; 0 for what is none.
    fn column<T: Default + Send>(&self, of: impl Fn(u32) -> T + Sync) -> Vec<T> {
        self.nodes.par_iter().map(|&object| if object == NONE { T::default() } else { of(object) }).collect()
    }

    /// The children of all nodes, worked out for many nodes side by side.
    fn children(&self, progress: &Progress) -> Result<Csr, Cancelled> {
        let piece = |at: usize| {
            progress.check()?;
            let nodes = at..(at + CHECK_EVERY).min(self.nodes.len());
            let (mut lengths, mut targets) = (Vec::with_capacity(nodes.len()), Vec::with_capacity(nodes.len()));
            for node in nodes {
                let before = targets.len();
                self.append_children(node as u32, &mut targets);
                lengths.push((targets.len() - before) as u32);
            }
            Ok((lengths, targets))
        };
        let starts = (0..self.nodes.len()).into_par_iter().step_by(CHECK_EVERY);
        let pieces: Vec<(Vec<u32>, Vec<u32>)> = starts.map(piece).collect::<Result<_, Cancelled>>()?;
        let mut lengths = Vec::with_capacity(self.nodes.len());
        let mut targets = Vec::with_capacity(pieces.iter().map(|piece| piece.1.len()).sum());
        for piece in pieces {
            lengths.extend(piece.0);
            targets.extend(piece.1);
        }
        Ok(Csr::new(&lengths, targets))
    }

    fn append_children(&self, node: u32, targets: &mut Vec<u32>) {
        let (graph, object) = (self.graph, self.nodes[node as usize]);
        let node_of = |child: u32| self.node_of[child as usize];
        if object == NONE {
            if let Other::Inner { children, .. } = &self.others[self.place(node)].1 {
                targets.extend(children);
            }
        } else if self.special.contains(object) {
            let (dependents, references) = children(graph, object);
            targets.extend(dependents.chain(references.iter().copied()).map(node_of));
            targets.extend(strays(graph, object).map(|target| self.undefined[&target]));
        } else {
            targets.extend(graph.references.row(object).iter().map(|&child| node_of(child)));
        }
    }
}

/// Targets of an object's dependent handles, and its references in order of their offset.
fn children(graph: &Graph, object: u32) -> (impl Iterator<Item = u32>, &[u32]) {
    let row = graph.references.row(object);
    let first = graph.extra.partition_point(|edge| edge.from < object);
    let count = graph.extra[first..].partition_point(|edge| edge.from == object);
    let extra = &graph.extra[first..first + count];
    let dependents = extra.iter().filter(|edge| edge.kind == ExtraKind::DependentHandle).map(|edge| edge.to);
    (dependents, &row[..row.len() - count])
}

fn strays(graph: &Graph, object: u32) -> impl Iterator<Item = u64> {
    let first = graph.strays.partition_point(|stray| stray.from < object);
    graph.strays[first..].iter().take_while(move |stray| stray.from == object).map(|stray| stray.target)
}
