//! What the colours of a picture mean: every one that it shows, and none that it does not.
//!
//! A picture in a bug report is looked at without the program that made it. So its legend is made from the very boxes
//! that it shows; the window's, which should not flicker while one zooms, from the whole tree.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{ColorBy, FlameView, GENERATIONS, GROWTH, RootFamily, Spot, Tile, Tone};

/// Something that can be seen in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// Boxes of this colour; where a family has shades, all of them.
    Tone(Tone),
    /// Children too small for a box of their own.
    Smaller,
    /// Stripes over what other roots hold as well.
    Shared,
}

/// A sign and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub sign: Sign,
    pub words: Cow<'static, str>,
}

impl FlameView {
    /// What the whole tree may show in its colours, what matters most first.
    pub fn legend(&self) -> Vec<Entry> {
        let tree = self.tree();
        let mut shown = BTreeSet::new();
        match self.told() {
            // These are the same in all boxes of a name.
            ColorBy::Assembly | ColorBy::Namespace | ColorBy::Growth => {
                gather(&mut shown, (0..tree.names.len() as u32).map(|name| self.tone_of_name(name)));
            }
            ColorBy::Generation | ColorBy::RootKind => {
                gather(&mut shown, (0..tree.frames.len() as u32).map(|at| self.tone(at)));
            }
        }
        shown.insert(Sign::Smaller);
        if tree.frames.first().is_some_and(|whole| whole.shared > 0) {
            shown.insert(Sign::Shared);
        }
        self.entries(&shown)
    }

    /// What these spots show; `striped` says of which it is shown that other roots hold them as well.
    pub fn legend_of(&self, spots: &[Spot], striped: impl Fn(&Spot) -> bool) -> Vec<Entry> {
        let mut shown = BTreeSet::new();
        for spot in spots {
            shown.insert(match spot.tile {
                Tile::Frame(at) => sign(self.tone(at)),
                Tile::Smaller(_) => Sign::Smaller,
            });
            if striped(spot) {
                shown.insert(Sign::Shared);
            }
        }
        self.entries(&shown)
    }

    fn entries(&self, shown: &BTreeSet<Sign>) -> Vec<Entry> {
        let known = |tone: Tone, words: &'static str| (tone, Cow::Borrowed(words));
        let numbered = |tone: fn(u8) -> Tone, words: &[&'static str]| -> Vec<_> {
            words.iter().zip(0..).map(|(&words, number)| known(tone(number), words)).collect()
        };
        let roots = vec![known(Tone::Root, "roots")];
        let colors = match self.told() {
            ColorBy::Assembly => {
                let families = [
                    known(Tone::User(0), "program and libraries"),
                    known(Tone::Framework(0), "framework"),
                    known(Tone::Core(0), "core library"),
                ];
                [roots, families.into()].concat()
            }
            ColorBy::Namespace => [roots, self.namespaces().legend().to_vec()].concat(),
            ColorBy::Generation => {
                let unknown = vec![known(Tone::Untold, "generation not known")];
                [roots, numbered(Tone::Generation, &GENERATIONS), unknown].concat()
            }
            ColorBy::Growth => {
                let grown: Vec<_> = numbered(Tone::Growth, &GROWTH).into_iter().rev().collect();
                [roots, grown].concat()
            }
            ColorBy::RootKind => {
                let mut families = RootFamily::ALL.map(|of| known(Tone::RootKind(of), of.text())).to_vec();
                families.push(known(Tone::Untold, "no root above"));
                families
            }
        };
        let entry = |(tone, words)| Entry { sign: Sign::Tone(tone), words };
        let mut entries: Vec<Entry> = colors.into_iter().map(entry).collect();
        entries.push(Entry { sign: Sign::Smaller, words: "smaller ones".into() });
        entries.push(Entry { sign: Sign::Shared, words: "other roots hold it too".into() });
        entries.retain(|entry| shown.contains(&entry.sign));
        entries
    }
}

/// Adds the signs of tones, of which there may be many in a row.
fn gather(shown: &mut BTreeSet<Sign>, tones: impl Iterator<Item = Tone>) {
    let mut last = None;
    shown.extend(tones.map(sign).filter(|&sign| last.replace(sign) != Some(sign)));
}

/// The sign of a tone, whatever its shade.
fn sign(tone: Tone) -> Sign {
    Sign::Tone(match tone {
        Tone::User(_) => Tone::User(0),
        Tone::Framework(_) => Tone::Framework(0),
        Tone::Core(_) => Tone::Core(0),
        other => other,
    })
}
