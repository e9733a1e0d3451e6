//! VALUES: what an object says, read when it is asked for.
//!
//! An [`Inspector`] looks at one object at a time: its fields, its array elements, its entries where it
//! is a collection, and a short text for lists. Everything is read from the dump on the spot and bounded:
//! long things come in pages, texts are cut, nested structs are opened one level at a time.

mod arrays;
mod collections;
mod enums;
mod structs;
mod texts;

use crate::memory::AddressSpace;
use crate::runtime::types::{ElementKind, Field, TypeName, TypeSystem};

pub use arrays::Array;
pub use collections::{Collection, Entry, Page};
pub use structs::date;

/// Characters of a string that a short text shows.
pub const PREVIEW: usize = 120;
/// Structs within structs that a short text opens.
const DEEPEST: u32 = 4;

/// A value in memory, as its kind has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// The dump does not hold it, or its kind is not known.
    Missing,
    Boolean(bool),
    /// A UTF-16 unit.
    Char(u16),
    Signed(i64),
    Unsigned(u64),
    Single(f32),
    Double(f64),
    /// A pointer or native integer: not the address of an object.
    Native(u64),
    /// The address of an object; 0 is null.
    Reference(u64),
    Struct(Place),
}

impl Value {
    /// What a value says without knowing more than its kind; `None` for what is elsewhere or is a struct.
    pub fn text(self) -> Option<String> {
        Some(match self {
            Value::Boolean(value) => value.to_string(),
            Value::Char(unit) => match char::from_u32(unit.into()) {
                Some(c) => format!("'{}'", c.escape_debug()),
                None => format!("'\\u{unit:04x}'"),
            },
            Value::Signed(value) => value.to_string(),
            Value::Unsigned(value) => value.to_string(),
            Value::Single(value) => value.to_string(),
            Value::Double(value) => value.to_string(),
            Value::Native(value) => format!("{value:#x}"),
            Value::Reference(0) => "null".to_owned(),
            Value::Reference(_) | Value::Struct(_) | Value::Missing => return None,
        })
    }
}

/// Where a struct's fields lie. `mt` is 0 where its type is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub mt: u64,
    pub address: u64,
}

/// A value with what a person reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub value: Value,
    /// The enum member's name, the date, the string in quotes, `Count = 801` …
    pub text: Option<String>,
}

/// A field of an object or struct, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    pub field: Field,
    /// As declared.
    pub type_name: TypeName,
    pub item: Item,
}

/// Reads values. Cheap to make and to copy.
#[derive(Clone, Copy, Debug)]
pub struct Inspector<'a> {
    space: &'a AddressSpace,
    types: &'a TypeSystem,
}

