//! Words above a picture, in as many lines as its width asks for.
//!
//! Facts stay in one piece where they can: a line breaks between two of them first, inside one only where that alone
//! is too wide, and there between words. A word that is still too wide loses its middle, since a file's or a type's
//! name says most at both ends.

/// Between facts in one line.
const BETWEEN: &str = " · ";

/// Breaks facts into lines that are at most `room` wide; `width` is that of a text.
pub fn lines(facts: &[String], room: f32, width: &impl Fn(&str) -> f32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut add = |text: &str, between: &str, new: bool| match lines.last_mut() {
        Some(line) if !new && width(&format!("{line}{between}{text}")) <= room => {
            *line += between;
            *line += text;
        }
        _ => lines.push(text.to_owned()),
    };
    for fact in facts.iter().filter(|fact| !fact.is_empty()) {
        if width(fact) <= room {
            add(fact, BETWEEN, false);
        } else {
            for (at, word) in fact.split_whitespace().enumerate() {
                add(&middle(word, room, width), " ", at == 0);
            }
        }
    }
    lines
}

/// The text, or both ends of it around an ellipsis, at most `room` wide.
pub fn middle(text: &str, room: f32, width: &impl Fn(&str) -> f32) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let all = ends.len();
    ends.push(text.len());
    let kept = |count: usize| format!("{}…{}", &text[..ends[count.div_ceil(2)]], &text[ends[all - count / 2]..]);
    let (mut fits, mut too_many) = (0, all);
    while too_many - fits > 1 {
        let count = fits + (too_many - fits) / 2;
        if width(&kept(count)) <= room { fits = count } else { too_many = count }
    }
    kept(fits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn count(text: &str) -> f32 {
        text.chars().count() as f32
    }

    #[test]
    fn facts_stay_whole_where_they_can_and_lose_their_middle_last() {
        let facts = ["net8", "Windows x64", "14 MB of 20 MB", ""].map(String::from);
        let broken = |room: f32| lines(&facts, room, &count);
        assert_eq!(broken(35.0), ["net8 · Windows x64 · 14 MB of 20 MB"]);
        assert_eq!(broken(34.0), ["net8 · Windows x64", "14 MB of 20 MB"]);
        assert_eq!(broken(14.0), ["net8", "Windows x64", "14 MB of 20 MB"]);
        assert_eq!(broken(8.0), ["net8", "Windows", "x64", "14 MB of", "20 MB"]);
        assert_eq!(broken(5.0), ["net8", "Wi…ws", "x64", "14 MB", "of 20", "MB"]);
        assert_eq!(lines(&[], 10.0, &count), [""; 0]);
    }

    #[test]
    fn a_name_keeps_both_ends() {
        let short = |room: f32| middle("shop-2026-11-23.dmp", room, &count);
        assert_eq!(short(19.0), "shop-2026-11-23.dmp");
        assert_eq!(short(9.0), "shop….dmp");
        assert_eq!(short(8.0), "shop…dmp");
        assert_eq!(short(2.0), "s…");
        assert_eq!(short(0.0), "…", "less than that is nothing to read");
        assert_eq!(middle("äöüß∞", 4.0, &count), "äö…∞");
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_short_fact_is_lost(facts in prop::collection::vec(".{0,40}", 0..8), room in 1u8..60) {
            let room = f32::from(room);
            let broken = lines(&facts, room, &count);
            for line in &broken {
                prop_assert!(count(line) <= room, "{line:?} of {room}");
            }
            let all = broken.join(BETWEEN);
            for fact in facts.iter().filter(|fact| count(fact) <= room) {
                prop_assert!(all.contains(fact.as_str()), "{fact:?} in {all:?}");
            }
        }
    }
}
