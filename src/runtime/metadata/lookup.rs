//! What is asked of metadata: types by row and by name, their nesting, fields, literals, identity.
//!
//! Rows are numbered from 1 (a *rid*), 0 means none. Tables that the standard sorts are searched by
//! halving where they say that they are sorted; Reflection.Emit's are not, and are read through.

use std::borrow::Cow;

use super::Metadata;
use super::tables::{Table, Token};

/// Nesting depth after which a type's path is cut: deeper ones are loops in broken metadata.
const DEEPEST: usize = 64;

/// `static` and `literal` of a field's flags (II.23.1.5).
const STATIC: u16 = 0x10;
const LITERAL: u16 = 0x40;

/// A type by its names, outermost first, arity marks and all: `System.Collections.Generic`,
/// [`Dictionary`2`, `Entry`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypePath<'a> {
    pub namespace: Cow<'a, str>,
    pub names: Vec<Cow<'a, str>>,
}

/// A row of the Field table.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    pub rid: u32,
    pub flags: u16,
    pub name: Cow<'a, str>,
    /// Its signature blob, for [`signature`](super::signature).
    pub signature: &'a [u8],
}

impl Field<'_> {
    pub fn is_static(&self) -> bool {
        self.flags & STATIC != 0
    }

    /// A compile-time constant, which has no place in memory.
    pub fn is_literal(&self) -> bool {
        self.flags & LITERAL != 0
    }
}

/// The value of a literal: its element type (II.23.1.16) and little-endian bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Constant<'a> {
    pub element_type: u8,
    pub bytes: &'a [u8],
}

/// An assembly's identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assembly<'a> {
    pub name: Cow<'a, str>,
    pub version: [u16; 4],
}

