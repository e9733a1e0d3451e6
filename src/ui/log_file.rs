//! The log of the window: a small file beside the settings, for bug reports.
//!
//! [`install`] sends messages to standard error as `RUST_LOG` says, for the whole program; [`keep_in`] also keeps
//! our own in a folder from then on, from `info` up. It holds what the program did and how long that took; nothing
//! that a heap holds is ever logged, and of paths only the last part is kept. At a megabyte the file becomes the
//! older of two. Where it cannot be written there is none: a log is no reason to fail.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;

use log::{LevelFilter, Log, Metadata, Record};

use crate::runtime::values::date;

/// Bytes after which a new file is begun.
const MOST: u64 = 1 << 20;
/// From 0001-01-01.
const DAYS_TO_1970: u64 = 719_162;
const NAME: &str = "heapglass.log";
const OLDER: &str = "heapglass.old.log";

struct Logger {
    console: env_logger::Logger,
    file: Mutex<Option<LogFile>>,
}

static LOGGER: OnceLock<Logger> = OnceLock::new();

/// Takes all messages of the program; once.
pub fn install() {
    let console = env_logger::Builder::from_default_env().build();
    let most = console.filter().max(LevelFilter::Info);
    let logger = LOGGER.get_or_init(|| Logger { console, file: Mutex::new(None) });
    if log::set_logger(logger).is_ok() {
        log::set_max_level(most);
    }
}

/// Keeps our messages in this folder from now on.
pub fn keep_in(folder: PathBuf) {
    if let Some(mut file) = file() {
        *file = LogFile::open(folder);
    }
}

/// Where messages are kept.
pub fn folder() -> Option<PathBuf> {
    file()?.as_ref().map(|file| file.folder.clone())
}

/// What was kept, oldest first.
pub fn text() -> Option<String> {
    let folder = folder()?;
    Some([OLDER, NAME].iter().filter_map(|name| fs::read_to_string(folder.join(name)).ok()).collect())
}

fn file() -> Option<MutexGuard<'static, Option<LogFile>>> {
    LOGGER.get().map(|logger| logger.file.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.console.enabled(metadata) || is_ours(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        self.console.log(record);
        if is_ours(record.metadata()) {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(file) = &mut *file {
                file.write(&format!("{:<5} {}", record.level(), record.args()));
            }
        }
    }

    fn flush(&self) {}
}

/// Other crates may log what they like, paths among it.
fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.level() <= LevelFilter::Info && metadata.target().starts_with("heapglass")
}

struct LogFile {
    folder: PathBuf,
    file: File,
    bytes: u64,
}

impl LogFile {
    fn open(folder: PathBuf) -> Option<LogFile> {
        fs::create_dir_all(&folder).ok()?;
        let (file, bytes) = LogFile::append(&folder)?;
        Some(LogFile { folder, file, bytes })
    }

    fn append(folder: &Path) -> Option<(File, u64)> {
        let file = OpenOptions::new().create(true).append(true).open(folder.join(NAME)).ok()?;
        let bytes = file.metadata().ok()?.len();
        Some((file, bytes))
    }

    fn write(&mut self, message: &str) {
        let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
        for line in message.lines() {
            let line = format!("{} {}\n", time(now), without_folders(line));
            if self.bytes + line.len() as u64 > MOST {
                self.begin_anew();
            }
            if self.file.write_all(line.as_bytes()).is_ok() {
                self.bytes += line.len() as u64;
            }
        }
    }

    fn begin_anew(&mut self) {
        let moved = fs::rename(self.folder.join(NAME), self.folder.join(OLDER));
        if moved.is_ok()
            && let Some((file, bytes)) = LogFile::append(&self.folder)
        {
            (self.file, self.bytes) = (file, bytes);
        } else if self.file.set_len(0).is_ok() {
            self.bytes = 0;
        }
    }
}

/// `2026-03-01 14:05:09`, in UTC.
fn time(seconds: u64) -> String {
    let day = date(DAYS_TO_1970 + seconds / 86_400).unwrap_or_default();
    format!("{day} {:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}

/// Words that are paths lose all but their last part.
fn without_folders(line: &str) -> Cow<'_, str> {
    if !line.contains(['/', '\\']) {
        return Cow::Borrowed(line);
    }
    let last = |word: &str| word.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or("").to_owned();
    Cow::Owned(line.split(' ').map(last).collect::<Vec<String>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_stays_small_and_keeps_the_last_lines() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = LogFile::open(folder.path().join("deep/er")).unwrap();
        let long = "x".repeat(1000);
        (0..3_000).for_each(|i| file.write(&format!("{i} {long}")));
        let size = |name: &str| fs::metadata(folder.path().join("deep/er").join(name)).unwrap().len();
        assert!(size(NAME) <= MOST && size(OLDER) <= MOST, "{} and {}", size(NAME), size(OLDER));
        let kept = fs::read_to_string(folder.path().join("deep/er").join(NAME)).unwrap();
        assert!(kept.lines().last().unwrap().contains(" 2999 xxx"));
        // Another run goes on where this one ended.
        LogFile::open(folder.path().join("deep/er")).unwrap().write("next");
        assert_eq!(
            fs::read_to_string(folder.path().join("deep/er").join(NAME)).unwrap().lines().count(),
            kept.lines().count() + 1
        );
    }

    #[test]
    fn where_nothing_can_be_written_there_is_no_log() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a file");
        fs::write(&file, "").unwrap();
        assert!(LogFile::open(file).is_none());
    }

    #[test]
    fn folders_are_left_out_and_times_are_readable() {
        assert_eq!(without_folders("cannot open /home/jane/shop.dmp: gone"), "cannot open shop.dmp: gone");
        assert_eq!(without_folders(r"C:\Users\jane\dumps\ has none"), "dumps has none");
        assert_eq!(without_folders("3 objects"), "3 objects");
        assert_eq!(time(951_827_696), "2000-02-29 12:34:56");
    }
}
