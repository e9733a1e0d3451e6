//! How much of the process a dump holds, in plain words, and how to take one that holds enough.
//!
//! A heap explorer needs the GC heap. Many minidumps have stacks only; whoever opens one must learn
//! that it is the dump, not the program, and what to do next.

use super::{Dump, Os};

/// How much memory a dump was made to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// All memory of the process.
    Full,
    /// The memory that the process itself wrote (heaps and data); code and constants of image files are absent.
    Private,
    /// Stacks, and a little of what they point to: no heap.
    Stacks,
    /// A core with memory beyond the stacks, which does not say with which options it was written.
    Core {
        /// Bytes of the process that the writer left out (the kernel leaves pages of files out).
        left_out: u64,
    },
}

/// Ways to take a dump that holds the heap: where, and what to do.
pub const FULL_DUMP_RECIPES: [(&str, &str); 5] = [
    ("Azure App Service", "Diagnose and solve problems → Diagnostic Tools → Collect Memory Dump"),
    ("Windows", "procdump -ma PID"),
    ("Windows, without tools", "Task Manager → Details → right-click the process → Create dump file"),
    ("Any system with the .NET SDK", "dotnet-dump collect --type Full -p PID"),
    ("Linux container", "createdump --full PID (beside libcoreclr.so)"),
];

impl Dump {
    /// The shortest way to take a dump with full memory of a process like this one.
    pub fn full_dump_recipe(&self) -> &'static str {
        match self.os {
            Os::Windows => FULL_DUMP_RECIPES[1].1,
            Os::Linux | Os::Other => FULL_DUMP_RECIPES[3].1,
        }
    }

    /// One or two sentences: what kind of dump this is and, where that matters, what it lacks.
    pub fn describe(&self) -> String {
        let bytes: u64 = self.ranges.iter().map(|range| range.len).sum();
        let container = self.container.words();
        match self.contents {
            Contents::Full => format!("This is {container} with full memory."),
            Contents::Private => format!(
                "This is {container} with the memory that the process wrote, but without its image files: names may be \
                 missing."
            ),
            Contents::Stacks => format!(
                "This is {container} without heap memory: it has the stacks of its {} threads and little else \
                 ({bytes} bytes in all).",
                self.threads.len()
            ),
            Contents::Core { left_out: 0 } => format!("This is {container} with {bytes} bytes of memory."),
            Contents::Core { left_out } => format!(
                "This is {container} with {bytes} bytes of memory; its writer left out {left_out} bytes, as the kernel \
                 does with the pages of mapped files."
            ),
        }
    }
}
