//! The first look at a dump: what it is, how full which part of the heap is, what keeps it full.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::facts;
use super::format;
use super::place::Subject;
use crate::analysis::generations::Share;
use crate::heap::Heap;
use crate::runtime::gc::Generation;
use crate::runtime::values;

/// A fact and what it is called.
pub type Fact = (&'static str, String);

/// What this dump is; what is not known is left out.
pub fn about(heap: &Heap) -> Vec<Fact> {
    let facts = &heap.facts;
    let process = &facts.process;
    let name = process.path.as_deref().map(|path| path.rsplit(['/', '\\']).next().unwrap_or(path));
    let process_words = match (name, process.id) {
        (Some(name), Some(id)) => format!("{name} · {id}"),
        (Some(name), None) => name.to_owned(),
        (None, Some(id)) => format!("process {id}"),
        (None, None) => String::new(),
    };
    [
        ("Process", process_words),
        ("Runtime", facts::runtime(facts)),
        ("System", facts::system(facts)),
        ("Collector", facts::collector(facts)),
        ("Taken", process.taken.map_or_else(String::new, when)),
        ("Objects", format::count(heap.graph.len() as u64)),
        ("Types", format::count(heap.graph.types.len() as u64)),
        ("Roots", format::count(heap.graph.roots.len() as u64)),
    ]
    .into_iter()
    .filter(|(_, words)| !words.is_empty())
    .collect()
}

/// `2026-11-22 16:42 UTC · 2 h ago`
fn when(taken: u64) -> String {
    let date = date(taken);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    match now.checked_sub(taken) {
        Some(since) => format!("{date} · {}", format::ago(since)),
        None => date,
    }
}

/// Seconds since 1970 as a date and a time of day.
fn date(seconds: u64) -> String {
    /// From 0001-01-01 to 1970-01-01.
    const DAYS: u64 = 719_162;
    let day = values::date(seconds / 86_400 + DAYS).unwrap_or_default();
    let (hour, minute) = (seconds / 3600 % 24, seconds / 60 % 60);
    format!("{day} {hour:02}:{minute:02} UTC")
}

/// One piece of the bar that shows the heap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub generation: Option<Generation>,
    pub name: &'static str,
    pub bytes: u64,
    pub objects: u64,
    /// Free bytes between its objects.
    pub free: u64,
}

impl Piece {
    /// `3.4 MB · 12 345 objects · 7 % free`
    pub fn words(&self) -> String {
        let all = self.bytes + self.free;
        let mut words = format!("{} · {}", format::bytes(self.bytes), format::counted(self.objects, "object"));
        if self.free > 0 {
            words += &format!(" · {} % free between them", format::percent(self.free, all));
        }
        words
    }
}

/// Pieces of the bar, youngest first.
pub fn pieces(shares: &[Share]) -> Vec<Piece> {
    let piece = |share: &Share| Piece {
        generation: share.generation,
        name: match share.generation {
            Some(Generation::Gen0) => "Generation 0",
            Some(Generation::Gen1) => "Generation 1",
            Some(Generation::Gen2) => "Generation 2",
            Some(Generation::Large) => "Large objects",
            Some(Generation::Pinned) => "Pinned objects",
            Some(Generation::Frozen) => "Frozen",
            Some(Generation::Unknown) | None => "Generation not known",
        },
        bytes: share.used.bytes,
        objects: share.used.count,
        free: share.free.bytes,
    };
    shares.iter().map(piece).collect()
}

/// `0.48 MB in 1 204 gaps, 2.5 % of the heap`
pub fn fragmentation(shares: &[Share]) -> String {
    let (mut free, mut gaps, mut all) = (0, 0, 0);
    for share in shares {
        free += share.free.bytes;
        gaps += share.free.count;
        all += share.free.bytes + share.used.bytes;
    }
    match gaps {
        0 => String::from("no free space between objects"),
        _ => format!(
            "{} free in {}, {} % of the heap",
            format::bytes(free),
            format::counted(gaps, "gap"),
            format::percent(free, all)
        ),
    }
}

/// A leak suspect, ready to be followed.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspicion {
    /// One or two whole sentences.
    pub text: String,
    /// What the text calls the root, to make it stand out.
    pub root: String,
    pub bytes: u64,
    /// The objects that piled up.
    pub objects: Subject,
    /// The way to their box in the flame graph of the whole heap, as its labels.
    pub path: Vec<u32>,
}

impl Suspicion {
    /// The text before the root's name, that name, and the text behind it.
    pub fn parts(&self) -> [&str; 3] {
        match self.text.find(&self.root).filter(|_| !self.root.is_empty()) {
            Some(at) => {
                let (before, rest) = self.text.split_at(at);
                let (root, behind) = rest.split_at(self.root.len());
                [before, root, behind]
            }
            None => [&self.text, "", ""],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::histogram::Tally;

    #[test]
    fn days_become_dates() {
        assert_eq!(date(0), "1970-01-01 00:00 UTC");
        assert_eq!(date(951_782_400), "2000-02-29 00:00 UTC");
        assert_eq!(date(1_795_365_720), "2026-11-22 16:42 UTC");
    }

    #[test]
    fn gaps_are_told_with_their_share() {
        let tally = |count, bytes| Tally { count, bytes };
        let share = Share { generation: Some(Generation::Gen2), used: tally(3, 750), free: tally(2, 250) };
        assert_eq!(fragmentation(&[share]), "250 B free in 2 gaps, 25.0 % of the heap");
        assert_eq!(pieces(&[share])[0].words(), "750 B · 3 objects · 25.0 % free between them");
        assert_eq!(fragmentation(&[]), "no free space between objects");
    }

    #[test]
    fn the_root_stands_out_in_a_sentence() {
        let suspicion = Suspicion {
            text: String::from("8 A objects are kept alive by static var B.c through B."),
            root: String::from("static var B.c"),
            bytes: 8,
            objects: Subject::Object(0),
            path: Vec::new(),
        };
        assert_eq!(suspicion.parts(), ["8 A objects are kept alive by ", "static var B.c", " through B."]);
    }
}
