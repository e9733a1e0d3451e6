//! CONTRACT: what a runtime says itself of its structures (.NET 9 and later).
//!
//! An export of the runtime leads to a descriptor and that to JSON: field offsets by type, and where global
//! variables lie. It is the second witness: what was found by shape is compared with it, and where
//! nothing was found it is believed after the same tests. Unknown types, fields and value forms are
//! passed over, a descriptor that does not read is no descriptor (docs/design/datacontracts/
//! contract-descriptor.md in dotnet/runtime; measured on 9.0.5 and 10.0.9).

use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::dump::Dump;
use crate::memory::AddressSpace;
use crate::memory::image::export;

const EXPORT: &str = "DotNetRuntimeContractDescriptor";
const MAGIC: u64 = u64::from_le_bytes(*b"DNCCDAC\0");
/// The JSON of .NET 10 has 11 KB.
const LONGEST: u32 = 1 << 20;
const MOST_POINTERS: u64 = 1 << 16;

/// A runtime's description of itself.
#[derive(Debug, Default)]
pub struct Contract {
    /// (type, field) → offset.
    fields: FxHashMap<(String, String), u64>,
    /// Name → address of the variable.
    variables: FxHashMap<String, u64>,
}

impl Contract {
    /// The descriptors of all runtimes in the process.
    pub fn find(dump: &Dump, space: &AddressSpace) -> Vec<Contract> {
        let descriptors = dump.modules.iter().filter_map(|module| export(space, module.base, EXPORT));
        let mut known = Vec::new();
        descriptors
            .filter(|descriptor| {
                !known.contains(descriptor) && known.len() < 64 && {
                    known.push(*descriptor);
                    true
                }
            })
            .filter_map(|descriptor| Contract::read(space, descriptor))
            .collect()
    }

    /// Reads the descriptor at `address`: {u64 magic, u32 flags (bit 1: 32-bit), u32 length, pointer to JSON,
    /// u32 count, u32 unused, pointer to `count` pointers}.
    pub fn read(space: &AddressSpace, address: u64) -> Option<Contract> {
        let p = space.pointer_size() as u64;
        let at = |offset: u64| address.checked_add(offset);
        if space.u64(address)? != MAGIC {
            return None;
        }
        let length = space.u32(at(12)?)?.min(LONGEST);
        let mut json = vec![0; length as usize];
        space.read(space.pointer(at(16)?)?, &mut json)?;
        let count = u64::from(space.u32(at(16 + p)?)?).min(MOST_POINTERS);
        let pointers = space.pointer(at(24 + p)?)?;
        let pointer = |index: u64| (index < count).then(|| space.pointer(pointers.checked_add(index * p)?)).flatten();
        let end = json.iter().rposition(|&byte| byte == b'}')?;
        Some(Contract::parse(&serde_json::from_slice(&json[..=end]).ok()?, pointer))
    }

    /// From the JSON of a descriptor; `pointer` gives the pointers beside it by index.
    pub fn parse(json: &Value, pointer: impl Fn(u64) -> Option<u64>) -> Contract {
        let mut out = Contract::default();
        for (name, fields) in json["types"].as_object().into_iter().flatten() {
            for (field, offset) in fields.as_object().into_iter().flatten() {
                // An offset, or [offset, type].
                if let Some(offset) = number(offset).or_else(|| number(&offset[0])) {
                    out.fields.insert((name.clone(), field.clone()), offset);
                }
            }
        }
        for (name, value) in json["globals"].as_object().into_iter().flatten() {
            // [index] or [[index], type]: the variable's address is among the pointers.
            let index = number(&value[0][0]).or_else(|| number(&value.as_array().filter(|a| a.len() == 1)?[0]));
            if let Some(address) = index.and_then(&pointer) {
                out.variables.insert(name.clone(), address);
            }
        }
        out
    }

    /// Offset of a field.
    pub fn offset(&self, type_name: &str, field: &str) -> Option<u64> {
        self.fields.get(&(type_name.to_owned(), field.to_owned())).copied()
    }

    /// Address of a global variable.
    pub fn variable(&self, name: &str) -> Option<u64> {
        self.variables.get(name).copied()
    }

