//! TYPES: method table → module → metadata → names and fields.
//!
//! [`TypeSystem::discover`] finds the runtime's type system in all memory outside the GC heap and measures
//! its shape; afterwards any method table can be named. Every step proves itself, and one that fails takes
//! only its own answers with it: without a module's metadata its types are still told apart by module and
//! token. Nothing here depends on the runtime's version.

mod calibrate;
mod catalog;
mod fields;
mod file;
mod image;
mod kind;
mod loaded;
mod module;
mod name;
mod naming;
mod scan;
mod shape;
mod spelling;
mod value_types;
mod witness;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use crate::memory::{AddressSpace, ImageFiles};
use crate::progress::{Cancelled, Progress};
use crate::runtime::contract::Contract;

use calibrate::{Calibration, calibrate};
use catalog::Catalog;

pub use fields::{Field, StaticField};
pub use kind::ElementKind;
pub use loaded::TypeDef;
pub use module::{Module, Route};
pub use name::TypeName;
pub use shape::{Shape, TokenForm};

/// How the type system was found, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct How {
    pub method_tables: String,
    pub metadata: String,
    /// What is missing because of it, in whole sentences.
    pub warnings: Vec<String>,
}

/// What discovery may use beside the dump's memory.
#[derive(Debug, Default)]
pub struct Help {
    /// What the runtimes in the process say of themselves.
    pub contracts: Vec<Contract>,
    /// Files of assemblies whose images the dump lacks.
    pub files: Option<ImageFiles>,
}

/// The types of one runtime. Shared by threads; what it learns about modules it keeps.
#[derive(Debug)]
pub struct TypeSystem {
    shape: Shape,
    calibrated: bool,
    string: u64,
    object: u64,
    free: Vec<u64>,
    /// System.Enum; 0 where not found.
    enum_base: u64,
    core: u64,
    catalog: Catalog,
    files: Option<ImageFiles>,
    modules: RwLock<FxHashMap<u64, Arc<Module>>>,
    /// Loaded value types, instantiations included; by module and row.
    value_types: Vec<TypeDef>,
    value_type_index: OnceLock<value_types::Index>,
    how: How,
    /// What this runtime says of itself (9 and later).
    contract: Option<Contract>,
}

impl TypeSystem {
    /// Finds the type system. `gc_ranges` (sorted, not overlapping) are the GC's segments: they are left
    /// out of the search, and tell which runtime is meant where the process has several.
    pub fn discover(
        space: &AddressSpace,
        gc_ranges: &[Range<u64>],
        help: Help,
        progress: &Progress,
    ) -> Result<TypeSystem, Cancelled> {
        let mut landmarks = scan::landmarks(space, gc_ranges, progress)?;
        help.contracts.iter().for_each(|contract| landmarks.add(space, contract));
        let catalog = Catalog::read(space, &landmarks.roots, progress)?;
        let mut found: Vec<(u64, u64, Calibration)> = landmarks
            .strings
            .iter()
            .filter_map(|&(string, object)| {
                let declared = witness::type_def_map(space, &help.contracts, string);
                Some((string, object, calibrate(space, &catalog, string, object, declared)?))
            })
            .collect();
        if found.len() > 1 {
            let counts = count_strings(space, gc_ranges, &found, progress)?;
            let best = (0..found.len()).max_by_key(|&i| (counts[i], std::cmp::Reverse(i))).unwrap_or(0);
            found.swap(0, best);
        }
        let mut out = TypeSystem {
            shape: Shape::plain(space.pointer_size() as u64),
            calibrated: false,
            string: 0,
            object: 0,
            free: landmarks.free,
            enum_base: 0,
            core: 0,
            catalog,
            files: help.files,
            modules: RwLock::default(),
            value_types: Vec::new(),
            value_type_index: OnceLock::new(),
            how: How::default(),
            contract: None,
        };
        match found.into_iter().next() {
            Some((string, object, calibration)) => {
                out.how.method_tables = calibration.how;
                (out.shape, out.core, out.calibrated) = (calibration.shape, calibration.core, true);
                (out.string, out.object) = (string, object);
                out.judge_core(space);
                out.find_loaded(space, gc_ranges, progress)?;
                out.hear(space, help.contracts);
            }
            None => {
                out.how.method_tables = "not calibrated".to_owned();
                out.how.metadata = "none".to_owned();
                out.how.warnings.push("The runtime's type system was not found: types have no names.".to_owned());
            }
        }
        Ok(out)
    }

    /// Does the core library's metadata agree with what String and Object say of themselves?
    fn judge_core(&mut self, space: &AddressSpace) {
        let module = self.module_at(space, self.core);
        let rows = [self.string, self.object].map(|mt| self.shape.rid(space, mt));
        let agrees = module
            .metadata(space)
            .map(|metadata| [metadata.find_type("System", "String"), metadata.find_type("System", "Object")] == rows);
        let lack = match agrees {
            Some(true) => return,
            Some(false) => {
                // Of another build: names from it would be wrong.
                let nameless = Arc::new(module.without_metadata());
                self.modules.get_mut().unwrap_or_else(PoisonError::into_inner).insert(self.core, nameless);
                "The core library's metadata is of another build and was not used: its types have no names."
            }
            None => {
                "The dump does not hold the core library's metadata, so its types have no names; --images can supply it."
            }
        };
        self.how.warnings.push(lack.to_owned());
    }

