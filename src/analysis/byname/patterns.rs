//! PerfView's pattern language, turned into regular expressions.
//!
//! A pattern is searched anywhere in a name, case ignored. `*` is any text, `%` any letters, digits, dots
//! and question marks, `^` the start, `|` or, `{` `}` a group; all else stands for itself, brackets and
//! dots too. `@` in front makes the rest a regular expression as it is.

use regex::{Regex, RegexBuilder};

use super::Error;

/// One pattern.
pub(super) fn pattern(text: &str) -> Result<Regex, Error> {
    let expression = match text.strip_prefix('@') {
        Some(raw) => raw.to_owned(),
        None => text.chars().map(translate).collect(),
    };
    RegexBuilder::new(&expression)
        .case_insensitive(true)
        .build()
        .map_err(|error| Error::Pattern { pattern: text.into(), reason: reason(&error.to_string()) })
}

/// The last line of an error of the regex crate says what is wrong, the ones before it draw the pattern.
fn reason(text: &str) -> Box<str> {
    text.lines().last().unwrap_or_default().trim_start_matches("error:").trim().into()
}

fn translate(c: char) -> String {
    match c {
        '%' => r"[.\w\d?]*".into(),
        '*' => ".*".into(),
        '^' | '|' => c.into(),
        '{' => "(".into(),
        '}' => ")".into(),
        other => regex::escape(other.encode_utf8(&mut [0; 4])),
    }
}

/// Patterns with `;` between them; empty ones are left out.
pub(super) fn list(text: &str) -> Result<Vec<Regex>, Error> {
    items(text).map(pattern).collect()
}

/// The trimmed, not empty parts of a list.
pub(super) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|item| !item.is_empty())
}

/// Priorities of types, `pattern->number;…`: the number of the first pattern that a name matches, else 0.
pub(super) struct Priorities(Vec<(Regex, f32)>);

impl Priorities {
    pub fn parse(text: &str) -> Result<Priorities, Error> {
        let rule = Regex::new(r"^(.*)->(-?\d+.?\d*)").expect("a valid expression");
        let parse = |item| {
            let bad = || Error::Priority { rule: Box::from(item) };
            let parts = rule.captures(item).ok_or_else(bad)?;
            Ok((pattern(parts[1].trim())?, parts[2].trim().parse().map_err(|_| bad())?))
        };
        items(text).map(parse).collect::<Result<_, Error>>().map(Priorities)
    }

    /// The priority of a type by its bare name, without any module.
    pub fn of(&self, name: &str) -> f32 {
        self.0.iter().find(|(pattern, _)| pattern.is_match(name)).map_or(0.0, |(_, priority)| *priority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(text: &str, name: &str) -> bool {
        pattern(text).unwrap().is_match(name)
    }

    #[test]
    fn patterns_match_anywhere_and_ignore_case() {
        assert!(matches("mscorlib!string", r"C:\x\MSCORLIB!String"));
        assert!(matches("[]", "M!Byte[] (NoPtrs)") && matches("[]", "List<Byte[]>") && !matches("[]", "Byte[,]"));
        assert!(matches("^a|^b", "bc") && !matches("^a|^b", "cb"));
        assert!(matches("System%!", r"c:\System.Core!X") && !matches("^System%!X", "System Core!X"));
        assert!(matches("a.b", "a.b") && !matches("a.b", "axb"));
        assert!(matches("@^a.b$", "axb"));
        assert!(pattern("{a").is_err() && pattern("@(?=a)").is_err());
    }

    #[test]
    fn priorities_come_from_the_first_rule_that_matches() {
        let rules = Priorities::parse("[*local vars]->-1000; x ->2.5;x->7").unwrap();
        assert_eq!(
            ["[local vars]", "[Pinned local vars]", "X", "y"].map(|n| rules.of(n)),
            [-1000.0, -1000.0, 2.5, 0.0]
        );
        assert!(Priorities::parse("x->much").is_err());
    }
}
