//! CLR: the runtime's own structures, found and calibrated in the dump itself.
//!
//! There is one way for every version: structures are recognised by their shape, offsets that move
//! between versions are measured in the dump, and each step checks itself. No DAC, no symbols, no table
//! of versions.

pub mod contexts;
pub mod contract;
pub mod finalizer;
pub mod gc;
pub mod gcdesc;
pub mod handles;
mod hints;
pub mod loader_allocators;
pub mod metadata;
pub mod method_table;
pub mod stacks;
pub mod statics;
pub mod strings;
pub mod thread_statics;
pub mod threads;
pub mod types;
pub mod values;
pub mod version;

pub use hints::Hints;

use std::path::PathBuf;
use std::sync::Arc;

use crate::dump::{Contents, Dump};
use crate::memory::AddressSpace;
use crate::progress::Cancelled;

/// The runtime of an open dump: what questions about single objects need.
#[derive(Debug)]
pub struct Runtime {
    pub space: AddressSpace,
    pub gc: gc::Gc,
    /// By type index of the graph.
    pub method_tables: Vec<Arc<method_table::MethodTable>>,
    pub types: types::TypeSystem,
    /// In the order of the ThreadStore.
    pub threads: Vec<threads::Thread>,
    /// Slots of static variables that were filled before their class constructor ran, ascending.
    pub early_statics: Vec<u64>,
}

/// Why no heap can be read out of a dump.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no .NET runtime was found in {path}: nothing in its memory looks like a .NET heap")]
    NoRuntime { path: PathBuf },
    /// A .NET process, but its heap is not in the dump.
    #[error("{path} has no heap in it. {what} Take a dump with full memory, for example: {how}")]
    NoHeap { path: PathBuf, what: String, how: &'static str },
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl Error {
    /// Nothing was found: is it for want of memory, or for want of a runtime?
    pub fn no_heap(dump: &Dump) -> Error {
        let path = dump.path.clone();
        let has_runtime = dump.modules.iter().any(|module| {
            let name = module.file_name().to_lowercase();
            ["coreclr.dll", "libcoreclr.so", "clr.dll"].contains(&name.as_str())
        });
        if has_runtime || dump.contents == Contents::Stacks {
            Error::NoHeap { path, what: dump.describe(), how: dump.full_dump_recipe() }
        } else {
            Error::NoRuntime { path }
        }
    }
}

/// The pointer of `size` bytes (4 or 8) at `at`, in a chunk of memory that is looked through.
#[inline]
fn word(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + size)?;
    Some(if size == 8 {
        u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
    } else {
        u64::from(u32::from_le_bytes(bytes.try_into().expect("four bytes")))
    })
}
