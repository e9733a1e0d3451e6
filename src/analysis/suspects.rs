//! Leak suspects: places where the heap piles up.
//!
//! Takes the flame tree of retained bytes (objects merged by type under what keeps them alive) and looks for
//! the box at which few objects become many: a cache's entries, a list's elements, an event's subscribers.
//! What lies above such a box is its reason, what lies below is its weight, so both are left out and no byte
//! is suspected twice. A box that is heavy by itself (one huge array, a thousand small things of all kinds)
//! is a suspect too.

use std::cmp::Reverse;

use super::flame::{FlameTree, NameKind};
use crate::heap::TypeKind;

/// A box this much more numerous than the one above it is a pile.
const MANY: u32 = 8;
/// What is in a pile is worth a word from this share of its bytes on, in per cent.
const TELLING: u64 = 10;

/// Something that grew large, and the place that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// The box that piled up; the boxes above it lead to its root.
    pub frame: u32,
    /// Objects in that box and bytes that they keep alive.
    pub objects: u32,
    pub bytes: u64,
    /// Other piles in the same place, heaviest first: a cache's keys beside its values.
    pub beside: Vec<u32>,
    /// What is in each of its objects (in a single one: what there is much of) and weighs most.
    pub content: Option<Content>,
}

/// The objects of one type below a pile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// Index into [`FlameTree::names`].
    pub name: u32,
    pub objects: u32,
    /// Their own bytes and those of the strings and arrays that they keep.
    pub bytes: u64,
}

/// Suspects that keep `least` bytes or more alive, heaviest first.
pub fn suspects(tree: &FlameTree, least: u64) -> Vec<Suspect> {
    let heavy = |frame: u32| {
        let weighty = move |&child: &u32| tree.frames[child as usize].weight >= least;
        tree.children(frame).filter(weighty)
    };
    let mut found = Vec::new();
    let mut open: Vec<u32> = if tree.frames.is_empty() { Vec::new() } else { heavy(0).collect() };
    while let Some(frame) = open.pop() {
        let (piles, ways): (Vec<u32>, Vec<u32>) = heavy(frame).partition(|&child| is_pile(tree, frame, child));
        if let [pile, beside @ ..] = &piles[..] {
            found.push(suspect(tree, *pile, beside.to_vec()));
        } else if ways.is_empty() {
            found.push(suspect(tree, frame, Vec::new()));
        }
        open.extend(ways);
    }
    found.sort_by_key(|suspect| (Reverse(suspect.bytes), suspect.frame));
    found
}

fn is_pile(tree: &FlameTree, above: u32, frame: u32) -> bool {
    // A root counts as one thing, however many objects stand right below it.
    let few = match tree.name(above).kind {
        NameKind::Type(_) => tree.frames[above as usize].objects,
        NameKind::Whole | NameKind::Root(_) => 1,
    };
    tree.frames[frame as usize].objects / MANY >= few
}

fn suspect(tree: &FlameTree, frame: u32, beside: Vec<u32>) -> Suspect {
    let pile = &tree.frames[frame as usize];
    Suspect { frame, objects: pile.objects, bytes: pile.weight, beside, content: content(tree, frame) }
}

