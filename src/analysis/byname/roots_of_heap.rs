//! Roots as PerfView lists them: which, in which order, under which pseudo nodes.
//!
//! Static variables come first, as metadata lists them, but only those of types that are no generic
//! instance and whose constructor has run, and only objects that refer to something or are large; then handles, the f-reachable queue
//! and the stacks. Thread statics have no name there: they are reached through the arrays that keep them.

use std::fmt;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::heap::{Heap, Root, RootKind};
use crate::progress::{Cancelled, Progress};
use crate::runtime::Runtime;
use crate::runtime::gcdesc::GcDesc;

/// Static variables whose objects refer to nothing count only above this many bytes.
const LARGE: u64 = 0x1000;

/// A pseudo node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Label {
    Title(&'static str),
    Variable(Arc<str>),
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Label::Title(title) => write!(f, "[{title}]"),
            Label::Variable(name) => write!(f, "[static var {name}]"),
        }
    }
}

/// Roots in PerfView's order: the pseudo nodes on the way from `[.NET Roots]`, and the object.
pub(super) fn labelled(
    heap: &Heap,
    without: &[RootKind],
    progress: &Progress,
) -> Result<Vec<(Vec<Label>, u32)>, Cancelled> {
    let Some(runtime) = &heap.runtime else { return Ok(Vec::new()) };
    let mut out = Vec::new();
    if !without.contains(&RootKind::Static) {
        out = statics(heap, runtime, progress)?;
    }
    for (kind, title) in [
        (RootKind::StrongHandle, "StrongHandle"),
        (RootKind::PinnedHandle, "PinnedHandle"),
        (RootKind::AsyncPinnedHandle, "AsyncPinnedHandle"),
        (RootKind::SizedRefHandle, "SizedRefHandle"),
        (RootKind::RefCountedHandle, "COM/WinRT Objects"),
        (RootKind::ThreadStatic, "thread static vars"),
        (RootKind::FinalizerQueue, "FinalizerQueue"),
        (RootKind::Stack, "local vars"),
    ] {
        let roots = heap
            .graph
            .roots
            .iter()
            .filter(|root| root.kind == kind && !without.contains(&kind) && !is_edge(heap, root));
        out.extend(roots.map(|root| (vec![Label::Title(title)], root.object)));
    }
    Ok(out)
}

/// Does the root lie in an object of the heap, so that a reference says the same?
fn is_edge(heap: &Heap, root: &Root) -> bool {
    root.kind == RootKind::ThreadStatic && heap.graph.objects.containing(root.address).is_some()
}

fn statics(heap: &Heap, runtime: &Runtime, progress: &Progress) -> Result<Vec<(Vec<Label>, u32)>, Cancelled> {
    let graph = &heap.graph;
    let shows = |object: u32| {
        let table = &runtime.method_tables[graph.objects.type_index(object) as usize];
        table.gcdesc != GcDesc::None || graph.objects.size(object) > LARGE
    };
    let mut known: FxHashMap<(&str, &str), Vec<&Root>> = FxHashMap::default();
    let early = |root: &Root| runtime.early_statics.binary_search(&root.address).is_ok();
    let shown = |root: &&Root| root.kind == RootKind::Static && !early(root) && shows(root.object);
    for root in graph.roots.iter().filter(shown) {
        known.entry((&root.name, &root.assembly)).or_default().push(root);
    }
    let (space, types) = (&runtime.space, &runtime.types);
    let of_type = |method_table: u64| -> Result<Vec<(Vec<Label>, u32)>, Cancelled> {
        progress.check()?;
        let fields = types.static_fields(space, method_table, None);
        if fields.is_empty() {
            return Ok(Vec::new());
        }
        let (name, assembly) = (types.name(space, method_table).full, types.module_file(space, method_table));
        let mut out = Vec::new();
        for field in fields.iter().filter(|field| field.kind.is_reference() && !field.thread_local) {
            let name = format!("{name}.{}", field.name);
            let roots = known.get(&(&*name, &*assembly)).map_or(&[][..], Vec::as_slice);
            let path = |root: &Root| vec![Label::Title("static vars"), Label::Variable(root.name.clone())];
            out.extend(roots.iter().map(|root| (path(root), root.object)));
        }
        Ok(out)
    };
    let types = types.type_defs(space);
    let found: Vec<_> = types.par_iter().map(|kind| of_type(kind.method_table)).collect::<Result<_, Cancelled>>()?;
    Ok(found.into_iter().flatten().collect())
}
