//! Managed threads: ids, name, OS thread and stack of every thread of the ThreadStore.
//!
//! Managed Thread objects name their native Thread; from those, `list.rs` measures where a Thread keeps
//! its ids and its link in the ThreadStore's list, and that list gives the threads without an object (the
//! finalizer thread, for one). `stacks.rs` measures where it keeps its stack's bounds. Where the managed
//! type is not known, the OS threads of the dump have to do.

mod list;
mod objects;
mod stacks;

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::dump;
use crate::memory::AddressSpace;
use crate::progress::{Cancelled, Progress};
use crate::runtime::contract::Contract;

pub use objects::managed;

/// What a managed System.Threading.Thread object says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedThread {
    /// Address of the object.
    pub object: u64,
    /// Address of the native Thread; 0 once it is gone.
    pub native: u64,
    pub id: u32,
    pub name: Option<Box<str>>,
}

/// A thread that can hold objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Address of the native Thread; 0 where only the dump's own thread list is known.
    pub address: u64,
    /// 0 where it is not known.
    pub managed_id: u32,
    /// 0 for a thread that has not started yet.
    pub os_id: u32,
    /// Address of its managed Thread object; 0 if it has none.
    pub object: u64,
    pub name: Option<Box<str>>,
    /// Is it in the dump's list of OS threads? (One that was about to end need not be.)
    pub alive: bool,
    /// From the limit to the base; empty where unknown.
    pub stack: Range<u64>,
}

impl Thread {
    /// What a person calls it: `thread 7`, or `OS thread 4711` where there is no managed id.
    pub fn label(&self) -> String {
        match self.managed_id {
            0 => format!("OS thread {}", self.os_id),
            id => format!("thread {id}"),
        }
    }
}

/// The threads of a runtime, in the order of its ThreadStore.
#[derive(Clone, Debug, Default)]
pub struct Threads {
    pub list: Vec<Thread>,
    /// How they were found, in words.
    pub how: &'static str,
}

impl Threads {
    /// Finds them, starting from all managed Thread objects, or, where these lead nowhere, from what the
    /// runtime's `contract` declares; memory in `skip` (the GC heap) holds no native structure.
    pub fn find(
        space: &AddressSpace,
        managed: &[ManagedThread],
        os: &[dump::Thread],
        skip: &[Range<u64>],
        contract: Option<&Contract>,
        progress: &Progress,
    ) -> Result<Threads, Cancelled> {
        let measured = list::find(space, managed, os, skip, progress)?;
        let Some(store) = measured.or_else(|| list::declared(space, contract?)) else {
            let threads = os.iter().map(|os| Thread {
                address: 0,
                managed_id: 0,
                os_id: os.id,
                object: 0,
                name: os.name.clone().map(String::into_boxed_str),
                alive: true,
                stack: stacks::of_os_thread(space, os),
            });
            return Ok(Threads { list: threads.collect(), how: "OS threads of the dump (no ThreadStore found)" });
        };
        let objects: FxHashMap<(u64, u32), &ManagedThread> =
            managed.iter().map(|thread| ((thread.native, thread.id), thread)).collect();
        let by_id: FxHashMap<u32, &dump::Thread> = os.iter().map(|thread| (thread.id, thread)).collect();
        let bounds = stacks::Bounds::measure(space, &store.threads, &by_id);
        let list = store.threads.iter().map(|thread| {
            let object = objects.get(&(thread.address, thread.managed_id));
            let os = by_id.get(&thread.os_id);
            Thread {
                address: thread.address,
                managed_id: thread.managed_id,
                os_id: thread.os_id,
                object: object.map_or(0, |object| object.object),
                name: object
                    .and_then(|object| object.name.clone())
                    .or_else(|| os.and_then(|os| os.name.clone()).map(String::into_boxed_str)),
                alive: os.is_some(),
                stack: bounds.of(space, thread.address, os.copied()),
            }
        });
        Ok(Threads { list: list.collect(), how: store.how })
    }
}
