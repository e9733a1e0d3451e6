//! Roots of a `.gcdump`: what its pseudo nodes hold.
//!
//! Below `[.NET Roots]` stand titles (`[static vars]`, `[StrongHandle]` …), below some of them nodes with
//! a name of their own (`[static var Shop.Cache.items]`), below those the objects. PerfView from a dump,
//! PerfView from events and dotnet-gcdump word the titles differently.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::graph::MemoryGraph;
use crate::heap::{Csr, Root, RootKind, TypeInfo};

/// Titles, without brackets, in all wordings.
const TITLES: [(&str, RootKind); 15] = [
    ("static vars", RootKind::Static),
    ("thread static vars", RootKind::ThreadStatic),
    ("local vars", RootKind::Stack),
    ("Pinned local vars", RootKind::Stack),
    ("StrongHandle", RootKind::StrongHandle),
    ("strong Handles", RootKind::StrongHandle),
    ("PinnedHandle", RootKind::PinnedHandle),
    ("pinning Handles", RootKind::PinnedHandle),
    ("AsyncPinnedHandle", RootKind::AsyncPinnedHandle),
    ("SizedRefHandle", RootKind::SizedRefHandle),
    ("RefCountedHandle", RootKind::RefCountedHandle),
    ("COM/WinRT Objects", RootKind::RefCountedHandle),
    ("FinalizerQueue", RootKind::FinalizerQueue),
    ("finalizer Handles", RootKind::FinalizerQueue),
    ("Dependent Handles", RootKind::StrongHandle),
];

/// Is this node none of the heap's objects? COM callable wrappers have an address, but not on the heap.
pub(super) fn is_pseudo(graph: &MemoryGraph, node: u32) -> bool {
    graph.addresses[node as usize] == 0 || graph.type_of(node).name.starts_with("[CCW ")
}

/// What the pseudo nodes hold; `id` gives a node's object, `types` are those of objects.
pub(super) fn roots(graph: &MemoryGraph, types: &[TypeInfo], id: impl Fn(u32) -> Option<u32>) -> Vec<Root> {
    let assemblies = types.iter().map(|info| (&*info.name.full, &*info.assembly)).collect();
    let mut seen = vec![false; graph.len()];
    let mut roots = Vec::new();
    // A title nobody knows retains what it holds: so it does in PerfView.
    let mut todo = vec![(graph.root, RootKind::StrongHandle)];
    while let Some((node, above)) = todo.pop() {
        if std::mem::replace(&mut seen[node as usize], true) {
            continue;
        }
        let title = title(graph, node);
        let kind = kind_of(title).unwrap_or(above);
        let variable = variable(title);
        let assembly: Arc<str> = variable.and_then(|name| assembly_of(name, &assemblies)).unwrap_or_default().into();
        let name: Arc<str> = variable.unwrap_or(title).into();
        let held = graph.children.row(node).iter().filter_map(|&child| id(child));
        roots.extend(held.map(|object| Root {
            kind,
            name: name.clone(),
            address: 0,
            object,
            assembly: assembly.clone(),
        }));
        let inner = graph.children.row(node).iter().rev().filter(|child| is_pseudo(graph, **child));
        todo.extend(inner.map(|child| (*child, kind)));
    }
    roots.sort_by_key(|root| (root.kind, root.object));
    roots
}

/// Where a variable is declared: the file does not say, but objects of the same type tell.
fn assembly_of<'a>(variable: &str, assemblies: &FxHashMap<&str, &'a str>) -> Option<&'a str> {
    assemblies.get(variable.rsplit_once('.')?.0).copied()
}

impl MemoryGraph {
    /// Takes the titles of some kinds of roots off the graph: what only they held becomes unreachable.
    pub fn leave_out_roots(&mut self, without: &[RootKind]) {
        if without.is_empty() {
            return;
        }
        let left_out = |node: u32, child: u32| {
            is_pseudo(self, node)
                && is_pseudo(self, child)
                && kind_of(title(self, child)).is_some_and(|kind| without.contains(&kind))
        };
        let mut lengths = Vec::with_capacity(self.len());
        let mut targets = Vec::with_capacity(self.children.edges());
        for node in 0..self.len() as u32 {
            let before = targets.len();
            targets.extend(self.children.row(node).iter().filter(|child| !left_out(node, **child)));
            lengths.push((targets.len() - before) as u32);
        }
        self.children = Csr::new(&lengths, targets);
    }
}

fn kind_of(title: &str) -> Option<RootKind> {
    TITLES.iter().find(|(known, _)| *known == title).map(|(_, kind)| *kind)
}

/// A pseudo node's name without its brackets.
fn title(graph: &MemoryGraph, node: u32) -> &str {
    let name = &*graph.type_of(node).name;
    name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name)
}

/// `Shop.Cache.items` of `static var Shop.Cache.items`.
fn variable(title: &str) -> Option<&str> {
    ["static var ", "thread static var "].iter().find_map(|prefix| title.strip_prefix(prefix))
}
