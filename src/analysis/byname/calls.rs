//! The call tree: the spanning tree with its nodes merged by frame.
//!
//! A call node is a path of frames from `ROOT` down, after the patterns did their work: a folded object
//! counts to its parent's call node, so does one whose frame is its parent's (recursion). Frames that are
//! shown by the same name are one. Nodes get theirs in the order in which they were visited.

use rustc_hash::FxHashMap;

use super::Error;
use super::frames::{Frames, Verdict};
use super::tree::{NO_PARENT, ORPHANED, SpanningTree};
use crate::gcdump::MemoryGraph;
use crate::progress::{CHECK_EVERY, Phase, Progress};

/// A node that is in no call node, a call node that is not there.
pub(super) const NONE: u32 = u32::MAX;
/// The call node `ROOT`.
pub(super) const ROOT: u32 = 0;

#[derive(Debug)]
pub(super) struct CallTree {
    /// By node of the graph: its call node, or [`NONE`] where a pattern left it out.
    pub call_of: Vec<u32>,
    /// By call node: the frame it stands for; callers come before what they call.
    pub frames: Vec<u32>,
    /// By call node: its caller; [`NONE`] for `ROOT`.
    pub callers: Vec<u32>,
    /// By frame, where a call node stands for it: what is shown.
    pub names: Vec<Box<str>>,
}

impl CallTree {
    pub fn new(
        graph: &MemoryGraph,
        tree: &SpanningTree,
        frames: Frames,
        progress: &Progress,
    ) -> Result<CallTree, Error> {
        let count = graph.len() + 1;
        let wanted = frames.wanted();
        let mut build = Builder {
            graph,
            tree,
            wanted,
            frames,
            caller: vec![NONE; count],
            index: vec![UNKNOWN; count],
            matched: vec![0; if wanted == 0 { 0 } else { count }],
            call_of: vec![NONE; count],
            children: FxHashMap::default(),
            last: (NONE, NONE, NONE),
            canonical: vec![NONE; graph.types.len() + 1],
            frame_of_name: FxHashMap::default(),
            calls: vec![0],
            callers: vec![NONE],
            path: Vec::new(),
        };
        progress.begin(Phase::Answer, graph.len() as u64);
        for part in tree.order.chunks(CHECK_EVERY) {
            progress.check()?;
            part.iter().for_each(|node| build.add(*node));
            progress.add(part.len() as u64);
        }
        build.call_of.pop();
        // Callers of what the include patterns ask for have call nodes and are not counted themselves.
        for (call, matched) in build.call_of.iter_mut().zip(&build.matched) {
            if *matched != wanted {
                *call = NONE;
            }
        }
        let mut names = vec![Box::default(); graph.types.len() + 1];
        build.frame_of_name.into_iter().for_each(|(name, frame)| names[frame as usize] = name);
        // `ROOT` has the frame 0, and so has what was referred to and never walked.
        names[0] = "ROOT".into();
        Ok(CallTree { call_of: build.call_of, frames: build.calls, callers: build.callers, names })
    }

    /// Number of call nodes.
    pub fn len(&self) -> usize {
        self.frames.len()
    }
}

/// `index` of a node that a pattern dropped, and of one not yet asked for.
const DROPPED: u32 = u32::MAX;
const UNKNOWN: u32 = u32::MAX - 1;

/// Per node of the graph, and one more that stands above all orphans.
struct Builder<'a> {
    graph: &'a MemoryGraph,
    tree: &'a SpanningTree,
    frames: Frames<'a>,
    wanted: u64,
    /// The node whose call node calls this one's.
    caller: Vec<u32>,
    /// The frame a node counts to.
    index: Vec<u32>,
    /// Include patterns matched on the way down; empty where there are none.
    matched: Vec<u64>,
    call_of: Vec<u32>,
    /// (caller, frame) → call node.
    children: FxHashMap<(u32, u32), u32>,
    /// The pair asked for last and its answer: siblings come in a row.
    last: (u32, u32, u32),
    /// By frame: the first frame shown by the same name.
    canonical: Vec<u32>,
    frame_of_name: FxHashMap<Box<str>, u32>,
    /// `frames` and `callers` of the result.
    calls: Vec<u32>,
    callers: Vec<u32>,
    path: Vec<u32>,
}

impl Builder<'_> {
    fn add(&mut self, node: u32) {
        self.place(node);
        if self.index[node as usize] == DROPPED || (self.wanted != 0 && self.matched[node as usize] != self.wanted) {
            return;
        }
        // Callers that match too few include patterns have no call node before something below them does.
        let mut at = node;
        while at != NONE && self.call_of[at as usize] == NONE {
            self.path.push(at);
            at = self.caller[at as usize];
        }
        let mut call = if at == NONE { ROOT } else { self.call_of[at as usize] };
        while let Some(step) = self.path.pop() {
            let frame = self.canonical(self.index[step as usize]);
            call = self.child(call, frame);
            self.call_of[step as usize] = call;
        }
    }

    /// Decides a node's frame and caller; its parent's are known.
    fn place(&mut self, node: u32) {
        let at = node as usize;
        let orphanage = self.graph.len() as u32;
        let (frame, parent) = match self.graph.kinds.get(at) {
            None => (self.frames.not_reachable(), NONE),
            Some(kind) => match self.tree.parents[at] {
                NO_PARENT => (*kind, NONE),
                ORPHANED => (*kind, orphanage),
                parent => (*kind, parent),
            },
        };
        if parent == orphanage && self.index[orphanage as usize] == UNKNOWN {
            self.place(orphanage);
        }
        let above = (parent != NONE).then_some(parent as usize);
        if above.is_some_and(|above| self.index[above] == DROPPED) {
            self.index[at] = DROPPED;
            return;
        }
        let verdict = self.frames.get(frame);
        if verdict.verdict == Verdict::Exclude {
            self.index[at] = DROPPED;
            return;
        }
        let mut index = frame;
        if let Some(group) = verdict.group {
            if !verdict.entry {
                index = group;
            } else if let Some(above) = above
                && self.frames.get(self.index[above]).group == Some(group)
            {
                index = self.index[above];
            }
        }
        match above {
            Some(above) if verdict.verdict == Verdict::Fold || index == self.index[above] => {
                self.index[at] = self.index[above];
                self.caller[at] = self.caller[above];
                if self.wanted != 0 {
                    self.matched[at] = self.matched[above];
                }
            }
            _ => {
                self.index[at] = index;
                self.caller[at] = parent;
                if self.wanted != 0 {
                    self.matched[at] = verdict.includes | above.map_or(0, |above| self.matched[above]);
                }
            }
        }
    }

    fn canonical(&mut self, frame: u32) -> u32 {
        let known = self.canonical[frame as usize];
        if known != NONE {
            return known;
        }
        let shown = self.frames.shown(frame);
        let first = *self.frame_of_name.entry(shown.into()).or_insert(frame);
        self.canonical[frame as usize] = first;
        first
    }

    fn child(&mut self, caller: u32, frame: u32) -> u32 {
        if (self.last.0, self.last.1) == (caller, frame) {
            return self.last.2;
        }
        let next = self.calls.len() as u32;
        let call = *self.children.entry((caller, frame)).or_insert(next);
        if call == next {
            self.calls.push(frame);
            self.callers.push(caller);
        }
        self.last = (caller, frame, call);
        call
    }
}
