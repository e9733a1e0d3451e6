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
