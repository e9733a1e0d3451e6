//! From the runtime's structures to roots and extra edges with object ids.
//!
//! Handles come first, because LoaderAllocators and thread statics are reached through them; then static
//! variables, threads, thread statics, stacks. What names no object is counted, not believed. The list is
//! sorted and each finding is in it once, so it is the same on every run.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{OF_THREAD, Root, RootKind, label};
use crate::dump;
use crate::heap::{ExtraEdge, ExtraKind, Objects};
use crate::memory::AddressSpace;
use crate::progress::{CHECK_EVERY, Cancelled, Progress};
use crate::runtime::finalizer::FinalizerQueue;
use crate::runtime::gc::Gc;
use crate::runtime::handles::{HandleKind, Handles};
use crate::runtime::loader_allocators::LoaderAllocators;
use crate::runtime::method_table::MethodTable;
use crate::runtime::stacks;
use crate::runtime::statics::{self, Sources, Statics, Storage};
use crate::runtime::thread_statics::ThreadStatics;
use crate::runtime::threads::{Thread, Threads, managed};
use crate::runtime::types::TypeSystem;

const THREAD: (&str, &str) = ("System.Threading", "Thread");

/// What roots are looked for in.
pub(in crate::heap) struct Known<'a> {
    pub space: &'a AddressSpace,
    pub os_threads: &'a [dump::Thread],
    pub gc: &'a Gc,
    pub types: &'a TypeSystem,
    /// By type index.
    pub tables: &'a [Arc<MethodTable>],
    pub objects: &'a Objects,
}

/// All roots of a heap, and the edges that are no fields.
#[derive(Debug, Default)]
pub(in crate::heap) struct Found {
    /// Sorted by kind, address, object.
    pub roots: Vec<Root>,
    /// Sorted; none twice.
    pub extra: Vec<ExtraEdge>,
    pub threads: Vec<Thread>,
    /// Slots of static variables that were filled before their class constructor ran, ascending.
    pub early_statics: Vec<u64>,
    /// Objects registered for finalization, the f-reachable ones included.
    pub finalizable: u64,
    /// Roots that name no object: the dump is torn there.
    strays: usize,
    /// How each kind was found, in words.
    pub how: Vec<String>,
}

impl Found {
    /// What a person should know, as a sentence.
    pub fn warning(&self) -> Option<String> {
        (self.strays > 0).then(|| format!("{} roots name no object: the dump is torn there.", self.strays))
    }
}

/// Finds them. Nothing here fails: what cannot be found is said in `how`.
pub(in crate::heap) fn find(known: &Known, progress: &Progress) -> Result<Found, Cancelled> {
    let Known { space, gc, types, objects, .. } = *known;
    let is_object = |address: u64| objects.at(address).is_some();
    let native = gc.ranges();
    // GcDacVars of 2.0 end before the map: what stands there is none.
    let named = match gc.vars.as_ref().map_or(0, |vars| vars.handle_table_map) {
        0 => Handles::default(),
        map => Handles::from_map(space, map, progress)?,
    };
    let handles = if named.is_empty() { Handles::search(space, is_object, progress)? } else { named };
    let (queues, queues_how) = finalizer_queues(known, progress)?;
    let loader_allocators = LoaderAllocators::find(space, &handles, is_object);

    let sources = Sources { space, types, handles: &handles, loader_allocators: &loader_allocators };
    let of_heap: Vec<u64> = known.tables.iter().map(|table| table.address).collect();
    // Modules of Reflection.Emit are known only from the types of their objects.
    of_heap.par_iter().for_each(|&mt| drop(types.module_of(space, mt)));
    let type_defs = types.type_defs(space);
    let all_types = statics::all_types(sources, &type_defs, &of_heap, progress)?;
    let storage = Storage::measure(sources, &type_defs, &native, progress)?;
    let variables = match &storage {
        Some(storage) => Statics::find(sources, storage, &all_types, progress)?,
        None => Statics { how: "none found".to_owned(), ..Statics::default() },
    };
    let thread_objects = known.objects_of(types.find_type_among(space, THREAD, of_heap.iter().copied()), progress)?;
    let managed_threads = managed(space, types, &thread_objects);
    let threads = Threads::find(space, &managed_threads, known.os_threads, &native, types.contract(), progress)?;
    let thread_variables = match &storage {
        Some(storage) => ThreadStatics::find(sources, storage, &all_types, &threads.list, progress)?,
        None => ThreadStatics { how: "none found".to_owned(), ..ThreadStatics::default() },
    };
    let stack_words = stacks::words(space, &threads.list, known.os_threads, &native, progress)?;

    let mut out =
        Collector { known, roots: Vec::new(), strays: 0, declaring: FxHashMap::default(), no_assembly: "".into() };
    out.handles(&handles);
    out.queues(&queues);
    out.statics(&variables);
    out.thread_statics(&thread_variables, &threads.list);
    out.stacks(&stack_words, &threads.list);
    let Collector { mut roots, strays, .. } = out;
    roots.par_sort_unstable_by(|a, b| {
        (a.kind, a.address, a.object, &a.name).cmp(&(b.kind, b.address, b.object, &b.name))
    });
    roots.dedup();

    let mut extra = dependent_edges(objects, &handles);
    extra.extend(loader_edges(known, &loader_allocators, progress)?);
    extra.par_sort_unstable();
    extra.dedup();
    Ok(Found {
        roots,
        extra,
        finalizable: queues.iter().map(|queue| (queue.registered.len() + queue.f_reachable.len()) as u64).sum(),
        strays,
        how: vec![
            format!("handles: {} by {}", handles.len(), handles.how),
            format!("finalizer queue: {queues_how}"),
            format!("static variables: {} in {} types by {}", variables.list.len(), variables.types, variables.how),
            format!("threads: {} by {}", threads.list.len(), threads.how),
            format!("thread statics: {} by {}", thread_variables.list.len(), thread_variables.how),
        ],
        threads: threads.list,
        early_statics: variables.list.iter().filter(|variable| variable.early).map(|variable| variable.slot).collect(),
    })
}

