//! Every loaded module, type and value type, whether it has objects or not.
//!
//! Ordinary modules share one vtable, and all structs one base class: words that equal those two (and
//! System.Enum) lead to them. Where executable memory is mapped twice (7 and later) a dump holds such a
//! structure twice; only the one that pointers lead back to counts.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Route, TypeSystem};
use crate::memory::AddressSpace;
use crate::progress::{Cancelled, Progress};

/// Candidates in one chunk of memory beyond which a dump is not believed.
const MOST_IN_CHUNK: usize = 1 << 12;
/// Offset in a method table of its parent.
const PARENT: u64 = 0x10;
/// Loaded types of a module that are looked at for one that names the module.
const WITNESSES: usize = 64;

/// A loaded type that has a row of its own: no array, no instantiation (except among value types).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TypeDef {
    /// Address of its module.
    pub module: u64,
    /// Row in the module's TypeDef table.
    pub rid: u32,
    pub method_table: u64,
}

impl TypeSystem {
    /// Looks for modules and value types outside of `skip`.
    pub(super) fn find_loaded(
        &mut self,
        space: &AddressSpace,
        skip: &[Range<u64>],
        progress: &Progress,
    ) -> Result<(), Cancelled> {
        let p = space.pointer_size();
        let vtable = space.pointer(self.core).unwrap_or(0);
        let bases = ["ValueType", "Enum"].map(|name| self.find_type(space, "System", name).unwrap_or(0));
        self.enum_base = bases[1];
        let wanted = [vtable, bases[0], bases[1]];
        let hits = space.scan(skip, p - 1, progress, |address, bytes, own, hits| {
            for (i, word) in bytes[..own].chunks_exact(p).enumerate() {
                let mut value = [0; 8];
                value[..p].copy_from_slice(word);
                let value = u64::from_le_bytes(value);
                if wanted.contains(&value) && value != 0 && hits.len() < MOST_IN_CHUNK {
                    hits.push((value, address + (i * p) as u64));
                }
            }
        })?;
        let mut nameless = Vec::new();
        for (value, address) in hits {
            progress.check()?;
            if value == vtable {
                self.meet_module(space, address, &mut nameless);
            } else if let Some(mt) = address.checked_sub(PARENT) {
                self.value_types.extend(self.type_def_of(space, mt).filter(|_| self.shape.is_value_type(space, mt)));
            }
        }
        self.value_types.sort_unstable();
        self.how.metadata = self.say_modules();
        Ok(())
    }

    /// How many modules there are, and by which route each got its metadata.
    fn say_modules(&self) -> String {
        let modules = self.modules();
        let mut routes: BTreeMap<Route, usize> = BTreeMap::new();
        for module in &modules {
            *routes.entry(module.route).or_default() += 1;
        }
        let routes: Vec<String> = routes.iter().map(|(route, count)| format!("{count} {route}")).collect();
        format!("{} modules: {}", modules.len(), routes.join(", "))
    }

    /// Takes a module in if a loaded type names it, or if it has none (a facade) and metadata that no
    /// other such module has.
    fn meet_module(&self, space: &AddressSpace, address: u64, facades: &mut Vec<u64>) {
        let module = self.read_module(space, address);
        let types = module.type_defs(space, &self.shape);
        let metadata = module.metadata_address();
        let proved = types.iter().take(WITNESSES).any(|&(rid, mt)| self.is_type_def(space, address, rid, mt));
        let facade = types.is_empty() && metadata.is_some_and(|metadata| !facades.contains(&metadata));
        if proved || facade {
            facades.extend(metadata.filter(|_| !proved));
            self.module_at(space, address);
        }
    }

    /// Is `mt` the type of that row, by its own words?
    fn is_type_def(&self, space: &AddressSpace, module: u64, rid: u32, mt: u64) -> bool {
        self.type_def_of(space, mt) == Some(TypeDef { module, rid, method_table: mt })
    }

    fn type_def_of(&self, space: &AddressSpace, mt: u64) -> Option<TypeDef> {
        if !self.shape.is_method_table(space, mt) || self.shape.is_array(space, mt) {
            return None;
        }
        Some(TypeDef { module: self.shape.module(space, mt)?, rid: self.shape.rid(space, mt)?, method_table: mt })
    }

    /// Every loaded type that is no array and no instantiation, by module and row; open generic
    /// definitions are among them.
    pub fn type_defs(&self, space: &AddressSpace) -> Vec<TypeDef> {
        let mut out = Vec::new();
        for module in self.modules() {
            let types = module.type_defs(space, &self.shape).into_iter();
            out.extend(
                types
                    .filter(|&(rid, mt)| self.is_type_def(space, module.address, rid, mt))
                    .map(|(rid, method_table)| TypeDef { module: module.address, rid, method_table }),
            );
        }
        out
    }

    /// The method table of a loaded type of the core library that is not nested.
    pub fn find_type(&self, space: &AddressSpace, namespace: &str, name: &str) -> Option<u64> {
        let module = self.module_at(space, self.core);
        let rid = module.metadata(space)?.find_type(namespace, name)?;
        let mt = module.type_def(space, &self.shape, rid)?;
        self.is_type_def(space, self.core, rid, mt).then_some(mt)
    }

    /// The same, where the map of types cannot be read, among `tables`, the method tables of objects.
    pub fn find_type_among(
        &self,
        space: &AddressSpace,
        (namespace, name): (&str, &str),
        mut tables: impl Iterator<Item = u64>,
    ) -> Option<u64> {
        self.find_type(space, namespace, name).or_else(|| {
            let rid = self.module_at(space, self.core).metadata(space)?.find_type(namespace, name)?;
            tables.find(|&mt| {
                !self.shape.is_array(space, mt)
                    && !self.shape.is_generic(space, mt)
                    && self.shape.rid(space, mt) == Some(rid)
                    && self.shape.module(space, mt) == Some(self.core)
            })
        })
    }
}
