//! The language of the filter boxes.
//!
//! Terms stand apart by spaces and must all hold: plain text and `/regex/` look at names (case does not
//! matter, and a pattern still being typed counts already), `>1MB` and `<10kB` at bytes, `>1%` at the
//! share, `>1000` at the count. A leading `-` or `!` turns a term round. Text that is no term of another
//! kind is looked for as it stands.

use regex::{Regex, RegexBuilder};

/// What a row offers to a filter.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Spellings of its name, any of which may match.
    pub names: [&'a str; 2],
    pub bytes: u64,
    pub count: u64,
    /// Bytes that are 100 %.
    pub total_bytes: u64,
}

/// A parsed filter; the default one lets everything through.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug)]
struct Term {
    wanted: bool,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Name(Regex),
    Bytes(Bound, f64),
    Percent(Bound, f64),
    Count(Bound, f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    Above,
    Below,
}

impl Filter {
    /// Reads a filter; the error says what is wrong with it, in one line.
    pub fn parse(text: &str) -> Result<Filter, String> {
        let mut terms = Vec::new();
        for word in words(text) {
            let bare = word.strip_prefix(['-', '!']).filter(|rest| !rest.is_empty());
            let (wanted, word) = bare.map_or((true, word), |rest| (false, rest));
            terms.push(Term { wanted, test: test(word)? });
        }
        Ok(Filter { terms })
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Does it look at names, or at figures only?
    pub fn reads_names(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.test, Test::Name(_)))
    }

    pub fn matches(&self, subject: Subject) -> bool {
        self.terms.iter().all(|term| term.test.holds(&subject) == term.wanted)
    }
}

impl Test {
    fn holds(&self, subject: &Subject) -> bool {
        let compare = |bound: Bound, value: f64, limit: f64| match bound {
            Bound::Above => value > limit,
            Bound::Below => value < limit,
        };
        match self {
            Test::Name(regex) => subject.names.iter().any(|name| regex.is_match(name)),
            Test::Bytes(bound, limit) => compare(*bound, subject.bytes as f64, *limit),
            Test::Count(bound, limit) => compare(*bound, subject.count as f64, *limit),
            Test::Percent(bound, limit) => {
                compare(*bound, subject.bytes as f64 / subject.total_bytes.max(1) as f64 * 100.0, *limit)
            }
        }
    }
}

/// The bytes that `500`, `10kB`, `1.5 GiB` mean; `None` for what is no size.
pub fn parse_bytes(text: &str) -> Option<u64> {
    match measure(Bound::Above, &text.replace(' ', ""))? {
        Test::Bytes(_, bytes) | Test::Count(_, bytes) => Some(bytes as u64),
        Test::Name(_) | Test::Percent(..) => None,
    }
}

/// Words of a filter: a `/regex/` may hold spaces, and so may generic arguments (`Dictionary<String, Object>`).
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let sign = usize::from(rest.starts_with(['-', '!']));
        let end = if rest[sign..].starts_with('/') {
            let body = &rest[sign + 1..];
            let closing =
                body.match_indices('/').find(|(at, _)| body[at + 1..].chars().next().is_none_or(char::is_whitespace));
            closing.map_or(rest.len(), |(at, _)| sign + 1 + at + 1)
        } else {
            let mut depth = 0i32;
            let compares = rest[sign..].starts_with(['<', '>']);
            let space = rest.char_indices().find(|&(_, c)| {
                depth += i32::from(c == '<' && !compares) - i32::from(c == '>' && !compares);
                c.is_whitespace() && depth <= 0
            });
            space.map_or(rest.len(), |(at, _)| at)
        };
        words.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    words
}

fn test(word: &str) -> Result<Test, String> {
    if let Some(body) = word.strip_prefix('/') {
        let body = body.strip_suffix('/').unwrap_or(body);
        return pattern(body).map(Test::Name).map_err(|error| regex_message(&error));
    }
    let bound = match word.as_bytes().first() {
        Some(b'>') => Bound::Above,
        Some(b'<') => Bound::Below,
        _ => return Ok(literal(word)),
    };
    Ok(measure(bound, word[1..].trim_start_matches('=')).unwrap_or_else(|| literal(word)))
}

