//! What the card beside the pointer says about a box, and its path as text to take away.

use super::place::{Placed, Tile};
use super::{Measure, Unit};
use crate::analysis::flame::NameKind;
use crate::view::format;

/// What only the heap itself can tell about a box; asked for once the pointer rests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Short name of the type that refers to the box's heaviest object, and the field it does so by.
    pub through: Option<(String, String)>,
    /// Other roots that hold that object as well, by name.
    pub other_roots: Vec<String>,
    /// How many other roots there are.
    pub others: u32,
}

/// How a line of a card is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Figures, in the face of numbers.
    Figures,
    Words,
    /// A type, and its field in a faint colour.
    Field,
    /// A root.
    Root,
}

/// One line of a card: `retained   1 534 348 B`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub label: &'static str,
    pub text: String,
    /// What follows in a faint colour.
    pub more: String,
    pub kind: LineKind,
}

/// The card of one box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Short name, then the namespace it lost.
    pub title: String,
    pub namespace: String,
    pub lines: Vec<Line>,
}

impl Card {
    /// `heap` is 100 % of the heap, `shown` the weight that the whole width of the picture stands for.
    pub fn new(placed: &Placed, tile: &Tile, what: Measure, heap: u64, shown: u64, held: Option<&Held>) -> Card {
        let tree = &placed.tree;
        let unit = what.unit;
        let line = |label, text, kind| Line { label, text, more: String::new(), kind };
        let shares = |weight: u64, parent: u64| {
            let text = [heap, parent, shown].map(|whole| format!("{} %", format::percent(weight, whole))).join(" · ");
            line("of heap · of parent · of view", text, LineKind::Figures)
        };
        let (frame, at) = match tile {
            Tile::Frame(at) => (&tree.frames[*at as usize], *at),
            Tile::Smaller(smaller) => {
                let parent = tree.frames[smaller.parent as usize].weight;
                let lines = vec![
                    line(what.label(), unit.exact(smaller.weight), LineKind::Figures),
                    shares(smaller.weight, parent),
                    line("under", tree.name(smaller.parent).short.to_string(), LineKind::Words),
                ];
                return Card { title: smaller_text(smaller.types), namespace: String::new(), lines };
            }
        };
        let name = tree.name(at);
        let mut lines = vec![
            line(what.label(), unit.exact(frame.weight), LineKind::Figures),
            shares(frame.weight, tree.frames[frame.parent as usize].weight),
        ];
        let objects = format::count(frame.objects.into());
        lines.push(match (name.kind, unit) {
            (NameKind::Type(_), Unit::Bytes) => {
                line("own · objects", format!("{} · {objects}", unit.exact(frame.own)), LineKind::Figures)
            }
            (NameKind::Type(_), Unit::Objects) => line("objects here", objects, LineKind::Figures),
            _ => line("objects right below", objects, LineKind::Figures),
        });
        if frame.chain > 1 {
            let text = format!("{} of its own type, one below the other", format::count(frame.chain.into()));
            lines.push(line("chain", text, LineKind::Words));
        }
        if !name.assembly.is_empty() {
            lines.push(line("assembly", name.assembly.to_string(), LineKind::Words));
        }
        if let Some((holder, field)) = held.and_then(|held| held.through.as_ref()) {
            let more = if field.starts_with('[') { field.clone() } else { format!(".{field}") };
            lines.push(Line { label: "held through", text: holder.clone(), more, kind: LineKind::Field });
        }
        if let Some(root) = tree.path(at).into_iter().find(|&at| matches!(tree.name(at).kind, NameKind::Root(_)))
            && root != at
        {
            lines.push(line("root", tree.name(root).short.to_string(), LineKind::Root));
        }
        if frame.shared > 0 {
            lines.push(line("shared", shared_text(frame.shared, frame.weight, unit), LineKind::Words));
            if let Some(held) = held {
                for (i, root) in held.other_roots.iter().enumerate() {
                    lines.push(line(if i == 0 { "also held by" } else { "" }, root.clone(), LineKind::Root));
                }
                let unnamed = u64::from(held.others).saturating_sub(held.other_roots.len() as u64);
                if unnamed > 0 {
                    lines.push(line("", format!("and {} more", format::count(unnamed)), LineKind::Words));
                }
            }
        }
        let namespace = name.full.get(..name.namespace as usize).unwrap_or_default().trim_end_matches('.');
        Card { title: name.short.to_string(), namespace: namespace.to_owned(), lines }
    }
}

/// `12 smaller`.
pub fn smaller_text(types: u32) -> String {
    format!("{} smaller", format::count(types.into()))
}

fn shared_text(shared: u64, weight: u64, unit: Unit) -> String {
    if shared == weight {
        String::from("other roots hold all of it too")
    } else {
        format!("other roots hold {} of it too", unit.text(shared))
    }
}

/// The way from the root to a box in one line: `[static var …] → QueryCacheManager → …`.
pub fn path_text(placed: &Placed, frame: u32) -> String {
    let tree = &placed.tree;
    tree.path(frame).into_iter().map(|at| &*tree.name(at).full).collect::<Vec<_>>().join(" → ")
}

/// The same as a Markdown list, each step with its weight, share of the heap and number of objects.
pub fn path_markdown(placed: &Placed, frame: u32, unit: Unit, heap: u64) -> String {
    let tree = &placed.tree;
    let mut out = String::new();
    for (depth, at) in tree.path(frame).into_iter().enumerate() {
        let frame = &tree.frames[at as usize];
        let many =
            if frame.objects > 1 { format!(" · {} ×", format::count(frame.objects.into())) } else { String::new() };
        let (weight, share) = (unit.text(frame.weight), format::percent(frame.weight, heap));
        out += &format!("{:1$}- `{2}` {weight} ({share} %){many}\n", "", depth * 2, tree.name(at).full);
    }
    format::plain(&out)
}
