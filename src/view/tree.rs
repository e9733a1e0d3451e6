//! The tree of referrers as lines: the asked-for objects, below them who refers to them, and so on to the roots.
//!
//! A line is opened when a person wants it; only then are its referrers looked for. Of a level with
//! thousands of rows the heaviest are shown, the others are one line, "n smaller", that shows more of them.

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::format;
use super::roots::title;
use super::rows::{Cell, Column, Lead, Rows, Span, Tone};
use super::types::name as type_spans;
use crate::analysis::referrers::{Referrers, Scene, Who};
use crate::progress::{Cancelled, Progress};
use crate::runtime::types::TypeName;

/// Rows of a level that are shown at first, and by which a level grows.
const WIDTH: usize = 50;

/// What a line stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// The asked-for objects.
    Asked,
    /// A row of the tree.
    Row(u32),
    /// Rows below a row (`None`: below the asked-for objects) that are not shown, and how many.
    Smaller { parent: Option<u32>, count: usize },
}

/// What a row is called.
#[derive(Clone, Debug)]
enum Label {
    Type { name: TypeName, field: Arc<str> },
    Root(Box<str>),
}

/// A tree of referrers and what of it is in sight.
#[derive(Clone, Debug)]
pub struct Tree {
    referrers: Referrers,
    /// What the asked-for objects are called.
    asked: TypeName,
    /// By row.
    labels: Vec<Label>,
    opened: FxHashSet<Option<u32>>,
    /// How many rows of a level are shown, where not [`WIDTH`].
    shown: FxHashMap<Option<u32>, usize>,
    lines: Vec<(Line, u32)>,
}

impl Tree {
    /// The tree of some referrers, called `asked`, with the first level open.
    pub fn new(
        scene: Scene<'_>,
        asked: TypeName,
        referrers: Referrers,
        progress: &Progress,
    ) -> Result<Tree, Cancelled> {
        let mut tree = Tree {
            referrers,
            asked,
            labels: Vec::new(),
            opened: FxHashSet::default(),
            shown: FxHashMap::default(),
            lines: Vec::new(),
        };
        tree.open(scene, Line::Asked, progress)?;
        Ok(tree)
    }

    pub fn referrers(&self) -> &Referrers {
        &self.referrers
    }

    /// What the line with this number stands for.
    pub fn line(&self, line: usize) -> Line {
        self.lines[line].0
    }

    /// The number of the line that stands for `what`, if it is in sight.
    pub fn find(&self, what: Line) -> Option<usize> {
        self.lines.iter().position(|&(line, _)| line == what)
    }

    /// Can the line be opened, and is it?
    pub fn is_open(&self, line: Line) -> Option<bool> {
        match line {
            Line::Asked => Some(self.opened.contains(&None)),
            Line::Row(row) => {
                let state = self.referrers.row(row);
                let ends = state.cycle || state.children.as_ref().is_some_and(std::ops::Range::is_empty);
                (!ends).then(|| self.opened.contains(&Some(row)))
            }
            Line::Smaller { .. } => None,
        }
    }

    /// Opens a line, or shows more of what is smaller.
    pub fn open(&mut self, scene: Scene<'_>, line: Line, progress: &Progress) -> Result<(), Cancelled> {
        let parent = match line {
            Line::Asked => None,
            Line::Row(row) => Some(row),
            Line::Smaller { parent, .. } => {
                *self.shown.entry(parent).or_insert(WIDTH) += WIDTH;
                parent
            }
        };
        self.referrers.open(scene, parent, progress)?;
        self.opened.insert(parent);
        self.arrange(scene);
        Ok(())
    }

    /// Hides what is below a line; opened again, it looks as before.
    pub fn close(&mut self, scene: Scene<'_>, line: Line) {
        match line {
            Line::Asked => self.opened.remove(&None),
            Line::Row(row) => self.opened.remove(&Some(row)),
            Line::Smaller { .. } => false,
        };
        self.arrange(scene);
    }

    /// Opens the heaviest way up to a root; gives the line it ends at.
    pub fn open_heaviest(&mut self, scene: Scene<'_>, progress: &Progress) -> Result<Line, Cancelled> {
        let way = self.referrers.open_heaviest(scene, progress)?;
        self.opened.insert(None);
        // The last row stays closed: it is a root, or nothing new follows.
        self.opened.extend(way.iter().rev().skip(1).map(|&row| Some(row)));
        self.arrange(scene);
        Ok(way.last().map_or(Line::Asked, |&row| Line::Row(row)))
    }