impl<'a> Inspector<'a> {
    pub fn new(space: &'a AddressSpace, types: &'a TypeSystem) -> Inspector<'a> {
        Inspector { space, types }
    }

    /// The method table of an object; the GC's marks in its low bits are taken off.
    pub fn method_table(self, object: u64) -> Option<u64> {
        let mask = if self.space.pointer_size() == 8 { 7 } else { 3 };
        self.space.pointer(object).map(|word| word & !mask).filter(|&mt| mt != 0)
    }

    /// The name of an object's type.
    pub fn type_name(self, object: u64) -> TypeName {
        self.types.name(self.space, self.method_table(object).unwrap_or(0))
    }

    /// Where an object's own bytes begin: behind its method table.
    fn body(self, object: u64) -> u64 {
        object.saturating_add(self.space.pointer_size() as u64)
    }

    /// The fields of an object, inherited ones first; empty for arrays.
    pub fn members(self, object: u64) -> Vec<Member> {
        let Some(mt) = self.method_table(object) else { return Vec::new() };
        self.struct_members(Place { mt, address: self.body(object) })
    }

    /// The fields of a struct.
    pub fn struct_members(self, place: Place) -> Vec<Member> {
        let fields = self.types.fields(self.space, place.mt);
        fields
            .into_iter()
            .map(|field| Member {
                type_name: self.types.field_type_name(self.space, field.declaring, field.rid).unwrap_or_default(),
                item: self.field_item(place, &field, 0),
                field,
            })
            .collect()
    }

    /// One field's value and text.
    fn field_item(self, place: Place, field: &Field, depth: u32) -> Item {
        let declared = self.types.value_type_of(self.space, field.declaring, field.rid).unwrap_or(0);
        let address = place.address.saturating_add(u64::from(field.offset));
        self.item(field.kind, declared, address, depth)
    }

    /// The value of this kind at `address`; `declared` is its type where it is a struct or an enum.
    fn item(self, kind: ElementKind, declared: u64, address: u64, depth: u32) -> Item {
        let value = self.value(kind, declared, address);
        Item { text: self.text_of(value, declared, depth), value }
    }

    fn value(self, kind: ElementKind, declared: u64, address: u64) -> Value {
        use ElementKind as Kind;
        let space = self.space;
        let value = match kind {
            Kind::Boolean => space.u8(address).map(|byte| Value::Boolean(byte != 0)),
            Kind::Char => space.u16(address).map(Value::Char),
            Kind::Int8 => space.u8(address).map(|byte| Value::Signed((byte as i8).into())),
            Kind::UInt8 => space.u8(address).map(|byte| Value::Unsigned(byte.into())),
            Kind::Int16 => space.u16(address).map(|half| Value::Signed((half as i16).into())),
            Kind::UInt16 => space.u16(address).map(|half| Value::Unsigned(half.into())),
            Kind::Int32 => space.u32(address).map(|word| Value::Signed((word as i32).into())),
            Kind::UInt32 => space.u32(address).map(|word| Value::Unsigned(word.into())),
            Kind::Int64 => space.u64(address).map(|long| Value::Signed(long as i64)),
            Kind::UInt64 => space.u64(address).map(Value::Unsigned),
            Kind::Float => space.u32(address).map(|bits| Value::Single(f32::from_bits(bits))),
            Kind::Double => space.u64(address).map(|bits| Value::Double(f64::from_bits(bits))),
            Kind::NativeInt | Kind::NativeUInt | Kind::Pointer | Kind::FunctionPointer => {
                space.pointer(address).map(Value::Native)
            }
            Kind::String | Kind::Object | Kind::Class | Kind::Array | Kind::SzArray => {
                space.pointer(address).map(Value::Reference)
            }
            Kind::Struct => space.contains(address).then_some(Value::Struct(Place { mt: declared, address })),
            Kind::Other(_) => None,
        };
        value.unwrap_or(Value::Missing)
    }

    /// The kind of values that have this type, told by its method table: an element of an array.
    fn kind_of(self, handle: u64) -> ElementKind {
        if handle & 2 != 0 {
            return ElementKind::Pointer;
        }
        if !self.types.is_value_type(self.space, handle) {
            return ElementKind::Class;
        }
        // Primitives and enums have one field of the very kind that they are.
        match self.types.fields(self.space, handle).as_slice() {
            [only] if self.types.is_primitive(self.space, handle) || self.types.is_enum(self.space, handle) => {
                only.kind
            }
            _ => ElementKind::Struct,
        }
    }

    /// The first of an object's or struct's fields that has one of these names.
    fn field_of(self, place: Place, names: &[&str]) -> Option<(Field, u64)> {
        let field = self.types.fields(self.space, place.mt).into_iter().find(|field| names.contains(&&*field.name))?;
        let address = place.address.checked_add(u64::from(field.offset))?;
        Some((field, address))
    }

    /// An object as a place: its type and where its fields lie.
    fn place(self, object: u64) -> Option<Place> {
        Some(Place { mt: self.method_table(object)?, address: self.body(object) })
    }

    /// A non-null reference in a field.
    fn reference_in(self, place: Place, names: &[&str]) -> Option<u64> {
        let (field, address) = self.field_of(place, names)?;
        let object = field.kind.is_reference().then(|| self.space.pointer(address))??;
        (object != 0).then_some(object)
    }

    /// An integer in a field, sign-extended.
    fn integer_in(self, place: Place, names: &[&str]) -> Option<i64> {
        let (field, address) = self.field_of(place, names)?;
        match self.value(field.kind, 0, address) {
            Value::Signed(value) => Some(value),
            Value::Unsigned(value) | Value::Native(value) => Some(value as i64),
            Value::Boolean(value) => Some(value.into()),
            _ => None,
        }
    }
}
