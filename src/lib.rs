//! Heapglass reads the managed heap of a .NET process out of a memory dump.
//!
//! ```no_run
//! use heapglass::heap::{Heap, Options};
//! use heapglass::progress::Progress;
//!
//! let heap = Heap::open("shop.dmp".as_ref(), &Options::default(), &Progress::new())?;
//! println!("{} objects", heap.graph.len());
//! # Ok::<(), heapglass::Error>(())
//! ```
//!
//! A dump flows one way through the modules below; each may use only those above it
//! (`tests/layering.rs` holds that):
//!
//! ```text
//! dump      a file → memory ranges, modules, threads
//! memory    address → bytes
//! runtime   the CLR's own structures, found and checked in the dump itself
//! heap      objects, types, references, roots as flat arrays with u32 ids
//! gcdump    PerfView's .gcdump, another way to the same graph
//! analysis  pure functions of the graph
//! view      what a person sees, as plain data
//! session   the open dump: one worker, questions in, answers out
//! ui, cli   the window and the commands
//! ```

pub mod error;
pub mod progress;

pub mod analysis;
pub mod dump;
pub mod gcdump;
pub mod heap;
pub mod memory;
pub mod runtime;
pub mod session;
pub mod view;

pub mod cli;
pub mod ui;

pub use error::{Error, Result};