fn finalizer_queues(known: &Known, progress: &Progress) -> Result<(Vec<FinalizerQueue>, &'static str), Cancelled> {
    let Known { space, gc, objects, .. } = *known;
    if let Some(vars) = &gc.vars {
        let read = |address| FinalizerQueue::read(space, address, vars.generations);
        let queues: Option<Vec<FinalizerQueue>> = vars.heaps.iter().map(|heap| read(heap.finalize_queue)).collect();
        if let Some(queues) = queues {
            return Ok((queues, "named by GcDacVars"));
        }
    }
    let queues = FinalizerQueue::search(space, &gc.ranges(), |address| objects.at(address).is_some(), progress)?;
    Ok((queues, "by the order of its pointers"))
}

impl Known<'_> {
    /// Addresses of all objects of the type with this method table.
    fn objects_of(&self, method_table: Option<u64>, progress: &Progress) -> Result<Vec<u64>, Cancelled> {
        let index = method_table.and_then(|mt| self.tables.binary_search_by_key(&mt, |table| table.address).ok());
        let mut out = Vec::new();
        if let Some(index) = index {
            for (id, _) in self.objects_where(|kind| kind as usize == index, progress)? {
                out.push(self.objects.address(id));
            }
        }
        Ok(out)
    }

    /// All objects whose type index passes, with that index; ascending.
    fn objects_where(
        &self,
        wanted: impl Fn(u32) -> bool + Sync,
        progress: &Progress,
    ) -> Result<Vec<(u32, u32)>, Cancelled> {
        let of_chunk = |(i, kinds): (usize, &[u32])| {
            progress.check()?;
            let first = (i * CHECK_EVERY) as u32;
            let passing = (first..).zip(kinds.iter().copied()).filter(|&(_, kind)| wanted(kind));
            Ok(passing.collect::<Vec<_>>())
        };
        let chunks = self.objects.type_indices().par_chunks(CHECK_EVERY).enumerate();
        Ok(chunks.map(of_chunk).collect::<Result<Vec<_>, Cancelled>>()?.concat())
    }

    fn is_free(&self, object: u32) -> bool {
        self.tables[self.objects.type_index(object) as usize].is_free()
    }
}

/// Key → value.
fn dependent_edges(objects: &Objects, handles: &Handles) -> Vec<ExtraEdge> {
    let dependent = handles.iter().filter(|handle| handle.kind == HandleKind::Dependent && handle.extra != 0);
    dependent
        .filter_map(|handle| {
            let (from, to) = (objects.at(handle.object)?, objects.at(handle.extra)?);
            Some(ExtraEdge { from, to, kind: ExtraKind::DependentHandle })
        })
        .collect()
}

