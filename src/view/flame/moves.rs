//! Walking through the picture: zoom, pan, selection, search; each key and click is one move.
//!
//! Where the camera goes is decided at once; how it gets there is a glide of a fifth of a second that any
//! further move may cut short. The zoomed box is the one the whole width stands for; moves by wheel and drag
//! find it anew, so the breadcrumb is always true.

use std::sync::Arc;

use super::card::{Card, Held};
use super::place::{Camera, Placed, Smaller, Spot, Tile};
use super::search::Search;
use super::{ColorBy, Measure, Namespaces, RootFamily, Tone, by_assembly, by_growth};
use crate::analysis::flame::{FlameTree, NO_GENERATION, Name, NameKind};
use crate::view::compare::CompareTable;
use crate::view::format;

/// Seconds a glide takes.
const GLIDE: f64 = 0.2;
/// Weight that the whole width shows at least.
const NEAREST: f64 = 16.0;
/// A selected box is brought to at least this many points.
const READABLE: f64 = 48.0;
/// Rows kept above a zoomed box where the picture has to be scrolled for it.
const CONTEXT: f64 = 3.0;

/// A way from one box to a neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the box it hangs from.
    Out,
    /// To its heaviest child.
    In,
    /// Along its row.
    Left,
    Right,
}

/// The flame graph as it is looked at.
#[derive(Clone, Debug)]
pub struct FlameView {
    placed: Placed,
    what: Measure,
    /// Weight of the whole heap, whatever part of it the tree shows.
    heap: u64,
    /// Where the camera is or is gliding to, and where it glides from since when.
    camera: Camera,
    glide: Option<(Camera, f64)>,
    zoomed: u32,
    selected: Option<u32>,
    search: Search,
    /// Per name its colour by assembly; per box the kind of root it hangs from.
    by_assembly: Vec<Tone>,
    by_root: Vec<Option<RootFamily>>,
    namespaces: Namespaces,
    /// Per name its colour by growth; empty where no dumps are compared.
    by_growth: Vec<Tone>,
    /// Points across, rows down.
    width: f32,
    rows: f32,
    /// Roots at the bottom, as PerfView has them.
    pub flipped: bool,
    pub color: ColorBy,
}

impl FlameView {
    /// `heap` is 100 % of the heap, in the unit of `what`.
    pub fn new(tree: Arc<FlameTree>, what: Measure, heap: u64) -> FlameView {
        let by_assembly = tree.names.iter().map(by_assembly).collect();
        let mut by_root: Vec<Option<RootFamily>> = Vec::with_capacity(tree.frames.len());
        for (at, frame) in tree.frames.iter().enumerate() {
            let above = if at == 0 { None } else { by_root[frame.parent as usize] };
            by_root.push(match tree.name(at as u32).kind {
                NameKind::Root(kind) => Some(RootFamily::of(kind)),
                _ => above,
            });
        }
        let placed = Placed::new(tree);
        let mut view = FlameView {
            camera: Camera { left: 0.0, right: 1.0, top: 0.0 },
            namespaces: Namespaces::new(&placed.tree),
            placed,
            what,
            heap,
            glide: None,
            zoomed: 0,
            selected: None,
            search: Search::default(),
            by_assembly,
            by_root,
            by_growth: Vec::new(),
            width: 1.0,
            rows: 1.0,
            flipped: false,
            color: ColorBy::default(),
        };
        view.camera = view.camera_on(0);
        view
    }

    /// Learns how much each type grew; types of which nothing is known did not change.
    pub fn compare(&mut self, table: &CompareTable) {
        let growth = table.growth();
        let delta = |name: &Name| growth.get(&(&*name.full, &*name.assembly)).copied().unwrap_or(0);
        self.by_growth = self.tree().names.iter().map(|name| by_growth(delta(name), table.base.bytes)).collect();
    }

    /// Is it known how much each type grew?
    pub fn is_compared(&self) -> bool {
        !self.by_growth.is_empty()
    }

    pub fn placed(&self) -> &Placed {
        &self.placed
    }

    pub fn tree(&self) -> &FlameTree {
        &self.placed.tree
    }

    pub fn measure(&self) -> Measure {
        self.what
    }

    /// 100 % of the heap.
    pub fn heap(&self) -> u64 {
        self.heap
    }

