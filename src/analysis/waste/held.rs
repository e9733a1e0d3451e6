//! Waste by being held: event handlers that nobody took off, timers, and what waits for its finalizer.
//!
//! A subscriber counts as forgotten where nothing but the delegate keeps it alive (its immediate dominator)
//! and another subscriber of its type shares that fate: one alone may be an object that an event is meant to
//! keep, as a service that only listens for the end of the process.

use rustc_hash::FxHashMap;

use super::super::bits::Bits;
use super::super::liveness::Liveness;
use super::super::retaining::Retaining;
use super::{Hit, Source};
use crate::heap::RootKind;
use crate::progress::{Cancelled, Progress};
use crate::runtime::Runtime;

/// Subscribers that only a handler keeps alive, outermost ones, each with all that it retains.
pub fn event_handlers(source: &Source<'_>, progress: &Progress) -> Result<Vec<Hit>, Cancelled> {
    let (graph, runtime, dominators) = (source.graph, source.runtime, &source.liveness.dominators);
    let delegates = delegates(source);
    // Each list once, however many delegates share it.
    let mut lists = Bits::new(graph.len());
    let mut forgotten: Vec<u32> = Vec::new();
    let mut subscriber = |delegate: u32, target_at: u64| {
        let target = runtime.space.pointer(graph.objects.address(delegate).checked_add(target_at)?)?;
        let target = graph.objects.at(target)?;
        if target != delegate && dominators.immediate(target) == Some(delegate) {
            forgotten.push(target);
        }
        Some(())
    };
    for id in graph.objects.ids() {
        progress.check_at(id as usize)?;
        let Some(delegate) = &delegates[graph.objects.type_index(id) as usize] else { continue };
        let list = graph.objects.address(id).checked_add(delegate.list);
        match list.and_then(|at| runtime.space.pointer(at)).filter(|&list| list != 0) {
            // Several handlers: a list of delegates.
            Some(list) => {
                let list = graph.objects.at(list).filter(|&list| lists.insert(list));
                for &handler in list.map_or(&[][..], |list| graph.references.row(list)) {
                    if let Some(delegate) = &delegates[graph.objects.type_index(handler) as usize] {
                        subscriber(handler, delegate.target);
                    }
                }
            }
            None if delegate.for_events => {
                subscriber(id, delegate.target);
            }
            None => {}
        }
    }
    forgotten.sort_unstable_by_key(|&object| dominators.number(object));
    forgotten.dedup();
    let mut of_type: FxHashMap<u32, u32> = FxHashMap::default();
    for &object in &forgotten {
        *of_type.entry(graph.objects.type_index(object)).or_default() += 1;
    }
    forgotten.retain(|&object| of_type[&graph.objects.type_index(object)] > 1);
    let mut covered = 0;
    forgotten.retain(|&object| match dominators.number(object) {
        Some(number) if number >= covered => {
            covered = dominators.subtree(number).end;
            true
        }
        _ => false,
    });
    Ok(forgotten.into_iter().map(|object| (object, source.liveness.retained.of(object))).collect())
}

/// A delegate type: where its fields are, in bytes from the object's start.
struct Delegate {
    target: u64,
    list: u64,
    /// Is its name one that events use? A single handler is told by nothing else.
    for_events: bool,
}

/// By type index.
fn delegates(source: &Source<'_>) -> Vec<Option<Delegate>> {
    let Runtime { space, types, .. } = source.runtime;
    let delegate = |method_table: u64, name: &str| {
        let parent = types.parent(space, method_table)?;
        if &*types.name(space, parent).full != "System.MulticastDelegate" {
            return None;
        }
        let fields = types.fields(space, parent);
        let at = |name: &str| {
            let field = fields.iter().find(|field| &*field.name == name)?;
            Some(space.pointer_size() as u64 + u64::from(field.offset))
        };
        let for_events = name.split('<').next().is_some_and(|name| name.ends_with("EventHandler"));
        Some(Delegate { target: at("_target")?, list: at("_invocationList")?, for_events })
    };
    source.graph.types.iter().map(|info| delegate(info.method_table, &info.name.full)).collect()
}

/// All that `object` alone keeps alive, itself first.
pub fn below<'a>(source: &Source<'a>, object: u32) -> impl Iterator<Item = u32> + 'a {
    let dominators = &source.liveness.dominators;
    dominators.number(object).into_iter().flat_map(|number| dominators.subtree(number)).map(|n| dominators.object(n))
}

/// Timers that are set.
pub fn timers(source: &Source<'_>) -> Vec<u32> {
    let types = source.graph.types.iter();
    let is_timer: Vec<bool> = types.map(|info| &*info.name.full == "System.Threading.TimerQueueTimer").collect();
    let objects = &source.graph.objects;
    objects
        .ids()
        .filter(|&id| is_timer[objects.type_index(id) as usize] && source.liveness.dominators.is_reachable(id))
        .collect()
}

/// Everything that only the finalizer queue keeps alive, each with its own size.
pub fn backlog(source: &Source<'_>, progress: &Progress) -> Result<Vec<Hit>, Cancelled> {
    let (graph, Liveness { retaining, dominators, .. }) = (source.graph, source.liveness);
    let root_kind = |&root: &u32| graph.roots[root as usize].kind;
    if !retaining.roots().iter().any(|root| root_kind(root) == RootKind::FinalizerQueue) {
        return Ok(Vec::new());
    }
    let others: Retaining = retaining.without(graph, RootKind::FinalizerQueue);
    let needed = others.reached(graph, progress)?;
    let waits = |&id: &u32| !needed.contains(id) && dominators.is_reachable(id);
    Ok(graph.objects.ids().filter(waits).map(|id| (id, graph.objects.size(id))).collect())
}
