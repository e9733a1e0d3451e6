//! GC handles: every handle of every table, with its object.
//!
//! Handles live in 64 KB segments (`segment.rs`) that hang on tables. The tables are named by the handle
//! table map of GcDacVars; where that is not known, the segments are found by their own structure
//! (`tables.rs`). The free masks of a segment are hardly ever set, so a handle counts if and only if its
//! word is not null. Layouts were checked from 2.1 x86 to 10, workstation and server.

mod segment;
mod tables;

use rustc_hash::FxHashSet;

use crate::memory::AddressSpace;
use crate::progress::{Cancelled, Progress};

/// HNDTYPE_*: what a handle means to the GC. The order is the runtime's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HandleKind {
    WeakShort,
    WeakLong,
    Strong,
    Pinned,
    /// Strength is told by a mask per handle; no known runtime still makes them.
    Variable,
    RefCounted,
    Dependent,
    AsyncPinned,
    SizedRef,
    WeakNativeCom,
    /// 9+: weak; a native variable points into the object and is updated when the object moves.
    WeakInterior,
    /// 10+: for the bridge to another garbage collector.
    CrossReference,
    /// A kind that only a newer runtime knows.
    Unknown,
}

impl HandleKind {
    fn from_index(index: u8) -> HandleKind {
        const KNOWN: [HandleKind; 12] = [
            HandleKind::WeakShort,
            HandleKind::WeakLong,
            HandleKind::Strong,
            HandleKind::Pinned,
            HandleKind::Variable,
            HandleKind::RefCounted,
            HandleKind::Dependent,
            HandleKind::AsyncPinned,
            HandleKind::SizedRef,
            HandleKind::WeakNativeCom,
            HandleKind::WeakInterior,
            HandleKind::CrossReference,
        ];
        KNOWN.get(usize::from(index)).copied().unwrap_or(HandleKind::Unknown)
    }
}

/// One handle that is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle {
    pub kind: HandleKind,
    /// Where the handle's word lies: what native code calls the handle.
    pub address: u64,
    /// The object it names; never 0.
    pub object: u64,
    /// The word of user data. `Dependent`: the secondary object or 0; `Variable`: the strength mask;
    /// `WeakInterior`: address of the native variable.
    pub extra: u64,
}

/// All handles of a runtime.
#[derive(Clone, Debug, Default)]
pub struct Handles {
    /// In address order.
    list: Vec<Handle>,
    /// How the tables were found, in words.
    pub how: &'static str,
}

impl Handles {
    /// Reads all tables of the handle table map at `map`.
    pub fn from_map(space: &AddressSpace, map: u64, progress: &Progress) -> Result<Handles, Cancelled> {
        let mut seen = FxHashSet::default();
        let mut list = Vec::new();
        for table in tables::of_map(space, map) {
            for segment in tables::segments(space, table, &mut seen) {
                progress.check()?;
                list.extend(segment.handles(space));
            }
        }
        Ok(Handles::new(list, "handle table map of GcDacVars"))
    }

    /// Finds the tables by structure: 64 KB-aligned segments whose table names them back. A table counts
    /// only if most of its handles name an object.
    pub fn search(
        space: &AddressSpace,
        is_object: impl Fn(u64) -> bool,
        progress: &Progress,
    ) -> Result<Handles, Cancelled> {
        let mut seen = FxHashSet::default();
        let mut list = Vec::new();
        for table in tables::search(space, progress)? {
            let of_table: Vec<Handle> =
                tables::segments(space, table, &mut seen).iter().flat_map(|segment| segment.handles(space)).collect();
            let objects = of_table.iter().filter(|handle| is_object(handle.object)).count();
            if objects * 2 > of_table.len() {
                list.extend(of_table);
            }
        }
        Ok(Handles::new(list, "handle segments by structure"))
    }

    fn new(mut list: Vec<Handle>, how: &'static str) -> Handles {
        list.sort_unstable_by_key(|handle| handle.address);
        Handles { list, how }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Handle> {
        self.list.iter()
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The handle whose word lies at `address`.
    pub fn at(&self, address: u64) -> Option<&Handle> {
        let index = self.list.binary_search_by_key(&address, |handle| handle.address).ok()?;
        Some(&self.list[index])
    }
}
