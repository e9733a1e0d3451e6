//! Where tests find dumps and truth files.
//!
//! The sample and its truth are in the project; the other dumps lie in `../shared/dumps` or in the folder
//! that `HEAPGLASS_DUMPS` names. A test that needs one of those asks [`dump`] and skips, with a line
//! that says so, when it is absent. Packed files are unpacked once into `target/dumps`.
#![allow(dead_code, reason = "every test binary uses its own part of this")]

pub mod gcdump;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The story's dump.
pub const SAMPLE: &str = "efshop-net8-win-x64.dmp";

/// Every dump of the set that has a truth file.
pub const DUMPS: [&str; 9] = [
    SAMPLE,
    "azmcp-net10-singlefile-win-x64.dmp",
    "zoo-net9-linux-x64.core",
    "zoo-net8-win-x64.dmp",
    "zoo-net10-win-x64-clrgc.dmp",
    "zoo-net2.2-win-x64.dmp",
    "zoo-net2.1-win-x86.dmp",
    "zoo-net10-linux-x64-server.core",
    "zoo-net10-linux-x64-withheap.core",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The packed file of that name, if it can be had here.
fn packed(name: &str) -> Option<PathBuf> {
    if name == SAMPLE {
        return Some(root().join("assets/sample.dmp.zst"));
    }
    let file = format!("{name}.zst");
    let dumps = std::env::var_os("HEAPGLASS_DUMPS").map_or_else(|| root().join("../shared/dumps"), PathBuf::from);
    [root().join("tests/data").join(&file), dumps.join(&file)].into_iter().find(|path| path.exists())
}

/// A file of the specimen app, beside the dump set; `None` with a line that says so where it is not here.
pub fn specimen(name: &str) -> Option<PathBuf> {
    let dumps = std::env::var_os("HEAPGLASS_DUMPS").map_or_else(|| root().join("../shared/dumps"), PathBuf::from);
    let path = dumps.join("../specimen").join(name);
    if !path.exists() {
        eprintln!("skipped: {name} of the specimen is not here (set HEAPGLASS_DUMPS to the folder with the dump set)");
        return None;
    }
    Some(path)
}

/// The folder with the specimen program for Linux, unpacked once into `target/dumps`.
pub fn specimen_folder() -> Option<PathBuf> {
    const NAME: &str = "zoo-net10-linux-x64";
    let packed = specimen(&format!("{NAME}.tar.zst"))?;
    let folder = root().join("target/dumps").join(NAME);
    if !folder.exists() {
        let unpacked = tempfile::tempdir_in(root().join("target")).expect("a temporary folder");
        let tar = zstd::decode_all(File::open(&packed).expect("the packed file opens")).expect("zstd data");
        let mut tar = &tar[..];
        // Headers of 512 bytes: name at 0, size in octal digits at 124, kind at 156; contents in blocks of 512.
        while tar.len() > 512 && tar[0] != 0 {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end_matches('\0').trim().to_owned();
            let (name, kind) = (text(&tar[..100]), tar[156]);
            let size = usize::from_str_radix(&text(&tar[124..136]), 8).expect("a size");
            if let (b'0', Some(name)) = (kind, Path::new(&name).file_name()) {
                fs::write(unpacked.path().join(name), &tar[512..512 + size]).expect("written");
            }
            tar = &tar[512 + size.next_multiple_of(512)..];
        }
        fs::create_dir_all(folder.parent().expect("it has one")).expect("target/dumps can be made");
        fs::rename(unpacked.keep(), &folder).expect("the folder gets its name");
    }
    Some(folder)
}

/// The unpacked file of that name (a dump, a truth file …), or `None` with a line that says so.
pub fn dump(name: &str) -> Option<PathBuf> {
    let Some(packed) = packed(name) else {
        eprintln!("skipped: {name} is not here (set HEAPGLASS_DUMPS to the folder with the dump set)");
        return None;
    };
    let folder = root().join("target/dumps");
    let path = folder.join(name);
    if !path.exists() {
        fs::create_dir_all(&folder).expect("target/dumps can be made");
        let mut out = tempfile::NamedTempFile::new_in(&folder).expect("a temporary file can be made");
        let mut decoder = zstd::Decoder::new(File::open(&packed).expect("the packed file opens")).expect("zstd data");
        decoder.window_log_max(27).expect("a valid window");
        io::copy(&mut decoder, &mut out).expect("the file unpacks");
        out.persist(&path).expect("the unpacked file gets its name");
    }
    Some(path)
}

/// The truth of a dump: `zoo-net8-win-x64.dmp` → the parsed `zoo-net8-win-x64.truth.json`.
pub fn truth(name: &str) -> Option<serde_json::Value> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let path = dump(&format!("{stem}.truth.json"))?;
    Some(serde_json::from_reader(io::BufReader::new(File::open(path).expect("opens"))).expect("the truth is JSON"))
}

/// Without blanks: readers differ in where they put them.
pub fn squeezed(text: impl AsRef<str>) -> String {
    text.as_ref().replace(' ', "")
}

/// Where the truth's reader stumbles (verified-names §0): it prints `T[*]` as `T<*>`, has no name for
/// Reflection.Emit types and what is made of them, and once prints `List<T1>`.
pub fn explained(ours: &str, theirs: Option<&str>) -> bool {
    match theirs {
        None => ours.contains("Emitted.RuntimeMade") || ours.contains("DynamicProxies"),
        Some(theirs) => {
            ours.replace("[*]", "<*>") == theirs
                || (theirs.ends_with("List<T1>") && ours.ends_with("List<Emitted.RuntimeMade>"))
        }
    }
}