fn literal(word: &str) -> Test {
    Test::Name(pattern(&regex::escape(word)).expect("an escaped text is a valid pattern"))
}

fn pattern(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).case_insensitive(true).size_limit(1 << 20).build()
}

/// The last line of a regex error is the reason; those before it draw an arrow.
fn regex_message(error: &regex::Error) -> String {
    let text = error.to_string();
    let reason = text.lines().last().unwrap_or_default().trim_start_matches("error:").trim();
    format!("not a regular expression: {reason}")
}

/// `1MB`, `1.5 GiB`, `10k`, `2%`, `1000`; `None` for anything else.
fn measure(bound: Bound, text: &str) -> Option<Test> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(text.len());
    let value: f64 = text[..digits].replace('_', "").parse().ok()?;
    let unit = text[digits..].to_ascii_lowercase();
    if unit == "%" {
        return Some(Test::Percent(bound, value));
    }
    let (prefix, is_bytes) = match unit.strip_suffix('b') {
        Some(prefix) => (prefix, true),
        None => (unit.as_str(), false),
    };
    let (letter, base) = prefix.strip_suffix('i').map_or((prefix, 1000f64), |letter| (letter, 1024.0));
    let power = ["", "k", "m", "g", "t"].iter().position(|known| *known == letter)?;
    let value = value * base.powi(power as i32);
    // A unit without B (`>10k`) counts objects, as a bare number does.
    Some(if is_bytes { Test::Bytes(bound, value) } else { Test::Count(bound, value) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(name: &str) -> Subject<'_> {
        Subject { names: [name, "Dictionary<String, Byte[]>"], bytes: 20_000, count: 40, total_bytes: 1_000_000 }
    }

    fn passes(filter: &str) -> bool {
        let name = "System.Collections.Generic.Dictionary<System.String, System.Byte[]>";
        Filter::parse(filter).unwrap().matches(subject(name))
    }

    #[test]
    fn text_is_looked_for_in_every_spelling_of_the_name() {
        for filter in ["", "  ", "dictionary", "generic.dict", "Dictionary<String, Byte", "byte[]", "system string"] {
            assert!(passes(filter), "{filter}");
        }
        for filter in ["hashset", "dictionary hashset", "-dictionary", "!generic"] {
            assert!(!passes(filter), "{filter}");
        }
    }

    #[test]
    fn sizes_are_read_in_decimal_and_binary_units() {
        let sizes = ["0", "500", "10kB", "1.5 GiB", "2M"].map(parse_bytes);
        assert_eq!(sizes, [0, 500, 10_000, 3 << 29, 2_000_000].map(Some));
        assert_eq!(["", "MB", "5%", "ten"].map(parse_bytes), [None; 4]);
    }

    #[test]
    fn a_pattern_stands_between_slashes() {
        assert!(passes(r"/^System\..*Byte\[\]/"));
        assert!(passes(r"/string, byte/ dictionary"));
        assert!(!passes(r"-/^system/"));
        for unfinished in ["/", "/sys", "/^System.C"] {
            assert!(passes(unfinished), "{unfinished}");
        }
    }

    #[test]
    fn sizes_shares_and_counts_are_compared() {
        for filter in [">19kB", "<21kB", ">1.5%", "<3%", ">39", "<0.1k", ">=1 -<5kB", ">19KiB", ">1_000B"] {
            assert!(passes(filter), "{filter}");
        }
        for filter in [">20kB", ">1MB", ">2%", ">40", "-<21kB", ">1% <1%", ">20KiB"] {
            assert!(!passes(filter), "{filter}");
        }
    }

    #[test]
    fn what_is_no_measure_is_text() {
        assert!(!passes(">abc") && !passes("<>") && !passes(">1xb"));
        let lambda = Subject { names: ["Program+<>c__DisplayClass", ""], ..subject("") };
        assert!(Filter::parse("<>c").unwrap().matches(lambda));
    }

    #[test]
    fn a_broken_pattern_says_why() {
        let message = Filter::parse("/(abc/").unwrap_err();
        assert!(message.starts_with("not a regular expression: unclosed group"), "{message}");
        assert!(Filter::parse("/a{1000000000}/").is_err());
    }
}