    pub fn zoomed(&self) -> u32 {
        self.zoomed
    }

    pub fn selected(&self) -> Option<u32> {
        self.selected
    }

    pub fn namespaces(&self) -> &Namespaces {
        &self.namespaces
    }

    pub fn search(&self) -> &Search {
        &self.search
    }

    /// Tells how large the picture is: points across, rows down.
    pub fn resize(&mut self, width: f32, rows: f32) {
        (self.width, self.rows) = (width.max(1.0), rows.max(1.0));
        self.camera = self.clamped(self.camera);
    }

    /// Where the camera is at a time in seconds.
    pub fn camera(&self, now: f64) -> Camera {
        let Some((from, start)) = self.glide else { return self.camera };
        let t = ((now - start) / GLIDE).clamp(0.0, 1.0);
        let eased = 1.0 - (1.0 - t).powi(3);
        let between = |a: f64, b: f64| a + (b - a) * eased;
        Camera {
            left: between(from.left, self.camera.left),
            right: between(from.right, self.camera.right),
            top: between(from.top, self.camera.top),
        }
    }

    /// Is the camera still gliding? Forgets the glide once it is over.
    pub fn gliding(&mut self, now: f64) -> bool {
        self.glide = self.glide.filter(|(_, start)| now - start < GLIDE);
        self.glide.is_some()
    }

    /// What is seen at a time.
    pub fn spots(&self, now: f64) -> Vec<Spot> {
        let camera = self.camera(now);
        let first = camera.top.max(0.0) as u32;
        let end = (camera.top + f64::from(self.rows)).ceil() as u32;
        let mut spots = Vec::new();
        self.placed.tiles(&camera, self.width, first..end, &mut spots);
        spots
    }

    /// What lies at `x` points from the left and `y` rows from the top of the screen.
    pub fn hit(&self, now: f64, x: f32, y: f32) -> Option<Tile> {
        let camera = self.camera(now);
        let row = camera.top + f64::from(y);
        (row >= 0.0 && x >= 0.0 && x < self.width).then(|| self.placed.hit(&camera, self.width, x, row as u32))?
    }

    /// Lets a box fill the width.
    pub fn zoom_to(&mut self, frame: u32, now: f64) {
        if self.tree().frames.get(frame as usize).is_some_and(|frame| frame.weight > 0) {
            self.zoomed = frame;
            self.glide_to(self.camera_on(frame), now);
        }
    }

    /// Shows small children one by one, where the tree knows them.
    pub fn zoom_to_smaller(&mut self, smaller: &Smaller, now: f64) {
        if smaller.known > 0 {
            let (left, right) = (smaller.left as f64, (smaller.left + smaller.known) as f64);
            self.glide_to(self.clamped(Camera { left, right, ..self.camera }), now);
            self.zoomed = self.around(&self.camera);
        }
    }

    /// To the next wider box that the zoomed one hangs from.
    pub fn zoom_out(&mut self, now: f64) {
        let frames = &self.tree().frames;
        let mut at = self.zoomed;
        let shown = self.camera.span();
        while at != 0 {
            at = frames[at as usize].parent;
            if frames[at as usize].weight as f64 > shown {
                break;
            }
        }
        self.zoom_to(at, now);
    }

    /// Zooms by a factor (below 1: closer) around a point of the screen.
    pub fn zoom_at(&mut self, x: f32, factor: f64, now: f64) {
        let camera = self.camera(now);
        let total = self.whole();
        let span = (camera.span() * factor).clamp(NEAREST.min(total), total.max(1.0));
        let share = f64::from(x / self.width);
        let left = camera.left + camera.span() * share - span * share;
        self.jump(Camera { left, right: left + span, ..camera });
    }

    /// Moves the picture by points to the right and rows down.
    pub fn pan(&mut self, x: f32, rows: f32, now: f64) {
        let camera = self.camera(now);
        let by = f64::from(x) / f64::from(self.width) * camera.span();
        let top = camera.top - f64::from(rows);
        self.jump(Camera { left: camera.left - by, right: camera.right - by, top });
    }

    pub fn select(&mut self, frame: Option<u32>) {
        self.selected = frame.filter(|&frame| (frame as usize) < self.tree().frames.len());
    }

