//! The system's own dialog to choose a file.
//!
//! It may be open for minutes, so it is made on the window's thread (systems insist on that) and waited for
//! on another. Where a Linux desktop has neither a portal nor zenity the answer is an immediate "nothing",
//! the same as a cancel; nobody cancels in a few hundredths of a second, so that says so.

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use eframe::egui;

/// Sooner than a person can answer.
const NO_DIALOG: Duration = Duration::from_millis(200);

/// What the file is chosen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Open,
    /// To be compared with the dump that is open.
    Compare,
}

/// A dialog that is open.
pub struct Dialog {
    pub purpose: Purpose,
    answer: Receiver<Option<PathBuf>>,
    since: Instant,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Chosen {
    File(PathBuf),
    Nothing,
    /// This system has no dialog to show.
    NoDialog,
}

impl Dialog {
    /// Opens the dialog over the window.
    pub fn open(ctx: &egui::Context, frame: &eframe::Frame, purpose: Purpose) -> Dialog {
        let future = rfd::AsyncFileDialog::new()
            .set_title(match purpose {
                Purpose::Open => "Open a memory dump",
                Purpose::Compare => "Compare with another dump",
            })
            .add_filter("All files", &["*"])
            .add_filter("Memory dumps", &["dmp", "mdmp", "hdmp", "core", "gcdump", "zst", "gz", "zip"])
            .set_parent(frame)
            .pick_file();
        let (answers, answer) = mpsc::channel();
        let ctx = ctx.clone();
        thread::spawn(move || {
            let file = pollster::block_on(future);
            // The window may be closed by now.
            let _ = answers.send(file.map(|file| file.path().to_owned()));
            ctx.request_repaint();
        });
        Dialog { purpose, answer, since: Instant::now() }
    }

    /// What came of it; `None` while it is open.
    pub fn poll(&self) -> Option<Chosen> {
        match self.answer.try_recv() {
            Ok(Some(path)) => Some(Chosen::File(path)),
            Ok(None) | Err(TryRecvError::Disconnected) if self.since.elapsed() < NO_DIALOG => Some(Chosen::NoDialog),
            Ok(None) | Err(TryRecvError::Disconnected) => Some(Chosen::Nothing),
            Err(TryRecvError::Empty) => None,
        }
    }
}
