//! Finding boxes by name: which match, how much of the whole they are, and the way from one to the next.

use regex::{Regex, RegexBuilder};

use super::place::Placed;

/// What is searched for, and what was found.
#[derive(Clone, Debug, Default)]
pub struct Search {
    text: String,
    /// Per name of the tree.
    matched: Vec<bool>,
    /// The boxes that match, as they are read: from left to right, a box before those below it.
    boxes: Vec<u32>,
    weight: u64,
}

impl Search {
    /// Looks for a regular expression, in any case, in full and short names. A pattern that is not one (yet) is
    /// looked for as it stands. Empty finds nothing.
    pub fn new(text: &str, placed: &Placed) -> Search {
        let Some(pattern) = pattern(text) else { return Search { text: text.to_owned(), ..Search::default() } };
        let tree = &placed.tree;
        let matched: Vec<bool> =
            tree.names.iter().map(|name| pattern.is_match(&name.full) || pattern.is_match(&name.short)).collect();
        let hit = |frame: u32| matched[tree.frames[frame as usize].name as usize];
        let mut boxes: Vec<u32> = (0..tree.frames.len() as u32).filter(|&frame| hit(frame)).collect();
        // What lies below a match is counted with it.
        let mut below = vec![false; tree.frames.len()];
        let mut weight = 0;
        for at in 0..tree.frames.len() {
            let frame = &tree.frames[at];
            let above = at > 0 && below[frame.parent as usize];
            let matches = matched[frame.name as usize];
            if matches && !above {
                weight += frame.weight;
            }
            below[at] = above || matches;
        }
        boxes.sort_unstable_by_key(|&frame| (placed.left(frame), placed.row(frame)));
        Search { text: text.to_owned(), matched, boxes, weight }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Does the name of this index match? All do while nothing is searched for.
    pub fn matches(&self, name: u32) -> bool {
        self.text.is_empty() || self.matched.get(name as usize).is_some_and(|&matched| matched)
    }

    /// Weight of all matching boxes, each counted once with what is below it.
    pub fn weight(&self) -> u64 {
        self.weight
    }

    pub fn boxes(&self) -> &[u32] {
        &self.boxes
    }

    /// The match after (or before) a box as one reads, round the end; the first without one.
    pub fn step(&self, placed: &Placed, from: Option<u32>, forward: bool) -> Option<u32> {
        let key = |frame: u32| (placed.left(frame), placed.row(frame));
        let n = self.boxes.len();
        if n == 0 {
            return None;
        }
        let at = match from {
            None => 0,
            Some(from) if forward => self.boxes.partition_point(|&frame| key(frame) <= key(from)),
            Some(from) => self.boxes.partition_point(|&frame| key(frame) < key(from)) + n - 1,
        };
        Some(self.boxes[at % n])
    }
}

fn pattern(text: &str) -> Option<Regex> {
    let build = |pattern: &str| RegexBuilder::new(pattern).case_insensitive(true).size_limit(1 << 20).build();
    (!text.is_empty()).then(|| build(text).or_else(|_| build(&regex::escape(text))).ok())?
}
