//! The second witness: does the runtime's own contract say what was measured?
//!
//! .NET 9 and later describe their structures themselves. What calibration found must agree with that;
//! where it differs the runtime is newer than this program, and the user is told.

use super::TypeSystem;
use super::shape::TokenForm;
use crate::memory::AddressSpace;
use crate::runtime::contract::Contract;

/// Where the contract of the runtime whose String this is puts the table pointer of a module's TypeDef map.
pub(super) fn type_def_map(space: &AddressSpace, contracts: &[Contract], string: u64) -> Option<u64> {
    let own = contracts.iter().find(|contract| contract.pointer(space, "StringMethodTable") == Some(string))?;
    own.offset("Module", "TypeDefToMethodTableMap")?.checked_add(own.offset("ModuleLookupMap", "TableData")?)
}

impl TypeSystem {
    /// Compares what was found with a contract: number of facts that agree, and those that differ.
    pub(super) fn compare(&self, space: &AddressSpace, contract: &Contract) -> (usize, Vec<String>) {
        let p = self.shape.pointer;
        let offsets = [
            ("MethodTable", "MTFlags", Some(0)),
            ("MethodTable", "BaseSize", Some(4)),
            ("MethodTable", "MTFlags2", (self.shape.tokens == TokenForm::Long).then_some(8)),
            ("MethodTable", "ParentMethodTable", Some(0x10)),
            ("MethodTable", "Module", Some(0x10 + p)),
            ("MethodTable", "EEClassOrCanonMT", Some(0x10 + 3 * p)),
            ("MethodTable", "PerInstInfo", Some(0x10 + 4 * p)),
            ("EEClass", "MethodTable", Some(2 * p)),
            ("EEClass", "FieldDescList", Some(3 * p)),
            ("Module", "TypeDefToMethodTableMap", self.shape.type_def_map.map(|slot| slot - p)),
            ("ModuleLookupMap", "TableData", Some(p)),
            ("ModuleLookupMap", "Count", Some(2 * p)),
        ];
        let mut agree = 0;
        let mut differ = Vec::new();
        for (type_name, field, ours) in offsets {
            match contract.offset(type_name, field) {
                Some(theirs) if Some(theirs) == ours => agree += 1,
                Some(theirs) => {
                    let ours = ours.map_or_else(|| "nowhere".to_owned(), |ours| format!("at {ours}"));
                    differ.push(format!("{type_name}.{field} at {theirs}, found {ours}"));
                }
                None => {}
            }
        }
        let free = contract.pointer(space, "FreeObjectMethodTable");
        for (what, theirs, ours) in [
            ("String", contract.pointer(space, "StringMethodTable"), self.string),
            ("Object", contract.pointer(space, "ObjectMethodTable"), self.object),
            ("Free", free, free.filter(|&free| self.is_free(free)).unwrap_or(0)),
        ] {
            match theirs {
                Some(theirs) if theirs == ours => agree += 1,
                Some(theirs) => differ.push(format!("{what} at {theirs:#x}, found at {ours:#x}")),
                None => {}
            }
        }
        (agree, differ)
    }

    /// Says in `how` what the contract of this runtime says of it, and keeps it.
    pub(super) fn hear(&mut self, space: &AddressSpace, mut contracts: Vec<Contract>) {
        if contracts.is_empty() {
            return;
        }
        // Of several runtimes' contracts the one that knows this String; else the first has a say.
        let same = |contract: &Contract| contract.pointer(space, "StringMethodTable") == Some(self.string);
        let index = contracts.iter().position(same);
        let contract = contracts.swap_remove(index.unwrap_or(0));
        let (agree, differ) = self.compare(space, &contract);
        // What it declares is used where nothing was measured: only if it is this runtime's.
        self.contract = index.map(|_| contract);
        self.how.method_tables += &format!("; contract descriptor: {agree} facts agree");
        if !differ.is_empty() {
            self.how.method_tables += &format!(", {} differ", differ.len());
            self.how.warnings.push(format!(
                "The runtime describes itself otherwise than it was found ({}): it may be newer than this program.",
                differ.join("; ")
            ));
        }
    }
}