    /// The pointer that a global variable holds.
    pub fn pointer(&self, space: &AddressSpace, name: &str) -> Option<u64> {
        space.pointer(self.variable(name)?).filter(|&pointer| pointer != 0)
    }
}

/// A number as the format allows it: a JSON number, or text of decimal or hexadecimal digits.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| match value.as_str()?.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => value.as_str()?.parse().ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A descriptor at 0x1000, its JSON behind it, pointers to 0x5000 and 0x6000.
    fn memory(json: &str, pointer_size: usize) -> AddressSpace {
        let mut bytes = MAGIC.to_le_bytes().to_vec();
        let word = |value: u64| value.to_le_bytes()[..pointer_size].to_vec();
        bytes.extend(1u32.to_le_bytes());
        bytes.extend((json.len() as u32).to_le_bytes());
        bytes.extend(word(0x1100));
        bytes.extend([2, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend(word(0x1080));
        bytes.resize(0x80, 0);
        bytes.extend(word(0x5000));
        bytes.extend(word(0x6000));
        bytes.resize(0x100, 0);
        bytes.extend(json.bytes());
        AddressSpace::from_pieces(&[(0x1000, &bytes)], pointer_size)
    }

    #[test]
    fn offsets_and_variables_are_read_and_unknown_forms_are_passed_over() {
        let json = r#"{"version":0,"baseline":"empty","contracts":{"Loader":"new"},"future":[1,{"a":2}],
            "types":{"MethodTable":{"!":64,"Module":24,"Later":{"x":1}},"Thread":{"Link":[112,"pointer"]},"Odd":7},
            "globals":{"String":[[1],"pointer"],"Object":[0],"Mask":["0x7","uint8"],"Far":[[9],"pointer"],"OS":"linux"}}"#;
        for pointer_size in [4, 8] {
            let contract = Contract::read(&memory(json, pointer_size), 0x1000).expect("it reads");
            assert_eq!(contract.offset("MethodTable", "Module"), Some(24));
            assert_eq!(contract.offset("MethodTable", "Later"), None);
            assert_eq!(contract.offset("Thread", "Link"), Some(112));
            assert_eq!(contract.variable("String"), Some(0x6000));
            assert_eq!(contract.variable("Object"), Some(0x5000));
            assert_eq!((contract.variable("Mask"), contract.variable("Far")), (None, None));
        }
    }

    #[test]
    fn a_newer_runtimes_contract_is_read_as_far_as_it_is_known() {
        let json = r#"{"version":9,"baseline":"net12","contracts":{"Object":{"name":"Object","v":7}},
            "subDescriptors":{"GC":[0]},"layouts":[[]],
            "types":{"MethodTable":{"!":"0x90","MTFlags":["0x4","uint64"],"Module":1099511627776,"Colour":-8,"Twin":{"a":[]}},
                     "EEClass":{"MethodTable":"72","FieldDescList":[[80],"pointer"]},"Later":[1,2,3]},
            "globals":{"String":[["0x1"],"pointer"],"Object":["0"],"Flag":true,"None":null,"Far":[["0xffff"],"pointer"]}}"#;
        let contract = Contract::read(&memory(json, 8), 0x1000).expect("it reads");
        assert_eq!(contract.offset("MethodTable", "MTFlags"), Some(4));
        assert_eq!(contract.offset("MethodTable", "Module"), Some(1 << 40));
        assert_eq!(contract.offset("EEClass", "MethodTable"), Some(72));
        for (kind, field) in [("MethodTable", "Colour"), ("MethodTable", "Twin"), ("EEClass", "FieldDescList")] {
            assert_eq!(contract.offset(kind, field), None, "{kind}.{field}");
        }
        assert_eq!((contract.variable("String"), contract.variable("Object")), (Some(0x6000), Some(0x5000)));
        assert_eq!((contract.variable("Flag"), contract.variable("Far")), (None, None));
    }

    #[test]
    fn what_does_not_read_is_no_descriptor() {
        assert!(Contract::read(&memory("{\"types\":", 8), 0x1000).is_none());
        assert!(Contract::read(&memory("", 8), 0x1000).is_none());
        assert!(Contract::read(&memory("{}", 8), 0x1008).is_none());
        assert!(Contract::read(&memory("{}", 8), u64::MAX).is_none());
    }
}
