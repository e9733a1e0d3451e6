//! HEADLESS: one file per command.
