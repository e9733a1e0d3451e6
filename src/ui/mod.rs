//! PANELS: the window (egui only).
