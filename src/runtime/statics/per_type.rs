//! Statics from 9 on: each type has a base of its own, kept just before its auxiliary data.
//!
//! DynamicStaticsInfo {GC base, non-GC base, method table} ends where MethodTableAuxiliaryData begins; its
//! last word points back at the method table, which proves it. Before it lies the list of a generic
//! instance's static FieldDescs, and before that {u32 non-GC index, u32 GC index} of its thread statics.
//! The low bit of a base says that the class constructor has not run.

use super::{Place, Sources};

/// Second flags: the type has DynamicStaticsInfo.
const DYNAMIC_STATICS: u32 = 2;

pub(super) fn place(sources: Sources, method_table: u64) -> Option<Place> {
    let Sources { space, types, loader_allocators, .. } = sources;
    let p = types.shape().pointer;
    let info = info(sources, method_table)?;
    let base = space.pointer(info.checked_sub(3 * p)?)? & !1;
    (base != 0).then(|| Place {
        base,
        collectible: loader_allocators.of_type(space, types, method_table).is_some(),
        early: false,
        list: field_list(sources, method_table),
    })
}

pub(super) fn field_list(sources: Sources, method_table: u64) -> Option<u64> {
    let shape = sources.types.shape();
    if !shape.is_generic(sources.space, method_table) {
        return None;
    }
    sources.space.pointer(info(sources, method_table)?.checked_sub(4 * shape.pointer)?)
}

/// The thread-static index of a type that has thread statics with references.
pub fn thread_index(sources: Sources, method_table: u64) -> Option<u32> {
    let before = 5 * sources.types.shape().pointer;
    sources.space.u32(info(sources, method_table)?.checked_sub(before)?.checked_add(4)?)
}

/// Address of the auxiliary data, proven to have statics before it.
fn info(sources: Sources, method_table: u64) -> Option<u64> {
    let Sources { space, types, .. } = sources;
    let p = types.shape().pointer;
    if space.u32(method_table.checked_add(8)?)? & DYNAMIC_STATICS == 0 {
        return None;
    }
    let auxiliary = space.pointer(method_table.checked_add(0x10 + 2 * p)?)?;
    (space.pointer(auxiliary.checked_sub(p)?)? == method_table).then_some(auxiliary)
}
