//! The window, driven through real input events and painted without a display.

mod commands;
mod compare;
mod flame;
mod flame_export;
mod flame_stage;
mod flame_waiting;
mod guide;
mod harness;
mod holders;
mod objects;
mod opening;
mod overview;
mod pictures;
#[path = "../support/mod.rs"]
mod support;
mod threads;
mod types;
