//! CLR: the runtime's own structures, found and calibrated in the dump itself.
//!
//! There is one way for every version: structures are recognised by their shape, offsets that move
//! between versions are measured in the dump, and each step checks itself. No DAC, no symbols, no table
//! of versions.

pub mod contexts;
pub mod finalizer;
pub mod gc;
pub mod gcdesc;
pub mod handles;
mod hints;
pub mod loader_allocators;
pub mod method_table;
pub mod stacks;
pub mod threads;

pub use hints::Hints;

use crate::progress::Cancelled;

pub mod strings;
pub mod types;

/// Why no heap can be read out of a dump.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no .NET runtime was found in this dump")]
    NoRuntime,
    #[error("this dump has no heap memory")]
    NoHeap,
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
