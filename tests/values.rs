//! Values of objects: every field of every sample against the truth files, and what texts and collections say.

mod support;

use std::collections::BTreeMap;

use heapglass::dump::Dump;
use heapglass::heap::{Heap, Options};
use heapglass::memory::AddressSpace;
use heapglass::progress::Progress;
use heapglass::runtime::Hints;
use heapglass::runtime::gc::Gc;
use heapglass::runtime::types::{Help, TypeSystem};
use heapglass::runtime::values::{Collection, Inspector, Member, Value};
use serde_json::Value as Json;

struct Case {
    space: AddressSpace,
    types: TypeSystem,
    truth: Json,
}

fn open(name: &str) -> Option<Case> {
    let (path, truth) = (support::dump(name)?, support::truth(name)?);
    let progress = Progress::new();
    let dump = Dump::open(&path, &progress).expect("the dump opens");
    let space = AddressSpace::new(&dump);
    let gc = Gc::discover(&dump, &space, &Hints::default(), &progress).expect("not cancelled");
    let types = TypeSystem::discover(&space, &gc.ranges(), Help::default(), &progress).expect("not cancelled");
    Some(Case { space, types, truth })
}

/// The bytes of a value, as many as the truth gives.
fn bytes(value: Value, len: usize) -> Vec<u8> {
    let bits = match value {
        Value::Boolean(value) => value.into(),
        Value::Char(value) => value.into(),
        Value::Signed(value) => value as u64,
        Value::Unsigned(value) | Value::Native(value) => value,
        Value::Single(value) => value.to_bits().into(),
        Value::Double(value) => value.to_bits(),
        other => panic!("{other:?} has no bytes of its own"),
    };
    bits.to_le_bytes()[..len].to_vec()
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
}

fn equal(member: &Member, truth: &Json) -> bool {
    if let Some(target) = truth["ref"].as_u64() {
        return member.item.value == Value::Reference(target);
    }
    if let Some(number) = truth["i32"].as_i64() {
        return member.item.value == Value::Signed(number);
    }
    if let Some(raw) = truth["raw"].as_str() {
        return bytes(member.item.value, raw.len() / 2) == hex(raw);
    }
    // Structs and function pointers are without a value in the truth; and where a class was never loaded
    // (the reference is null then) it takes the field for a struct (verified-names §0, 4).
    matches!(member.item.value, Value::Struct(_) | Value::Native(_) | Value::Reference(0))
}

fn check(name: &str) {
    let Some(Case { space, types, truth }) = open(name) else { return };
    let inspector = Inspector::new(&space, &types);
    let (mut fields, mut structs, mut unknown) = (0, 0, Vec::new());
    for sample in truth["samples"].as_array().expect("samples") {
        let object = sample["object"].as_u64().expect("an address");
        let members = inspector.members(object);
        let theirs = sample["fields"].as_array().map_or(&[][..], Vec::as_slice);
        assert_eq!(members.len(), theirs.len(), "{name}: {}", sample["type"]);
        for (member, theirs) in members.iter().zip(theirs) {
            assert!(equal(member, theirs), "{name}: {} {member:?}, truth {theirs}", sample["type"]);
            assert!(!member.type_name.full.is_empty());
            if let Value::Struct(place) = member.item.value {
                structs += 1;
                if place.mt == 0 {
                    unknown.push(format!("{} {} {}", sample["type"], member.field.name, member.type_name.full));
                }
            }
        }
        fields += members.len();
        if let Some(length) = sample["length"].as_u64() {
            let array = inspector.array(object).expect("an array");
            assert_eq!(array.length, length, "{name}: {}", sample["type"]);
            assert_eq!(inspector.elements(&array, 0, 10).len() as u64, length.min(10));
        }
        if let Some(text) = sample["string"].as_str() {
            let (ours, length) = inspector.string(object, usize::MAX).expect("a string");
            assert_eq!((ours.as_str(), length as usize), (text, text.encode_utf16().count()), "{name}");
        }
    }
    assert!(unknown.is_empty(), "{name}: structs of unknown type\n{}", unknown.join("\n"));
    println!("{name}: {fields} values equal, {structs} structs among them");
}

