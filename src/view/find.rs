//! How well a few typed words fit a name, for lists that one types into.
//!
//! Each word has to be somewhere in the name, in any order and case. Words that begin the name, one of its
//! segments or a hump of camel case weigh more than words in the middle; of equal ones the shorter name wins.

/// The rank of `name` for what was typed, smaller is better; `None` where a word is missing.
pub fn rank(typed: &str, name: &str) -> Option<u32> {
    let mut sum = 0;
    for word in typed.split_whitespace() {
        sum += place(word.as_bytes(), name.as_bytes())?;
    }
    Some(sum * 1024 + name.len().min(1023) as u32)
}

/// 0: begins the name or its last segment; 1: begins a word in it; 2: anywhere.
fn place(word: &[u8], name: &[u8]) -> Option<u32> {
    let last = name.iter().rposition(|byte| matches!(byte, b'.' | b'+')).map_or(0, |dot| dot + 1);
    let hits = name.windows(word.len()).enumerate().filter(|(_, part)| part.eq_ignore_ascii_case(word));
    hits.map(|(at, _)| match at {
        _ if at == 0 || at == last => 0,
        _ if !name[at - 1].is_ascii_alphanumeric() => 1,
        _ if name[at].is_ascii_uppercase() && !name[at - 1].is_ascii_uppercase() => 1,
        _ => 2,
    })
    .min()
}

#[cfg(test)]
mod tests {
    use super::rank;

    fn best<'a>(typed: &str, names: &[&'a str]) -> Vec<&'a str> {
        let mut found: Vec<_> = names.iter().filter_map(|name| Some((rank(typed, name)?, *name))).collect();
        found.sort_unstable();
        found.into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn the_type_itself_comes_before_those_that_only_mention_it() {
        let names = ["System.Data.SqlClient.SqlCommandSet", "List<SqlCommand>", "System.Data.SqlClient.SqlCommand"];
        assert_eq!(best("sqlcommand", &names), [names[2], names[0], names[1]]);
    }

    #[test]
    fn words_may_come_in_any_order_and_all_must_be_there() {
        assert!(rank("command sql", "System.Data.SqlClient.SqlCommand").is_some());
        assert!(rank("command oracle", "System.Data.SqlClient.SqlCommand").is_none());
    }

    #[test]
    fn nothing_typed_fits_everything() {
        assert!(rank("  ", "anything").is_some());
        assert!(rank("x", "").is_none());
    }
}
