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
        inner: Vec::new(),
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

/// What a node is.
#[derive(Clone, Copy)]
enum Node {
    Object(u32),
    /// Index of a pseudo node.
    Inner(u32),
    /// Where a reference that hits no object leads to.
    Undefined(u64),
}

/// A pseudo node.
struct Inner {
    name: String,
    children: Vec<u32>,
}

struct Builder<'a> {
    graph: &'a Graph,
    /// By object.
    node_of: Vec<u32>,
    nodes: Vec<Node>,
    inner: Vec<Inner>,
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
            self.inner_of(above).children.push(node);
        }
        Ok(())
    }

    fn add_inner(&mut self, above: Option<u32>, name: &str) -> u32 {
        let node = self.nodes.len() as u32;
        self.nodes.push(Node::Inner(self.inner.len() as u32));
        self.inner.push(Inner { name: name.into(), children: Vec::new() });
        if let Some(above) = above {
            self.inner_of(above).children.push(node);
        }
        node
    }

    fn inner_of(&mut self, node: u32) -> &mut Inner {
        match self.nodes[node as usize] {
            Node::Inner(index) => &mut self.inner[index as usize],
            _ => unreachable!("only pseudo nodes stand above roots"),
        }
    }

    fn mention(&mut self, object: u32) -> u32 {
        let node = &mut self.node_of[object as usize];
        if *node == NONE {
            *node = self.nodes.len() as u32;
            self.nodes.push(Node::Object(object));
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
                self.nodes.push(Node::Undefined(target));
            }
        }
    }

    fn finish(self, heap: &Heap, progress: &Progress) -> Result<Nodes, Cancelled> {
        let graph = self.graph;
        let mut kinds = Kinds::new(heap);
        // Types are numbered as objects first have them; pseudo nodes' come last.
        let mut kind_of = vec![0; self.nodes.len()];
        for object in graph.objects.ids() {
            kind_of[self.node_of[object as usize] as usize] = kinds.of_object(object);
        }
        let mut out = MemoryGraph { kinds: kind_of, ..MemoryGraph::default() };
        let mut lengths = Vec::with_capacity(self.nodes.len());
        let mut targets: Vec<u32> = Vec::with_capacity(graph.references.edges() + graph.strays.len());
        out.sizes.reserve_exact(self.nodes.len());
        out.addresses.reserve_exact(self.nodes.len());
        for (node, what) in self.nodes.iter().enumerate() {
            if node.is_multiple_of(CHECK_EVERY) {
                progress.check()?;
            }
            let before = targets.len();
            let (size, address) = match *what {
                Node::Object(object) => {
                    let node_of = |child: u32| self.node_of[child as usize];
                    if self.special.contains(object) {
                        let (dependents, references) = children(graph, object);
                        targets.extend(dependents.chain(references.iter().copied()).map(node_of));
                        targets.extend(strays(graph, object).map(|target| self.undefined[&target]));
                    } else {
                        targets.extend(graph.references.row(object).iter().map(|&child| node_of(child)));
                    }
                    (graph.objects.size(object), graph.objects.address(object))
                }
                Node::Inner(index) => {
                    let inner = &self.inner[index as usize];
                    out.kinds[node] = kinds.of_name(&inner.name, None);
                    targets.extend(&inner.children);
                    (0, 0)
                }
                Node::Undefined(address) => (0, address),
            };
            out.sizes.push(size);
            out.addresses.push(address);
            lengths.push((targets.len() - before) as u32);
        }
        out.children = Csr::new(&lengths, targets);
        out.types = kinds.types;
        let object = |node: &Node| if let Node::Object(object) = *node { object } else { NONE };
        Ok(Nodes { graph: out, objects: self.nodes.iter().map(object).collect() })
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