/// Object of a collectible type → its LoaderAllocator.
fn loader_edges(
    known: &Known,
    allocators: &LoaderAllocators,
    progress: &Progress,
) -> Result<Vec<ExtraEdge>, Cancelled> {
    let of_type = |table: &Arc<MethodTable>| {
        let allocator = table.may_be_collectible().then(|| allocators.of_type(known.space, known.types, table.address));
        known.objects.at(allocator??)
    };
    let allocator: Vec<Option<u32>> = known.tables.iter().map(of_type).collect();
    if allocator.iter().all(Option::is_none) {
        return Ok(Vec::new());
    }
    let objects = known.objects_where(|kind| allocator[kind as usize].is_some(), progress)?;
    let edge = |(from, kind): (u32, u32)| {
        allocator[kind as usize].map(|to| ExtraEdge { from, to, kind: ExtraKind::LoaderAllocator })
    };
    Ok(objects.into_iter().filter_map(edge).collect())
}

/// Turns findings into roots.
struct Collector<'a> {
    known: &'a Known<'a>,
    roots: Vec<Root>,
    strays: usize,
    /// Full name and assembly of each type that declares static fields.
    declaring: FxHashMap<u64, (Box<str>, Arc<str>)>,
    no_assembly: Arc<str>,
}

impl Collector<'_> {
    /// Adds a root of the object that starts at `target`.
    fn add(&mut self, kind: RootKind, name: &Arc<str>, address: u64, target: u64) {
        let assembly = self.no_assembly.clone();
        self.add_of(assembly, kind, name, address, target);
    }

    fn add_of(&mut self, assembly: Arc<str>, kind: RootKind, name: &Arc<str>, address: u64, target: u64) {
        match self.known.objects.at(target) {
            Some(object) => self.roots.push(Root { kind, name: name.clone(), address, object, assembly }),
            None => self.strays += 1,
        }
    }

    fn handles(&mut self, handles: &Handles) {
        let mut names: FxHashMap<&str, Arc<str>> = FxHashMap::default();
        for handle in handles.iter() {
            let (kind, name) = label::of_handle(handle);
            let name = names.entry(name).or_insert_with(|| name.into()).clone();
            self.add(kind, &name, handle.address, handle.object);
        }
    }

    fn queues(&mut self, queues: &[FinalizerQueue]) {
        let name = "f-reachable queue".into();
        for &(slot, object) in queues.iter().flat_map(|queue| &queue.f_reachable) {
            self.add(RootKind::FinalizerQueue, &name, slot, object);
        }
    }

    /// `Namespace.Type.field`, and the assembly that has it.
    fn variable(&mut self, method_table: u64, field: &str) -> (String, Arc<str>) {
        let Known { space, types, .. } = *self.known;
        let declaring = || (types.name(space, method_table).full, types.module_file(space, method_table).into());
        let (declaring, assembly) = self.declaring.entry(method_table).or_insert_with(declaring);
        (format!("{declaring}.{field}"), assembly.clone())
    }

    fn statics(&mut self, statics: &Statics) {
        for variable in &statics.list {
            let (name, assembly) = self.variable(variable.method_table, &variable.field);
            let kind = if variable.collectible { RootKind::CollectibleStatic } else { RootKind::Static };
            self.add_of(assembly, kind, &name.into(), variable.slot, variable.object);
        }
    }

    fn thread_statics(&mut self, statics: &ThreadStatics, threads: &[Thread]) {
        for variable in &statics.list {
            let (field, assembly) = self.variable(variable.method_table, &variable.field);
            let name = format!("{field} ({})", threads[variable.thread as usize].label()).into();
            let kind = if variable.collectible { RootKind::CollectibleThreadStatic } else { RootKind::ThreadStatic };
            self.add_of(assembly, kind, &name, variable.slot, variable.object);
        }
        for &(thread, slot, array) in &statics.arrays {
            let name = format!("{OF_THREAD}{}", threads[thread as usize].label()).into();
            self.add(RootKind::ThreadStatic, &name, slot, array);
        }
    }

    /// A word may point anywhere into an object; one that points into free space is an old one.
    fn stacks(&mut self, words: &[stacks::StackWord], threads: &[Thread]) {
        let name = |thread: &Thread| format!("stack of {} (conservative)", thread.label()).into();
        let names: Vec<Arc<str>> = threads.iter().map(name).collect();
        for word in words {
            let object = self.known.objects.containing(word.value).filter(|&object| !self.known.is_free(object));
            self.roots.extend(object.map(|object| Root {
                kind: RootKind::Stack,
                name: names[word.thread as usize].clone(),
                address: word.address,
                object,
                assembly: self.no_assembly.clone(),
            }));
        }
    }
}
