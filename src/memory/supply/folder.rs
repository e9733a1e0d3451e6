//! The files below a folder, by name.

use std::path::{Component, Path, PathBuf};

use rustc_hash::FxHashMap;

use crate::progress::{Cancelled, Progress};

/// A program's folder is far smaller; somebody may name the root of a disk.
const MOST_FILES: usize = 200_000;
const DEEPEST: usize = 8;

/// Image files that the user names by their folder: paths by lower-case file name, because Windows does not
/// tell case apart, and files get copied between systems.
#[derive(Debug)]
pub struct ImageFiles {
    root: PathBuf,
    files: FxHashMap<String, Vec<PathBuf>>,
}

impl ImageFiles {
    /// Lists a folder and those below it. What cannot be read is left out.
    pub fn read(root: &Path, progress: &Progress) -> Result<ImageFiles, Cancelled> {
        let mut files: FxHashMap<String, Vec<PathBuf>> = FxHashMap::default();
        let mut left = MOST_FILES;
        let mut folders = vec![(root.to_owned(), 0)];
        while let Some((folder, depth)) = folders.pop() {
            progress.check()?;
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten().take(left) {
                left -= 1;
                let Ok(kind) = entry.file_type() else { continue };
                if kind.is_dir() && depth < DEEPEST {
                    folders.push((entry.path(), depth + 1));
                } else if entry.path().is_file() {
                    files.entry(entry.file_name().to_string_lossy().to_lowercase()).or_default().push(entry.path());
                }
            }
        }
        Ok(ImageFiles { root: root.to_owned(), files })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Files of the name in a module's path, those first whose folders are most like the path's (`9.0.5` is one).
    pub fn named(&self, path: &str) -> Vec<&Path> {
        let path = path.strip_suffix(" (deleted)").unwrap_or(path);
        let mut wanted = path.rsplit(['/', '\\']);
        let name = wanted.next().unwrap_or(path).to_lowercase();
        let folders: Vec<&str> = wanted.collect();
        let mut found: Vec<&Path> = self.files.get(&name).into_iter().flatten().map(PathBuf::as_path).collect();
        found.sort_by_key(|path| (usize::MAX - alike(path, &folders), *path));
        found
    }
}

/// How many folders above a file, from the last on, are named as wanted.
fn alike(path: &Path, wanted: &[&str]) -> usize {
    let folders = path.components().rev().skip(1).filter_map(|component| match component {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    folders.zip(wanted).take_while(|(folder, wanted)| folder.eq_ignore_ascii_case(wanted)).count()
}
