//! What boxes are called: dense label ids for types and for groups of roots.
//!
//! Types of one name and one assembly (loaded more than once) share a label, static variables have one
//! each, handles and the like one a kind. Label ids follow the names, so that "by bytes, then by name"
//! compares two numbers.

use std::sync::Arc;

use super::{Name, NameKind};
use crate::heap::{Graph, RootKind, TypeInfo, TypeName};

/// The label of each type and root of one graph.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    of_type: Vec<u32>,
    of_root: Vec<u32>,
    /// A type with that label.
    types: Vec<u32>,
    roots: Vec<(RootKind, Arc<str>)>,
}

impl Labels {
    pub fn new(graph: &Graph) -> Labels {
        let mut labels = Labels::default();
        let key = |index: u32| {
            let info = &graph.types[index as usize];
            (&info.name.full, &info.assembly)
        };
        let mut order: Vec<u32> = (0..graph.types.len() as u32).collect();
        order.sort_by(|&a, &b| key(a).cmp(&key(b)));
        labels.of_type = vec![0; order.len()];
        for index in order {
            if labels.types.last().is_none_or(|&last| key(last) != key(index)) {
                labels.types.push(index);
            }
            labels.of_type[index as usize] = labels.types.len() as u32 - 1;
        }

        let mut groups: Vec<(RootKind, Arc<str>)> = graph
            .roots
            .iter()
            .map(|root| (root.kind, if named(root.kind) { root.name.clone() } else { "".into() }))
            .collect();
        let all = groups.clone();
        groups.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
        groups.dedup();
        let first = labels.types.len() as u32;
        labels.of_root = all
            .iter()
            .map(|group| first + groups.partition_point(|g| (&g.1, g.0) < (&group.1, group.0)) as u32)
            .collect();
        labels.roots = groups;
        labels
    }

