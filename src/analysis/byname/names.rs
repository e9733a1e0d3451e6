//! Frame names: what PerfView calls a type, long for matching and short for showing.
//!
//! Both are `module!Type` with every `System.` and the collection and threading namespaces cut out of the
//! type, wherever they stand. The long name has the module's full path, the short one its file name.

use crate::gcdump::NodeType;

/// The frame above everything that no root reaches.
pub(super) const NOT_REACHABLE: &str = "[not reachable from roots]";

/// The name that patterns are matched with. A type without a module keeps its name as it is.
pub(super) fn long(kind: &NodeType) -> String {
    let Some(module) = &kind.module else { return kind.name.to_string() };
    let cut = module.len().checked_sub(4).filter(|&at| module.as_bytes()[at] == b'.');
    join(&module[..cut.unwrap_or(module.len())], &kind.name)
}

/// The name that a person sees.
pub(super) fn short(kind: &NodeType) -> String {
    let Some(module) = &kind.module else { return kind.name.to_string() };
    let file = module.rsplit(['\\', '/', ':']).next().unwrap_or(module);
    join(file.rsplit_once('.').map_or(file, |(stem, _)| stem), &kind.name)
}

fn join(module: &str, name: &str) -> String {
    format!("{}!{}", if module.is_empty() { "?" } else { module }, without_system(name))
}

/// Cuts from the left until no `System.` is left: `MySystem.X` becomes `MyX`, and what a cut joins may be
/// cut again.
fn without_system(name: &str) -> String {
    const SYSTEM: &str = "System.";
    let mut out = String::with_capacity(name.len());
    let mut rest = name.chars();
    while let Some(c) = rest.next() {
        out.push(c);
        if c == '.' && out.ends_with(SYSTEM) {
            out.truncate(out.len() - SYSTEM.len());
            rest = after_namespace(rest.as_str()).chars();
        }
    }
    out
}

/// Skips the rest of a namespace that begins with `System.` and is cut with it.
fn after_namespace(text: &str) -> &str {
    let skip = |text: &'_ str, part: &str| -> Option<usize> {
        text.get(..part.len()).filter(|start| start.eq_ignore_ascii_case(part)).map(str::len)
    };
    if let Some(len) = skip(text, "Collections.") {
        let text = &text[len..];
        let inner = ["Generic.", "Concurrent.", "ObjectModel."].into_iter().find_map(|inner| skip(text, inner));
        &text[inner.unwrap_or(0)..]
    } else {
        &text[skip(text, "Threading.").unwrap_or(0)..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str, module: &str) -> NodeType {
        NodeType { name: name.into(), module: Some(module.into()) }
    }

    #[test]
    fn system_is_cut_everywhere_and_again_where_a_cut_joins_a_new_one() {
        let name = "System.Collections.Generic.Dictionary<System.String, System.Threading.Tasks.Task>";
        assert_eq!(without_system(name), "Dictionary<String, Tasks.Task>");
        assert_eq!(without_system("MySystem.X+System.Collections.ArrayList"), "MyX+ArrayList");
        assert_eq!(without_system("SysSystem.tem.X"), "X");
        assert_eq!(without_system("éSystem.System.Sy"), "éSy");
    }

    #[test]
    fn the_short_name_has_the_file_the_long_name_the_path() {
        let cart = kind("Shop.Cart", r"C:\My.App\Shop.Core.dll");
        assert_eq!(
            (long(&cart), short(&cart)),
            (r"C:\My.App\Shop.Core!Shop.Cart".into(), "Shop.Core!Shop.Cart".into())
        );
        let odd = kind("A", "/lib/x");
        assert_eq!((long(&odd), short(&odd)), ("/lib/x!A".into(), "x!A".into()));
        assert_eq!(short(&kind("A", "")), "?!A");
        assert_eq!(long(&kind("A", ".dll")), "?!A");
        assert_eq!(short(&NodeType { name: "[local vars]".into(), module: None }), "[local vars]");
    }
}
