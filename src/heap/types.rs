//! The types that have objects, by dense `u32` index.

/// What a type's objects are, as far as folding and views care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeKind {
    /// Unused space inside a segment; counted, but no object a user sees by default.
    Free,
    String,
    Array,
    Object,
}

/// A name as ClrMD spells it, and its short form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeName {
    /// `System.Collections.Generic.Dictionary<System.String, System.Object>+Entry[]`
    pub full: Box<str>,
    /// The same without any namespace: `Dictionary<String, Object>+Entry[]`.
    pub short: Box<str>,
    /// Bytes of `full` that are the namespace of the outermost type, its last dot included.
    pub namespace: u32,
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
