//! The types that have objects, by dense `u32` index.

pub use crate::runtime::types::TypeName;

/// What a type's objects are, as far as folding and views care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeKind {
    /// Unused space inside a segment; counted, but no object a user sees by default.
    Free,
    String,
    Array,
    Object,
}

/// One type: one row per method table.
#[derive(Clone, Debug)]
pub struct TypeInfo {
    pub method_table: u64,
    pub name: TypeName,
    /// File name of the module that defines it, `System.Private.CoreLib.dll`; empty for Reflection.Emit.
    pub assembly: Box<str>,
    pub kind: TypeKind,
}
