//! What the window remembers from one run to the next.
//!
//! Kept as one JSON text in eframe's storage (a file in the user's configuration folder), beside what eframe
//! keeps itself: place of the window, widths of columns. A text that cannot be read counts as none.

use eframe::egui::ThemePreference;
use serde::{Deserialize, Serialize};

use crate::view::recent::Recent;

const KEY: &str = "heapglass";

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub theme: ThemePreference,
    pub recent: Recent,
    /// How large everything is, 1 being as the system says.
    pub zoom: f32,
    /// Titles of columns of the type table that are not shown.
    pub hidden_columns: Vec<String>,
    /// Count strings and arrays to their owner?
    pub folded: bool,
    /// Show PerfView's By Name in place of the type table?
    pub by_name: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            theme: ThemePreference::System,
            recent: Recent::default(),
            zoom: 1.0,
            hidden_columns: Vec::new(),
            folded: true,
            by_name: false,
        }
    }
}

impl Settings {
    pub fn load(storage: Option<&dyn eframe::Storage>) -> Settings {
        let text = storage.and_then(|storage| storage.get_string(KEY));
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    pub fn save(&self, storage: &mut dyn eframe::Storage) {
        match serde_json::to_string(self) {
            Ok(text) => storage.set_string(KEY, text),
            Err(error) => log::warn!("settings are not kept: {error}"),
        }
    }
}
