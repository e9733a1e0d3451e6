//! Type names of a `.gcdump`, taken apart again.
//!
//! Such a file has spelled names only, and PerfView adds a remark to those of arrays, strings and free
//! blocks (`System.Byte[] (Bytes > 1K,NoPtrs,ElemSize=1)`). Where a namespace ends is told from the
//! spelling alone: right for all but names that compilers made up.

use crate::heap::{TypeKind, TypeName};

/// The name without PerfView's remark.
pub(super) fn without_remark(name: &str) -> &str {
    let remark = |at: &usize| ["(Bytes > ", "(Ptrs", "(NoPtrs"].iter().any(|start| name[at + 1..].starts_with(start));
    let at = name.strip_suffix(')').and_then(|inner| inner.rfind(" (")).filter(remark);
    &name[..at.unwrap_or(name.len())]
}

/// The parts of a name without remark.
pub(super) fn type_name(full: &str) -> TypeName {
    let mut short = String::with_capacity(full.len());
    let mut namespace = 0;
    let mut word = 0;
    for (at, c) in full.char_indices() {
        match c {
            // What stands before the last dot of a word is a namespace, unless the word is nested in a type.
            '.' if !full[..word].ends_with('+') => {
                short.truncate(short.len() - (at - word));
                word = at + 1;
                if !short.contains(['<', '+', '[']) {
                    namespace = word as u32;
                }
            }
            '<' | '>' | ',' | ' ' | '+' | '[' | ']' => {
                short.push(c);
                word = at + 1;
            }
            _ => short.push(c),
        }
    }
    TypeName { full: full.into(), short: short.into(), namespace }
}

/// What a type is, by its name without remark.
pub(super) fn kind(name: &str) -> TypeKind {
    match name {
        "Free" => TypeKind::Free,
        "System.String" => TypeKind::String,
        _ if name.ends_with(']') && !name.starts_with('[') => TypeKind::Array,
        _ => TypeKind::Object,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_come_off_and_other_brackets_stay() {
        assert_eq!(without_remark("System.Byte[] (Bytes > 1K,NoPtrs,ElemSize=1)"), "System.Byte[]");
        assert_eq!(without_remark("A.B[] (Ptrs,ElemSize=8)"), "A.B[]");
        assert_eq!(without_remark("System.String (Bytes > 10K)"), "System.String");
        assert_eq!(without_remark("(Type  HTMLStyleElement)"), "(Type  HTMLStyleElement)");
        assert_eq!(without_remark("[CCW for A.B RefCnt: 1]"), "[CCW for A.B RefCnt: 1]");
    }

    #[test]
    fn namespaces_end_at_the_last_dot_of_each_word() {
        let parts = |full| {
            let name = type_name(full);
            (name.short.to_string(), full[..name.namespace as usize].to_owned())
        };
        let dictionary = "System.Collections.Generic.Dictionary<System.String, A.B+C>+Entry[]";
        assert_eq!(parts(dictionary), ("Dictionary<String, B+C>+Entry[]".into(), "System.Collections.Generic.".into()));
        assert_eq!(parts("Shop"), ("Shop".into(), "".into()));
        assert_eq!(parts("A.B+<>c__1"), ("B+<>c__1".into(), "A.".into()));
        assert_eq!(parts("List<A.B>"), ("List<B>".into(), "".into()));
        assert_eq!(parts("é.ü<ß.ä>"), ("ü<ä>".into(), "é.".into()));
    }

    #[test]
    fn kinds_are_told_by_name() {
        let kinds = ["Free", "System.String", "A[]", "[RCW A!B]", "List<A[]>"].map(kind);
        let expected = [TypeKind::Free, TypeKind::String, TypeKind::Array, TypeKind::Object, TypeKind::Object];
        assert_eq!(kinds, expected);
    }
}
