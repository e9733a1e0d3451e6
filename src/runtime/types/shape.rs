//! The words of MethodTable, EEClass, TypeDesc and Module that types are read through.
//!
//! Offsets in MethodTable and EEClass hold from .NET Framework 4 to 10 with P = pointer size (measured on
//! 2.1 x86, 2.2, 3.1, 8, 9, 10; by source for the rest): flags 0, base size 4, second flags and token 8,
//! virtuals 0xC, parent 0x10, module 0x10+P, EEClass or canonical method table 0x10+3P, instantiation or
//! element type 0x10+4P; EEClass: method table 2P, FieldDescs 3P. What does differ, [`Shape`] holds, and
//! `calibrate.rs` measures. Every function gives `None` where the dump lacks the word.

use crate::memory::AddressSpace;

const HAS_COMPONENTS: u32 = 0x8000_0000;
const CATEGORY_ARRAY: u32 = 0x0008_0000;
const CATEGORY_VALUE_TYPE: u32 = 0x0004_0000;
const CATEGORY_MASK: u32 = 0x000C_0000;
/// A primitive itself; enums and (on x86) structs around one field have another category.
const CATEGORY_PRIMITIVE: u32 = 0x0007_0000;
const PRIMITIVE_MASK: u32 = 0x000F_0000;
const SZ_ARRAY: u32 = 0x0002_0000;
const GENERICS_MASK: u32 = 0x30;
/// The open definition, whose arguments are its own parameters.
const GENERICS_OPEN: u32 = 0x30;
/// Parent is kept in a cell (fragile native images, up to .NET Framework and .NET Core 2).
const INDIRECT_PARENT: u32 = 0x0080_0000;
/// Second flags, up to 8: the module slot is the loader's, the defining module is in a slot of its own.
const MODULE_OVERRIDE: u16 = 0x10;
/// Type handles through which an array's element leads to its definition; more are a loop.
const DEEPEST: usize = 64;
/// Arguments that one generic type may have.
const MOST_ARGUMENTS: u16 = 256;

/// Kinds of TypeDesc: the element type in their low byte.
pub(super) mod desc {
    pub const POINTER: u8 = 0x0F;
    pub const BY_REF: u8 = 0x10;
    pub const VARIABLE: u8 = 0x13;
    pub const ARRAY: u8 = 0x14;
    pub const FUNCTION: u8 = 0x1B;
    pub const SZ_ARRAY: u8 = 0x1D;
    pub const METHOD_VARIABLE: u8 = 0x1E;
}

/// Where a type's row number is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenForm {
    /// u16 at 0xA (up to 8).
    Short,
    /// High 24 bits of the u32 at 8 (9 and later).
    Long,
}

/// How one runtime lays out what differs between runtimes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Bytes of a pointer.
    pub pointer: u64,
    pub tokens: TokenForm,
    /// Are these kept as a distance from their own slot (2.x)? The module slot of a method table;
    pub relative_module: bool,
    /// the EEClass' pointer to its FieldDescs;
    pub relative_fields: bool,
    /// the entries of a module's TypeDef map.
    pub relative_map: bool,
    /// Offset in Module of the TypeDef map's table pointer; its count follows.
    pub type_def_map: Option<u64>,
    /// Offset in Module of the pointer to its simple name.
    pub simple_name: Option<u64>,
}

impl Shape {
    /// The shape that most runtimes have, before anything is measured.
    pub(super) fn plain(pointer: u64) -> Shape {
        Shape {
            pointer,
            tokens: TokenForm::Long,
            relative_module: false,
            relative_fields: false,
            relative_map: false,
            type_def_map: None,
            simple_name: None,
        }
    }

    fn wrap(&self, address: u64) -> u64 {
        if self.pointer == 8 { address } else { address & u64::from(u32::MAX) }
    }

    /// The pointer at `slot`, which may be a distance from it; 0 stays 0.
    pub fn slot(&self, space: &AddressSpace, slot: u64, relative: bool) -> Option<u64> {
        let value = space.pointer(slot)?;
        Some(if relative && value != 0 { self.wrap(slot.wrapping_add(value)) } else { value })
    }

    /// An aligned address that the dump has a pointer at.
    pub fn is_mapped(&self, space: &AddressSpace, address: u64) -> bool {
        address != 0 && address.is_multiple_of(self.pointer) && space.pointer(address).is_some()
    }

    pub fn flags(&self, space: &AddressSpace, mt: u64) -> Option<u32> {
        space.u32(mt)
    }

    pub fn is_array(&self, space: &AddressSpace, mt: u64) -> bool {
        self.flags(space, mt)
            .is_some_and(|flags| flags & (HAS_COMPONENTS | CATEGORY_MASK) == HAS_COMPONENTS | CATEGORY_ARRAY)
    }

