//! Colours by namespace: those that take most of a picture have one each, the rest share one.
//!
//! A namespace of the program or its libraries is warm, one of the framework cool, as by assembly; within a family
//! the colours go by how much of the picture a namespace covers. So neighbours differ, and a legend can say which
//! is which.

use std::borrow::Cow;
use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::color::{Origin, origin};
use super::{Tone, by_assembly};
use crate::analysis::flame::{FlameTree, Name, NameKind};

/// Namespaces of one family that have a colour of their own.
pub const OWN_COLORS: u8 = 6;

/// The colours of one tree.
#[derive(Clone, Debug, Default)]
pub struct Namespaces {
    /// Per name of the tree.
    tones: Vec<Tone>,
    /// What each colour stands for; those that cover most come first, what shares a colour last.
    legend: Vec<(Tone, Cow<'static, str>)>,
}

impl Namespaces {
    pub fn new(tree: &FlameTree) -> Namespaces {
        // How much of the picture a name covers: the width of all its boxes.
        let mut covered = vec![0u64; tree.names.len()];
        for frame in &tree.frames {
            let sum = &mut covered[frame.name as usize];
            *sum = sum.saturating_add(frame.weight);
        }
        let mut spaces: FxHashMap<(bool, &str), u64> = FxHashMap::default();
        for (name, &covered) in tree.names.iter().zip(&covered) {
            if let Some(key) = key(name) {
                let sum = spaces.entry(key).or_default();
                *sum = sum.saturating_add(covered);
            }
        }
        let mut order: Vec<((bool, &str), u64)> = spaces.into_iter().collect();
        order.sort_unstable_by_key(|&(key, covered)| (Reverse(covered), key));
        let mut out = Namespaces::default();
        let mut given = [0u8; 2];
        let mut tone_of: FxHashMap<(bool, &str), Tone> = FxHashMap::default();
        for &(key, _) in &order {
            let rank = &mut given[usize::from(key.0)];
            let tone = tone(key.0, *rank);
            tone_of.insert(key, tone);
            if *rank < OWN_COLORS {
                *rank += 1;
                let words = if key.1.is_empty() { "no namespace".into() } else { Cow::Owned(key.1.to_owned()) };
                out.legend.push((tone, words));
            } else if out.legend.iter().all(|(other, _)| *other != tone) {
                out.legend.push((tone, if key.0 { "other user code" } else { "other framework" }.into()));
            }
        }
        let shared = |tone: &Tone| matches!(tone, Tone::UserSpace(OWN_COLORS) | Tone::FrameworkSpace(OWN_COLORS));
        out.legend.sort_by_key(|(tone, _)| shared(tone));
        out.tones =
            tree.names.iter().map(|name| key(name).map_or_else(|| by_assembly(name), |key| tone_of[&key])).collect();
        out
    }

    /// The colour of a name, by its index in the tree.
    pub fn tone(&self, name: u32) -> Tone {
        self.tones[name as usize]
    }

    pub fn legend(&self) -> &[(Tone, Cow<'static, str>)] {
        &self.legend
    }
}

/// Is it user code, and its namespace; roots have none.
fn key(name: &Name) -> Option<(bool, &str)> {
    let namespace = name.full.get(..name.namespace as usize).unwrap_or_default().trim_end_matches('.');
    matches!(name.kind, NameKind::Type(_)).then(|| (origin(name) == Origin::User, namespace))
}

fn tone(user: bool, rank: u8) -> Tone {
    if user { Tone::UserSpace(rank) } else { Tone::FrameworkSpace(rank) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::flame::Frame;
    use crate::heap::TypeKind;

    fn name(full: &str, assembly: &str) -> Name {
        let namespace = full.rfind('.').map_or(0, |dot| dot as u32 + 1);
        let kind = NameKind::Type(TypeKind::Object);
        Name { full: full.into(), short: full.into(), namespace, assembly: assembly.into(), kind }
    }

    fn tree(names: Vec<(Name, u64)>) -> FlameTree {
        let frame = |(at, &(_, weight)): (usize, &(Name, u64))| Frame { name: at as u32, weight, ..Frame::default() };
        let frames = names.iter().enumerate().map(frame).collect();
        FlameTree { frames, names: names.into_iter().map(|(name, _)| name).collect(), ..FlameTree::default() }
    }

    #[test]
    fn types_of_a_namespace_share_a_colour_and_the_widest_come_first() {
        let spaces = Namespaces::new(&tree(vec![
            (name("Shop.Data.Order", "Shop.dll"), 10),
            (name("Shop.Cart", "Shop.dll"), 25),
            (name("Shop.Data.Line", "Shop.dll"), 20),
            (name("System.String", "System.Private.CoreLib.dll"), 5),
            (name("System.Data.Table", "System.Data.dll"), 1),
            (name("Bare", "Shop.dll"), 2),
        ]));
        let tones: Vec<Tone> = (0..6).map(|at| spaces.tone(at)).collect();
        let (user, framework) = (Tone::UserSpace, Tone::FrameworkSpace);
        assert_eq!(tones, [user(0), user(1), user(0), framework(0), framework(1), user(2)]);
        let legend: Vec<&str> = spaces.legend().iter().map(|(_, words)| &**words).collect();
        assert_eq!(legend, ["Shop.Data", "Shop", "System", "no namespace", "System.Data"]);
    }

    #[test]
    fn namespaces_that_cover_little_share_a_colour_named_last() {
        let mut names: Vec<(Name, u64)> =
            (0..9).map(|at| (name(&format!("Shop.N{at}.Type"), "Shop.dll"), 100 - at)).collect();
        names.push((name("System.String", "System.Private.CoreLib.dll"), 1));
        let spaces = Namespaces::new(&tree(names));
        assert_eq!([6, 7, 8].map(|at| spaces.tone(at)), [Tone::UserSpace(OWN_COLORS); 3]);
        let legend = spaces.legend();
        assert_eq!(legend.len(), 8);
        assert_eq!(legend[7], (Tone::UserSpace(OWN_COLORS), "other user code".into()));
        assert_eq!(legend[6].1, "System");
    }
}
