//! ANSWERS: pure functions of the graph.

pub mod byname;
pub mod diff;
pub mod flame;
pub mod strings;
