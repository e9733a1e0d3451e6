//! How far a long job is, and whether it should stop.
//!
//! One `Progress` is shared by the worker that runs a job and the front that shows it. It is a few
//! atomics, so that a hot loop may report every 64 Ki steps and a window may look 60 times a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};

/// Steps after which a long loop must look at [`Progress::check`].
pub const CHECK_EVERY: usize = 1 << 16;

/// What a job is doing. The order is the order in which opening a dump goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    Starting,
    Unpack,
    Map,
    FindRuntime,
    Types,
    Walk,
    Roots,
    References,
    Referrers,
    Dominators,
    Answer,
}

impl Phase {
    const ALL: [Phase; 11] = [
        Phase::Starting,
        Phase::Unpack,
        Phase::Map,
        Phase::FindRuntime,
        Phase::Types,
        Phase::Walk,
        Phase::Roots,
        Phase::References,
        Phase::Referrers,
        Phase::Dominators,
        Phase::Answer,
    ];

    /// The name in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Phase::Starting => "starting",
            Phase::Unpack => "unpack",
            Phase::Map => "map",
            Phase::FindRuntime => "find_runtime",
            Phase::Types => "types",
            Phase::Walk => "walk",
            Phase::Roots => "roots",
            Phase::References => "references",
            Phase::Referrers => "referrers",
            Phase::Dominators => "dominators",
            Phase::Answer => "answer",
        }
    }

    /// A few words for a person.
    pub fn label(self) -> &'static str {
        match self {
            Phase::Starting => "Starting",
            Phase::Unpack => "Unpacking the file",
            Phase::Map => "Mapping the dump",
            Phase::FindRuntime => "Finding the .NET runtime",
            Phase::Types => "Finding types",
            Phase::Walk => "Walking objects",
            Phase::Roots => "Finding roots",
            Phase::References => "Reading references",
            Phase::Referrers => "Turning references round",
            Phase::Dominators => "Computing retained sizes",
            Phase::Answer => "Answering",
        }
    }

    /// The unit in which `done` and `total` of this phase count.
    pub fn unit(self) -> Unit {
        match self {
            Phase::Unpack | Phase::Map | Phase::FindRuntime | Phase::Types | Phase::Walk => Unit::Bytes,
            _ => Unit::Objects,
        }
    }
}

/// What a phase counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Bytes,
    Objects,
}

/// The job was cancelled; nothing failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// Shared state of one job; clones look at the same job.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<State>);

#[derive(Debug, Default)]
struct State {
    phase: AtomicU8,
    done: AtomicU64,
    total: AtomicU64,
    cancelled: AtomicBool,
}

/// A look at a job: `total` is 0 where it is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub phase: Phase,
    pub done: u64,
    pub total: u64,
}

impl Progress {
    pub fn new() -> Self {
        Self::default()
    }

    /// Enters a phase; `total` may be 0 when unknown.
    pub fn begin(&self, phase: Phase, total: u64) {
        self.0.done.store(0, Relaxed);
        self.0.total.store(total, Relaxed);
        self.0.phase.store(phase as u8, Relaxed);
    }

    pub fn add(&self, steps: u64) {
        self.0.done.fetch_add(steps, Relaxed);
    }

    /// Asks the job to stop; it answers at its next check.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Relaxed)
    }

    /// `Err` once the job was cancelled: call it every [`CHECK_EVERY`] steps.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }

    /// [`check`](Self::check) at every [`CHECK_EVERY`]th step of a counted loop.
    #[inline]
    pub fn check_at(&self, step: usize) -> Result<(), Cancelled> {
        if step.is_multiple_of(CHECK_EVERY) { self.check() } else { Ok(()) }
    }

    pub fn snapshot(&self) -> Snapshot {
        let phase = Phase::ALL[self.0.phase.load(Relaxed) as usize % Phase::ALL.len()];
        Snapshot { phase, done: self.0.done.load(Relaxed), total: self.0.total.load(Relaxed) }
    }
}
