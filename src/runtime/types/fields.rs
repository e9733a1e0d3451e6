//! Fields: FieldDescs joined with the metadata rows that name them.
//!
//! FieldDesc (2.1 to 10, 32 and 64 bit): owner 0, then at P a word with the row in its low 17 bits (all 24
//! where bit 30 says so), static 24, thread-static 25, RVA 26; then a word with the offset in its low 27
//! bits and the element type above. A class lists its instance fields first, then its static ones, each
//! in the order of metadata; a row outside of the type's own rows proves a list wrong, and it is dropped.

use crate::memory::AddressSpace;
use crate::runtime::metadata::signature::{Reader, element, field_element};
use crate::runtime::metadata::{Field as Row, Metadata};

use super::{ElementKind, Module, TypeName, TypeSystem, spelling};

/// Base classes that a type may have; more are a loop.
const DEEPEST: usize = 256;

/// An instance field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: Box<str>,
    /// Bytes behind the method table pointer (inside a struct: from its start).
    pub offset: u32,
    pub kind: ElementKind,
    /// Method table of the class that declares it.
    pub declaring: u64,
    /// Its row in the Field table.
    pub rid: u32,
}

/// A static field, as its FieldDesc has it: where its value lies, statics.rs knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticField {
    pub name: Box<str>,
    /// Bytes from the base that fits its kind.
    pub offset: u32,
    /// As stored in memory: a reference of any kind is `Class`, a struct (kept boxed) is `Struct`.
    pub kind: ElementKind,
    pub thread_local: bool,
    /// Its value lies in the image.
    pub rva: bool,
    pub declaring: u64,
    pub rid: u32,
}

/// A FieldDesc's two words, taken apart.
struct Desc {
    rid: u32,
    thread_local: bool,
    rva: bool,
    offset: u32,
    element: u8,
}

impl Desc {
    fn read(space: &AddressSpace, address: u64) -> Option<Desc> {
        let p = space.pointer_size() as u64;
        let (id, place) = (space.u32(address.checked_add(p)?)?, space.u32(address.checked_add(p + 4)?)?);
        Some(Desc {
            rid: id & if id >> 30 & 1 != 0 { 0xFF_FFFF } else { 0x1_FFFF },
            thread_local: id >> 25 & 1 != 0,
            rva: id >> 26 & 1 != 0,
            offset: place & 0x7FF_FFFF,
            element: (place >> 27) as u8,
        })
    }
}

impl TypeSystem {
    /// Instance fields of a type, inherited ones first, each class' in the order of its metadata. Empty
    /// where the metadata is missing; a class whose list cannot be proved is left out.
    pub fn fields(&self, space: &AddressSpace, mt: u64) -> Vec<Field> {
        let mut chain = self.bases(space, mt);
        chain.reverse();
        chain.into_iter().flat_map(|mt| self.own_fields(space, mt).unwrap_or_default()).collect()
    }

    /// The type and its base classes, System.Object last.
    pub fn bases(&self, space: &AddressSpace, mt: u64) -> Vec<u64> {
        let mut out = Vec::new();
        let mut next = Some(mt);
        while let Some(mt) = next.filter(|mt| *mt != 0 && out.len() < DEEPEST && !out.contains(mt)) {
            out.push(mt);
            next = self.parent(space, mt);
        }
        out
    }

    fn own_fields(&self, space: &AddressSpace, mt: u64) -> Option<Vec<Field>> {
        let module = self.field_module(space, mt)?;
        let metadata = module.metadata(space)?;
        let rows = self.field_rows(space, mt, metadata)?;
        let list = self.shape.field_descs(space, mt)?;
        let instance = rows.iter().filter(|row| !row.is_static() && !row.is_literal()).count();
        self.join(space, &rows, list, instance, |row, desc| Field {
            name: row.name.as_ref().into(),
            offset: desc.offset,
            kind: refined(desc.element, row.signature),
            declaring: mt,
            rid: row.rid,
        })
    }

    /// Static fields that a type itself declares. Instantiations of generic types up to .NET 8 keep them
    /// in a list of their own: give it as `list`.
    pub fn static_fields(&self, space: &AddressSpace, mt: u64, list: Option<u64>) -> Vec<StaticField> {
        self.read_static_fields(space, mt, list).unwrap_or_default()
    }

    fn read_static_fields(&self, space: &AddressSpace, mt: u64, list: Option<u64>) -> Option<Vec<StaticField>> {
        let module = self.field_module(space, mt)?;
        let metadata = module.metadata(space)?;
        let rows = self.field_rows(space, mt, metadata)?;
        let count = rows.iter().filter(|row| row.is_static() && !row.is_literal()).count();
        if count == 0 {
            return None;
        }
        let list = match list {
            Some(list) => list,
            None => {
                let instance = rows.iter().filter(|row| !row.is_static() && !row.is_literal()).count();
                let first = self.shape.field_descs(space, mt)?;
                first.checked_add((self.shape.pointer + 8).checked_mul(instance as u64)?)?
            }
        };
        self.join(space, &rows, list, count, |row, desc| StaticField {
            name: row.name.as_ref().into(),
            offset: desc.offset,
            kind: ElementKind::from_element(desc.element),
            thread_local: desc.thread_local,
            rva: desc.rva,
            declaring: mt,
            rid: row.rid,
        })
    }

    fn field_module(&self, space: &AddressSpace, mt: u64) -> Option<std::sync::Arc<Module>> {
        if self.is_free(mt) || self.shape.is_array(space, mt) {
            return None;
        }
        self.module_of(space, mt)
    }

    fn field_rows<'a>(&self, space: &AddressSpace, mt: u64, metadata: Metadata<'a>) -> Option<Vec<Row<'a>>> {
        Some(metadata.fields(self.shape.rid(space, mt)?).collect())
    }

    /// Joins `count` FieldDescs from `list` on with their rows.
    fn join<T>(
        &self,
        space: &AddressSpace,
        rows: &[Row],
        list: u64,
        count: usize,
        make: impl Fn(&Row, &Desc) -> T,
    ) -> Option<Vec<T>> {
        let mut out = Vec::with_capacity(count);
        for i in 0..count as u64 {
            let desc = Desc::read(space, list.checked_add(i * (self.shape.pointer + 8))?)?;
            let row = rows.iter().find(|row| row.rid == desc.rid)?;
            out.push(make(row, &desc));
        }
        Some(out)
    }

    /// The declared type of a field, its generic parameters replaced by what the class was made with.
    pub fn field_type_name(&self, space: &AddressSpace, declaring: u64, rid: u32) -> Option<TypeName> {
        let module = self.module_of(space, declaring)?;
        let metadata = module.metadata(space)?;
        let mut reader = Reader::of_field(metadata.field(rid)?.signature)?;
        let arguments = self.shape.arguments(space, declaring);
        let pieces = spelling::of_signature(metadata, &mut reader, &arguments);
        Some(spelling::spell(pieces, |handle| self.expand(space, handle)))
    }
}

/// FieldDescs know references only as `Class` and pointers as native integers: the signature tells more.
fn refined(stored: u8, signature: &[u8]) -> ElementKind {
    let declared = field_element(signature).unwrap_or(stored);
    let narrower = match stored {
        element::CLASS => {
            matches!(declared, element::STRING | element::OBJECT | element::SZ_ARRAY | element::ARRAY)
        }
        element::I => matches!(declared, element::POINTER | element::FUNCTION | element::U),
        _ => false,
    };
    ElementKind::from_element(if narrower { declared } else { stored })
}