impl<'a> Metadata<'a> {
    /// File name that the module was built with: `System.Private.CoreLib.dll`.
    pub fn module_name(self) -> Option<Cow<'a, str>> {
        self.name(Table::Module, 1, 1)
    }

    pub fn assembly(self) -> Option<Assembly<'a>> {
        let version = |column| self.cell(Table::Assembly, 1, column).map(|part| part as u16);
        Some(Assembly {
            name: self.name(Table::Assembly, 1, 7)?,
            version: [version(1)?, version(2)?, version(3)?, version(4)?],
        })
    }

    /// Where the assembly's name lies, from the root's start: the runtime's modules point at that very text.
    pub fn assembly_name_offset(self) -> Option<usize> {
        self.name_offset(Table::Assembly, 1, 7)
    }

    /// Namespace and names of a TypeDef, from the outermost type on.
    pub fn type_path(self, rid: u32) -> Option<TypePath<'a>> {
        let mut names = vec![self.name(Table::TypeDef, rid, 1)?];
        let mut outer = rid;
        while let Some(enclosing) = self.enclosing(outer).filter(|_| names.len() < DEEPEST) {
            outer = enclosing;
            names.push(self.name(Table::TypeDef, outer, 1)?);
        }
        names.reverse();
        Some(TypePath { namespace: self.name(Table::TypeDef, outer, 2)?, names })
    }

    /// The same of a TypeRef; `scope` says which assembly has it.
    pub fn type_ref_path(self, rid: u32) -> Option<TypePath<'a>> {
        let mut names = vec![self.name(Table::TypeRef, rid, 1)?];
        let mut outer = rid;
        while let Some(scope) = self.cell(Table::TypeRef, outer, 0).filter(|scope| scope & 3 == 3)
            && names.len() < DEEPEST
        {
            outer = scope >> 2;
            names.push(self.name(Table::TypeRef, outer, 1)?);
        }
        names.reverse();
        Some(TypePath { namespace: self.name(Table::TypeRef, outer, 2)?, names })
    }

    /// Namespace and names of what a token names; `None` for a TypeSpec, which has none of its own.
    pub fn path(self, token: Token) -> Option<TypePath<'a>> {
        match token.table {
            Table::TypeDef => self.type_path(token.rid),
            Table::TypeRef => self.type_ref_path(token.rid),
            _ => None,
        }
    }

    /// The signature blob of a TypeSpec.
    pub fn type_spec(self, rid: u32) -> Option<&'a [u8]> {
        self.blob(Table::TypeSpec, rid, 0)
    }

    /// The type that a TypeDef derives from.
    pub fn extends(self, rid: u32) -> Option<Token> {
        Token::type_def_or_ref(self.cell(Table::TypeDef, rid, 3)?).filter(|token| token.rid != 0)
    }

    /// The TypeDef of a type that is not nested.
    pub fn find_type(self, namespace: &str, name: &str) -> Option<u32> {
        (1..=self.layout.rows(Table::TypeDef)).find(|&rid| {
            self.name_bytes(Table::TypeDef, rid, 1) == Some(name.as_bytes())
                && self.name_bytes(Table::TypeDef, rid, 2) == Some(namespace.as_bytes())
                && self.enclosing(rid).is_none()
        })
    }

    /// The TypeDef of a path, nested or not.
    pub fn find_path(self, path: &TypePath) -> Option<u32> {
        let last = path.names.last()?.as_bytes();
        (1..=self.layout.rows(Table::TypeDef)).find(|&rid| {
            self.name_bytes(Table::TypeDef, rid, 1) == Some(last) && self.type_path(rid).as_ref() == Some(path)
        })
    }

    fn enclosing(self, rid: u32) -> Option<u32> {
        let row = self.find(Table::NestedClass, 0, rid)?;
        self.cell(Table::NestedClass, row, 1)
    }

    /// The fields that a TypeDef declares itself, in order.
    pub fn fields(self, type_def: u32) -> impl Iterator<Item = Field<'a>> {
        let through = self.layout.rows(Table::FieldPtr) != 0;
        let listed = self.layout.rows(if through { Table::FieldPtr } else { Table::Field });
        let first = self.cell(Table::TypeDef, type_def, 4).unwrap_or(0);
        let end = self.cell(Table::TypeDef, type_def.saturating_add(1), 4).unwrap_or(listed + 1).min(listed + 1);
        let end = if first == 0 { 0 } else { end };
        (first..end).filter_map(move |at| {
            let rid = if through { self.cell(Table::FieldPtr, at, 0)? } else { at };
            self.field(rid)
        })
    }

    pub fn field(self, rid: u32) -> Option<Field<'a>> {
        Some(Field {
            rid,
            flags: self.cell(Table::Field, rid, 0)? as u16,
            name: self.name(Table::Field, rid, 1)?,
            signature: self.blob(Table::Field, rid, 2)?,
        })
    }

    /// The value of a literal field, such as a member of an enum.
    pub fn constant(self, field: u32) -> Option<Constant<'a>> {
        // HasConstant: tag 0 in two bits is a field.
        let row = self.find(Table::Constant, 1, field.checked_mul(4)?)?;
        let element_type = self.cell(Table::Constant, row, 0)? as u8;
        Some(Constant { element_type, bytes: self.blob(Table::Constant, row, 2)? })
    }

    /// Does a TypeDef carry this attribute (by the name of the attribute's class, which is not nested)?
    pub fn has_attribute(self, type_def: u32, namespace: &str, name: &str) -> bool {
        // HasCustomAttribute: tag 3 in five bits is a type.
        let parent = type_def.saturating_mul(32) | 3;
        let Some(first) = self.find(Table::CustomAttribute, 0, parent) else { return false };
        let rows = first..=self.layout.rows(Table::CustomAttribute);
        rows.take_while(|&row| self.cell(Table::CustomAttribute, row, 0) == Some(parent)).any(|row| {
            let constructor = self.cell(Table::CustomAttribute, row, 1);
            let class = constructor.and_then(|constructor| self.class_of_constructor(constructor));
            class
                .and_then(|class| self.path(class))
                .is_some_and(|path| path.namespace == namespace && path.names == [name])
        })
    }

    /// The class whose constructor a `CustomAttributeType` coded index names.
    fn class_of_constructor(self, coded: u32) -> Option<Token> {
        let rid = coded >> 3;
        match coded & 7 {
            2 => Some(Token { table: Table::TypeDef, rid: self.owner_of_method(rid)? }),
            3 => match self.cell(Table::MemberRef, rid, 0)? {
                // MemberRefParent: three bits; a type definition or reference.
                parent if parent & 7 == 0 => Some(Token { table: Table::TypeDef, rid: parent >> 3 }),
                parent if parent & 7 == 1 => Some(Token { table: Table::TypeRef, rid: parent >> 3 }),
                _ => None,
            },
            _ => None,
        }
    }

    /// The TypeDef that declares a method: the last whose methods begin at or before it.
    pub fn owner_of_method(self, method: u32) -> Option<u32> {
        let first = |rid| self.cell(Table::TypeDef, rid, 5);
        let (mut low, mut high) = (1, self.layout.rows(Table::TypeDef) + 1);
        while low < high {
            let middle = low.midpoint(high);
            if first(middle)? <= method { low = middle + 1 } else { high = middle }
        }
        low.checked_sub(1).filter(|&rid| rid != 0)
    }

    /// Number of generic parameters of a TypeDef, those of its enclosing types included.
    pub fn generic_parameters(self, type_def: u32) -> u32 {
        // TypeOrMethodDef: tag 0 in one bit is a type.
        let Some(owner) = type_def.checked_mul(2) else { return 0 };
        let Some(first) = self.find(Table::GenericParam, 2, owner) else { return 0 };
        let rows = first..=self.layout.rows(Table::GenericParam);
        rows.take_while(|&row| self.cell(Table::GenericParam, row, 2) == Some(owner)).count() as u32
    }

    /// The first row of a table whose cell in `column` is `key`.
    fn find(self, table: Table, column: usize, key: u32) -> Option<u32> {
        let rows = self.layout.rows(table);
        let cell = |row| self.cell(table, row, column);
        if !self.layout.is_sorted(table) {
            return (1..=rows).find(|&row| cell(row) == Some(key));
        }
        let (mut low, mut high) = (1, rows + 1);
        while low < high {
            let middle = low.midpoint(high);
            if cell(middle)? < key { low = middle + 1 } else { high = middle }
        }
        (cell(low) == Some(key)).then_some(low)
    }
}
