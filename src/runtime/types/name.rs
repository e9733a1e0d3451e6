//! A type's name, as ClrMD spells it, and what a display needs of its parts.
//!
//! C# names hold `<`, `>`, `,` and `.` of their own (`<<Main>b__0>d`), so a spelled name cannot be taken
//! apart again: whoever spells it also gives its short form and where its namespace ends.

/// A name as ClrMD spells it, and its short form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeName {
    /// `System.Collections.Generic.Dictionary<System.String, System.Object>+Entry[]`
    pub full: Box<str>,
    /// The same without any namespace: `Dictionary<String, Object>+Entry[]`.
    pub short: Box<str>,
    /// Bytes of `full` that are the namespace of the outermost type, its last dot included.
    pub namespace: u32,
}
