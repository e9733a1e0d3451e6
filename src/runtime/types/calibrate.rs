//! Measures in the dump what differs between runtimes, from String and Object alone.
//!
//! The core library's map of TypeDefs settles most at once: there is one word in its module whose table
//! holds String and Object at the rows that they themselves name, and only under the right reading of
//! rows and entries. No metadata is needed for that, so a dump without image pages calibrates too.

use crate::memory::AddressSpace;
use crate::runtime::metadata::Table;

use super::catalog::Catalog;
use super::image;
use super::module::map_entry;
use super::shape::{Shape, TokenForm};

/// How far into Module the TypeDef map lies (0x2F8 at most in 2.1 to 10).
const MAP_WORDS: u64 = 0x800;

/// One runtime's shape, and how it was found.
#[derive(Debug)]
pub(super) struct Calibration {
    pub shape: Shape,
    /// Address of the core library's Module.
    pub core: u64,
    /// In words, for `info`.
    pub how: String,
}

/// Measures the runtime that these two method tables belong to; `None` where they prove to be none.
/// `declared` is where its contract puts the TypeDef map's table pointer: tried behind all other places, and
/// believed where nothing can be measured.
pub(super) fn calibrate(
    space: &AddressSpace,
    catalog: &Catalog,
    string: u64,
    object: u64,
    declared: Option<u64>,
) -> Option<Calibration> {
    let mut plain = Shape::plain(space.pointer_size() as u64);
    plain.relative_fields =
        has_field_descs(space, &plain, string, true) && !has_field_descs(space, &plain, string, false);
    let module_slot = string.checked_add(0x10 + plain.pointer)?;
    let readings: Vec<(Shape, u64)> = [false, true]
        .into_iter()
        .filter_map(|relative_module| {
            let shape = Shape { relative_module, ..plain.clone() };
            let core = shape.slot(space, module_slot, relative_module)?;
            shape.is_mapped(space, core).then_some((shape, core))
        })
        .collect();
    let by_map = || {
        let found = |(shape, core): &(Shape, u64)| {
            Some((by_type_def_map(space, shape, *core, [string, object], declared)?, *core))
        };
        Some((readings.iter().find_map(found)?, "the core library's type map"))
    };
    let by_metadata = || {
        let found =
            |(shape, core): &(Shape, u64)| Some((by_metadata(space, catalog, shape, *core, string, object)?, *core));
        Some((readings.iter().find_map(found)?, "the core library's metadata"))
    };
    let ((mut shape, core), by) = by_map().or_else(by_metadata)?;
    shape.simple_name = (1..)
        .zip(image::module_words(space, core))
        .find_map(|(i, word)| catalog.named_at(word).map(|_| i * shape.pointer));
    let mut how = format!(
        "String and Object by shape, {} tokens and {} slots by {by}",
        if shape.tokens == TokenForm::Long { "24-bit" } else { "16-bit" },
        if shape.relative_module { "relative" } else { "plain" },
    );
    if let (None, Some(slot)) = (shape.type_def_map, declared) {
        shape.type_def_map = Some(slot);
        how += ", type maps where the contract declares them";
    }
    Some(Calibration { shape, core, how })
}

/// Does the class of `mt` lead to a FieldDesc that names `mt` as its owner?
fn has_field_descs(space: &AddressSpace, shape: &Shape, mt: u64, relative: bool) -> bool {
    let shape = Shape { relative_fields: relative, ..shape.clone() };
    let owner = |list| [false, true].map(|relative| shape.slot(space, list, relative));
    shape.field_descs(space, mt).is_some_and(|list| owner(list).contains(&Some(mt)))
}

fn by_type_def_map(
    space: &AddressSpace,
    shape: &Shape,
    core: u64,
    [string, object]: [u64; 2],
    declared: Option<u64>,
) -> Option<Shape> {
    for (tokens, relative_map) in
        [(TokenForm::Short, false), (TokenForm::Short, true), (TokenForm::Long, false), (TokenForm::Long, true)]
    {
        let mut shape = Shape { tokens, relative_map, ..shape.clone() };
        let rows = [shape.rid(space, string)?, shape.rid(space, object)?];
        if rows[0] == 0 || rows[1] == 0 || rows[0] == rows[1] {
            continue;
        }
        for slot in (shape.pointer..MAP_WORDS).step_by(shape.pointer as usize).chain(declared) {
            let Some(table) = core.checked_add(slot).and_then(|at| space.pointer(at)) else { continue };
            if shape.is_mapped(space, table)
                && map_entry(space, &shape, table, rows[0].into()) == Some(string)
                && map_entry(space, &shape, table, rows[1].into()) == Some(object)
            {
                shape.type_def_map = Some(slot);
                return Some(shape);
            }
        }
    }
    None
}

/// Where the type map cannot be read (.NET Framework's images may hold it compressed) the row numbers of
/// String and Object in some metadata root tell the token form; the map is then found by its count.
fn by_metadata(
    space: &AddressSpace,
    catalog: &Catalog,
    shape: &Shape,
    core: u64,
    string: u64,
    object: u64,
) -> Option<Shape> {
    for tokens in [TokenForm::Short, TokenForm::Long] {
        let mut shape = Shape { tokens, relative_map: shape.relative_module, ..shape.clone() };
        let rows = [shape.rid(space, string)?, shape.rid(space, object)?];
        let Some(root) = catalog.with_core_types(space, rows[0], rows[1]) else { continue };
        let count = root.metadata(space).layout().rows(Table::TypeDef) + 1;
        shape.type_def_map = (shape.pointer..MAP_WORDS).step_by(shape.pointer as usize).find(|slot| {
            let table = core.checked_add(*slot).and_then(|at| space.pointer(at));
            table.is_some_and(|table| shape.is_mapped(space, table))
                && space.u32(core + slot + shape.pointer) == Some(count)
        });
        return Some(shape);
    }
    None
}
