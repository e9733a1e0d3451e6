//! What a reader of one kind of file hands over; [`Dump`](super::Dump) is made of it and the mapped file.

use super::ranges::Collected;
use super::{Architecture, Contents, Module, Os, Process, Thread};

/// A dump without its file.
#[derive(Debug)]
pub struct Parts {
    pub os: Os,
    pub architecture: Architecture,
    pub contents: Contents,
    pub process: Process,
    pub collected: Collected,
    pub modules: Vec<Module>,
    pub threads: Vec<Thread>,
    pub warnings: Vec<String>,
}
