//! The sheet of all keys (`?` or F1), over the window.
//!
//! One table says what they do, by where they do it; the panels themselves read the keys.

use eframe::egui::{self, Event, Id, Key, Modal, Modifiers, RichText, Ui};
use egui_extras::{Column, TableBuilder};

use super::theme;
use super::widgets::{self, palette};

/// Where keys act, the keys, and what they do.
const KEYS: &[(&str, &[(&str, &str)])] = &[
    (
        "Anywhere",
        &[
            ("Ctrl O", "Open a dump"),
            ("Ctrl K", "Commands, files, types by name"),
            ("1 … 9  0", "Switch the view; in the flame graph 0 shows all of it"),
            ("Alt ←  Alt →", "Back and forward"),
            ("Ctrl F", "Filter or find"),
            ("Ctrl +  Ctrl −  Ctrl 0", "Larger, smaller, actual size"),
            ("?  F1", "This sheet"),
            ("Esc", "Close what is open, clear a filter"),
        ],
    ),
    (
        "Tables and trees",
        &[
            ("↑ ↓  PgUp PgDn  Home End", "Move"),
            ("Enter", "Open: who refers to it"),
            ("→  ←", "Open and close a row of a tree"),
            ("Ctrl C", "Copy the row, for a spreadsheet"),
            ("Ctrl Shift C", "Copy the row as Markdown"),
        ],
    ),
    (
        "Types",
        &[
            ("I", "The objects of the type, one by one"),
            ("F", "Its flame graph"),
            ("Alt F", "By Name: fold into what holds it"),
        ],
    ),
    ("Instances", &[("Enter", "Look inside; follow a reference"), ("Esc", "Close the object")]),
    ("Referrers", &[("Space", "The heaviest path up to a root"), ("P", "All paths to roots")]),
    (
        "Flame graph",
        &[
            ("Arrows", "Move the selection"),
            ("Enter  Backspace", "Zoom in and out"),
            ("0  Esc", "The whole picture"),
            ("+  −  Ctrl wheel", "Stretch"),
            ("F3  Shift F3", "Next and previous hit"),
            ("F  H  U", "Focus on it, hide its type, user code only"),
            ("N  R  T", "Its objects, their referrers, its row in Types"),
            ("I", "Turn it upside down"),
        ],
    ),
];

const LINE: f32 = 23.0;
const KEY_COLUMN: f32 = 190.0;

/// Is the sheet to be opened, or closed where it is `open`? Where something is typed, `?` is a letter.
pub fn asked(ui: &mut Ui, open: bool) -> bool {
    let free = !ui.ctx().text_edit_focused();
    ui.input_mut(|input| {
        let mark = free && input.events.iter().any(|event| matches!(event, Event::Text(text) if text == "?"));
        input.consume_key(Modifiers::NONE, Key::F1) || mark || open && input.consume_key(Modifiers::NONE, Key::Escape)
    })
}

/// Shows the sheet; true when it is to be closed.
pub fn show(ui: &Ui) -> bool {
    let palette = palette(ui);
    let room = ui.ctx().content_rect();
    let frame = widgets::sheet(ui, 20);
    let shown = Modal::new(Id::unique("keys")).frame(frame).show(ui.ctx(), |ui| {
        ui.set_width(560.0_f32.min(room.width() - 80.0));
        ui.label(RichText::new("Keys").font(theme::title()).color(palette.text));
        ui.add_space(10.0);
        TableBuilder::new(ui)
            .column(Column::exact(KEY_COLUMN))
            .column(Column::remainder())
            .max_scroll_height(room.height() - 150.0)
            .auto_shrink([false, true])
            .body(|mut body| {
                for (place, keys) in KEYS {
                    body.row(LINE + 8.0, |mut row| {
                        row.col(|ui| heading(ui, place));
                        row.col(|_| {});
                    });
                    for (key, does) in *keys {
                        body.row(LINE, |mut row| {
                            row.col(|ui| drop(ui.label(RichText::new(*key).font(theme::mono()).color(palette.muted))));
                            row.col(|ui| drop(ui.label(RichText::new(*does).color(palette.text))));
                        });
                    }
                }
            });
    });
    shown.should_close()
}

fn heading(ui: &mut Ui, words: &str) {
    let palette = palette(ui);
    ui.with_layout(egui::Layout::left_to_right(egui::Align::Max), |ui| {
        ui.label(RichText::new(words).font(theme::small()).color(palette.accent));
    });
}
