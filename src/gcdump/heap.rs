//! From PerfView's graph to ours: objects in address order, their types, references and roots.
//!
//! Pseudo nodes become roots; nodes that were referred to and never walked (`UNDEFINED`) become
//! references that hit no object. There are no method tables, fields or dependent handles: the latter are
//! plain references in such a file.

use rustc_hash::FxHashMap;

use super::graph::MemoryGraph;
use super::names::{kind, type_name, without_remark};
use super::roots::{is_pseudo, roots};
use crate::heap::{Csr, Graph, Objects, Stray, TypeInfo, Unread};
use crate::progress::{CHECK_EVERY, Cancelled, Phase, Progress};

const NONE: u32 = u32::MAX;
/// Addresses of objects are multiples of this.
const ALIGNMENT: u64 = 4;
/// No object ends behind this, whatever its size in the file.
const HIGHEST: u64 = u64::MAX - (1 << 32);

impl MemoryGraph {
    /// The same heap as a graph of objects.
    pub fn objects(&self, progress: &Progress) -> Result<Graph, Cancelled> {
        progress.begin(Phase::Walk, 0);
        let undefined = self.undefined();
        let mut nodes: Vec<u32> = (0..self.len() as u32)
            .filter(|&node| Some(self.kinds[node as usize]) != undefined && !is_pseudo(self, node))
            .collect();
        let walked = nodes.len();
        nodes.retain(|&node| {
            let address = self.addresses[node as usize];
            address.is_multiple_of(ALIGNMENT) && address < HIGHEST
        });
        nodes.sort_by_key(|&node| self.addresses[node as usize]);
        nodes.dedup_by_key(|node| self.addresses[*node as usize]);
        let mut ids = vec![NONE; self.len()];
        nodes.iter().enumerate().for_each(|(id, &node)| ids[node as usize] = id as u32);
        progress.check()?;

        let (type_of_kind, types) = self.merged_types(&nodes);
        let list: Vec<(u64, u32, u64)> = nodes
            .iter()
            .map(|&node| node as usize)
            .map(|node| (self.addresses[node], type_of_kind[self.kinds[node] as usize], self.sizes[node]))
            .collect();
        let objects = Objects::from_list(&list);
        drop(list);

        progress.begin(Phase::References, nodes.len() as u64);
        let mut lengths = Vec::with_capacity(nodes.len());
        let mut targets = Vec::with_capacity(self.children.edges());
        let mut strays = Vec::new();
        for (from, &node) in nodes.iter().enumerate() {
            if from % CHECK_EVERY == 0 {
                progress.check()?;
            }
            let before = targets.len();
            for &child in self.children.row(node) {
                match ids[child as usize] {
                    NONE if self.addresses[child as usize] == 0 => {}
                    NONE => strays.push(Stray { from: from as u32, target: self.addresses[child as usize] }),
                    id => targets.push(id),
                }
            }
            lengths.push((targets.len() - before) as u32);
        }
        let references = Csr::new(&lengths, targets);
        let unread =
            Unread { objects: (walked - nodes.len()) as u64, references: strays.len() as u64, ..Unread::default() };
        let roots = roots(self, &types, |node| Some(ids[node as usize]).filter(|id| *id != NONE));
        let referrers = references.transpose();
        Ok(Graph { objects, types, references, referrers, extra: Vec::new(), strays, roots, unread })
    }

    /// The type of nodes that were never walked.
    fn undefined(&self) -> Option<u32> {
        let first = self.types.first()?;
        (&*first.name == "UNDEFINED" && first.module.is_none()).then_some(0)
    }

    /// One type for all that differ in PerfView's remark only: by kind of node its index, and the types.
    fn merged_types(&self, nodes: &[u32]) -> (Vec<u32>, Vec<TypeInfo>) {
        let mut of_kind = vec![NONE; self.types.len()];
        let mut types: Vec<TypeInfo> = Vec::new();
        let mut known: FxHashMap<(&str, Option<&str>), u32> = FxHashMap::default();
        for &node in nodes {
            let index = self.kinds[node as usize] as usize;
            if of_kind[index] != NONE {
                continue;
            }
            let module = self.types[index].module.as_deref();
            let name = without_remark(&self.types[index].name);
            of_kind[index] = *known.entry((name, module)).or_insert_with(|| {
                let file = module.and_then(|module| module.rsplit(['\\', '/']).next()).unwrap_or_default();
                types.push(TypeInfo {
                    method_table: 0,
                    name: type_name(name),
                    assembly: file.into(),
                    kind: kind(name),
                });
                types.len() as u32 - 1
            });
        }
        (of_kind, types)
    }
}
