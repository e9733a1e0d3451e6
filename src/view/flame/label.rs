//! Text that fits into a box.
//!
//! A name has lost its namespaces already; where it is still too long it loses the front, never the end:
//! `…QueryCacheEntry`. What stands beside the name is shown when there is room for all of it, or not at all.

use super::Unit;
use crate::analysis::flame::{Frame, Name, NameKind};
use crate::view::format;

/// Fewest characters of a name that still say something.
const FEWEST: usize = 3;

/// What stands beside a name in its box: ` · 1.53 MB · 801 ×`; roots say their share of the `heap` too.
pub fn beside(frame: &Frame, name: &Name, unit: Unit, heap: u64) -> String {
    let mut out = format!(" · {}", unit.text(frame.weight));
    if matches!(name.kind, NameKind::Root(_)) {
        out += &format!(" · {} %", format::percent(frame.weight, heap));
    }
    match name.kind {
        NameKind::Whole | NameKind::Root(_) => {
            out += &format!(" · {}", format::counted(frame.objects.into(), "object"));
        }
        NameKind::Type(_) if frame.chain > 1 => out += &format!(" · chain of {}", format::count(frame.chain.into())),
        NameKind::Type(_) if frame.objects > 1 && unit == Unit::Bytes => {
            out += &format!(" · {} ×", format::count(frame.objects.into()));
        }
        NameKind::Type(_) => {}
    }
    out
}

/// The longest end of `text` that is at most `width` wide, an ellipsis in front of it where it lost something;
/// `None` where too little would be left. `advance` is the width of a character.
pub fn fit(text: &str, width: f32, advance: &impl Fn(char) -> f32) -> Option<String> {
    let whole: f32 = text.chars().map(advance).sum();
    if whole <= width {
        return Some(text.to_owned());
    }
    let mut room = width - advance('…');
    let mut start = text.len();
    for (at, c) in text.char_indices().rev() {
        room -= advance(c);
        if room < 0.0 {
            break;
        }
        start = at;
    }
    // Nothing that stood between two names right behind the ellipsis.
    let end = text[start..].trim_start_matches(['.', ' ']);
    (end.chars().count() >= FEWEST).then(|| format!("…{end}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::{RootKind, TypeKind};

    #[test]
    fn a_name_loses_its_front_and_never_its_end() {
        let wide = |c: char| if c == 'W' { 2.0 } else { 1.0 };
        assert_eq!(fit("QueryCacheEntry", 15.0, &wide).as_deref(), Some("QueryCacheEntry"));
        assert_eq!(fit("QueryCacheEntry", 14.9, &wide).as_deref(), Some("…eryCacheEntry"));
        assert_eq!(fit("QueryCacheEntry", 6.0, &wide).as_deref(), Some("…Entry"));
        assert_eq!(fit("QueryCacheEntry", 4.0, &wide).as_deref(), Some("…try"));
        assert_eq!(fit("QueryCacheEntry", 3.9, &wide), None);
        assert_eq!(fit("aWWW", 5.5, &wide), None, "two characters say nothing");
        assert_eq!(fit("é<∞>", 3.0, &wide), None);
        assert_eq!(fit("", 0.0, &wide).as_deref(), Some(""));
        assert_eq!(fit("Clock.Ticks", 7.0, &wide).as_deref(), Some("…Ticks"), "no dot behind the dots");
        assert_eq!(fit("List<A, Byte[]>", 9.0, &wide).as_deref(), Some("…Byte[]>"));
        assert_eq!(fit("Some.ab", 4.0, &wide), None);
    }

    #[test]
    fn beside_a_name_stand_its_weight_and_how_many_there_are() {
        let name = |kind| Name { full: "".into(), short: "".into(), namespace: 0, assembly: "".into(), kind };
        let object = name(NameKind::Type(TypeKind::Object));
        let frame = Frame { weight: 1_534_348, objects: 801, chain: 1, ..Frame::default() };
        assert_eq!(beside(&frame, &object, Unit::Bytes, 3_000_000), " · 1.53 MB · 801 ×");
        assert_eq!(beside(&Frame { objects: 1, ..frame }, &object, Unit::Bytes, 3_000_000), " · 1.53 MB");
        assert_eq!(beside(&Frame { chain: 20, ..frame }, &object, Unit::Bytes, 3_000_000), " · 1.53 MB · chain of 20");
        assert_eq!(beside(&frame, &name(NameKind::Whole), Unit::Bytes, 3_000_000), " · 1.53 MB · 801 objects");
        let root = name(NameKind::Root(RootKind::Static));
        assert_eq!(beside(&frame, &root, Unit::Bytes, 3_000_000), " · 1.53 MB · 51.1 % · 801 objects");
    }
}
