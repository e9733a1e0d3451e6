//! The metadata tables: their numbers, the columns of their rows, tokens into them.
//!
//! ECMA-335 II.22 and II.24.2.6. Rows have no fixed size: a column that names a heap or another table is
//! 2 or 4 bytes wide, by how large that is. So every table's columns must be known, needed or not.

/// Number of tables that an assembly's metadata may have (0x2D and above belong to debug files).
pub(super) const TABLES: usize = 0x2D;
/// The most columns that a table has.
pub(super) const COLUMNS: usize = 9;

/// The tables that are looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Table {
    Module = 0x00,
    TypeRef = 0x01,
    TypeDef = 0x02,
    FieldPtr = 0x03,
    Field = 0x04,
    MethodPtr = 0x05,
    Method = 0x06,
    MemberRef = 0x0A,
    Constant = 0x0B,
    CustomAttribute = 0x0C,
    TypeSpec = 0x1B,
    Assembly = 0x20,
    AssemblyRef = 0x23,
    NestedClass = 0x29,
    GenericParam = 0x2A,
}

/// A row of one of the tables that a type can be named by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub table: Table,
    /// Row, from 1 on.
    pub rid: u32,
}

impl Token {
    /// A `TypeDefOrRef` coded index (II.24.2.6), as signatures and `Extends` have it.
    pub fn type_def_or_ref(coded: u32) -> Option<Token> {
        let table = [Table::TypeDef, Table::TypeRef, Table::TypeSpec].get(coded as usize & 3).copied()?;
        Some(Token { table, rid: coded >> 2 })
    }
}

/// What a column holds, and so how wide it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Column {
    U16,
    U32,
    String,
    Guid,
    Blob,
    /// A row of one table.
    Row(u8),
    /// A row of one of several tables; the low bits say of which.
    Coded(&'static Coded),
}

/// The tables that a coded index chooses from.
#[derive(Debug)]
pub(super) struct Coded {
    pub bits: u32,
    pub tables: &'static [u8],
}

static TYPE_DEF_OR_REF: Coded = Coded { bits: 2, tables: &[0x02, 0x01, 0x1B] };
static HAS_CONSTANT: Coded = Coded { bits: 2, tables: &[0x04, 0x08, 0x17] };
static HAS_CUSTOM_ATTRIBUTE: Coded = Coded {
    bits: 5,
    tables: &[
        0x06, 0x04, 0x01, 0x02, 0x08, 0x09, 0x0A, 0x00, 0x0E, 0x17, 0x14, 0x11, 0x1A, 0x1B, 0x20, 0x23, 0x26, 0x27,
        0x28, 0x2A, 0x2C, 0x2B,
    ],
};
static HAS_FIELD_MARSHAL: Coded = Coded { bits: 1, tables: &[0x04, 0x08] };
static HAS_DECL_SECURITY: Coded = Coded { bits: 2, tables: &[0x02, 0x06, 0x20] };
static MEMBER_REF_PARENT: Coded = Coded { bits: 3, tables: &[0x02, 0x01, 0x1A, 0x06, 0x1B] };
static HAS_SEMANTICS: Coded = Coded { bits: 1, tables: &[0x14, 0x17] };
static METHOD_DEF_OR_REF: Coded = Coded { bits: 1, tables: &[0x06, 0x0A] };
static MEMBER_FORWARDED: Coded = Coded { bits: 1, tables: &[0x04, 0x06] };
static IMPLEMENTATION: Coded = Coded { bits: 2, tables: &[0x26, 0x23, 0x27] };
static CUSTOM_ATTRIBUTE_TYPE: Coded = Coded { bits: 3, tables: &[0x06, 0x0A] };
static RESOLUTION_SCOPE: Coded = Coded { bits: 2, tables: &[0x00, 0x1A, 0x23, 0x01] };
static TYPE_OR_METHOD_DEF: Coded = Coded { bits: 1, tables: &[0x02, 0x06] };

