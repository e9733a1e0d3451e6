//! ANSWERS: pure functions of the graph.