#[test]
fn field_values_of_the_sample_equal_the_truth() {
    check(support::SAMPLE);
}

#[test]
fn field_values_of_every_dump_of_the_set_equal_the_truth() {
    support::DUMPS.iter().filter(|&&name| name != support::SAMPLE).for_each(|name| check(name));
}

/// Pages through every collection of a heap: as many entries as it says that it has.
fn check_collections(name: &str) {
    let Some(path) = support::dump(name) else { return };
    let heap = Heap::open(&path, &Options::default(), &Progress::new()).expect("the dump opens");
    let runtime = heap.runtime.as_ref().expect("a dump has a runtime");
    let inspector = Inspector::new(&runtime.space, &runtime.types);
    let mut kinds: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut with_free_slots = 0;
    for id in heap.graph.objects.ids() {
        let object = heap.graph.objects.address(id);
        let Some(collection) = inspector.collection(object) else { continue };
        let (mut cursor, mut entries) = (Some(0), 0);
        while let Some(at) = cursor {
            let page = inspector.entries(&collection, at, 100);
            entries += page.entries.len() as u64;
            cursor = page.next;
        }
        let name_of = &heap.graph.type_of(id).name.full;
        assert_eq!(entries, collection.count(), "{name}: {object:#x} {name_of}");
        let kind = name_of.split('<').next().unwrap_or_default().to_owned();
        let kind = kinds.entry(kind).or_default();
        *kind = (kind.0 + 1, kind.1 + entries);
        with_free_slots += u64::from(matches!(collection, Collection::Slots { used, count, .. } if used > count));
    }
    println!("{name}: {with_free_slots} collections have free slots; collections and entries: {kinds:?}");
}

#[test]
fn collections_of_the_sample_have_as_many_entries_as_they_say() {
    check_collections(support::SAMPLE);
}

#[test]
fn collections_of_the_other_dumps_have_as_many_entries_as_they_say() {
    support::DUMPS.iter().filter(|&&name| name != support::SAMPLE).for_each(|name| check_collections(name));
}

/// `heapglass object` on the sample: its exit code and what it printed.
fn object(dump: &std::path::Path, address: &str) -> (Option<i32>, String, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_heapglass"));
    let out = command.arg("object").arg(dump).args([address, "--json", "--limit", "3"]).output().expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (out.status.code(), text(out.stdout), text(out.stderr))
}

#[test]
fn the_object_command_prints_what_the_truth_has() {
    let (path, truth) = (support::dump(support::SAMPLE).unwrap(), support::truth(support::SAMPLE).unwrap());
    let samples = truth["samples"].as_array().expect("samples");
    for type_name in ["System.Data.SqlClient.SqlCommand", "System.String", "System.Data.SqlClient.SqlCommand[]"] {
        let Some(sample) = samples.iter().find(|sample| sample["type"] == type_name) else { continue };
        let address = format!("{:#x}", sample["object"].as_u64().expect("an address"));
        let (code, out, _) = object(&path, &address);
        assert_eq!(code, Some(0));
        let answer: Json = serde_json::from_str(&out).expect("JSON");
        assert_eq!(answer["type"], sample["type"]);
        assert_eq!(answer["address"], address.as_str());
        assert_eq!(answer["size"], sample["size"]);
        assert_eq!(answer["length"], sample["length"]);
        if sample["string"].is_string() {
            assert_eq!(answer["value"], sample["string"]);
        }
        let (ours, theirs) = (answer["fields"].as_array().unwrap(), sample["fields"].as_array().unwrap());
        assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(theirs) {
            assert_eq!((&ours["name"], &ours["offset"]), (&theirs["name"], &theirs["offset"]));
            match theirs["ref"].as_u64() {
                Some(0) => assert!(ours["value"].is_null(), "{ours}"),
                Some(target) => assert_eq!(ours["value"], format!("{target:#x}").as_str()),
                None if theirs["i32"].is_i64() => assert_eq!(ours["value"], theirs["i32"]),
                None => {}
            }
        }
    }
    let (code, _, error) = object(&path, "0x10");
    assert_eq!((code, error.as_str()), (Some(1), "heapglass: no object starts at 0x10\n"));
}
