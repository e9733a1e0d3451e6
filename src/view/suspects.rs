//! Leak suspects in whole sentences.

use crate::analysis::flame::{FlameTree, Name, NameKind};
use crate::analysis::suspects::Suspect;
use crate::view::format::{bytes, count, percent};

/// A suspect keeps at least one part in this many of the heap alive.
pub const LEAST: u64 = 100;
/// Steps of the way from the root that a sentence names.
const STEPS: usize = 4;

/// What piled up, how much it keeps alive, and who holds it. `heap` is all bytes of the heap, `roots` how many
/// roots hold it independently of one another.
pub fn sentences(tree: &FlameTree, suspect: &Suspect, heap: u64, roots: usize) -> String {
    let root = matches!(tree.name(suspect.frame).kind, NameKind::Root(_));
    let mut first = if root { "many small objects".into() } else { objects(suspect.objects, tree.name(suspect.frame)) };
    let alone = suspect.objects == 1 && suspect.beside.is_empty() && !root;
    if let Some(content) = suspect.content.filter(|_| !root) {
        let many = if suspect.objects == 1 { "it" } else { "them" };
        first += &format!(" with {} in {many}", objects(content.objects, &tree.names[content.name as usize]));
    }
    let mut what = vec![format!("{first} ({}, {} % of the heap)", bytes(suspect.bytes), percent(suspect.bytes, heap))];
    what.extend(suspect.beside.iter().map(|&pile| {
        let frame = &tree.frames[pile as usize];
        format!("{} ({})", objects(frame.objects, tree.name(pile)), bytes(frame.weight))
    }));
    let mut text = format!("{} {} kept alive", list(&what), if alone { "is" } else { "are" });
    text[..1].make_ascii_uppercase();
    let path = tree.path(suspect.frame);
    let above = path.iter().map(|&frame| tree.name(frame)).take(path.len() - usize::from(!root));
    let (by, through): (Vec<&Name>, Vec<&Name>) = above.partition(|name| matches!(name.kind, NameKind::Root(_)));
    if let Some(root) = by.first() {
        text += &format!(" by {}", root.short);
    }
    if !through.is_empty() {
        text += &format!(" through {}", way(&through));
    }
    text.push('.');
    if roots > 1 {
        let it = if alone { "it" } else { "them" };
        text += &format!(" {} roots hold {it}, each on its own: letting go of one is not enough.", count(roots as u64));
    }
    text
}

/// `A, B and C`.
fn list(items: &[String]) -> String {
    match items {
        [first @ .., second, last] if !first.is_empty() => format!("{}, {second} and {last}", first.join(", ")),
        _ => items.join(" and "),
    }
}

fn objects(n: u32, name: &Name) -> String {
    match n {
        1 => format!("one {}", name.short),
        _ => format!("{} {} objects", count(u64::from(n)), name.short),
    }
}

/// `A → B → C`; of a long way the first step and the last ones.
fn way(steps: &[&Name]) -> String {
    let mut names: Vec<&str> = steps.iter().map(|name| &*name.short).collect();
    if names.len() > STEPS {
        names.splice(1..=names.len() - STEPS, ["…"]);
    }
    names.join(" → ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::flame::Frame;
    use crate::analysis::suspects::Content;
    use crate::heap::{RootKind, TypeKind};

    fn name(short: &str, kind: NameKind) -> Name {
        Name { full: short.into(), short: short.into(), namespace: 0, assembly: "".into(), kind }
    }

    /// One box below the other.
    fn tree(names: &[&str], last: u32) -> FlameTree {
        let mut tree = FlameTree::default();
        for (at, text) in names.iter().enumerate() {
            let kind = match at {
                0 => NameKind::Whole,
                1 => NameKind::Root(RootKind::Static),
                _ => NameKind::Type(TypeKind::Object),
            };
            tree.names.push(name(text, kind));
            let objects = if at + 1 == names.len() { last } else { 1 };
            let parent = at.saturating_sub(1) as u32;
            tree.frames.push(Frame { name: at as u32, parent, objects, weight: 2_000_000, ..Frame::default() });
        }
        tree
    }

    #[test]
    fn a_pile_is_told_with_its_content_its_root_and_the_way() {
        let mut tree = tree(&["all", "static var Cache._all", "Cache", "Entry[]", "Entry"], 1204);
        tree.names.push(name("Command", NameKind::Type(TypeKind::Object)));
        let content = Some(Content { name: 5, objects: 1203, bytes: 900 });
        let suspect = Suspect { frame: 4, objects: 1204, bytes: 2_000_000, beside: vec![], content };
        assert_eq!(
            sentences(&tree, &suspect, 8_000_000, 2).replace('\u{2009}', " "),
            "1 204 Entry objects with 1 203 Command objects in them (2.00 MB, 25.0 % of the heap) are kept alive by \
             static var Cache._all through Cache → Entry[]. 2 roots hold them, each on its own: letting go of one is \
             not enough."
        );
    }

    #[test]
    fn piles_beside_one_another_are_told_together_and_a_root_by_what_it_holds() {
        let mut tree = tree(&["all", "strong handles", "A", "B", "C"], 9);
        let mut suspect = Suspect { frame: 2, objects: 8, bytes: 2_000_000, beside: vec![3, 4], content: None };
        let text = sentences(&tree, &suspect, 100_000_000, 1);
        assert!(
            text.starts_with("8 A objects (2.00 MB, 2.0 % of the heap), one B (2.00 MB) and 9 C objects (2.00 MB) are")
        );
        suspect = Suspect { frame: 1, beside: vec![], ..suspect };
        tree.frames[1].objects = 8;
        let text = sentences(&tree, &suspect, 100_000_000, 1);
        assert_eq!(text, "Many small objects (2.00 MB, 2.0 % of the heap) are kept alive by strong handles.");
    }

    #[test]
    fn a_single_object_and_a_long_way_are_told_too() {
        let tree = tree(&["all", "static var A.b", "B", "C", "D", "E", "F", "Byte[]"], 1);
        let suspect = Suspect { frame: 7, objects: 1, bytes: 2_000_000, beside: vec![], content: None };
        assert_eq!(
            sentences(&tree, &suspect, 2_000_000, 1),
            "One Byte[] (2.00 MB, 100.0 % of the heap) is kept alive by static var A.b through B → … → D → E → F."
        );
    }
}
