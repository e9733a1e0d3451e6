//! What keeps objects alive: kind, name, where it was found.
//!
//! `collect.rs` asks the runtime's structures for everything that names an object and turns addresses
//! into ids. Names are raw: how they are shown is for the view to say.

mod collect;
mod label;

use std::sync::Arc;

pub(super) use collect::{Known, find};

/// Kinds of roots, spelled in JSON as [`RootKind::id`]. Declared from the most telling name to the least:
/// where several roots hold one object, the smallest kind is its label, so a conservative stack word
/// never outranks a named root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RootKind {
    Static,
    ThreadStatic,
    StrongHandle,
    PinnedHandle,
    AsyncPinnedHandle,
    RefCountedHandle,
    SizedRefHandle,
    FinalizerQueue,
    Stack,
    /// A static variable of a collectible load context: alive as long as its LoaderAllocator is, hence
    /// an edge of the graph and no root by itself.
    CollectibleStatic,
    /// A thread static of a collectible load context; no root by itself either.
    CollectibleThreadStatic,
    DependentHandle,
    WeakHandle,
    Other,
}

impl RootKind {
    pub const ALL: [RootKind; 14] = [
        RootKind::Static,
        RootKind::ThreadStatic,
        RootKind::StrongHandle,
        RootKind::PinnedHandle,
        RootKind::AsyncPinnedHandle,
        RootKind::RefCountedHandle,
        RootKind::SizedRefHandle,
        RootKind::FinalizerQueue,
        RootKind::Stack,
        RootKind::CollectibleStatic,
        RootKind::CollectibleThreadStatic,
        RootKind::DependentHandle,
        RootKind::WeakHandle,
        RootKind::Other,
    ];

    /// Their [`id`](Self::id)s, each once: several kinds share one.
    pub fn ids(kinds: &[RootKind]) -> Vec<&'static str> {
        let mut ids: Vec<&str> = Vec::new();
        for id in kinds.iter().map(|kind| kind.id()) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    /// The name in JSON and on the command line. A collectible static is spelled like any other one:
    /// select by comparing ids, not kinds.
    pub fn id(self) -> &'static str {
        match self {
            RootKind::Static | RootKind::CollectibleStatic => "static",
            RootKind::ThreadStatic | RootKind::CollectibleThreadStatic => "thread_static",
            RootKind::StrongHandle => "strong_handle",
            RootKind::PinnedHandle => "pinned_handle",
            RootKind::AsyncPinnedHandle => "async_pinned_handle",
            RootKind::RefCountedHandle => "ref_counted_handle",
            RootKind::SizedRefHandle => "sized_ref_handle",
            RootKind::FinalizerQueue => "finalizer_queue",
            RootKind::Stack => "stack",
            RootKind::DependentHandle => "dependent_handle",
            RootKind::WeakHandle => "weak_handle",
            RootKind::Other => "other",
        }
    }

    /// Does a root of this kind keep its object alive? (A dependent handle is an edge, not a root.)
    pub fn retains(self) -> bool {
        self <= RootKind::Stack
    }
}

/// One root. The list of a graph is sorted by kind, then address, then object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    pub kind: RootKind,
    /// Raw name: `Namespace.Type.field` for statics, `stack of thread 7 (conservative)`, `strong handle` …
    pub name: Arc<str>,
    /// Where the reference is kept: slot, handle, stack word; 0 for a register.
    pub address: u64,
    /// Id of the object it holds.
    pub object: u32,
    /// File name of the module whose type declares the static (or thread-static) variable, as
    /// [`super::TypeInfo::assembly`]; empty for every other kind. Ranking tells CoreLib's statics from the program's own by it.
    pub assembly: Arc<str>,
}

/// What the root that holds all thread statics of a thread is called, before the thread's label.
const OF_THREAD: &str = "thread statics of ";

impl Root {
    /// The label of the thread that it belongs to, as [`crate::runtime::threads::Thread::label`] gives it.
    pub fn thread(&self) -> Option<&str> {
        match self.kind {
            RootKind::Stack => self.name.strip_prefix("stack of ")?.strip_suffix(" (conservative)"),
            RootKind::ThreadStatic | RootKind::CollectibleThreadStatic => match self.name.strip_prefix(OF_THREAD) {
                Some(label) => Some(label),
                None => self.name.rsplit_once(" (")?.1.strip_suffix(')'),
            },
            _ => None,
        }
    }

    /// Is it a static variable with a name of its own, of the process or of a thread?
    pub fn is_variable(&self) -> bool {
        match self.kind {
            RootKind::Static | RootKind::CollectibleStatic => true,
            RootKind::ThreadStatic | RootKind::CollectibleThreadStatic => !self.name.starts_with(OF_THREAD),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_knows_its_thread() {
        let root = |kind, name: &str| Root { kind, name: name.into(), address: 0, object: 0, assembly: "".into() };
        let stack = root(RootKind::Stack, "stack of OS thread 4711 (conservative)");
        let variable = root(RootKind::ThreadStatic, "Shop.Cart<A (B)>.current (thread 7)");
        let array = root(RootKind::ThreadStatic, "thread statics of thread 7");
        let other = root(RootKind::Static, "Shop.Cart.all (thread 7)");
        let threads = [&stack, &variable, &array, &other].map(Root::thread);
        assert_eq!(threads, [Some("OS thread 4711"), Some("thread 7"), Some("thread 7"), None]);
        assert_eq!([&stack, &variable, &array, &other].map(Root::is_variable), [false, true, false, true]);
    }

    #[test]
    fn kinds_that_share_an_id_are_named_once() {
        assert_eq!(
            RootKind::ids(&[RootKind::Static, RootKind::Stack, RootKind::CollectibleStatic]),
            ["static", "stack"]
        );
    }
}
