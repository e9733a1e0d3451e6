//! Wasted memory in words.

use crate::analysis::waste::Kind;

/// What a kind of waste is called, as a heading.
pub fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::DuplicateStrings => "Duplicate strings",
        Kind::EmptyCollections => "Empty collections",
        Kind::SparseCollections => "Collections mostly unused",
        Kind::EmptyArrays => "Empty arrays",
        Kind::SparseArrays => "Arrays of nulls and zeros",
        Kind::BoxedValues => "Boxed values",
        Kind::EventHandlers => "Forgotten event handlers",
        Kind::Timers => "Timers",
        Kind::FinalizerBacklog => "Waiting for finalizers",
        Kind::Fragmentation => "Free space between objects",
    }
}

/// One sentence: what it is and what to do about it.
pub fn advice(kind: Kind) -> &'static str {
    match kind {
        Kind::DuplicateStrings => {
            "Several strings have the same value; keep one of them (a dictionary of known values, string.Intern)."
        }
        Kind::EmptyCollections => "Collections without an element; create them when the first one comes.",
        Kind::SparseCollections => "At most half of the room set aside is used; give them a capacity, or TrimExcess.",
        Kind::EmptyArrays => "Each type needs one empty array at most; use Array.Empty<T>().",
        Kind::SparseArrays => "At least half of the references are null, or every value is zero.",
        Kind::BoxedValues => "Values in objects of their own; generic collections and interfaces avoid the box.",
        Kind::EventHandlers => "Nothing but an event keeps these subscribers alive; unsubscribe when they are done.",
        Kind::Timers => "A timer keeps its callback's object alive until it is disposed of.",
        Kind::FinalizerBacklog => "Dead already, but waiting for the finalizer thread; is it blocked or too slow?",
        Kind::Fragmentation => "The GC could not give it back, often because pinned objects stand in the way.",
    }
}
