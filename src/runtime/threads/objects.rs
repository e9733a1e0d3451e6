//! What managed Thread objects say of their threads.
//!
//! Each names its native Thread, its managed id and, if it was given one, its name. The fields are found by
//! their names, so it does not matter where a runtime puts them.

use super::ManagedThread;
use crate::memory::AddressSpace;
use crate::runtime::strings;
use crate::runtime::types::TypeSystem;

/// The fields, in .NET Core 3.0 and later and before.
const NATIVE: [&str; 2] = ["_DONT_USE_InternalThread", "DONT_USE_InternalThread"];
const ID: [&str; 2] = ["_managedThreadId", "m_ManagedThreadId"];
const NAME: [&str; 2] = ["_name", "m_Name"];
/// Characters of a name; a longer one is not read.
const LONGEST_NAME: usize = 1024;

/// Reads the Thread objects at these addresses.
pub fn managed(space: &AddressSpace, types: &TypeSystem, objects: &[u64]) -> Vec<ManagedThread> {
    let Some(table) = objects.first().and_then(|&object| space.pointer(object)) else { return Vec::new() };
    let fields = types.fields(space, table);
    let p = types.shape().pointer;
    let offset = |names: [&str; 2]| {
        let field = fields.iter().find(|field| names.contains(&&*field.name))?;
        Some(p + u64::from(field.offset))
    };
    let (Some(native), Some(id)) = (offset(NATIVE), offset(ID)) else { return Vec::new() };
    let name = offset(NAME);
    let read = |&object: &u64| {
        let text = |offset: u64| {
            let string = space.pointer(object.checked_add(offset)?).filter(|&string| string != 0)?;
            strings::text(space, string, p + 4 + 2 * LONGEST_NAME as u64, LONGEST_NAME)
        };
        Some(ManagedThread {
            object,
            native: space.pointer(object.checked_add(native)?)?,
            id: space.u32(object.checked_add(id)?)?,
            name: name.and_then(text).map(String::into_boxed_str),
        })
    };
    objects.iter().filter_map(read).collect()
}
