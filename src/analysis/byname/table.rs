//! The By Name table: one row per frame, summed over the call tree.
//!
//! Exclusive sums count every call node of a frame, inclusive ones only those that have no caller of the
//! same frame, so that nothing counts twice. With a fold percentage light call nodes give what is below
//! them to their caller first. The order of all additions is PerfView's.

use std::cmp::Reverse;

use super::calls::{CallTree, NONE, ROOT};
use super::sums::{Sum, Sums};
use super::{Row, Table};

/// PerfView never folds this frame by percentage: the number means "broken stack" in its other views. It
/// is the first type of the heap walk, usually `System.String`.
const NEVER_FOLDED: u32 = 1;

pub(super) fn table(calls: &CallTree, sums: Sums, fold_percent: f32) -> Table {
    let total = sums.inclusive[ROOT as usize];
    let mut walk = Walk::new(calls, sums);
    let mut rows = walk.rows();
    if fold_percent > 0.0 {
        walk.fold_below(fold_percent * total.bytes / 100.0, &rows);
        rows = walk.rows();
    }
    let mut rows: Vec<Row> = rows.order.iter().map(|&frame| rows.row(frame, calls)).collect();
    rows.sort_by_key(|row| Reverse(row.exclusive.bytes));
    Table { total: total.into(), rows }
}

/// The call tree top down, callees in PerfView's order.
struct Walk<'a> {
    calls: &'a CallTree,
    sums: Sums,
    /// Callees of call node `i`: `callees[first[i]..first[i] + count[i]]`, heaviest first.
    first: Vec<u32>,
    count: Vec<u32>,
    callees: Vec<u32>,
}

/// Sums by frame.
struct Rows {
    exclusive: Vec<Sum>,
    inclusive: Vec<Sum>,
    /// Frames as they were first met.
    order: Vec<u32>,
}

impl Rows {
    fn row(&self, frame: u32, calls: &CallTree) -> Row {
        let name = &*calls.names[frame as usize];
        let cut = name.find('{').filter(|at| *at > 0).unwrap_or(name.len());
        Row {
            name: name[..cut].into(),
            exclusive: self.exclusive[frame as usize].into(),
            inclusive: self.inclusive[frame as usize].into(),
        }
    }
}

impl Walk<'_> {
    fn new(calls: &CallTree, sums: Sums) -> Walk<'_> {
        let mut count = vec![0u32; calls.len()];
        calls.callers.iter().filter(|caller| **caller != NONE).for_each(|caller| count[*caller as usize] += 1);
        let mut first = Vec::with_capacity(calls.len());
        let mut end = 0;
        for count in &count {
            first.push(end);
            end += count;
        }
        let mut callees = vec![0; end as usize];
        let mut next = first.clone();
        for (call, &caller) in calls.callers.iter().enumerate().filter(|(_, caller)| **caller != NONE) {
            let at = &mut next[caller as usize];
            callees[*at as usize] = call as u32;
            *at += 1;
        }
        for (first, count) in first.iter().zip(&count) {
            let range = *first as usize..(*first + *count) as usize;
            callees[range].sort_by(|&a, &b| {
                let key = |call: u32| (sums.inclusive[call as usize].bytes, sums.lowest[call as usize]);
                let ((a, low), (b, high)) = (key(a), key(b));
                b.total_cmp(&a).then(low.cmp(&high))
            });
        }
        Walk { calls, sums, first, count, callees }
    }

    fn callees(&self, call: u32) -> &[u32] {
        let first = self.first[call as usize] as usize;
        &self.callees[first..first + self.count[call as usize] as usize]
    }

    fn rows(&self) -> Rows {
        let frames = self.calls.names.len();
        let mut rows = Rows {
            exclusive: vec![Sum::default(); frames],
            inclusive: vec![Sum::default(); frames],
            order: Vec::new(),
        };
        let mut seen = vec![false; frames];
        // Frames that call the one at hand.
        let mut above = vec![false; frames];
        let mut todo = vec![(ROOT, false)];
        while let Some((call, leave)) = todo.pop() {
            let frame = self.calls.frames[call as usize];
            let f = frame as usize;
            if leave {
                above[f] = false;
                continue;
            }
            if !std::mem::replace(&mut seen[f], true) {
                rows.order.push(frame);
            }
            rows.exclusive[f].add(self.sums.exclusive[call as usize]);
            if !above[f] {
                rows.inclusive[f].add(self.sums.inclusive[call as usize]);
                above[f] = true;
                todo.push((call, true));
            }
            todo.extend(self.callees(call).iter().rev().map(|callee| (*callee, false)));
        }
        rows
    }

    /// Gives light call nodes with all below them to their caller, unless their frame is heavy as a whole.
    fn fold_below(&mut self, least: f32, rows: &Rows) {
        let mut todo = vec![ROOT];
        while let Some(call) = todo.pop() {
            let first = self.first[call as usize] as usize;
            let mut kept = 0;
            for at in first..first + self.count[call as usize] as usize {
                let callee = self.callees[at];
                let frame = self.calls.frames[callee as usize];
                let inclusive = self.sums.inclusive[callee as usize];
                let light = inclusive.bytes < least && rows.inclusive[frame as usize].bytes < least;
                if light && frame != NEVER_FOLDED {
                    self.sums.exclusive[call as usize].add(inclusive);
                } else {
                    self.callees[first + kept] = callee;
                    kept += 1;
                    todo.push(callee);
                }
            }
            self.count[call as usize] = kept as u32;
        }
    }
}
