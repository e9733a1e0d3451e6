//! The bundled typefaces: Inter for words, JetBrains Mono for figures.
//!
//! What they lack (scripts other than Latin, Greek and Cyrillic) comes from egui's own fonts, which stay
//! behind them as fallback.

use std::sync::Arc;

use eframe::egui::{FontData, FontDefinitions, FontFamily};

const REGULAR: &str = "Inter";
const SEMI_BOLD: &str = "Inter SemiBold";
const MONO: &str = "JetBrains Mono";

/// The family of names that matter.
pub fn strong() -> FontFamily {
    FontFamily::Name("strong".into())
}

/// Ours in front, egui's behind.
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let files: [(&str, &'static [u8]); 3] = [
        (REGULAR, include_bytes!("../../assets/fonts/Inter-Regular.otf")),
        (SEMI_BOLD, include_bytes!("../../assets/fonts/Inter-SemiBold.otf")),
        (MONO, include_bytes!("../../assets/fonts/JetBrainsMono-Regular.ttf")),
    ];
    for (name, bytes) in files {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let fallback = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    for (family, chain) in [
        (FontFamily::Proportional, [REGULAR, MONO]),
        (strong(), [SEMI_BOLD, MONO]),
        (FontFamily::Monospace, [MONO, REGULAR]),
    ] {
        let chain = chain.into_iter().map(str::to_owned).chain(fallback.iter().cloned()).collect();
        fonts.families.insert(family, chain);
    }
    fonts
}
