//! ANSWERS: pure functions of the graph.
//!
//! Every function takes the graph (or what an earlier one made of it) and a [`crate::progress::Progress`],
//! looks at that one every 64 Ki steps, never recurses on data, and gives the same answer every time.

mod bits;
pub mod byname;
pub mod cheapest;
pub mod diff;
pub mod distances;
pub mod dominators;
pub mod flame;
pub mod generations;
pub mod histogram;
pub mod independent;
pub mod liveness;
mod order;
pub mod owned;
pub mod paths;
pub mod ranking;
pub mod referrers;
pub mod retained;
pub mod retaining;
mod sets;
pub mod strings;
pub mod suspects;
#[cfg(test)]
pub mod testing;
pub mod tops;
pub mod waste;
#[cfg(test)]
mod ways_test;
