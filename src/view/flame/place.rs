//! Where the boxes of a flame tree lie: from weights to a strip, from a strip to what fits on a screen.
//!
//! A box starts at a weight from the left edge of the whole and is as wide as its own weight; children lie
//! side by side, heaviest first, then the smaller ones, then the box's own part stays free. [`Placed::tiles`]
//! goes down from the whole and leaves out what is outside the camera or under a pixel wide, so its cost is
//! what is seen, not what is there. Slivers become one counted tile, never nothing.

use std::ops::Range;
use std::sync::Arc;

use crate::analysis::flame::FlameTree;

/// Narrower boxes are merged with their smaller siblings. In points.
pub const SLIVER: f32 = 1.0;

/// Which part of the strip is shown: weights from the left edge, and the row at the top.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    pub left: f64,
    pub right: f64,
    pub top: f64,
}

impl Camera {
    pub fn span(&self) -> f64 {
        self.right - self.left
    }

    /// Points per weight on a screen of `width` points.
    fn scale(&self, width: f32) -> f64 {
        f64::from(width) / self.span()
    }
}

/// What a tile stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tile {
    Frame(u32),
    Smaller(Smaller),
}

/// Children too small to be shown one by one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smaller {
    pub parent: u32,
    /// How many boxes it stands for, and their weight.
    pub types: u32,
    pub weight: u64,
    /// Where it starts, and how much of it the tree still knows box by box.
    pub left: u64,
    pub known: u64,
}

/// A tile on the screen, clipped to it: points from its left edge, rows from the whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    pub tile: Tile,
    pub row: u32,
    pub x: f32,
    pub width: f32,
}

/// A flame tree and where each of its boxes lies.
#[derive(Clone, Debug)]
pub struct Placed {
    pub tree: Arc<FlameTree>,
    left: Vec<u64>,
    row: Vec<u32>,
    /// Where each row's boxes start; they lie in the order in which the tree has them.
    rows: Vec<u32>,
}

impl Placed {
    pub fn new(tree: Arc<FlameTree>) -> Placed {
        let n = tree.frames.len();
        let (mut left, mut row, mut rows) = (vec![0; n], vec![0; n], Vec::new());
        for at in 0..n {
            if at > 0 {
                row[at] = row[tree.frames[at].parent as usize] + 1;
            }
            if row[at] as usize == rows.len() {
                rows.push(at as u32);
            }
            let mut next = left[at];
            for child in tree.children(at as u32) {
                left[child as usize] = next;
                next += tree.frames[child as usize].weight;
            }
        }
        Placed { tree, left, row, rows }
    }

    pub fn left(&self, frame: u32) -> u64 {
        self.left[frame as usize]
    }

    pub fn right(&self, frame: u32) -> u64 {
        self.left(frame) + self.tree.frames[frame as usize].weight
    }

    /// Rows between the whole and a box.
    pub fn row(&self, frame: u32) -> u32 {
        self.row[frame as usize]
    }

    /// Rows there are, one more where the last one's boxes have smaller ones below.
    pub fn rows(&self) -> u32 {
        let last = self.rows.last().map_or(0, |&first| first as usize);
        let below = self.tree.frames.get(last..).is_some_and(|frames| frames.iter().any(|frame| frame.smaller > 0));
        self.rows.len() as u32 + u32::from(below)
    }

    /// All boxes of a row, from left to right.
    pub fn of_row(&self, row: u32) -> Range<u32> {
        let start = |row: usize| self.rows.get(row).map_or(self.tree.frames.len() as u32, |&first| first);
        start(row as usize)..start(row as usize + 1)
    }

    /// The row just below the deepest box or smaller ones between two weights that is a sliver wide or more.
    pub fn depth(&self, camera: &Camera, width: f32) -> u32 {
        let mut spots = Vec::new();
        self.tiles(camera, width, 0..u32::MAX, &mut spots);
        spots.iter().map(|spot| spot.row + 1).max().unwrap_or(0)
    }

