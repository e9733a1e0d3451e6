//! ANSWERS: pure functions of the graph.

pub mod strings;
