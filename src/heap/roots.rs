//! What keeps objects alive: kind, name, where it was found.

use std::sync::Arc;

/// Kinds of roots, spelled in JSON as [`RootKind::id`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RootKind {
    Static,
    ThreadStatic,
    Stack,
    StrongHandle,
    PinnedHandle,
    AsyncPinnedHandle,
    RefCountedHandle,
    SizedRefHandle,
    DependentHandle,
    FinalizerQueue,
    WeakHandle,
    Other,
}

impl RootKind {
    pub const ALL: [RootKind; 12] = [
        RootKind::Static,
        RootKind::ThreadStatic,
        RootKind::Stack,
        RootKind::StrongHandle,
        RootKind::PinnedHandle,
        RootKind::AsyncPinnedHandle,
        RootKind::RefCountedHandle,
        RootKind::SizedRefHandle,
        RootKind::DependentHandle,
        RootKind::FinalizerQueue,
        RootKind::WeakHandle,
        RootKind::Other,
    ];

    /// The name in JSON and on the command line.
    pub fn id(self) -> &'static str {
        match self {
            RootKind::Static => "static",
            RootKind::ThreadStatic => "thread_static",
            RootKind::Stack => "stack",
            RootKind::StrongHandle => "strong_handle",
            RootKind::PinnedHandle => "pinned_handle",
            RootKind::AsyncPinnedHandle => "async_pinned_handle",
            RootKind::RefCountedHandle => "ref_counted_handle",
            RootKind::SizedRefHandle => "sized_ref_handle",
            RootKind::DependentHandle => "dependent_handle",
            RootKind::FinalizerQueue => "finalizer_queue",
            RootKind::WeakHandle => "weak_handle",
            RootKind::Other => "other",
        }
    }

    /// Does a root of this kind keep its object alive? (A dependent handle is an edge, not a root.)
    pub fn retains(self) -> bool {
        !matches!(self, RootKind::DependentHandle | RootKind::WeakHandle | RootKind::Other)
    }
}

/// One root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    pub kind: RootKind,
    /// Raw name: `Namespace.Type.field` for statics, `stack of thread 7 (conservative)`, `strong handle` …
    pub name: Arc<str>,
    /// Where the reference is kept: slot, handle, stack word; 0 for a register.
    pub address: u64,
    /// Id of the object it holds.
    pub object: u32,
}
