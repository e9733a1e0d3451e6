//! ANSWERS: pure functions of the graph.

pub mod flame;
pub mod strings;
