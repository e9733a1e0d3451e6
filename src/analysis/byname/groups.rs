//! Group patterns: which frames PerfView's window shows as one.
//!
//! `pattern->name` makes one frame of all types it matches; `pattern=>name` (an *entry group*) only joins
//! a type to a caller of the same group and keeps the types apart otherwise. In a name `$1`…`$9` are the
//! pattern's `{}` groups and `$&` the match; an empty name takes matching types out of grouping.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{Error, patterns};

/// One rule of a group list.
struct Rule {
    pattern: Regex,
    name: Box<str>,
    entry: bool,
    /// `{%}!=>module $1` is not matched as a pattern: the module is what stands before the first `!`.
    module: bool,
}

/// The group a name falls in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub name: String,
    pub entry: bool,
}

/// A parsed group list.
pub(super) struct Groups(Vec<Rule>);

impl Groups {
    /// A first item in brackets is a comment.
    pub fn parse(text: &str) -> Result<Groups, Error> {
        static COMMENT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\s*\[.*?\]").expect("a valid expression"));
        let rules = COMMENT.replace(text, "");
        patterns::items(&rules).map(Rule::parse).collect::<Result<_, _>>().map(Groups)
    }

    /// The group of a name: later rules see what earlier ones made of it, until an entry group ends that.
    pub fn find(&self, name: &str) -> Option<Group> {
        let mut found: Option<String> = None;
        for rule in &self.0 {
            let name = found.as_deref().unwrap_or(name);
            if rule.module {
                if let Some(module) = module_of(name) {
                    return Some(Group { name: format!("module {module}"), entry: true });
                }
                continue;
            }
            let Some(captures) = rule.pattern.captures(name) else { continue };
            let group = rule.fill(&captures);
            if group.is_empty() {
                return None;
            }
            if rule.entry {
                return Some(Group { name: group, entry: true });
            }
            found = Some(group);
        }
        found.map(|name| Group { name, entry: false })
    }
}

impl Rule {
    fn parse(item: &str) -> Result<Rule, Error> {
        let split = |arrow| item.split_once(arrow).map(|(pattern, name)| (pattern, name.trim()));
        let entry = split("=>");
        let (pattern, name) = entry.or_else(|| split("->")).unwrap_or((item, "$&"));
        Ok(Rule {
            pattern: patterns::pattern(pattern)?,
            name: name.into(),
            entry: entry.is_some(),
            module: item == "{%}!=>module $1",
        })
    }

    fn fill(&self, captures: &Captures) -> String {
        static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\$([0-9])").expect("a valid expression"));
        if &*self.name == "$&" {
            return captures[0].to_owned();
        }
        let numbered = NUMBER.replace_all(&self.name, |number: &Captures| {
            let index = usize::from(number[1].as_bytes()[0] - b'0');
            captures.get(index).map_or("", |group| group.as_str()).to_owned()
        });
        numbered.replace("$&", &captures[0])
    }
}

/// The letters, digits, dots and underscores in front of the first `!`, where that is not the first character.
fn module_of(name: &str) -> Option<&str> {
    let before = &name[..name.find('!').filter(|bang| *bang > 0)?];
    let outside = before.rfind(|c: char| !c.is_alphanumeric() && c != '.' && c != '_');
    Some(match outside {
        Some(at) => &before[at + before[at..].chars().next().map_or(0, char::len_utf8)..],
        None => before,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(rules: &str, name: &str) -> Option<(String, bool)> {
        Groups::parse(rules).unwrap().find(name).map(|group| (group.name, group.entry))
    }

    #[test]
    fn an_entry_group_ends_the_search_and_a_plain_group_feeds_the_next_rule() {
        assert_eq!(find("[why] mscorlib!=>LIB;System%!=>LIB;", r"c:\System.Core!Linq.X"), Some(("LIB".into(), true)));
        assert_eq!(find("{A}{B}->$2 $1 $& $9;^B=>last", "xAB"), Some(("last".into(), true)));
        assert_eq!(find("{A}{B}->$2$1 $&.$9", "xAB"), Some(("BA AB.".into(), false)));
        assert_eq!(find("A.", "xA.y"), Some(("A.".into(), false)));
    }

    #[test]
    fn an_empty_name_takes_a_type_out_of_grouping() {
        assert_eq!(find("Shop->;%!=>all", "Shop!Cart"), None);
        assert_eq!(find("Shop->;%!=>all", "Other!Cart"), Some(("all".into(), true)));
    }

    #[test]
    fn the_module_group_takes_the_file_name_without_its_folder() {
        assert_eq!(
            find("{%}!=>module $1", r"c:\App (x86)\My.Shop_1!Cart<A!B>"),
            Some(("module My.Shop_1".into(), true))
        );
        assert_eq!(find("{%}!=>module $1", "!x"), None);
        assert_eq!(find("{%}!=>module $1", "[static vars]"), None);
    }
}