    pub fn is_value_type(&self, space: &AddressSpace, mt: u64) -> bool {
        self.flags(space, mt).is_some_and(|flags| flags & CATEGORY_MASK == CATEGORY_VALUE_TYPE)
    }

    pub fn is_primitive(&self, space: &AddressSpace, mt: u64) -> bool {
        self.flags(space, mt).is_some_and(|flags| flags & PRIMITIVE_MASK == CATEGORY_PRIMITIVE)
    }

    /// A generic type, open or not.
    pub fn is_generic(&self, space: &AddressSpace, mt: u64) -> bool {
        self.flags(space, mt).is_some_and(|flags| flags & HAS_COMPONENTS == 0 && flags & GENERICS_MASK != 0)
    }

    /// A generic type with arguments.
    pub fn is_instance(&self, space: &AddressSpace, mt: u64) -> bool {
        self.is_generic(space, mt) && self.flags(space, mt).is_some_and(|flags| flags & GENERICS_MASK != GENERICS_OPEN)
    }

    /// Rank of an array: 0 for the one-dimensional, zero-based kind, whose name ends in `[]`.
    pub fn array_rank(&self, space: &AddressSpace, array: u64) -> Option<u32> {
        if self.flags(space, array)? & SZ_ARRAY != 0 {
            return Some(0);
        }
        // A length and a lower bound of 4 bytes for each dimension lie behind the header of an SZ array.
        Some(space.u32(array.checked_add(4)?)?.checked_sub(3 * self.pointer as u32)? / 8)
    }

    /// Type handle of an array's elements.
    pub fn element(&self, space: &AddressSpace, array: u64) -> Option<u64> {
        space.pointer(array.checked_add(0x10 + 4 * self.pointer)?)
    }

    /// Is `handle` a method table, or a TypeDesc of a known kind?
    pub fn is_type(&self, space: &AddressSpace, handle: u64) -> bool {
        if handle & 2 != 0 {
            let kind = space.u32(handle & !2).map(|word| word as u8);
            return matches!(
                kind,
                Some(
                    desc::POINTER
                        | desc::BY_REF
                        | desc::VARIABLE
                        | desc::ARRAY
                        | desc::FUNCTION
                        | desc::SZ_ARRAY
                        | desc::METHOD_VARIABLE
                )
            );
        }
        self.is_method_table(space, handle)
    }

    /// Do EEClass and method table point at each other? True for every loaded type, interfaces and open
    /// definitions too, and for nothing else met so far; not for the method table of free blocks.
    pub fn is_method_table(&self, space: &AddressSpace, mt: u64) -> bool {
        self.is_mapped(space, mt) && self.names_itself(space, mt).unwrap_or(false)
    }

    fn names_itself(&self, space: &AddressSpace, mt: u64) -> Option<bool> {
        let canonical = self.canonical(space, mt).filter(|&canonical| self.is_mapped(space, canonical))?;
        let back = self.class(space, canonical)?.checked_add(2 * self.pointer)?;
        Some([false, true].into_iter().any(|relative| self.slot(space, back, relative) == Some(canonical)))
    }

    /// The type that a pointer, by-ref or array TypeDesc is made of: behind two pointers, in 7 and 8
    /// behind one (the other then holds no type).
    pub fn desc_argument(&self, space: &AddressSpace, desc: u64) -> Option<u64> {
        let handle = space.pointer(desc.checked_add(2 * self.pointer)?)?;
        if self.is_type(space, handle) { Some(handle) } else { space.pointer(desc.checked_add(self.pointer)?) }
    }

    pub fn parent(&self, space: &AddressSpace, mt: u64) -> Option<u64> {
        let slot = mt.checked_add(0x10)?;
        let parent = space.pointer(slot)?;
        let indirect = self.tokens == TokenForm::Short && self.flags(space, mt)? & INDIRECT_PARENT != 0;
        if parent == 0 || !indirect || self.is_method_table(space, parent) {
            return Some(parent);
        }
        // The cell's address is kept less the offset of this very slot (methodtable.h, GetParentMethodTable).
        space.pointer(parent.checked_add(0x10)?)
    }

    /// The method table that a type shares its EEClass with; itself for most.
    pub fn canonical(&self, space: &AddressSpace, mt: u64) -> Option<u64> {
        let word = space.pointer(mt.checked_add(0x10 + 3 * self.pointer)?)?;
        match word & 3 {
            0 => Some(mt),
            // A cell of a fragile native image.
            3 => space.pointer(word - 3),
            _ => Some(word & !3),
        }
    }

    pub fn class(&self, space: &AddressSpace, mt: u64) -> Option<u64> {
        let canonical = self.canonical(space, mt)?;
        space.pointer(canonical.checked_add(0x10 + 3 * self.pointer)?).filter(|class| class & 3 == 0 && *class != 0)
    }

