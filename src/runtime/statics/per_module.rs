//! Statics up to 8: a DomainLocalModule for each module.
//!
//! DomainLocalModule {domain file, table, entries, -, GC base, module index, class flags}. Slots of ordinary
//! types are counted from the module's base; generic, emitted and collectible types have an entry {data,
//! flags} in the table, by an id that is part of the type. Two offsets move between versions and are
//! measured: Module's pointer to its DomainLocalModule (the slot it gives String.Empty holds a string of
//! length 0) and the id in the optional fields of an emitted type's EEClass (all ones in every other type).

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::shared::Table;
use super::{Place, Sources};
use crate::memory::AddressSpace;
use crate::progress::{Cancelled, Progress};
use crate::runtime::loader_allocators::LoaderAllocators;
use crate::runtime::types::{TypeDef, TypeSystem};

const HAS_COMPONENTS: u32 = 0x8000_0000;
/// enum_flag_StaticsMask and its values.
const STATICS_MASK: u32 = 6;
const STATICS_DYNAMIC: u32 = 2;
/// Second flags that name multipurpose slots.
const MULTIPURPOSE: u16 = 0x1F;
/// Flag of a class, in its module's flags or in a table entry: its constructor has run.
const INITIALISED: u8 = 1;
/// Flag of a table entry: its data are handles into the LoaderAllocator's slots.
const COLLECTIBLE_ENTRY: u64 = 8;
const NO_ID: u32 = u32::MAX;
/// Ids and module indices beyond which a value is not believed.
const MAX_ID: u64 = 1 << 24;
/// How far into Module its DomainLocalModule is looked for (0x548 in 2.2), and the id into optional fields.
const MODULE_SIZE: u64 = 0x800;
const OPTIONAL_FIELDS: u64 = 0x40;

/// The two measured offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerModule {
    domain_local_module: u64,
    /// Of modules that several domains share; empty where there are none.
    shared: Arc<[Table]>,
    /// `None` where no emitted or collectible type shows it.
    dynamic_id: Option<u64>,
}

/// An entry of a table for types whose statics are not the module's.
pub struct Entry {
    /// The first word of its data.
    pub word: u64,
    pub collectible: bool,
    /// Has the class constructor run?
    pub initialised: bool,
}

impl PerModule {
    pub fn measure(
        sources: Sources,
        type_defs: &[TypeDef],
        skip: &[Range<u64>],
        progress: &Progress,
    ) -> Result<Option<PerModule>, Cancelled> {
        let mut shared = Vec::new();
        let mut offset = domain_local_module(sources, &shared);
        if offset.is_none() {
            shared = Table::find_all(sources.space, skip, progress)?;
            offset = domain_local_module(sources, &shared);
        }
        Ok(offset.map(|domain_local_module| PerModule {
            domain_local_module,
            shared: shared.into(),
            dynamic_id: dynamic_id_offset(sources.space, sources.types, type_defs),
        }))
    }

    pub fn how(&self) -> String {
        let domains = match self.shared.len() {
            0 => String::new(),
            count => format!(", of shared modules in {count} domains (.NET Framework, by source only)"),
        };
        format!("DomainLocalModule at Module+{:#x}{domains}", self.domain_local_module)
    }

    fn word(&self, space: &AddressSpace, module: u64) -> Option<u64> {
        space.pointer(module.checked_add(self.domain_local_module)?)
    }

    /// The index under which threads keep a module's thread statics.
    pub fn module_index(&self, sources: Sources, module: u64) -> Option<u64> {
        let p = sources.types.shape().pointer;
        let index = match self.word(sources.space, module)? {
            0 => return None,
            shared if shared & 1 != 0 => shared >> 1,
            local => sources.space.pointer(local.checked_add(5 * p)?)?,
        };
        (index < MAX_ID).then_some(index)
    }

    /// Where the statics of a type lie, in each domain.
    pub fn places(&self, sources: Sources, method_table: u64) -> Vec<Place> {
        let module = sources.types.shape().loader_module(sources.space, method_table);
        let word = module.and_then(|module| Some((module, self.word(sources.space, module)?)));
        let Some((module, word)) = word else { return Vec::new() };
        let locals = local_modules(sources.space, word, &self.shared);
        locals.filter_map(|local| self.place(sources, module, local, method_table)).collect()
    }