/// What the boxes below one are made of, strings and arrays counted to what keeps them.
fn content(tree: &FlameTree, top: u32) -> Option<Content> {
    let mut sums: Vec<Content> =
        (0..tree.names.len() as u32).map(|name| Content { name, objects: 0, bytes: 0 }).collect();
    // Each box with the name that its own bytes count to.
    let mut open = vec![(top, tree.frames[top as usize].name)];
    while let Some((frame, owner)) = open.pop() {
        let this = &tree.frames[frame as usize];
        let folded = matches!(tree.name(frame).kind, NameKind::Type(TypeKind::String | TypeKind::Array));
        let owner = if folded && frame != top { owner } else { this.name };
        sums[owner as usize].bytes += this.own;
        if owner == this.name {
            sums[owner as usize].objects += this.objects;
        }
        open.extend(tree.children(frame).map(|child| (child, owner)));
    }
    let pile = &tree.frames[top as usize];
    let fits = |content: &Content| match pile.objects {
        1 => content.objects >= MANY,
        many => (many / 2..=many).contains(&content.objects),
    };
    sums.into_iter()
        .filter(|content| content.name != pile.name && fits(content) && content.bytes * 100 >= pile.weight * TELLING)
        .max_by_key(|content| (content.bytes, Reverse(content.name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::flame::{Frame, Name};
    use crate::heap::RootKind;

    /// A tree from (name, parent, objects, own bytes), level by level as a tree has them.
    fn tree(boxes: &[(&str, u32, u32, u64)]) -> FlameTree {
        let mut tree = FlameTree::default();
        for (at, &(name, parent, objects, own)) in boxes.iter().enumerate() {
            let kind = match name {
                "all" => NameKind::Whole,
                "string" => NameKind::Type(TypeKind::String),
                _ if name.starts_with("static") => NameKind::Root(RootKind::Static),
                _ => NameKind::Type(TypeKind::Object),
            };
            let text: Box<str> = name.into();
            tree.names.push(Name { full: text.clone(), short: text, namespace: 0, assembly: "".into(), kind });
            let is_child = |&i: &usize| i > 0 && boxes[i].1 as usize == at;
            tree.frames.push(Frame {
                name: at as u32,
                parent,
                first_child: (0..boxes.len()).find(is_child).unwrap_or(0) as u32,
                children: (0..boxes.len()).filter(is_child).count() as u32,
                objects,
                own,
                weight: own,
                ..Frame::default()
            });
        }
        for at in (1..tree.frames.len()).rev() {
            let parent = tree.frames[at].parent as usize;
            tree.frames[parent].weight += tree.frames[at].weight;
        }
        tree
    }

    /// `80 Entry, 3600 bytes, beside Key, in Command` for each suspect.
    fn shown(tree: &FlameTree, least: u64) -> Vec<String> {
        let name = |frame: u32| &*tree.name(frame).full;
        let mut out = Vec::new();
        for suspect in suspects(tree, least) {
            let mut line = format!("{} {}, {} bytes", suspect.objects, name(suspect.frame), suspect.bytes);
            for &pile in &suspect.beside {
                line += &format!(", beside {}", name(pile));
            }
            if let Some(content) = suspect.content {
                line += &format!(", in {}", tree.names[content.name as usize].full);
            }
            out.push(line);
        }
        out
    }

    #[test]
    fn a_cache_is_suspected_where_one_becomes_many() {
        let tree = tree(&[
            ("all", 0, 0, 0),
            ("static cache", 0, 1, 0),
            ("Cache", 1, 1, 40),
            ("Table", 2, 1, 100),
            ("Small", 2, 1, 10),
            ("Entry", 3, 80, 800),
            ("Key", 3, 80, 500),
            ("Plan", 5, 80, 1000),
            ("Link", 5, 800, 2000),
            ("Command", 7, 80, 900),
            ("string", 9, 80, 900),
        ]);
        // Commands with their strings weigh more than plans; links are not one an entry.
        assert_eq!(shown(&tree, 400), ["80 Entry, 5600 bytes, beside Key, in Command"]);
        assert!(shown(&tree, 10_000).is_empty());
    }

    #[test]
    fn one_heavy_object_and_a_crowd_of_small_ones_are_suspects_too() {
        let tree = tree(&[
            ("all", 0, 0, 0),
            ("static a", 0, 1, 0),
            ("static b", 0, 1, 0),
            ("static c", 0, 500, 0),
            ("Huge", 1, 1, 9000),
            ("Mixed", 2, 1, 3000),
            ("Held", 3, 500, 2000),
            ("A", 5, 1, 300),
        ]);
        let expected = ["1 Huge, 9000 bytes", "1 Mixed, 3300 bytes", "500 Held, 2000 bytes"];
        assert_eq!(shown(&tree, 1000), expected);
    }
}
