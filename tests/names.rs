//! Names, modules and fields of all heap types, against the truth files.

mod support;

use heapglass::dump::Dump;
use heapglass::memory::AddressSpace;
use heapglass::progress::Progress;
use heapglass::runtime::Hints;
use heapglass::runtime::gc::Gc;
use heapglass::runtime::types::TypeSystem;
use serde_json::Value;
use std::collections::HashSet;

/// What the types of one dump are compared with.
struct Case {
    space: AddressSpace,
    types: TypeSystem,
    truth: Value,
}

fn open(name: &str) -> Option<Case> {
    let (path, truth) = (support::dump(name)?, support::truth(name)?);
    let progress = Progress::new();
    let dump = Dump::open(&path, &progress).expect("the dump opens");
    let space = AddressSpace::new(&dump);
    let gc = Gc::discover(&dump, &space, &Hints::default(), &progress).expect("not cancelled");
    let types = TypeSystem::discover(&space, &gc.ranges(), &progress).expect("not cancelled");
    Some(Case { space, types, truth })
}

fn squeezed(text: &str) -> String {
    text.replace(' ', "")
}

/// Where the truth's reader stumbles (verified-names §0): it prints `T[*]` as `T<*>`, has no name for
/// Reflection.Emit types and what is made of them, and once prints `List<T1>`.
fn explained(ours: &str, theirs: Option<&str>) -> bool {
    match theirs {
        None => ours.contains("Emitted.RuntimeMade") || ours.contains("DynamicProxies"),
        Some(theirs) => {
            ours.replace("[*]", "<*>") == theirs
                || (theirs.ends_with("List<T1>") && ours.ends_with("List<Emitted.RuntimeMade>"))
        }
    }
}

fn check_names(name: &str) {
    let Some(Case { space, types, truth }) = open(name) else { return };
    println!("{name}: {:?}", types.how());
    let list = truth["types"].as_array().expect("types");
    let tables: Vec<u64> = list.iter().map(|t| t["mt"].as_u64().expect("an address")).collect();
    let names = types.names(&space, &tables, &Progress::new()).expect("not cancelled");
    let mut wrong = Vec::new();
    for (t, (ours, file)) in list.iter().zip(&names) {
        let (ours, theirs) = (squeezed(&ours.full), t["name"].as_str().map(squeezed));
        if theirs.as_ref() != Some(&ours) && !explained(&ours, theirs.as_deref()) {
            wrong.push(format!("{:#x} {ours}, truth {theirs:?}", t["mt"].as_u64().unwrap()));
        }
        if t["module"].as_str() != Some(file) {
            wrong.push(format!("{:#x} {ours}: module {file}, truth {}", t["mt"].as_u64().unwrap(), t["module"]));
        }
    }
    assert!(wrong.is_empty(), "{name}: {} of {} differ\n{}", wrong.len(), list.len(), wrong.join("\n"));

    let loaded: HashSet<u64> = types.type_defs(&space).iter().map(|def| def.method_table).collect();
    for &mt in &tables {
        let has_row = !types.is_free(mt) && !types.is_array(&space, mt) && types.arguments(&space, mt).is_empty();
        assert!(!has_row || loaded.contains(&mt), "{name}: {mt:#x} is no loaded type");
    }

    let mask = if space.pointer_size() == 8 { !7 } else { !3 };
    let mut fields = 0;
    for sample in truth["samples"].as_array().expect("samples") {
        let object = sample["object"].as_u64().expect("an address");
        let mt = space.pointer(object).expect("the object is there") & mask;
        let ours: Vec<(String, u64)> =
            types.fields(&space, mt).iter().map(|f| (f.name.to_string(), f.offset.into())).collect();
        let theirs = sample["fields"].as_array().map_or(&[][..], Vec::as_slice);
        let theirs: Vec<(String, u64)> = theirs
            .iter()
            .map(|f| (f["name"].as_str().expect("a name").to_owned(), f["offset"].as_u64().expect("an offset")))
            .collect();
        assert_eq!(ours, theirs, "{name}: {}", sample["type"]);
        fields += ours.len();
    }
    println!("{name}: {} types, {fields} fields equal; {} types are loaded", list.len(), loaded.len());
}

#[test]
fn names_modules_and_fields_of_the_sample_equal_the_truth() {
    check_names(support::SAMPLE);
}

#[test]
fn names_modules_and_fields_of_every_dump_of_the_set_equal_the_truth() {
    support::DUMPS.iter().filter(|&&name| name != support::SAMPLE).for_each(|name| check_names(name));
}
