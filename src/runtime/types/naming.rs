//! Names of types, by their method tables.
//!
//! A type handle is taken apart one level at a time: arrays and TypeDescs into their element, all others
//! into the path that metadata gives and the handles they were made with. Without metadata a type is told
//! by module and token, `System.Linq.dll!0x02000012`.

use rayon::prelude::*;

use crate::memory::AddressSpace;
use crate::progress::{CHECK_EVERY, Cancelled, Progress};
use crate::runtime::metadata::TypePath;

use super::shape::desc;
use super::spelling::{self, Piece};
use super::{TypeName, TypeSystem};

impl TypeSystem {
    /// The name of a type, by its method table or type handle.
    pub fn name(&self, space: &AddressSpace, handle: u64) -> TypeName {
        spelling::spell(vec![Piece::Handle(handle)], |handle| self.expand(space, handle))
    }

    /// Name of a type's definition as metadata spells it, arity marks and all; its arguments left out:
    /// `System.Collections.Generic.Dictionary`2+Entry`. Empty for arrays and without metadata.
    pub fn definition_name(&self, space: &AddressSpace, mt: u64) -> String {
        let name = || {
            let module = self.module_of(space, mt).filter(|_| !self.shape.is_array(space, mt))?;
            let TypePath { namespace, names } = module.metadata(space)?.type_path(self.shape.rid(space, mt)?)?;
            let dot = if namespace.is_empty() { "" } else { "." };
            Some(format!("{namespace}{dot}{}", names.join("+")))
        };
        name().unwrap_or_default()
    }

    /// Names and module files of many method tables, in their order.
    pub fn names(
        &self,
        space: &AddressSpace,
        method_tables: &[u64],
        progress: &Progress,
    ) -> Result<Vec<(TypeName, Box<str>)>, Cancelled> {
        let one = |(i, &mt): (usize, &u64)| {
            if i.is_multiple_of(CHECK_EVERY >> 8) {
                progress.check()?;
            }
            Ok((self.name(space, mt), self.module_file(space, mt)))
        };
        method_tables.par_iter().enumerate().map(one).collect()
    }

    /// A type handle, taken apart by one level.
    pub(super) fn expand(&self, space: &AddressSpace, handle: u64) -> Vec<Piece> {
        if self.is_free(handle) {
            return vec![Piece::text("Free")];
        }
        if handle & 2 != 0 {
            return self.expand_desc(space, handle & !2);
        }
        if !self.shape.is_method_table(space, handle) {
            return vec![Piece::Text(format!("<unknown type {handle:#x}>"))];
        }
        if self.shape.is_array(space, handle) {
            let element = self.shape.element(space, handle).unwrap_or(0);
            let rank = self.shape.array_rank(space, handle).unwrap_or(0);
            return vec![Piece::Handle(element), Piece::Text(spelling::array_suffix(rank))];
        }
        self.expand_definition(space, handle).unwrap_or_else(|| self.fallback(space, handle))
    }

    fn expand_definition(&self, space: &AddressSpace, mt: u64) -> Option<Vec<Piece>> {
        let module = self.module_of(space, mt)?;
        let path = module.metadata(space)?.type_path(self.shape.rid(space, mt)?)?;
        let arguments = self.shape.arguments(space, mt);
        Some(spelling::fill(spelling::of_path(&path, arguments.len()), &arguments))
    }

    /// What can be said of a type without metadata.
    fn fallback(&self, space: &AddressSpace, mt: u64) -> Vec<Piece> {
        if mt == self.string || mt == self.object {
            let name = if mt == self.string { "String" } else { "Object" };
            return vec![Piece::Namespace("System.".to_owned()), Piece::text(name)];
        }
        let token = self.calibrated.then(|| self.shape.rid(space, mt)).flatten();
        let Some(token) = token else { return vec![Piece::Text(format!("<unknown type {mt:#x}>"))] };
        let file = self.module_file(space, mt);
        let file = if file.is_empty() { "?" } else { &file };
        let name = format!("{file}!{:#010x}", 0x0200_0000 | token);
        let arguments = self.shape.arguments(space, mt);
        let path = TypePath { namespace: "".into(), names: vec![name.into()] };
        spelling::fill(spelling::of_path(&path, arguments.len()), &arguments)
    }

    fn expand_desc(&self, space: &AddressSpace, at: u64) -> Vec<Piece> {
        let kind = space.u32(at).map(|word| word as u8);
        let suffix = match kind {
            Some(desc::POINTER) => "*",
            Some(desc::BY_REF) => "&",
            Some(desc::SZ_ARRAY) => "[]",
            // Its rank is that of the template method table, which is not read.
            Some(desc::ARRAY) => "[,]",
            Some(desc::VARIABLE | desc::METHOD_VARIABLE) => return vec![Piece::text("T")],
            Some(desc::FUNCTION) => return vec![Piece::text("(fnptr)")],
            _ => return vec![Piece::Text(format!("<unknown type {:#x}>", at | 2))],
        };
        let argument = self.shape.desc_argument(space, at).unwrap_or(0);
        vec![Piece::Handle(argument), Piece::text(suffix)]
    }
}