    /// What the runtime says of itself, where it does.
    pub fn contract(&self) -> Option<&Contract> {
        self.contract.as_ref()
    }

    pub fn how(&self) -> &How {
        &self.how
    }

    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Method tables of System.String and System.Object; 0 where not found.
    pub fn string(&self) -> u64 {
        self.string
    }

    pub fn object(&self) -> u64 {
        self.object
    }

    /// The core library's assembly version: 8.0.0.0 in every .NET 8; 4.0.0.0 before 5.
    pub fn core_version(&self, space: &AddressSpace) -> Option<[u16; 4]> {
        Some(self.module_at(space, self.core).metadata(space)?.assembly()?.version)
    }

    /// Is this the method table of free blocks?
    pub fn is_free(&self, mt: u64) -> bool {
        self.free.binary_search(&mt).is_ok()
    }

    pub fn is_array(&self, space: &AddressSpace, mt: u64) -> bool {
        self.shape.is_array(space, mt)
    }

    pub fn is_value_type(&self, space: &AddressSpace, mt: u64) -> bool {
        self.shape.is_value_type(space, mt)
    }

    /// Is it an integer, a floating-point number, a character, a Boolean or a native integer?
    pub fn is_primitive(&self, space: &AddressSpace, mt: u64) -> bool {
        self.shape.is_primitive(space, mt)
    }

    pub fn is_enum(&self, space: &AddressSpace, mt: u64) -> bool {
        self.enum_base != 0 && self.parent(space, mt) == Some(self.enum_base)
    }

    /// Type handle of an array's elements.
    pub fn element(&self, space: &AddressSpace, array: u64) -> Option<u64> {
        self.shape.is_array(space, array).then(|| self.shape.element(space, array))?
    }

    /// Rank of an array: 0 for the one-dimensional, zero-based kind.
    pub fn array_rank(&self, space: &AddressSpace, array: u64) -> Option<u32> {
        self.shape.is_array(space, array).then(|| self.shape.array_rank(space, array))?
    }

    /// Type handles that a generic type was made with.
    pub fn arguments(&self, space: &AddressSpace, mt: u64) -> Vec<u64> {
        self.shape.arguments(space, mt)
    }

    /// The base class; `None` for System.Object.
    pub fn parent(&self, space: &AddressSpace, mt: u64) -> Option<u64> {
        self.shape.parent(space, mt).filter(|&parent| parent != 0)
    }

    /// The module that defines a type (an array's: its element's).
    pub fn module_of(&self, space: &AddressSpace, handle: u64) -> Option<Arc<Module>> {
        if !self.calibrated {
            return None;
        }
        if self.is_free(handle) {
            return Some(self.module_at(space, self.core));
        }
        let definition = self.shape.definition(space, handle)?;
        let address = self.shape.module(space, definition)?;
        self.shape.is_mapped(space, address).then(|| self.module_at(space, address))
    }

    fn module_at(&self, space: &AddressSpace, address: u64) -> Arc<Module> {
        if let Some(known) = self.modules.read().unwrap_or_else(PoisonError::into_inner).get(&address) {
            return known.clone();
        }
        let module = Arc::new(self.read_module(space, address));
        let mut modules = self.modules.write().unwrap_or_else(PoisonError::into_inner);
        modules.entry(address).or_insert(module).clone()
    }

    fn read_module(&self, space: &AddressSpace, address: u64) -> Module {
        Module::read(space, &self.shape, &self.catalog, self.files.as_ref(), address)
    }

    /// File name of the module that defines a type; empty for Reflection.Emit and where nothing tells.
    pub fn module_file(&self, space: &AddressSpace, mt: u64) -> Box<str> {
        self.module_of(space, mt).map_or_else(Box::default, |module| module.file.clone())
    }

    /// All modules by address. Those of Reflection.Emit are among them once a type of theirs was asked for.
    pub fn modules(&self) -> Vec<Arc<Module>> {
        let modules = self.modules.read().unwrap_or_else(PoisonError::into_inner);
        modules.iter().collect::<BTreeMap<_, _>>().into_values().cloned().collect()
    }
}

/// How often each candidate for System.String is met in the GC heap's first words.
fn count_strings(
    space: &AddressSpace,
    gc_ranges: &[Range<u64>],
    found: &[(u64, u64, Calibration)],
    progress: &Progress,
) -> Result<Vec<usize>, Cancelled> {
    const SAMPLE: usize = 1 << 20;
    let p = space.pointer_size();
    let mut counts = vec![0; found.len()];
    for range in gc_ranges {
        progress.check()?;
        let len = ((range.end - range.start) as usize).min(SAMPLE);
        let Some(bytes) = space.tail(range.start) else { continue };
        for word in bytes[..bytes.len().min(len)].chunks_exact(p) {
            let mut value = [0; 8];
            value[..p].copy_from_slice(word);
            let value = u64::from_le_bytes(value);
            for (count, _) in counts.iter_mut().zip(found).filter(|(_, (string, ..))| *string == value) {
                *count += 1;
            }
        }
    }
    Ok(counts)
}
