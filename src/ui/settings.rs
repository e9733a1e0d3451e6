//! What the window remembers from one run to the next.
//!
//! Kept as one JSON text in eframe's storage (a file in the user's configuration folder), beside what eframe
//! keeps itself: place of the window, widths of columns. A text that cannot be read counts as none.

use std::collections::BTreeMap;

use eframe::egui::ThemePreference;
use serde::{Deserialize, Serialize};

use crate::view::recent::Recent;
use crate::view::type_sets::Grouping;

const KEY: &str = "heapglass";

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub theme: ThemePreference,
    pub recent: Recent,
    /// How large everything is, 1 being as the system says.
    pub zoom: f32,
    /// Titles of columns that are not shown, by table.
    pub hidden: BTreeMap<String, Vec<String>>,
    /// Count strings and arrays to their owner?
    pub folded: bool,
    /// Show PerfView's By Name in place of the type table?
    pub by_name: bool,
    /// Leave out what comes with the runtime?
    pub my_code: bool,
    pub grouping: Grouping,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            theme: ThemePreference::System,
            recent: Recent::default(),
            zoom: 1.0,
            hidden: BTreeMap::new(),
            folded: true,
            by_name: false,
            my_code: false,
            grouping: Grouping::None,
        }
    }
}

impl Settings {
    pub fn load(storage: Option<&dyn eframe::Storage>) -> Settings {
        let text = storage.and_then(|storage| storage.get_string(KEY));
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    /// Titles of columns of a table that are not shown.
    pub fn hidden(&self, table: &str) -> &[String] {
        self.hidden.get(table).map_or(&[], Vec::as_slice)
    }

    pub fn save(&self, storage: &mut dyn eframe::Storage) {
        match serde_json::to_string(self) {
            Ok(text) => storage.set_string(KEY, text),
            Err(error) => log::warn!("settings are not kept: {error}"),
        }
    }
}
