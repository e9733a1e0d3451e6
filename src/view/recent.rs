//! Dumps opened before, the last one first.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::format;

/// How many are kept.
const KEPT: usize = 8;

/// One dump that opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub path: PathBuf,
    /// `.NET 8.0.31`; empty where it is not known.
    pub runtime: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Seconds since 1970 at which it was opened.
    pub opened: u64,
}

/// The list of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent(Vec<Entry>);

impl Recent {
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// Puts an entry first; an older one of the same file goes.
    pub fn add(&mut self, entry: Entry) {
        self.remove(&entry.path.clone());
        self.0.insert(0, entry);
        self.0.truncate(KEPT);
    }

    pub fn remove(&mut self, path: &Path) {
        self.0.retain(|entry| entry.path != path);
    }
}

impl Entry {
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
    }

    /// `.NET 8.0.31 · 2 h ago`; `now` in seconds since 1970.
    pub fn words(&self, now: u64) -> String {
        let ago = format::ago(now.saturating_sub(self.opened));
        if self.runtime.is_empty() { ago } else { format!("{} · {ago}", self.runtime) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str) -> Entry {
        Entry { path: format!("/dumps/{name}").into(), runtime: ".NET 8.0.31".into(), bytes: 1, opened: 100 }
    }

    #[test]
    fn the_last_one_is_first_and_each_file_is_there_once() {
        let mut recent = Recent::default();
        ["a", "b", "a"].into_iter().for_each(|name| recent.add(entry(name)));
        assert_eq!(recent.entries().iter().map(Entry::name).collect::<Vec<_>>(), ["a", "b"]);
        (0..20).for_each(|n| recent.add(entry(&n.to_string())));
        assert_eq!((recent.entries().len(), recent.entries()[0].name().as_str()), (KEPT, "19"));
        recent.remove(Path::new("/dumps/19"));
        assert_eq!(recent.entries()[0].name(), "18");
    }

    #[test]
    fn an_entry_says_what_it_is_and_when() {
        assert_eq!(entry("a").words(7300 + 100), ".NET 8.0.31 · 2 h ago");
        assert_eq!(Entry { runtime: String::new(), ..entry("a") }.words(0), "just now");
    }
}