    /// The child that lies above a weight, or the next one to its right.
    pub fn child_at(&self, frame: u32, weight: f64) -> Option<u32> {
        let children = self.tree.children(frame);
        let at = partition(children.clone(), |child| self.right(child) as f64 <= weight);
        children.contains(&at).then_some(at)
    }

    /// The children of a box: those wide enough to be shown, and the rest as one.
    fn below(&self, frame: u32, scale: f64) -> (Range<u32>, Option<Smaller>) {
        let all = self.tree.children(frame);
        let box_ = &self.tree.frames[frame as usize];
        let children = &self.tree.frames[all.start as usize..all.end as usize];
        let wide = children.partition_point(|child| child.weight as f64 * scale >= f64::from(SLIVER));
        let shown = all.start..all.start + wide as u32;
        let known: u64 = if wide < children.len() { self.right(all.end - 1) - self.left(shown.end) } else { 0 };
        let types = (children.len() - wide) as u32 + box_.smaller_types;
        let left = shown.clone().next_back().map_or(self.left(frame), |last| self.right(last));
        let smaller = Smaller { parent: frame, types, weight: known + box_.smaller, left, known };
        (shown, (smaller.weight > 0).then_some(smaller))
    }

    /// Fills `out` with what the camera sees of the given rows on a screen of `width` points: row by row from
    /// the whole on, each from left to right. Gives the number of boxes it had to look at.
    pub fn tiles(&self, camera: &Camera, width: f32, rows: Range<u32>, out: &mut Vec<Spot>) -> usize {
        let scale = camera.scale(width);
        let spot = |tile, row, left: u64, weight: u64| {
            let x = ((left as f64 - camera.left) * scale).max(0.0);
            let end = (((left + weight) as f64 - camera.left) * scale).min(f64::from(width));
            Spot { tile, row, x: x as f32, width: (end - x) as f32 }
        };
        if self.tree.frames.is_empty() {
            return 0;
        }
        let mut above = vec![0u32];
        let mut seen = 1;
        if rows.contains(&0) {
            out.push(spot(Tile::Frame(0), 0, 0, self.tree.frames[0].weight));
        }
        for row in 1..rows.end {
            let mut level = Vec::new();
            for frame in above {
                let (shown, smaller) = self.below(frame, scale);
                let first = partition(shown.clone(), |child| self.right(child) as f64 <= camera.left);
                let end = partition(first..shown.end, |child| (self.left(child) as f64) < camera.right);
                if rows.start <= row {
                    out.extend((first..end).map(|child| {
                        spot(Tile::Frame(child), row, self.left(child), self.tree.frames[child as usize].weight)
                    }));
                    let spots = smaller.map(|smaller| spot(Tile::Smaller(smaller), row, smaller.left, smaller.weight));
                    out.extend(spots.filter(|spot| spot.width >= SLIVER));
                }
                level.extend(first..end);
            }
            if level.is_empty() {
                break;
            }
            seen += level.len();
            above = level;
        }
        seen
    }

    /// What lies at `x` points and a row, as [`tiles`](Self::tiles) shows it.
    pub fn hit(&self, camera: &Camera, width: f32, x: f32, row: u32) -> Option<Tile> {
        let scale = camera.scale(width);
        let weight = camera.left + f64::from(x) / scale;
        let total = self.tree.frames.first()?.weight;
        if weight < 0.0 || weight >= total as f64 {
            return None;
        }
        let mut frame = 0;
        for depth in 1..=row {
            let (shown, smaller) = self.below(frame, scale);
            let at = partition(shown.clone(), |child| self.right(child) as f64 <= weight);
            if shown.contains(&at) {
                frame = at;
                continue;
            }
            let smaller = smaller.filter(|smaller| {
                depth == row && weight < (smaller.left + smaller.weight) as f64 && smaller.weight as f64 * scale >= 1.0
            });
            return smaller.map(Tile::Smaller);
        }
        Some(Tile::Frame(frame))
    }
}

/// The first of `range` for which `before` no longer holds.
fn partition(range: Range<u32>, before: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}
