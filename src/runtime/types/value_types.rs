//! From a field's signature to the method table of the struct or enum that it declares.
//!
//! A signature names a type, it does not point at one. All loaded value types are known
//! (`loaded.rs`), so they are found by name. A struct made with reference types may be loaded in its
//! shared form only: all references have one layout, so it is also found by its name with every
//! reference type among its arguments written `System.__Canon`.

use rustc_hash::FxHashMap;

use super::spelling::{self, Piece};
use super::{TypeDef, TypeName, TypeSystem};
use crate::memory::AddressSpace;
use crate::runtime::metadata::signature::{Node, Reader, element};
use crate::runtime::metadata::{Metadata, Token};

/// What every reference type is written as where only layout counts.
const ANY_REFERENCE: &str = "System.__Canon";

/// Loaded value types by the name of their layout.
pub(super) type Index = FxHashMap<Box<str>, Vec<TypeDef>>;

impl TypeSystem {
    /// Method table of the struct or enum that a field declares; `None` for fields of other kinds and
    /// where it is not loaded.
    pub fn value_type_of(&self, space: &AddressSpace, declaring: u64, rid: u32) -> Option<u64> {
        let module = self.module_of(space, declaring)?;
        let metadata = module.metadata(space)?;
        let mut reader = Reader::of_field(metadata.field(rid)?.signature)?;
        let arguments = self.shape.arguments(space, declaring);
        let layout = match reader.node()? {
            Node::Variable(index) => {
                return arguments.get(index as usize).copied().filter(|&mt| self.shape.is_value_type(space, mt));
            }
            Node::ValueType(token) => self.layout_of_instance(space, metadata, token, 0, &mut reader, &arguments),
            Node::Instance { value_type: true, token, arguments: count } => {
                self.layout_of_instance(space, metadata, token, count, &mut reader, &arguments)
            }
            _ => return None,
        };
        // One name may be in several modules: a type's own module is the likeliest.
        let found = self.value_types_by_name(space).get(&layout.full)?;
        let own = found.iter().find(|found| found.module == module.address);
        own.or(found.first()).map(|found| found.method_table)
    }

    /// The name of the layout that an instance in a signature has; the reader is behind its head.
    fn layout_of_instance(
        &self,
        space: &AddressSpace,
        metadata: Metadata,
        token: Token,
        count: u32,
        reader: &mut Reader,
        arguments: &[u64],
    ) -> TypeName {
        let path = spelling::path_of(metadata, token);
        let mut pieces = Vec::new();
        for piece in spelling::of_path(&path, count as usize) {
            if piece != Piece::Argument {
                pieces.push(piece);
                continue;
            }
            let mut ahead = *reader;
            let is_reference = match ahead.node() {
                Some(Node::Plain(kind)) => matches!(kind, element::STRING | element::OBJECT),
                Some(Node::Class(_) | Node::Instance { value_type: false, .. } | Node::SzArray | Node::Array) => true,
                Some(Node::Variable(index)) => {
                    arguments.get(index as usize).is_some_and(|&handle| self.is_reference_type(space, handle))
                }
                _ => false,
            };
            let argument = spelling::of_signature(metadata, reader, arguments);
            if is_reference {
                pieces.push(Piece::text(ANY_REFERENCE));
            } else {
                pieces.extend(argument);
            }
        }
        spelling::spell(pieces, |handle| self.expand(space, handle))
    }

    fn is_reference_type(&self, space: &AddressSpace, handle: u64) -> bool {
        handle & 2 == 0 && !self.shape.is_value_type(space, handle)
    }

    fn value_types_by_name(&self, space: &AddressSpace) -> &Index {
        self.value_type_index.get_or_init(|| {
            let mut out = Index::default();
            for &found in &self.value_types {
                let same_type = |known: &TypeDef| (known.module, known.rid) == (found.module, found.rid);
                let name = self.layout_name(space, found.method_table);
                let known = out.entry(name.full).or_default();
                if !known.iter().any(same_type) {
                    known.push(found);
                }
            }
            out
        })
    }

    /// A type's name with its reference arguments all written alike.
    fn layout_name(&self, space: &AddressSpace, mt: u64) -> TypeName {
        let mut pieces = self.expand(space, mt);
        for piece in &mut pieces {
            if let Piece::Handle(handle) = *piece
                && self.is_reference_type(space, handle)
            {
                *piece = Piece::text(ANY_REFERENCE);
            }
        }
        spelling::spell(pieces, |handle| self.expand(space, handle))
    }
}
