//! Everything a person can make the window do, with the key for it.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{Key, KeyboardShortcut, Modifiers};

use crate::view::place::{Place, Subject};

/// What a panel asks for; the window does it after the frame's panels are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Let the person choose a file.
    Choose,
    Open(PathBuf),
    OpenSample,
    /// Let the person choose another dump to compare with.
    ChooseOther,
    /// Compare the open dump with another one.
    Compare(PathBuf),
    /// Stop loading, or leave a screen that failed.
    Close,
    Forget(PathBuf),
    /// Move to another view or subject.
    Go(Place),
    /// Show who keeps a subject alive: its referrers, up the heaviest way.
    Explain(Subject),
    /// Show the roots of the thread with this label.
    RootsOf(Arc<str>),
    /// Show a box of the whole heap's flame graph, by the labels on the way to it.
    FlameBox(Vec<u32>),
    /// Show the flame graph, coloured by growth.
    FlameOfGrowth,
    Back,
    Forward,
    SwitchTheme,
    /// Show or hide the list of everything that can be done.
    Commands,
    /// Show or hide the sheet of all keys.
    KeySheet,
    /// Make everything larger (1), smaller (-1) or as large as it was made (0).
    Scale(i8),
    /// Copy what a bug report needs, nothing of what the heap holds.
    CopyDiagnostics,
    /// Copy the log; it too holds nothing of the heap.
    CopyLog,
    OpenLogFolder,
    Copy(String),
}

impl Action {
    /// Actions that have a key.
    pub const KEYS: [Action; 4] = [Action::Choose, Action::Commands, Action::Back, Action::Forward];

    /// The key that does it from anywhere.
    pub fn shortcut(&self) -> Option<KeyboardShortcut> {
        match self {
            Action::Choose => Some(KeyboardShortcut::new(Modifiers::COMMAND, Key::O)),
            Action::Commands => Some(KeyboardShortcut::new(Modifiers::COMMAND, Key::K)),
            Action::Back => Some(KeyboardShortcut::new(Modifiers::ALT, Key::ArrowLeft)),
            Action::Forward => Some(KeyboardShortcut::new(Modifiers::ALT, Key::ArrowRight)),
            _ => None,
        }
    }
}
