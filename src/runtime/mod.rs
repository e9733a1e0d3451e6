//! CLR: the runtime's own structures, found and calibrated in the dump itself.

use crate::progress::Cancelled;

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
