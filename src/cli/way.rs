//! A way from a root to an object, as `path` and `suspects` print it.

use std::io::{self, Write};
use std::sync::Arc;

use serde::Serialize;

use super::print::Address;
use crate::analysis::cheapest::Path;
use crate::heap::{FieldNames, Heap};
use crate::view::format::counted;
use crate::view::roots::title;

#[derive(Clone, Serialize)]
pub struct Way {
    pub root: Root,
    pub path: Vec<Step>,
}

#[derive(Clone, Serialize)]
pub struct Root {
    pub kind: &'static str,
    pub name: Arc<str>,
    #[serde(skip)]
    pub title: String,
}

#[derive(Clone, Serialize)]
pub struct Step {
    pub object: Address,
    pub r#type: Box<str>,
    /// The field that holds the next step's object.
    pub field: Option<Arc<str>>,
}

impl Way {
    pub fn new(heap: &Heap, fields: &FieldNames, path: &Path) -> Way {
        let graph = &heap.graph;
        let step = |(at, &object): (usize, &u32)| Step {
            object: Address(graph.objects.address(object)),
            r#type: graph.type_of(object).name.full.clone(),
            field: path
                .objects
                .get(at + 1)
                .and_then(|&next| fields.between(graph, heap.runtime.as_ref(), object, next)),
        };
        let root = &graph.roots[path.root as usize];
        let root = Root { kind: root.kind.id(), name: root.name.clone(), title: title(root) };
        Way { root, path: path.objects.iter().enumerate().map(step).collect() }
    }
}

/// Prints a way, one object a line.
pub fn steps(root: &Root, path: &[Step], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{} ({})", root.title, counted(path.len().saturating_sub(1) as u64, "step"))?;
    for step in path {
        let field = step.field.as_ref().map_or_else(String::new, |field| format!("  .{field}"));
        writeln!(out, "  {}  {}{}", step.object, step.r#type, field.replace(".[]", "[]"))?;
    }
    Ok(())
}
