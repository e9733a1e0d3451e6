//! The house rules that a reader of the sources relies on, read out of the sources themselves: the arrow
//! between the rooms, the size of a file, where `unsafe` and colours may stand.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// Rooms in the order in which a dump flows through them: each may use itself and those above it.
const ROOMS: [&[&str]; 12] = [
    &["progress"],
    &["dump"],
    &["memory"],
    &["runtime"],
    // The crate's error and result, also as `crate::Error` and `crate::Result`.
    &["error", "Error", "Result"],
    &["heap"],
    &["gcdump"],
    &["analysis"],
    &["view"],
    &["session"],
    &["ui"],
    // Commands draw pictures with the window's painter.
    &["cli"],
];

struct Source {
    /// `src/dump/elf.rs`, with `/` on every system.
    path: String,
    text: String,
    /// The text without comments and without the tests at its end.
    code: String,
}

impl Source {
    /// The room this file is in; `None` for the two roots of the crate.
    fn room(&self) -> Option<&str> {
        let name = self.path.strip_prefix("src/")?.split('/').next()?.trim_end_matches(".rs");
        (name != "lib" && name != "main").then_some(name)
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder opens") {
            let path: PathBuf = entry.expect("the entry reads").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(source(root, &path));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 10, "the sources are where they are looked for");
    found
}

fn source(root: &Path, path: &Path) -> Source {
    let text = fs::read_to_string(path).expect("sources are UTF-8");
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let path = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
    Source { path, code: code.join("\n"), text }
}

fn position(room: &str) -> Option<usize> {
    ROOMS.iter().position(|rooms| rooms.contains(&room))
}

/// First names of all `crate::…` paths: `crate::{dump::Bytes, heap}` names `dump` and `heap`.
fn named_rooms(code: &str) -> Vec<String> {
    let single = Regex::new(r"\bcrate::(\w+)").expect("a valid pattern");
    let group = Regex::new(r"\bcrate::\{").expect("a valid pattern");
    let mut names: Vec<String> = single.captures_iter(code).map(|found| found[1].to_string()).collect();
    for start in group.find_iter(code) {
        let mut depth = 0usize;
        let mut name = String::new();
        for c in code[start.end() - 1..].chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ if depth == 1 && (c.is_alphanumeric() || c == '_' || c == ':') => name.push(c),
                _ => {}
            }
            if depth == 0 || (depth == 1 && c == ',') {
                names.extend(name.split("::").next().filter(|name| !name.is_empty()).map(String::from));
                name.clear();
            }
            if depth == 0 {
                break;
            }
        }
    }
    names
}

#[test]
fn a_room_uses_only_rooms_above_it() {
    let sideways = Regex::new(r"\bsuper::(dump|memory|runtime|heap|gcdump|analysis|view|session|cli|ui)::").unwrap();
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(room) = source.room() else { continue };
        let own = position(room).unwrap_or_else(|| panic!("{}: {room} is no room of the house", source.path));
        // The crate's error lists the errors of all rooms.
        if room == "error" {
            continue;
        }
        for name in named_rooms(&source.code) {
            let other = position(&name).unwrap_or_else(|| panic!("{}: crate::{name} is no room", source.path));
            if other > own || (other == own && name != room) {
                wrong.push(format!("{} uses crate::{name}", source.path));
            }
        }
        wrong.extend(sideways.find(&source.code).map(|found| format!("{}: {}", source.path, found.as_str())));
    }
    assert!(wrong.is_empty(), "against the arrow:\n{}", wrong.join("\n"));
}

#[test]
fn every_room_named_in_a_path_is_seen() {
    let code = "use crate::heap::Csr;\nuse crate::{dump::{self, Bytes}, Error};\nfn f() -> crate::view::Row {}";
    let mut names = named_rooms(code);
    names.sort();
    assert_eq!(names, ["Error", "dump", "heap", "view"]);
}

#[test]
fn no_file_is_longer_than_600_lines_and_each_says_first_what_it_is() {
    let wrong: Vec<String> = sources()
        .iter()
        .filter(|source| source.text.lines().count() > 600 || !source.text.starts_with("//! "))
        .map(|source| format!("{}: {} lines", source.path, source.text.lines().count()))
        .collect();
    assert!(wrong.is_empty(), "too long, or without an opening `//!`:\n{}", wrong.join("\n"));
}

#[test]
fn unsafe_stands_only_where_a_file_is_mapped() {
    let unsafe_code = Regex::new(r"\bunsafe\s*(\{|fn|impl|extern)").unwrap();
    let with: Vec<String> =
        sources().into_iter().filter(|source| unsafe_code.is_match(&source.text)).map(|source| source.path).collect();
    assert_eq!(with, ["src/dump/file.rs"]);
}

#[test]
fn colours_are_named_in_the_theme_alone() {
    // White, transparent and the placeholder are no choices of colour: tints, nothing, "whatever the text has".
    let colour =
        Regex::new(r##"Color32::from_\w+\(\s*(0x|\d)|hex_color!|"#[0-9A-Fa-f]{6}\b|Color32::[A-Z_]{3,}\b"##).unwrap();
    let neutral = ["Color32::WHITE", "Color32::TRANSPARENT", "Color32::PLACEHOLDER"];
    let wrong: Vec<String> = sources()
        .iter()
        .filter(|source| source.path != "src/ui/theme.rs")
        .flat_map(|source| {
            let found = colour.find_iter(&source.code).map(|found| found.as_str().to_string());
            found.filter(|found| !neutral.contains(&found.as_str())).map(|found| format!("{}: {found}", source.path))
        })
        .collect();
    assert!(wrong.is_empty(), "colours outside src/ui/theme.rs:\n{}", wrong.join("\n"));
}