    fn place(&self, sources: Sources, module: u64, local: u64, method_table: u64) -> Option<Place> {
        let Sources { space, types, .. } = sources;
        let p = types.shape().pointer;
        let list = self.field_list(sources, method_table);
        let Some(id) = self.id(sources, method_table)? else {
            let base = space.pointer(local.checked_add(4 * p)?)?;
            let early = class_flags(space, types, local, method_table).is_none_or(|flags| flags & INITIALISED == 0);
            return (base != 0 && list.is_none()).then_some(Place { base, collectible: false, early, list });
        };
        let entry = entry(space, local.checked_add(p)?, id)?;
        let base = match entry.collectible {
            false => entry.word,
            true => loader_slot(sources, module, entry.word)?.checked_add(2 * p)?,
        };
        (base != 0).then_some(Place { base, collectible: entry.collectible, early: !entry.initialised, list })
    }

    /// The id of a type whose statics are not the module's: `Some(None)` for an ordinary type, `None` where
    /// it is not known.
    pub fn id(&self, sources: Sources, method_table: u64) -> Option<Option<u64>> {
        let Sources { space, types, .. } = sources;
        let flags = space.u32(method_table)?;
        if flags & HAS_COMPONENTS != 0 || flags & STATICS_MASK == 0 {
            return Some(None);
        }
        let id = if flags & STATICS_MASK == STATICS_DYNAMIC {
            let fields = optional_fields(space, types, method_table)?;
            u64::from(space.u32(fields.checked_add(self.dynamic_id?)?)?)
        } else {
            space.pointer(statics_info(space, types, method_table)?.checked_add(types.shape().pointer)?)?
        };
        (id < MAX_ID).then_some(Some(id))
    }

    /// FieldDescs of the static fields of a generic instance.
    pub fn field_list(&self, sources: Sources, method_table: u64) -> Option<u64> {
        let Sources { space, types, .. } = sources;
        let flags = space.u32(method_table)?;
        let own = flags & HAS_COMPONENTS == 0 && flags & STATICS_MASK & !STATICS_DYNAMIC != 0;
        let slot = own.then(|| statics_info(space, types, method_table)).flatten()?;
        types.shape().slot(space, slot, types.shape().relative_fields)
    }
}

/// The flags of an ordinary class: a byte by its row in the metadata.
fn class_flags(space: &AddressSpace, types: &TypeSystem, local: u64, method_table: u64) -> Option<u8> {
    let row = u64::from(types.shape().rid(space, method_table)?);
    space.u8(local.checked_add(6 * types.shape().pointer)?.checked_add(row.checked_sub(1)?)?)
}

/// Entry `id` of the table that {table, entries} at `address` describes.
pub fn entry(space: &AddressSpace, address: u64, id: u64) -> Option<Entry> {
    let p = space.pointer_size() as u64;
    let (table, count) = (space.pointer(address)?, space.pointer(address.checked_add(p)?)?);
    if id >= count {
        return None;
    }
    let at = table.checked_add(id.checked_mul(2 * p)?)?;
    let (data, flags) = (space.pointer(at)?, space.pointer(at.checked_add(p)?)?);
    Some(Entry {
        word: space.pointer(data)?,
        collectible: flags & COLLECTIBLE_ENTRY != 0,
        initialised: flags & u64::from(INITIALISED) != 0,
    })
}

/// The object that a LOADERHANDLE names: bit 0 marks the address of a slot, else it is a place in the
/// slots of the module's LoaderAllocator, counted from 1 and shifted by 1.
pub fn loader_slot(sources: Sources, module: u64, handle: u64) -> Option<u64> {
    let Sources { space, types, loader_allocators, .. } = sources;
    let object = if handle & 1 != 0 {
        space.pointer(handle - 1)?
    } else {
        let p = types.shape().pointer;
        let slots = slots(space, types, loader_allocators, module)?;
        let index = (handle >> 1).checked_sub(1)?;
        if index >= u64::from(space.u32(slots.checked_add(p)?)?) {
            return None;
        }
        space.pointer(slots.checked_add(2 * p + index * p)?)?
    };
    (object != 0).then_some(object)
}

/// LoaderAllocator.m_slots of a collectible module.
fn slots(space: &AddressSpace, types: &TypeSystem, allocators: &LoaderAllocators, module: u64) -> Option<u64> {
    let allocator = allocators.of_module(space, module)?;
    let fields = types.fields(space, space.pointer(allocator)?);
    let field = fields.iter().find(|field| &*field.name == "m_slots")?;
    space.pointer(allocator.checked_add(types.shape().pointer + u64::from(field.offset))?)
}

