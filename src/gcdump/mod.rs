//! PerfView's `.gcdump` files: another way to the same graph.

/// Why a `.gcdump` cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} is not a .gcdump file")]
    NotAGcdump(std::path::PathBuf),
}
