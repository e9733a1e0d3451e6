//! The question about threads: what the roots of each hold.
//!
//! Roots carry the label of their thread in their name, so threads and roots meet by that label.

use rustc_hash::FxHashMap;

use super::Opened;
use crate::error::Result;
use crate::heap::RootKind;
use crate::progress::Progress;
use crate::runtime::threads::Thread;
use crate::view::thread_table::{ThreadRow, ThreadState, ThreadTable};

/// What the roots of one thread come to.
#[derive(Default)]
struct Holds {
    on_stack: Vec<u32>,
    in_statics: Vec<u32>,
    statics: u64,
    bytes: u64,
}

impl Opened {
    /// All threads with what they hold; none where the dump knows of none (a .gcdump).
    pub fn thread_table(&self, progress: &Progress) -> Result<ThreadTable> {
        let (graph, liveness) = (&self.heap.graph, self.scene()?.holders.liveness);
        let threads = self.heap.runtime.as_ref().map_or(&[][..], |runtime| &runtime.threads);
        let labels: Vec<String> = threads.iter().map(Thread::label).collect();
        let at: FxHashMap<&str, usize> = labels.iter().map(String::as_str).zip(0..).collect();
        let mut holds: Vec<Holds> = threads.iter().map(|_| Holds::default()).collect();
        let held = self.root_table()?;
        for (number, root) in graph.roots.iter().enumerate() {
            progress.check_at(number)?;
            let Some(&at) = root.thread().and_then(|label| at.get(label)) else { continue };
            let holds = &mut holds[at];
            holds.bytes += held.of(number as u32).bytes;
            match root.kind {
                RootKind::Stack => holds.on_stack.push(root.object),
                _ => {
                    holds.in_statics.push(root.object);
                    holds.statics += u64::from(root.is_variable());
                }
            }
        }
        let mut rows = Vec::with_capacity(threads.len());
        for ((thread, label), holds) in threads.iter().zip(&labels).zip(holds) {
            progress.check()?;
            let Holds { mut on_stack, in_statics, statics, bytes } = holds;
            on_stack.sort_unstable();
            on_stack.dedup();
            let both = [&on_stack[..], &in_statics].concat();
            rows.push(ThreadRow {
                label: label.as_str().into(),
                name: thread.name.clone().filter(|name| !name.trim().is_empty()),
                state: match thread {
                    Thread { os_id: 0, .. } => ThreadState::NotStarted,
                    Thread { alive: true, .. } => ThreadState::Running,
                    _ => ThreadState::Ended,
                },
                managed_id: thread.managed_id,
                os_id: thread.os_id,
                stack: thread.stack.clone(),
                on_stack: on_stack.into(),
                statics,
                bytes,
                retained: liveness.retained.of_set(&liveness.dominators, &both),
            });
        }
        Ok(ThreadTable::new(rows, self.table().total.bytes))
    }
}