    /// Number of labels: those of types, then those of roots.
    pub fn len(&self) -> usize {
        self.types.len() + self.roots.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Is this the label of a type, not of a group of roots?
    pub fn is_type(&self, label: u32) -> bool {
        (label as usize) < self.types.len()
    }

    /// Label of a type index of the graph.
    pub fn of_type(&self, index: u32) -> u32 {
        self.of_type[index as usize]
    }

    /// Label of the group that a root (by its index in the graph) belongs to; that of the whole for no root.
    pub fn of_root(&self, root: u32) -> u32 {
        self.of_root.get(root as usize).map_or(self.len() as u32, |&label| label)
    }

    /// All labels of types whose full name is `name`.
    pub fn named<'a>(&'a self, graph: &'a Graph, name: &str) -> impl Iterator<Item = u32> + 'a {
        let full = move |label: u32| &*graph.types[self.types[label as usize] as usize].name.full;
        let ids = 0..self.types.len() as u32;
        let first = self.types.partition_point(|&index| &*graph.types[index as usize].name.full < name) as u32;
        let name = name.to_owned();
        ids.skip(first as usize).take_while(move |&label| full(label) == name)
    }

    /// What a label is called.
    pub fn name(&self, graph: &Graph, label: u32) -> Name {
        match self.types.get(label as usize) {
            Some(&index) => type_name(&graph.types[index as usize]),
            None => {
                let (kind, name) = &self.roots[label as usize - self.types.len()];
                root_name(*kind, name)
            }
        }
    }
}

/// Does every root of this kind have a name of its own? (Handles are known by their kind.)
fn named(kind: RootKind) -> bool {
    matches!(
        kind,
        RootKind::Static
            | RootKind::ThreadStatic
            | RootKind::CollectibleStatic
            | RootKind::CollectibleThreadStatic
            | RootKind::Stack
    )
}

fn type_name(info: &TypeInfo) -> Name {
    let TypeName { full, short, namespace } = info.name.clone();
    Name { full, short, namespace, assembly: info.assembly.clone(), kind: NameKind::Type(info.kind) }
}

fn root_name(kind: RootKind, name: &str) -> Name {
    let (full, short) = match kind {
        RootKind::Static | RootKind::CollectibleStatic => {
            (format!("[static var {name}]"), format!("static var {}", last_two(name)))
        }
        RootKind::ThreadStatic | RootKind::CollectibleThreadStatic => {
            (format!("[thread static var {name}]"), format!("thread static var {}", last_two(name)))
        }
        RootKind::Stack => (format!("[{name}]"), name.to_owned()),
        RootKind::StrongHandle => ("[StrongHandle]".into(), "strong handles".into()),
        RootKind::PinnedHandle => ("[PinnedHandle]".into(), "pinned handles".into()),
        RootKind::AsyncPinnedHandle => ("[AsyncPinnedHandle]".into(), "async pinned handles".into()),
        RootKind::RefCountedHandle => ("[RefCountedHandle]".into(), "ref-counted handles".into()),
        RootKind::SizedRefHandle => ("[SizedRefHandle]".into(), "sized-ref handles".into()),
        RootKind::FinalizerQueue => ("[FinalizerQueue]".into(), "finalizer queue".into()),
        RootKind::DependentHandle => ("[DependentHandle]".into(), "dependent handles".into()),
        RootKind::WeakHandle => ("[WeakHandle]".into(), "weak handles".into()),
        RootKind::Other => ("[Other]".into(), "other roots".into()),
    };
    Name { full: full.into(), short: short.into(), namespace: 0, assembly: "".into(), kind: NameKind::Root(kind) }
}

/// `Ns.Outer<Ns.A>+Inner.field` → `Outer<A>+Inner.field`: the declaring type without namespaces, and the field.
fn last_two(name: &str) -> String {
    let mut depth = 0i32;
    let dot = name.rfind(|c| {
        depth += i32::from(c == '>') - i32::from(c == '<');
        c == '.' && depth == 0
    });
    match dot {
        Some(dot) => {
            let field = &name[dot + 1..];
            // The field behind a property goes by the property's name.
            let property = field.strip_prefix('<').and_then(|rest| rest.strip_suffix(">k__BackingField"));
            format!("{}.{}", without_namespaces(&name[..dot]), property.unwrap_or(field))
        }
        None => name.to_owned(),
    }
}

/// Every dotted name in a type name cut down to its last part.
fn without_namespaces(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut start = 0;
    for c in name.chars() {
        if c == '.' {
            out.truncate(start);
        } else {
            out.push(c);
            if "<>[], +".contains(c) {
                start = out.len();
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::{Root, TypeKind};

    fn info(full: &str, assembly: &str) -> TypeInfo {
        let name = TypeName { full: full.into(), short: full.into(), namespace: 0 };
        TypeInfo { method_table: 0, name, assembly: assembly.into(), kind: TypeKind::Object }
    }

    fn root(kind: RootKind, name: &str) -> Root {
        Root { kind, name: name.into(), address: 0, object: 0, assembly: "".into() }
    }

    #[test]
    fn types_of_one_name_and_assembly_share_a_label_and_handles_one_a_kind() {
        let graph = Graph {
            types: vec![info("B", "x.dll"), info("A", "x.dll"), info("B", "x.dll"), info("B", "y.dll")],
            roots: vec![
                root(RootKind::StrongHandle, "strong handle"),
                root(RootKind::Static, "N.T.f"),
                root(RootKind::StrongHandle, "strong handle"),
            ],
            ..Graph::default()
        };
        let labels = Labels::new(&graph);
        assert_eq!([0, 1, 2, 3].map(|t| labels.of_type(t)), [1, 0, 1, 2]);
        assert_eq!([0, 1, 2].map(|r| labels.of_root(r)), [3, 4, 3]);
        assert_eq!(labels.named(&graph, "B").collect::<Vec<_>>(), [1, 2]);
        assert_eq!(&*labels.name(&graph, 4).full, "[static var N.T.f]");
        assert_eq!(&*labels.name(&graph, 3).short, "strong handles");
    }

    #[test]
    fn a_static_keeps_its_type_and_field_and_loses_namespaces() {
        assert_eq!(last_two("System.Data.LazyContext._models"), "LazyContext._models");
        assert_eq!(last_two("N.Timer.<Instances>k__BackingField"), "Timer.Instances");
        assert_eq!(last_two("N.A<N.M.B, C.D>+E.<I.J>k"), "A<B, D>+E.<I.J>k");
        assert_eq!(last_two("plain"), "plain");
    }
}
