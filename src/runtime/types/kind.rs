//! What a field or array element is in memory.

use crate::runtime::metadata::signature::element;

/// The kinds of values, as ECMA-335's element types tell them apart; enums are their underlying integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ElementKind {
    Boolean,
    Char,
    Int8,
    UInt8,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Float,
    Double,
    NativeInt,
    NativeUInt,
    Pointer,
    FunctionPointer,
    Struct,
    String,
    Object,
    Class,
    Array,
    SzArray,
    /// An element type that no field of a loaded type has.
    Other(u8),
}

impl ElementKind {
    pub fn from_element(element: u8) -> ElementKind {
        match element {
            element::BOOLEAN => ElementKind::Boolean,
            element::CHAR => ElementKind::Char,
            element::I1 => ElementKind::Int8,
            element::U1 => ElementKind::UInt8,
            element::I2 => ElementKind::Int16,
            element::U2 => ElementKind::UInt16,
            element::I4 => ElementKind::Int32,
            element::U4 => ElementKind::UInt32,
            element::I8 => ElementKind::Int64,
            element::U8 => ElementKind::UInt64,
            element::R4 => ElementKind::Float,
            element::R8 => ElementKind::Double,
            element::STRING => ElementKind::String,
            element::POINTER => ElementKind::Pointer,
            element::VALUE_TYPE => ElementKind::Struct,
            element::CLASS => ElementKind::Class,
            element::ARRAY => ElementKind::Array,
            element::I => ElementKind::NativeInt,
            element::U => ElementKind::NativeUInt,
            element::FUNCTION => ElementKind::FunctionPointer,
            element::OBJECT => ElementKind::Object,
            element::SZ_ARRAY => ElementKind::SzArray,
            other => ElementKind::Other(other),
        }
    }

    /// Does it hold the address of an object?
    pub fn is_reference(self) -> bool {
        use ElementKind::{Array, Class, Object, String, SzArray};
        matches!(self, String | Object | Class | Array | SzArray)
    }

    /// Bytes of a value; `None` for structs, whose type tells.
    pub fn size(self, pointer_size: usize) -> Option<usize> {
        use ElementKind::*;
        Some(match self {
            Boolean | Int8 | UInt8 => 1,
            Char | Int16 | UInt16 => 2,
            Int32 | UInt32 | Float => 4,
            Int64 | UInt64 | Double => 8,
            NativeInt | NativeUInt | Pointer | FunctionPointer | String | Object | Class | Array | SzArray => {
                pointer_size
            }
            Struct | Other(_) => return None,
        })
    }
}