/// The DomainLocalModules that a module's word leads to: one, or one in each domain that shares the module.
fn local_modules(space: &AddressSpace, word: u64, shared: &[Table]) -> impl Iterator<Item = u64> {
    let own = Some(word).filter(|word| *word != 0 && word & 1 == 0);
    let tables = if word & 1 != 0 { shared } else { &[] };
    own.into_iter().chain(tables.iter().filter_map(move |table| table.local_module(space, word >> 1)))
}

fn domain_local_module(sources: Sources, shared: &[Table]) -> Option<u64> {
    let Sources { space, types, .. } = sources;
    let p = types.shape().pointer;
    let fields = types.static_fields(space, types.string(), None);
    let empty = u64::from(fields.iter().find(|field| &*field.name == "Empty")?.offset);
    let core = types.shape().loader_module(space, types.string())?;
    let text = |local: u64| {
        let string = space.pointer(space.pointer(local.checked_add(4 * p)?)?.checked_add(empty)?)?;
        Some((space.pointer(string)?, space.u32(string.checked_add(p)?)?))
    };
    let word = |module: u64, offset: u64| module.checked_add(offset).and_then(|at| space.pointer(at)).unwrap_or(0);
    let gives_empty = |&offset: &u64| {
        let mut locals = local_modules(space, word(core, offset), shared);
        locals.any(|local| text(local) == Some((types.string(), 0)))
    };
    // A small number may be an index by chance, but then it is not another one in each module.
    let modules = types.modules();
    let own_of_modules = |offset: u64| {
        let lead = |&word: &u64| local_modules(space, word, shared).next().is_some();
        let words: FxHashSet<u64> = modules.iter().map(|module| word(module.address, offset)).filter(lead).collect();
        words.len()
    };
    let offsets = (0..MODULE_SIZE).step_by(p as usize).filter(gives_empty);
    offsets.max_by_key(|&offset| (own_of_modules(offset), Reverse(offset)))
}

/// EEClass.m_rpOptionalFields.
fn optional_fields(space: &AddressSpace, types: &TypeSystem, method_table: u64) -> Option<u64> {
    let shape = types.shape();
    let slot = shape.class(space, method_table)?.checked_add(shape.pointer)?;
    shape.slot(space, slot, shape.relative_fields).filter(|&fields| fields != 0)
}

/// The one offset at which every emitted or collectible type has a small number and all others have -1.
fn dynamic_id_offset(space: &AddressSpace, types: &TypeSystem, type_defs: &[TypeDef]) -> Option<u64> {
    let mut possible: Vec<u64> = (0..OPTIONAL_FIELDS).step_by(4).collect();
    let (mut with, mut without) = (false, false);
    for def in type_defs {
        let Some(flags) = space.u32(def.method_table).filter(|flags| flags & HAS_COMPONENTS == 0) else { continue };
        let Some(fields) = optional_fields(space, types, def.method_table) else { continue };
        let dynamic = flags & STATICS_MASK == STATICS_DYNAMIC;
        if space.u32(fields.saturating_add(OPTIONAL_FIELDS - 4)).is_none() {
            continue;
        }
        (with, without) = (with || dynamic, without || !dynamic);
        possible.retain(|offset| {
            let id = space.u32(fields.saturating_add(*offset));
            id.is_some_and(|id| if dynamic { u64::from(id) < MAX_ID } else { id == NO_ID })
        });
    }
    let [offset] = possible[..] else { return None };
    (with && without).then_some(offset)
}

/// GenericsStaticsInfo {FieldDescs, id}: the first optional member, behind the multipurpose slots and the
/// indirections of the vtable (8 virtual methods each).
fn statics_info(space: &AddressSpace, types: &TypeSystem, method_table: u64) -> Option<u64> {
    let p = types.shape().pointer;
    let flags = space.u16(method_table.checked_add(8)?)? & MULTIPURPOSE;
    // The second slot of the method table, used alone, is used in the first one's place.
    let used = if flags & 3 == 2 && flags.count_ones() == 1 { 1 } else { flags.count_ones() };
    let virtuals = u64::from(space.u16(method_table.checked_add(0xC)?)?);
    method_table.checked_add(0x10 + 4 * p + (u64::from(used.max(2)) + virtuals.div_ceil(8)) * p)
}