    /// Names new rows and lays out the lines.
    fn arrange(&mut self, scene: Scene<'_>) {
        for row in self.labels.len() as u32..self.referrers.rows() {
            self.labels.push(label(scene, self.referrers.row(row).who));
        }
        self.lines = vec![(Line::Asked, 0)];
        let mut todo: Vec<(Line, u32)> = Vec::new();
        self.push_level(None, 1, &mut todo);
        while let Some((line, depth)) = todo.pop() {
            self.lines.push((line, depth));
            if let Line::Row(row) = line {
                self.push_level(Some(row), depth + 1, &mut todo);
            }
        }
    }

    /// Puts the lines of an open level on the pile, the first of them on top.
    fn push_level(&self, parent: Option<u32>, depth: u32, todo: &mut Vec<(Line, u32)>) {
        let rows = parent.map_or_else(|| self.referrers.top(), |row| self.referrers.row(row).children.clone());
        let Some(rows) = rows.filter(|_| self.opened.contains(&parent)) else { return };
        let shown = self.shown.get(&parent).copied().unwrap_or(WIDTH).min(rows.len());
        if shown < rows.len() {
            todo.push((Line::Smaller { parent, count: rows.len() - shown }, depth));
        }
        todo.extend(rows.take(shown).rev().map(|row| (Line::Row(row), depth)));
    }
}

fn label(scene: Scene<'_>, who: Who) -> Label {
    let graph = scene.holders.graph;
    match who {
        Who::Root(root) => Label::Root(title(&graph.roots[root as usize]).into()),
        Who::Type { group, field } => {
            let info = &graph.types[scene.groups.first[group as usize] as usize];
            Label::Type { name: info.name.clone(), field: scene.fields.name(field) }
        }
    }
}

const COLUMNS: [Column; 4] = [
    Column::name("Referring type . field", "Who refers, and by which field").fixed(),
    Column::figure("Objects", "Objects that refer, or roots", 110.0).fixed().optional(),
    Column::figure("Holds", "Objects asked for that are reached through this row", 110.0).fixed().optional(),
    Column::figure("Holds (bytes)", "What those objects retain together", 150.0).fixed(),
];

impl Rows for Tree {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn len(&self) -> usize {
        self.lines.len()
    }

    fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        if column == 0 {
            return self.name_cell(self.line(row));
        }
        let asked = self.referrers.asked().len() as u64;
        let figures = match self.line(row) {
            Line::Asked => [asked, asked, self.referrers.bytes()],
            Line::Row(row) => {
                let row = self.referrers.row(row);
                [row.referring, row.held_objects, row.held_bytes]
            }
            Line::Smaller { .. } => return Cell::Empty,
        };
        Cell::Figure(format::count(figures[column - 1]))
    }

    fn name(&self, row: usize) -> Cow<'_, str> {
        match self.line(row) {
            Line::Asked => Cow::Borrowed(&self.asked.full),
            Line::Row(row) => match &self.labels[row as usize] {
                Label::Root(title) => Cow::Borrowed(title),
                Label::Type { name, field } if field.is_empty() => Cow::Borrowed(&name.full),
                Label::Type { name, field } => Cow::Owned(format!("{} .{field}", name.full)),
            },
            Line::Smaller { count, .. } => Cow::Owned(format!("{} smaller", format::count(count as u64))),
        }
    }

    fn lead(&self, row: usize) -> Lead {
        let (line, depth) = self.lines[row];
        Lead { depth, open: self.is_open(line) }
    }
}