/// The columns of each table, in order.
#[rustfmt::skip]
pub(super) static SCHEMA: [&[Column]; TABLES] = {
    use Column::{Blob, Coded, Guid, Row, String, U16, U32};
    [
        /* 00 Module */ &[U16, String, Guid, Guid, Guid],
        /* 01 TypeRef */ &[Coded(&RESOLUTION_SCOPE), String, String],
        /* 02 TypeDef */ &[U32, String, String, Coded(&TYPE_DEF_OR_REF), Row(0x04), Row(0x06)],
        /* 03 FieldPtr */ &[Row(0x04)],
        /* 04 Field */ &[U16, String, Blob],
        /* 05 MethodPtr */ &[Row(0x06)],
        /* 06 Method */ &[U32, U16, U16, String, Blob, Row(0x08)],
        /* 07 ParamPtr */ &[Row(0x08)],
        /* 08 Param */ &[U16, U16, String],
        /* 09 InterfaceImpl */ &[Row(0x02), Coded(&TYPE_DEF_OR_REF)],
        /* 0A MemberRef */ &[Coded(&MEMBER_REF_PARENT), String, Blob],
        /* 0B Constant */ &[U16, Coded(&HAS_CONSTANT), Blob],
        /* 0C CustomAttribute */ &[Coded(&HAS_CUSTOM_ATTRIBUTE), Coded(&CUSTOM_ATTRIBUTE_TYPE), Blob],
        /* 0D FieldMarshal */ &[Coded(&HAS_FIELD_MARSHAL), Blob],
        /* 0E DeclSecurity */ &[U16, Coded(&HAS_DECL_SECURITY), Blob],
        /* 0F ClassLayout */ &[U16, U32, Row(0x02)],
        /* 10 FieldLayout */ &[U32, Row(0x04)],
        /* 11 StandAloneSig */ &[Blob],
        /* 12 EventMap */ &[Row(0x02), Row(0x14)],
        /* 13 EventPtr */ &[Row(0x14)],
        /* 14 Event */ &[U16, String, Coded(&TYPE_DEF_OR_REF)],
        /* 15 PropertyMap */ &[Row(0x02), Row(0x17)],
        /* 16 PropertyPtr */ &[Row(0x17)],
        /* 17 Property */ &[U16, String, Blob],
        /* 18 MethodSemantics */ &[U16, Row(0x06), Coded(&HAS_SEMANTICS)],
        /* 19 MethodImpl */ &[Row(0x02), Coded(&METHOD_DEF_OR_REF), Coded(&METHOD_DEF_OR_REF)],
        /* 1A ModuleRef */ &[String],
        /* 1B TypeSpec */ &[Blob],
        /* 1C ImplMap */ &[U16, Coded(&MEMBER_FORWARDED), String, Row(0x1A)],
        /* 1D FieldRVA */ &[U32, Row(0x04)],
        /* 1E EncLog */ &[U32, U32],
        /* 1F EncMap */ &[U32],
        /* 20 Assembly */ &[U32, U16, U16, U16, U16, U32, Blob, String, String],
        /* 21 AssemblyProcessor */ &[U32],
        /* 22 AssemblyOS */ &[U32, U32, U32],
        /* 23 AssemblyRef */ &[U16, U16, U16, U16, U32, Blob, String, String, Blob],
        /* 24 AssemblyRefProcessor */ &[U32, Row(0x23)],
        /* 25 AssemblyRefOS */ &[U32, U32, U32, Row(0x23)],
        /* 26 File */ &[U32, String, Blob],
        /* 27 ExportedType */ &[U32, U32, String, String, Coded(&IMPLEMENTATION)],
        /* 28 ManifestResource */ &[U32, U32, String, Coded(&IMPLEMENTATION)],
        /* 29 NestedClass */ &[Row(0x02), Row(0x02)],
        /* 2A GenericParam */ &[U16, U16, Coded(&TYPE_OR_METHOD_DEF), String],
        /* 2B MethodSpec */ &[Coded(&METHOD_DEF_OR_REF), Blob],
        /* 2C GenericParamConstraint */ &[Row(0x2A), Coded(&TYPE_DEF_OR_REF)],
    ]
};
