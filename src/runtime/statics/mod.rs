//! Static variables that hold objects: their names and the slots they lie in.
//!
//! A reference (or the box of a struct) of a static field lies in a slot of an object[]; where that slot is
//! the runtime knows per type (9+, `per_type.rs`) or per module and, for generic, emitted and collectible
//! types, per type in a table of the module (up to 8, `per_module.rs`). Looked at are all loaded types and
//! all generic instances (`instances.rs`). A slot that is set counts whether or not the class has been
//! initialised: precompiled code fills slots before the constructor runs.

mod instances;
mod per_module;
mod per_type;
mod shared;

use std::ops::Range;

use rustc_hash::FxHashSet;

use super::handles::Handles;
use super::loader_allocators::LoaderAllocators;
use super::types::{ElementKind, StaticField, TokenForm, TypeDef, TypeSystem};
use crate::memory::AddressSpace;
use crate::progress::{CHECK_EVERY, Cancelled, Progress};

pub(super) use per_module::{PerModule, entry, loader_slot};
pub(super) use per_type::thread_index;

/// A static variable that is not null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticVariable {
    /// The type that declares it (of a generic type, the instance).
    pub method_table: u64,
    /// Raw name of the field.
    pub field: Box<str>,
    /// Where the reference lies.
    pub slot: u64,
    /// The object; for a struct, its box.
    pub object: u64,
    /// Is it kept by a collectible load context, not by the runtime?
    pub collectible: bool,
    /// Up to 8: precompiled code filled it although the class constructor has not run. Tools that ask the
    /// runtime's own data access do not list such a variable.
    pub early: bool,
}

/// All static variables that are not null.
#[derive(Clone, Debug, Default)]
pub struct Statics {
    /// In the order of their slots.
    pub list: Vec<StaticVariable>,
    /// Types that could have had static variables.
    pub types: usize,
    /// How the slots were found, in words.
    pub how: String,
}

/// A runtime's structures through which static variables are found.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    pub space: &'a AddressSpace,
    pub types: &'a TypeSystem,
    pub handles: &'a Handles,
    pub loader_allocators: &'a LoaderAllocators,
}

/// Where the reference statics of one type lie.
pub struct Place {
    /// A field's offset is counted from here.
    pub base: u64,
    pub collectible: bool,
    /// Up to 8: has the class constructor not run?
    pub early: bool,
    /// FieldDescs of a generic instance's static fields.
    pub list: Option<u64>,
}

/// The way a runtime keeps statics.
pub enum Storage {
    PerType,
    PerModule(PerModule),
}

impl Storage {
    /// Measures it; `None` where nothing in the dump shows how an older runtime keeps them. `skip` is the GC
    /// heap: it holds no native structure.
    pub fn measure(
        sources: Sources,
        type_defs: &[TypeDef],
        skip: &[Range<u64>],
        progress: &Progress,
    ) -> Result<Option<Storage>, Cancelled> {
        Ok(match sources.types.shape().tokens {
            TokenForm::Long => Some(Storage::PerType),
            TokenForm::Short => PerModule::measure(sources, type_defs, skip, progress)?.map(Storage::PerModule),
        })
    }

    /// One place for each application domain in which the type has statics.
    fn places(&self, sources: Sources, method_table: u64) -> Vec<Place> {
        match self {
            Storage::PerType => per_type::place(sources, method_table).into_iter().collect(),
            Storage::PerModule(per_module) => per_module.places(sources, method_table),
        }
    }

    /// FieldDescs of the static fields of a generic instance; `None` for every other type.
    pub fn field_list(&self, sources: Sources, method_table: u64) -> Option<u64> {
        match self {
            Storage::PerType => per_type::field_list(sources, method_table),
            Storage::PerModule(per_module) => per_module.field_list(sources, method_table),
        }
    }

    fn how(&self) -> String {
        match self {
            Storage::PerType => "DynamicStaticsInfo of each type".to_owned(),
            Storage::PerModule(per_module) => per_module.how(),
        }
    }
}

/// All types that can have static variables: loaded definitions that are not generic, and instances.
/// `extra` are method tables known from elsewhere, such as those of the heap's objects.
pub fn all_types(
    sources: Sources,
    type_defs: &[TypeDef],
    extra: &[u64],
    progress: &Progress,
) -> Result<Vec<u64>, Cancelled> {
    let shape = sources.types.shape();
    let plain = type_defs.iter().map(|def| def.method_table).filter(|&mt| !shape.is_generic(sources.space, mt));
    let mut out: Vec<u64> = plain.chain(instances::all(sources, type_defs, extra, progress)?).collect();
    let mut seen = FxHashSet::default();
    out.retain(|&mt| seen.insert(mt));
    Ok(out)
}

/// Is it a reference to an object, thread-static or not?
pub(super) fn holds_object(field: &StaticField) -> bool {
    !field.rva && (field.kind.is_reference() || field.kind == ElementKind::Struct)
}

impl Statics {
    /// Finds them among `method_tables` (see [`all_types`]).
    pub fn find(
        sources: Sources,
        storage: &Storage,
        method_tables: &[u64],
        progress: &Progress,
    ) -> Result<Statics, Cancelled> {
        let mut list = Vec::new();
        let mut types = 0;
        for (i, &method_table) in method_tables.iter().enumerate() {
            if i.is_multiple_of(CHECK_EVERY >> 6) {
                progress.check()?;
            }
            let places = storage.places(sources, method_table);
            types += usize::from(!places.is_empty());
            for Place { base, collectible, early, list: fields } in places {
                let fields = sources.types.static_fields(sources.space, method_table, fields);
                for field in fields.into_iter().filter(|field| holds_object(field) && !field.thread_local) {
                    let slot = base.wrapping_add(u64::from(field.offset));
                    let object = sources.space.pointer(slot).unwrap_or(0);
                    if object != 0 {
                        list.push(StaticVariable { method_table, field: field.name, slot, object, collectible, early });
                    }
                }
            }
        }
        list.sort_by_key(|variable| variable.slot);
        list.dedup();
        Ok(Statics { list, types, how: storage.how() })
    }
}
