//! What every command shares: the arguments that say how to read a dump, and its loading.
//!
//! While a dump loads, a line on standard error says how far it is; only on a terminal, so that a log
//! or a pipe gets nothing but the answer.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use clap::builder::PossibleValuesParser;

use crate::analysis::retaining::Retaining;
use crate::error::Result;
use crate::gcdump;
use crate::heap::{Graph, Heap, Options, RootKind};
use crate::progress::{Progress, Snapshot, Unit};
use crate::runtime::Hints;

/// How a dump is read.
#[derive(Clone, Debug, clap::Args)]
pub struct Reading {
    /// Folder with the program's .dll, .exe and .so files, for images that the dump lacks
    #[arg(long, value_name = "DIR", help_heading = "Reading the dump")]
    images: Option<PathBuf>,
    /// Leave out roots of these kinds, for example stack
    #[arg(long, value_name = "KIND,…", value_delimiter = ',', value_parser = root_kind(), hide_possible_values = true)]
    #[arg(help_heading = "Reading the dump")]
    without_roots: Vec<String>,
    /// Leave a step of finding the runtime out: no-contract, no-gcdacvars, hide-version; or name the runtime's
    /// module where there are several: module=NAME
    #[arg(long, value_name = "HINT,…", help_heading = "Reading the dump")]
    runtime_hint: Option<Hints>,
}

impl Reading {
    /// Opens the dump and asks it something, with one line of progress for both.
    pub fn ask<T>(&self, dump: &Path, question: impl FnOnce(&Heap, &Progress) -> Result<T>) -> Result<T> {
        with_progress(|progress| question(&self.open(dump, progress)?, progress))
    }

    /// Opens the dump as the arguments say.
    pub fn open(&self, dump: &Path, progress: &Progress) -> Result<Heap> {
        gcdump::open_heap(dump, &self.options(), progress)
    }

    /// How the arguments say to read a dump.
    pub fn options(&self) -> Options {
        Options { images: self.images.clone(), hints: self.runtime_hint.clone().unwrap_or_default() }
    }

    /// Root kinds to leave out.
    pub fn without_roots(&self) -> Vec<RootKind> {
        RootKind::ALL.into_iter().filter(|kind| self.without_roots.iter().any(|id| id == kind.id())).collect()
    }

    /// The roots and edges that count, as the arguments say.
    pub fn retaining(&self, graph: &Graph, progress: &Progress) -> Result<Retaining> {
        Ok(Retaining::new(graph, &self.without_roots()).stacks_last(graph, progress)?)
    }
}

/// Reads the name of a root kind as [`RootKind::id`] spells it.
pub fn root_kind() -> PossibleValuesParser {
    PossibleValuesParser::new(RootKind::ids(&RootKind::ALL))
}

/// Runs a long job and shows how far it is.
pub fn with_progress<T>(job: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::new();
    if !io::stderr().is_terminal() {
        return job(&progress);
    }
    let progress = &progress;
    let (done, wait) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || show(progress, &wait));
        let result = job(progress);
        drop(done);
        result
    })
}

/// Writes one line over and over until the job drops its end of the channel, then takes it away.
fn show(progress: &Progress, wait: &mpsc::Receiver<()>) {
    let mut width = 0;
    let mut put = |line: &str| {
        let shown = line.chars().count();
        let _ = write!(io::stderr(), "\r{line}{:1$}\r{line}", "", usize::saturating_sub(width, shown));
        width = shown;
    };
    while wait.recv_timeout(Duration::from_millis(100)) == Err(RecvTimeoutError::Timeout) {
        put(&line(progress.snapshot()));
    }
    put("");
}

fn line(Snapshot { phase, done, total }: Snapshot) -> String {
    let label = phase.label();
    match (phase.unit(), total) {
        (_, 1..) => format!("{label} … {:.0} %", done.min(total) as f64 * 100.0 / total as f64),
        (Unit::Bytes, _) if done >= 1 << 20 => format!("{label} … {} MB", done >> 20),
        (Unit::Objects, _) if done > 0 => format!("{label} … {done}"),
        _ => format!("{label} …"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Phase;

    #[test]
    fn progress_shows_a_share_only_where_the_whole_is_known() {
        let line = |phase, done, total| line(Snapshot { phase, done, total });
        assert_eq!(line(Phase::Walk, 50, 200), "Walking objects … 25 %");
        assert_eq!(line(Phase::Walk, 300, 200), "Walking objects … 100 %");
        assert_eq!(line(Phase::Unpack, 5 << 20, 0), "Unpacking the file … 5 MB");
        assert_eq!(line(Phase::Starting, 0, 0), "Starting …");
    }
}