impl Tree {
    fn name_cell(&self, line: Line) -> Cell<'_> {
        let spans: Vec<Span<'_>> = match line {
            Line::Asked => type_spans(&self.asked),
            Line::Smaller { count, .. } => {
                vec![(Tone::Faint, Cow::Owned(format!("{} smaller", format::count(count as u64))))]
            }
            Line::Row(row) => match &self.labels[row as usize] {
                Label::Root(title) => {
                    let spans = vec![(Tone::Root, Cow::Owned(format!(".NET Roots · {title}")))];
                    return Cell::Name { spans, root: true };
                }
                Label::Type { name, field } => {
                    let mut spans = type_spans(name);
                    if !field.is_empty() {
                        spans.push((Tone::Faint, Cow::Owned(format!(" .{}", format::field(field)))));
                    }
                    if self.referrers.row(row).cycle {
                        spans.push((Tone::Faint, Cow::Borrowed("  cycle")));
                    }
                    spans
                }
            },
        };
        Cell::Name { spans, root: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::histogram::TypeGroups;
    use crate::analysis::independent::Holders;
    use crate::analysis::liveness::Liveness;
    use crate::analysis::testing::Sketch;
    use crate::heap::{FieldNames, Graph, RootKind};

    /// Item 0 in two holders of each of `kinds` types, all in one array that a static holds.
    fn graph(kinds: u32) -> Graph {
        let mut sketch = Sketch::default();
        sketch.object("N.Item", 24, &[]);
        for kind in 0..kinds {
            sketch.object(&format!("N.Holder{kind:03}"), 24, &[0]);
        }
        let holders: Vec<u32> = (1..=kinds).collect();
        let all = sketch.object("System.Object[]", 24, &holders);
        sketch.root(RootKind::Static, "N.Cache.<All>k__BackingField", all, 8);
        sketch.graph()
    }

    /// Makes a tree of the item's referrers and lets `look` at it.
    fn with_tree(kinds: u32, look: impl FnOnce(Scene<'_>, Tree)) {
        let (graph, progress) = (graph(kinds), Progress::new());
        let liveness = Liveness::new(&graph, &[], &progress).unwrap();
        let (groups, fields) = (TypeGroups::by_name_and_assembly(&graph), FieldNames::new(&graph));
        let holders = Holders { graph: &graph, liveness: &liveness };
        let scene = Scene { holders, groups: &groups, fields: &fields, runtime: None };
        let asked = TypeName { full: "N.Item".into(), short: "Item".into(), namespace: 2 };
        let referrers = Referrers::of(scene, vec![0], None);
        look(scene, Tree::new(scene, asked, referrers, &progress).unwrap());
    }

    /// Lines as indented text.
    fn text(tree: &Tree) -> Vec<String> {
        let line = |row: usize| format!("{}{}", " ".repeat(tree.lead(row).depth as usize), tree.cell(row, 0).plain());
        (0..tree.len()).map(line).collect()
    }

    #[test]
    fn lines_open_and_close_in_place() {
        with_tree(2, |scene, mut tree| {
            assert_eq!(text(&tree), ["N.Item".to_owned(), " N.Holder000".to_owned(), " N.Holder001".to_owned()]);
            tree.open(scene, tree.line(1), &Progress::new()).unwrap();
            assert_eq!(text(&tree)[1..], [" N.Holder000", "  System.Object[] .[]", " N.Holder001"].map(String::from));
            assert_eq!((tree.lead(1).open, tree.lead(2).open), (Some(true), Some(false)));
            tree.close(scene, tree.line(1));
            assert_eq!(tree.len(), 3);
        });
    }

    #[test]
    fn the_heaviest_way_ends_at_a_root_that_says_so() {
        with_tree(1, |scene, mut tree| {
            let end = tree.open_heaviest(scene, &Progress::new()).unwrap();
            let end = tree.find(end).unwrap();
            assert_eq!(tree.cell(end, 0).plain(), ".NET Roots · static var N.Cache.All");
            assert!(matches!(tree.cell(end, 0), Cell::Name { root: true, .. }));
            assert_eq!((tree.lead(end).depth, tree.lead(end).open), (3, None));
        });
    }

    #[test]
    fn a_wide_level_shows_its_heaviest_rows_and_counts_the_others() {
        with_tree(120, |scene, mut tree| {
            assert_eq!(tree.len(), 1 + WIDTH + 1);
            assert_eq!(tree.name(WIDTH + 1), "70 smaller");
            tree.open(scene, tree.line(WIDTH + 1), &Progress::new()).unwrap();
            assert_eq!(tree.name(2 * WIDTH + 1), "20 smaller");
            tree.open(scene, tree.line(2 * WIDTH + 1), &Progress::new()).unwrap();
            assert_eq!((tree.len(), tree.find(Line::Smaller { parent: None, count: 20 })), (121, None));
        });
    }
}