    /// Moves the selection to a neighbour and brings it into view; the zoomed box is the first one selected.
    pub fn step(&mut self, direction: Direction, now: f64) {
        let Some(at) = self.selected else {
            self.select(Some(self.zoomed));
            return self.reveal(now);
        };
        let row = self.placed.of_row(self.placed.row(at));
        let next = match direction {
            Direction::Out => Some(self.tree().frames[at as usize].parent),
            Direction::In => Some(self.tree().children(at).start).filter(|_| !self.tree().children(at).is_empty()),
            Direction::Left => at.checked_sub(1).filter(|next| row.contains(next)),
            Direction::Right => Some(at + 1).filter(|next| row.contains(next)),
        };
        self.select(next.or(Some(at)));
        self.reveal(now);
    }

    /// Looks for a regular expression; empty ends the search.
    pub fn find(&mut self, text: &str) {
        if text != self.search.text() {
            self.search = Search::new(text, &self.placed);
        }
    }

    /// Selects the next match, or the one before.
    pub fn find_next(&mut self, forward: bool, now: f64) {
        if let Some(next) = self.search.step(&self.placed, self.selected, forward) {
            self.select(Some(next));
            self.reveal(now);
        }
    }

    /// Brings the selected box into view, large enough to be read.
    pub fn reveal(&mut self, now: f64) {
        let Some(frame) = self.selected else { return };
        let (left, right) = (self.placed.left(frame) as f64, self.placed.right(frame) as f64);
        let row = f64::from(self.placed.row(frame));
        let mut camera = self.camera;
        let outside = right <= camera.left || left >= camera.right;
        let narrow = (right - left) / camera.span() * f64::from(self.width) < READABLE;
        // Out to a box around it, then as near as it takes.
        if outside {
            let mut around = frame;
            while around != 0 && (self.placed.right(around) as f64 - self.placed.left(around) as f64) < camera.span() {
                around = self.tree().frames[around as usize].parent;
            }
            (camera.left, camera.right) = (self.placed.left(around) as f64, self.placed.right(around) as f64);
        }
        let needed = (right - left) * f64::from(self.width) / READABLE;
        if (outside || narrow) && camera.span() > needed.max(NEAREST) {
            let span = needed.max(NEAREST);
            camera.left = (left + right - span) / 2.0;
            camera.right = camera.left + span;
        }
        let rows = f64::from(self.rows);
        if row < camera.top {
            camera.top = row;
        } else if row + 1.0 > camera.top + rows {
            camera.top = row + 1.0 - rows;
        }
        let camera = self.clamped(camera);
        if camera != self.camera {
            self.glide_to(camera, now);
            self.zoomed = self.around(&camera);
        }
    }

    /// How much matches: `312 MB (41.2 %)`, of all the tree shows.
    pub fn matched_text(&self) -> String {
        let weight = self.search.weight();
        let whole = self.tree().frames.first().map_or(0, |whole| whole.weight);
        format!("{} ({} %)", self.what.unit.text(weight), format::percent(weight, whole))
    }

    /// The boxes from the whole to the zoomed one.
    pub fn breadcrumb(&self) -> Vec<u32> {
        std::iter::once(0).chain(self.tree().path(self.zoomed)).collect()
    }

    /// Does the zoomed box hang from this one?
    pub fn above_zoom(&self, frame: u32) -> bool {
        let inside = |frame: u32| self.placed.left(frame)..=self.placed.right(frame);
        let zoomed = inside(self.zoomed);
        self.placed.row(frame) < self.placed.row(self.zoomed)
            && inside(frame).contains(zoomed.start())
            && inside(frame).contains(zoomed.end())
    }

    /// What the colours tell: by assembly where the tree does not know what was chosen.
    pub fn told(&self) -> ColorBy {
        match self.color {
            ColorBy::Generation if self.tree().generations.is_empty() => ColorBy::Assembly,
            ColorBy::Growth if self.by_growth.is_empty() => ColorBy::Assembly,
            color => color,
        }
    }

    /// The colour of a box.
    pub fn tone(&self, frame: u32) -> Tone {
        let name = self.tree().frames[frame as usize].name;
        let tone = self.tone_of_name(name);
        match (tone, self.told()) {
            (Tone::Empty, _) | (Tone::Root, ColorBy::Generation) => tone,
            (_, ColorBy::Generation) => match self.tree().generations[frame as usize] {
                NO_GENERATION => Tone::Untold,
                generation => Tone::Generation(generation),
            },
            (_, ColorBy::RootKind) => self.by_root[frame as usize].map_or(Tone::Untold, Tone::RootKind),
            _ => tone,
        }
    }