    /// Address of the FieldDescs that a type introduces: instance fields, then static ones.
    pub fn field_descs(&self, space: &AddressSpace, mt: u64) -> Option<u64> {
        self.slot(space, self.class(space, mt)?.checked_add(3 * self.pointer)?, self.relative_fields)
    }

    /// Row of the type in its module's TypeDef table; 0 for arrays.
    pub fn rid(&self, space: &AddressSpace, mt: u64) -> Option<u32> {
        match self.tokens {
            TokenForm::Short => space.u16(mt.checked_add(0xA)?).map(u32::from),
            TokenForm::Long => space.u32(mt.checked_add(8)?).map(|word| word >> 8),
        }
    }

    /// Address of the Module that defines a type which is no array.
    pub fn module(&self, space: &AddressSpace, mt: u64) -> Option<u64> {
        let module_slot = 0x10 + self.pointer;
        let flags = self.flags(space, mt)?;
        let generic = flags & HAS_COMPONENTS == 0 && flags & GENERICS_MASK != 0;
        if self.tokens == TokenForm::Long || !generic {
            return self.slot(space, mt.checked_add(module_slot)?, self.relative_module);
        }
        // An instantiation's own slot is the module whose loader made it; the canonical one's defines it.
        let canonical = self.canonical(space, mt)?;
        let flags2 = space.u16(canonical.checked_add(8)?)?;
        if flags2 & MODULE_OVERRIDE == 0 {
            return self.slot(space, canonical.checked_add(module_slot)?, self.relative_module);
        }
        let target = self.slot(space, self.override_slot(space, canonical, flags2)?, self.relative_module)?;
        if target & 1 != 0 { space.pointer(target - 1) } else { Some(target) }
    }

    /// Address of the Module whose loader made the type, which keeps its statics and its memory: up to 8
    /// in the module slot, from 9 on in the auxiliary data.
    pub fn loader_module(&self, space: &AddressSpace, mt: u64) -> Option<u64> {
        match self.tokens {
            TokenForm::Short => self.slot(space, mt.checked_add(0x10 + self.pointer)?, self.relative_module),
            TokenForm::Long => {
                let auxiliary = space.pointer(mt.checked_add(0x10 + 2 * self.pointer)?)?;
                space.pointer(auxiliary.checked_add(self.pointer)?)
            }
        }
    }

    /// Where up to 8 the "multipurpose slot" for the module override lies (methodtable.cpp): used slots
    /// fill the two of the method table first, then those behind the vtable's indirections.
    fn override_slot(&self, space: &AddressSpace, canonical: u64, flags2: u16) -> Option<u64> {
        let used = flags2 & (MODULE_OVERRIDE - 1);
        let index = match used.count_ones() {
            1 if used & 3 == 2 => 0,
            n => u64::from(n),
        };
        let offset = if index < 2 {
            0x10 + 4 * self.pointer + index * self.pointer
        } else {
            let virtuals = u64::from(space.u16(canonical.checked_add(0xC)?)?);
            0x10 + 6 * self.pointer + (index - 2 + virtuals.div_ceil(8)) * self.pointer
        };
        canonical.checked_add(offset)
    }

    /// Type handles of a generic instantiation; empty for every other type and for open definitions.
    pub fn arguments(&self, space: &AddressSpace, mt: u64) -> Vec<u64> {
        self.read_arguments(space, mt).unwrap_or_default()
    }

    fn read_arguments(&self, space: &AddressSpace, mt: u64) -> Option<Vec<u64>> {
        let flags = self.flags(space, mt)?;
        if flags & HAS_COMPONENTS != 0 || matches!(flags & GENERICS_MASK, 0 | GENERICS_OPEN) {
            return None;
        }
        // Behind the counts lies one dictionary a level of generic base classes; the last is the type's own.
        let instantiation = space.pointer(mt.checked_add(0x10 + 4 * self.pointer)?)?;
        let dictionaries = space.u16(instantiation.checked_sub(4)?)?;
        let count = space.u16(instantiation.checked_sub(2)?)?.min(MOST_ARGUMENTS);
        let last = u64::from(dictionaries.checked_sub(1)?) * self.pointer;
        let dictionary = space.pointer(instantiation.checked_add(last)?)?;
        (0..u64::from(count)).map(|i| space.pointer(dictionary.checked_add(i * self.pointer)?)).collect()
    }

    /// The method table whose definition a type handle is made of: arrays, pointers unwrapped.
    pub fn definition(&self, space: &AddressSpace, mut handle: u64) -> Option<u64> {
        for _ in 0..DEEPEST {
            handle = if handle & 2 != 0 {
                self.desc_argument(space, handle & !2)?
            } else if self.is_array(space, handle) {
                self.element(space, handle)?
            } else {
                return Some(handle);
            };
        }
        None
    }
}
