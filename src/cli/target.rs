//! What a command asks about: one object by its address, or all objects of a type by its name.

use crate::error::{Error, Result};
use crate::heap::{Graph, TypeKind};

/// Names that an error message offers.
const OFFERED: usize = 8;

/// The objects that are meant, ascending, and what they are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Full name of the type.
    pub type_name: String,
    pub objects: Vec<u32>,
}

impl Target {
    /// Reads `0x…` as the address of an object, everything else as the name of a type.
    pub fn find(graph: &Graph, text: &str) -> Result<Target> {
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
        match digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()) {
            Some(address) => Target::object(graph, address),
            None => Target::of_type(graph, text),
        }
    }

    /// The object that starts at an address.
    fn object(graph: &Graph, address: u64) -> Result<Target> {
        let found = graph.objects.at(address).ok_or_else(|| match graph.objects.containing(address) {
            Some(inside) => Error::Question(format!(
                "No object starts at {address:#x}; it lies inside the one at {:#x}.",
                graph.objects.address(inside)
            )),
            None => Error::Question(format!("There is no object at {address:#x}.")),
        })?;
        Ok(Target { type_name: graph.type_of(found).name.full.to_string(), objects: vec![found] })
    }

    /// All objects of the type with this full name, or of the only one whose name ends in it.
    fn of_type(graph: &Graph, text: &str) -> Result<Target> {
        let name = full_name(graph, text)?;
        let meant: Vec<bool> = graph.types.iter().map(|info| *info.name.full == *name).collect();
        let types = graph.objects.type_indices().iter().zip(graph.objects.ids());
        let objects = types.filter(|(index, _)| meant[**index as usize]).map(|(_, object)| object).collect();
        Ok(Target { type_name: name.to_owned(), objects })
    }
}

fn full_name<'a>(graph: &'a Graph, text: &str) -> Result<&'a str> {
    let names = graph.types.iter().filter(|info| info.kind != TypeKind::Free).map(|info| &*info.name.full);
    let mut found: Vec<&str> = names.filter(|name| name.ends_with(text)).collect();
    found.sort_unstable();
    found.dedup();
    if let Some(exact) = found.iter().find(|name| **name == text) {
        return Ok(exact);
    }
    // `SqlCommand` means `….SqlCommand` rather than `….MySqlCommand`.
    let whole: Vec<&str> =
        found.iter().filter(|name| name[..name.len() - text.len()].ends_with(['.', '+'])).copied().collect();
    match (&whole[..], &found[..]) {
        ([name], _) | ([], [name]) => Ok(name),
        ([], []) => Err(Error::Question(format!("No type of the heap has a name that ends in {text}."))),
        ([], several) | (several, _) => {
            let more = several.len().saturating_sub(OFFERED);
            let mut list = several[..several.len() - more].join("\n  ");
            if more > 0 {
                list.push_str(&format!("\n  and {more} more"));
            }
            Err(Error::Question(format!("Several types have a name that ends in {text}; give one in full:\n  {list}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::{Objects, TypeInfo};
    use crate::runtime::types::TypeName;

    fn graph(names: &[&str]) -> Graph {
        let info = |(index, name): (usize, &&str)| TypeInfo {
            method_table: index as u64,
            name: TypeName { full: (*name).into(), ..TypeName::default() },
            assembly: "".into(),
            kind: TypeKind::Object,
        };
        let objects: Vec<(u64, u32, u64)> =
            (0..2 * names.len() as u64).map(|i| (0x100 + 32 * i, i as u32 / 2, 24)).collect();
        Graph {
            types: names.iter().enumerate().map(info).collect(),
            objects: Objects::from_list(&objects),
            ..Graph::default()
        }
    }

    #[test]
    fn a_type_is_meant_by_its_full_name_or_an_end_that_only_it_has() {
        let graph = graph(&["A.SqlCommand", "A.MySqlCommand", "A.List<B.SqlCommand>", "C.Item", "D.Item"]);
        let find = |text: &str| Target::find(&graph, text).map(|target| (target.type_name, target.objects));
        assert_eq!(find("SqlCommand").unwrap(), ("A.SqlCommand".to_owned(), vec![0, 1]));
        assert_eq!(find("MySqlCommand").unwrap().0, "A.MySqlCommand");
        assert_eq!(find("C.Item").unwrap().1, [6, 7]);
        assert!(find("Item").unwrap_err().to_string().ends_with("in full:\n  C.Item\n  D.Item"));
        assert!(find("Nothing").unwrap_err().to_string().contains("No type"));
    }

    #[test]
    fn an_object_is_meant_by_the_address_where_it_starts() {
        let graph = graph(&["A"]);
        assert_eq!(Target::find(&graph, "0x120").unwrap().objects, [1]);
        let inside = Target::find(&graph, "0x124").unwrap_err().to_string();
        assert!(inside.ends_with("inside the one at 0x120."), "{inside}");
        assert!(Target::find(&graph, "0x9000").is_err());
    }
}