    /// The colour of all boxes of a name, by its index in the tree, where it is the same in all of them.
    pub fn tone_of_name(&self, name: u32) -> Tone {
        let by_assembly = self.by_assembly[name as usize];
        match (by_assembly, self.told()) {
            (Tone::Empty | Tone::Root, _) => by_assembly,
            (_, ColorBy::Namespace) => self.namespaces.tone(name),
            (_, ColorBy::Growth) => self.by_growth[name as usize],
            _ => by_assembly,
        }
    }

    /// The part of a box that other roots hold as well, where that part begins: right below a root.
    pub fn shared_part(&self, frame: u32) -> Option<f32> {
        let tree = self.tree();
        let box_ = &tree.frames[frame as usize];
        let is_type = |at: u32| matches!(tree.name(at).kind, NameKind::Type(_));
        let begins = box_.shared > 0 && is_type(frame) && (frame == 0 || !is_type(box_.parent));
        begins.then(|| (box_.shared as f64 / box_.weight.max(1) as f64) as f32)
    }

    /// Which part of the whole is seen, where it is not all of it: `zoomed to QueryCacheEntry: 7.91 MB of 14.83 MB`.
    pub fn zoomed_text(&self) -> Option<String> {
        let whole = self.tree().frames.first()?.weight;
        let shown = self.camera.span().round() as u64;
        let unit = self.what.unit;
        let name = &self.tree().name(self.zoomed).short;
        (shown < whole).then(|| format!("zoomed to {name}: {} of {}", unit.text(shown), unit.text(whole)))
    }

    /// What the card of a tile says; `held` is what had to be asked for.
    pub fn card(&self, tile: &Tile, held: Option<&Held>) -> Card {
        Card::new(&self.placed, tile, self.what, self.heap, self.camera.span().round() as u64, held)
    }

    fn whole(&self) -> f64 {
        self.tree().frames.first().map_or(1.0, |whole| whole.weight.max(1) as f64)
    }

    fn camera_on(&self, frame: u32) -> Camera {
        let (mut left, mut right) = (0.0, self.whole());
        let mut row = 0.0;
        if (frame as usize) < self.tree().frames.len() && self.tree().frames[frame as usize].weight > 0 {
            (left, right) = (self.placed.left(frame) as f64, self.placed.right(frame) as f64);
            row = f64::from(self.placed.row(frame));
        }
        let top = if row + 1.0 < f64::from(self.rows) / 2.0 { 0.0 } else { row - CONTEXT };
        self.clamped(Camera { left, right, top })
    }

    fn clamped(&self, camera: Camera) -> Camera {
        let total = self.whole();
        let span = camera.span().clamp(NEAREST.min(total), total);
        let left = camera.left.clamp(0.0, total - span);
        let lowest = (f64::from(self.placed.rows()) - f64::from(self.rows)).max(0.0);
        Camera { left, right: left + span, top: camera.top.clamp(0.0, lowest) }
    }

    fn glide_to(&mut self, camera: Camera, now: f64) {
        self.glide = Some((self.camera(now), now));
        self.camera = camera;
    }

    fn jump(&mut self, camera: Camera) {
        self.glide = None;
        self.camera = self.clamped(camera);
        self.zoomed = self.around(&self.camera);
    }

    /// The narrowest box that has everything a camera sees; of several as wide, the outermost.
    fn around(&self, camera: &Camera) -> u32 {
        // A rounding error of the camera is no part of the next box.
        let slack = camera.span() * 1e-9;
        let mut at = 0;
        let mut found = 0;
        loop {
            match self.placed.child_at(at, camera.left + slack) {
                Some(child)
                    if self.placed.left(child) as f64 <= camera.left + slack
                        && self.placed.right(child) as f64 >= camera.right - slack =>
                {
                    if self.tree().frames[child as usize].weight < self.tree().frames[found as usize].weight {
                        found = child;
                    }
                    at = child;
                }
                _ => return found,
            }
        }
    }
}
