//! Names, modules and fields of all heap types, against the truth files.

mod support;

use heapglass::dump::{Bytes, Dump};
use heapglass::heap::{Heap, Options, digests};
use heapglass::memory::{AddressSpace, ImageFiles};
use heapglass::progress::Progress;
use heapglass::runtime::Hints;
use heapglass::runtime::contract::Contract;
use heapglass::runtime::gc::Gc;
use heapglass::runtime::metadata::{Layout, MAGIC, Metadata, Root, Table, signature};
use heapglass::runtime::types::{Help, TypeSystem};
use serde_json::Value;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// What the types of one dump are compared with.
struct Case {
    space: AddressSpace,
    types: TypeSystem,
    truth: Value,
}

fn open(name: &str) -> Option<Case> {
    open_changed(name, |_| {})
}

/// Opens a dump whose bytes were changed in memory.
fn open_changed(name: &str, change: impl FnOnce(&mut Dump)) -> Option<Case> {
    let (path, truth) = (support::dump(name)?, support::truth(name)?);
    let progress = Progress::new();
    let mut dump = Dump::open(&path, &progress).expect("the dump opens");
    change(&mut dump);
    Some(discover(dump, Help::default(), truth))
}

fn discover(dump: Dump, help: Help, truth: Value) -> Case {
    let progress = Progress::new();
    let space = AddressSpace::new(&dump);
    let gc = Gc::discover(&dump, &space, &Hints::default(), &progress).expect("not cancelled");
    let types = TypeSystem::discover(&space, &gc.ranges(), help, &progress).expect("not cancelled");
    Case { space, types, truth }
}

fn check_names(name: &str) {
    let Some(Case { space, types, truth }) = open(name) else { return };
    println!("{name}: {:?}", types.how());
    let list = truth["types"].as_array().expect("types");
    let tables: Vec<u64> = list.iter().map(|t| t["mt"].as_u64().expect("an address")).collect();
    let names = types.names(&space, &tables, &Progress::new()).expect("not cancelled");
    let mut wrong = Vec::new();
    for (t, (ours, file)) in list.iter().zip(&names) {
        let (ours, theirs) = (support::squeezed(&ours.full), t["name"].as_str().map(support::squeezed));
        if theirs.as_ref() != Some(&ours) && !support::explained(&ours, theirs.as_deref()) {
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

/// Takes every metadata root out of a dump, as if no image page had been saved.
fn without_metadata(dump: &mut Dump) {
    let mut bytes = dump.bytes.to_vec();
    let magic = regex::bytes::Regex::new("BSJB").expect("a valid pattern");
    let places: Vec<usize> = magic.find_iter(&dump.bytes).map(|hit| hit.start()).collect();
    places.into_iter().for_each(|at| bytes[at..at + 4].fill(0));
    dump.bytes = Arc::new(Bytes::Owned(bytes));
}

#[test]
fn without_metadata_types_are_told_by_module_and_token() {
    for name in [support::SAMPLE, "zoo-net2.1-win-x86.dmp", "zoo-net10-linux-x64-server.core"] {
        let (Some(whole), Some(bare)) = (open(name), open_changed(name, without_metadata)) else { continue };
        println!("{name}: {:?}", bare.types.how());
        assert_eq!(whole.types.shape().type_def_map, bare.types.shape().type_def_map);
        assert_eq!(whole.types.shape().tokens, bare.types.shape().tokens);
        assert_eq!(bare.types.how().warnings.len(), 1, "{name}: the lack is said once");
        for t in bare.truth["types"].as_array().expect("types") {
            let mt = t["mt"].as_u64().expect("an address");
            let (full, bare_name) = (whole.types.name(&whole.space, mt), bare.types.name(&bare.space, mt));
            if ["Free", "System.String", "System.Object"].contains(&&*full.full) {
                assert_eq!(full, bare_name);
            } else if !bare.types.is_array(&bare.space, mt) {
                let rid = bare.types.shape().rid(&bare.space, mt).expect("a row");
                let token = format!("!{:#010x}", 0x0200_0000 | rid);
                assert!(bare_name.full.contains(&token), "{name}: {} instead of {}", bare_name.full, full.full);
            }
            assert!(bare.types.fields(&bare.space, mt).is_empty() || mt == 0);
        }
    }
}

/// A small generator of numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 as usize
    }
}

/// Asks metadata everything that can be asked of a few hundred of its rows.
fn ask_everything(metadata: Metadata) -> usize {
    let rows = metadata.layout().rows(Table::TypeDef);
    let mut answers = 0;
    for rid in (0..300).chain([rows, rows + 1, u32::MAX]) {
        answers += usize::from(metadata.type_path(rid).is_some()) + usize::from(metadata.extends(rid).is_some());
        answers += metadata.generic_parameters(rid) as usize;
        answers += usize::from(metadata.type_ref_path(rid).is_some());
        answers += usize::from(metadata.type_spec(rid).is_some());
        for field in metadata.fields(rid).take(300) {
            answers += usize::from(signature::field_element(field.signature).is_some());
            answers += usize::from(metadata.constant(field.rid).is_some());
        }
    }
    answers += usize::from(metadata.find_type("System", "String").is_some());
    answers + usize::from(metadata.assembly().is_some()) + usize::from(metadata.module_name().is_some())
}

#[test]
fn broken_metadata_gives_no_answer_or_a_wrong_one_but_never_a_panic() {
    let Some(Case { space, types, .. }) = open(support::SAMPLE) else { return };
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let (mut changed, mut asked) = (0, 0);
    for module in types.modules() {
        let address = module.metadata_address().expect("every module of the sample has metadata");
        let root = Root::read(&space, address).expect("it reads again");
        assert!(ask_everything(root.metadata(&space)) > 0, "{}", module.file);
        let whole = space.tail(address).expect("bytes");
        assert!(whole.starts_with(&MAGIC));
        let size = Layout::size(whole).expect("a size");
        if size > 200_000 {
            continue;
        }
        let whole = &whole[..size];
        changed += 1;
        for round in 0..20 {
            let mut bytes = whole.to_vec();
            // The header, where one byte moves everything, half of the time.
            let reach = if round % 2 == 0 { 0x200 } else { bytes.len() };
            for _ in 0..=numbers.next() % 8 {
                let at = numbers.next() % reach;
                bytes[at] = numbers.next() as u8;
            }
            bytes.truncate(size - numbers.next() % (size / 4) * (numbers.next() & 1));
            if let Some(layout) = Layout::parse(&bytes) {
                ask_everything(Metadata::new(&bytes, &layout));
                asked += 1;
            }
        }
    }
    assert!(changed >= 10 && asked >= 100, "{changed} roots, {asked} broken ones could be asked");
}

#[test]
fn a_file_of_an_assembly_names_its_types_where_the_dump_lacks_the_image_and_another_build_does_not() {
    // The specimen's assembly is the build that .NET 9 ran; the process of .NET 8 had another one.
    for (name, fits) in [("zoo-net9-linux-x64.core", true), ("zoo-net8-win-x64.dmp", false)] {
        let (Some(path), Some(truth), Some(assembly)) =
            (support::dump(name), support::truth(name), support::specimen("Zoo.dll"))
        else {
            continue;
        };
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::copy(&assembly, folder.path().join("zoo.DLL")).expect("copied");
        let mut dump = Dump::open(&path, &Progress::new()).expect("the dump opens");
        without_metadata(&mut dump);
        let files = ImageFiles::read(folder.path(), &Progress::new()).expect("not cancelled");
        let Case { space, types, truth } = discover(dump, Help { files: Some(files), ..Help::default() }, truth);
        let (mut named, mut nameless) = (0, 0);
        for t in truth["types"].as_array().expect("types").iter().filter(|t| t["module"] == "Zoo.dll") {
            let mt = t["mt"].as_u64().expect("an address");
            // Arguments from other assemblies still have no names.
            if types.arguments(&space, mt).is_empty() && !types.is_array(&space, mt) {
                let ours = types.name(&space, mt).full;
                if t["name"] == *ours {
                    named += 1;
                } else {
                    assert!(ours.contains("!0x0200"), "{name}: {mt:#x} {ours} {}", t["name"]);
                    nameless += 1;
                }
            }
        }
        // The specimen loads itself a second time from bytes: that copy has no path and so no file.
        assert_eq!((named, nameless), if fits { (18, 1) } else { (0, 20) }, "{name}");
    }
}

/// Opens a dump with its contract; its JSON was changed before, `from` by `to` of the same length.
fn with_contract(name: &str, changes: &[(&str, &str)]) -> Option<Case> {
    let (path, truth) = (support::dump(name)?, support::truth(name)?);
    let mut dump = Dump::open(&path, &Progress::new()).expect("the dump opens");
    let mut bytes = dump.bytes.to_vec();
    let json = regex::bytes::Regex::new(r#"\{"version":0,"baseline""#).expect("a valid pattern");
    let starts: Vec<usize> = json.find_iter(&dump.bytes).map(|hit| hit.start()).collect();
    for (from, to) in changes {
        assert_eq!(from.len(), to.len());
        for &start in &starts {
            let text = &mut bytes[start..start + 12_000];
            if let Some(at) = text.windows(from.len()).position(|window| window == from.as_bytes()) {
                text[at..at + to.len()].copy_from_slice(to.as_bytes());
            }
        }
    }
    dump.bytes = Arc::new(Bytes::Owned(bytes));
    let contracts = Contract::find(&dump, &AddressSpace::new(&dump));
    assert_eq!(contracts.len(), 1, "{name}");
    Some(discover(dump, Help { contracts, ..Help::default() }, truth))
}

/// Dumps with a contract. (A `--withheap` core lacks the pages of the runtime's file that export it.)
const WITH_CONTRACT: [&str; 4] = [
    "azmcp-net10-singlefile-win-x64.dmp",
    "zoo-net9-linux-x64.core",
    "zoo-net10-win-x64-clrgc.dmp",
    "zoo-net10-linux-x64-server.core",
];

#[test]
fn the_contract_agrees_with_what_was_measured() {
    for name in WITH_CONTRACT {
        let Some(Case { types, .. }) = with_contract(name, &[]) else { continue };
        println!("{name}: {:?}", types.how());
        let facts = if name.contains("net9") { 13 } else { 15 };
        assert!(types.how().method_tables.ends_with(&format!("contract descriptor: {facts} facts agree")));
        assert_eq!(types.how().warnings, [""; 0]);
    }
}

#[test]
fn a_contract_that_differs_changes_nothing_but_is_told() {
    // Unknown fields, and larger offsets in all that calibration may fall back to.
    let changes = [
        ("\"NumVirtuals\":12", "\"FutureField\":99"),
        ("\"PerInstInfo\":48", "\"PerInstInfo\":88"),
        ("\"TypeDefToMethodTableMap\":416", "\"TypeDefToMethodTableMap\":999"),
        ("\"OSId\":296", "\"OSId\":999"),
        ("\"LinkNext\":[112,", "\"LinkNext\":[992,"),
        ("\"FirstThreadLink\":88", "\"FirstThreadLink\":99"),
        ("\"RuntimeThreadLocals\":32", "\"RuntimeThreadLocals\":99"),
    ];
    let Some(Case { space, types, truth }) = with_contract("zoo-net10-linux-x64-server.core", &changes) else {
        return;
    };
    let how = types.how();
    assert!(how.method_tables.ends_with("13 facts agree, 2 differ"), "{}", how.method_tables);
    assert_eq!(how.warnings.len(), 1);
    for told in ["MethodTable.PerInstInfo at 88, found at 48", "Module.TypeDefToMethodTableMap at 999, found at 416"] {
        assert!(how.warnings[0].contains(told), "{}", how.warnings[0]);
    }
    for t in truth["types"].as_array().expect("types").iter().filter(|t| t["name"].is_string()) {
        let ours = support::squeezed(&types.name(&space, t["mt"].as_u64().expect("an address")).full);
        let theirs = support::squeezed(t["name"].as_str().expect("a name"));
        assert!(ours == theirs || support::explained(&ours, Some(&theirs)), "{ours} {theirs}");
    }
}

/// Takes out the pages that are the same in the files below `folder`, as the kernel does for a core.
fn without_file_pages(dump: &mut Dump, folder: &Path) -> usize {
    const PAGE: u64 = 0x1000;
    let mut same: Vec<u64> = Vec::new();
    // The writer lists what was loaded from bytes too, by its name alone: no file lies behind that.
    for module in dump.modules.iter().filter(|module| module.path.starts_with('/')) {
        let Ok(file) = std::fs::read(folder.join(module.file_name())) else { continue };
        let range_at =
            |at: u64| dump.ranges.iter().find(|range| range.address <= at && at + PAGE <= range.address + range.len);
        for part in &module.mapped {
            for page in (0..part.len).step_by(PAGE as usize) {
                let (at, offset) = (part.address + page, (part.offset + page) as usize);
                let Some(range) = range_at(at) else { continue };
                let here = (at - range.address + range.offset) as usize;
                let on_disk = &file[offset.min(file.len())..file.len().min(offset + PAGE as usize)];
                // Behind a file's end a page is zero.
                let (bytes, rest) = dump.bytes[here..here + PAGE as usize].split_at(on_disk.len());
                if bytes == on_disk && rest.iter().all(|&byte| byte == 0) {
                    same.push(at);
                }
            }
        }
    }
    same.sort_unstable();
    same.dedup();
    let mut ranges = Vec::new();
    for range in &dump.ranges {
        let end = range.address + range.len;
        let inside = &same[same.partition_point(|&at| at < range.address)..same.partition_point(|&at| at < end)];
        let starts = [range.address].into_iter().chain(inside.iter().map(|at| at + PAGE));
        let parts = starts.zip(inside.iter().copied().chain([end])).filter(|(start, end)| start < end);
        ranges.extend(parts.map(|(start, end)| heapglass::dump::Range {
            address: start,
            len: end - start,
            offset: start - range.address + range.offset,
        }));
    }
    dump.ranges = ranges;
    same.len()
}

#[test]
fn a_core_without_pages_of_files_has_all_sizes_and_gets_all_names_from_the_files() {
    let (Some(path), Some(folder)) = (support::dump("zoo-net10-linux-x64-server.core"), support::specimen_folder())
    else {
        return;
    };
    let progress = Progress::new();
    let whole = Heap::open(&path, &Options::default(), &progress).expect("the dump opens");
    let open = |images: Option<&Path>| {
        let mut dump = Dump::open(&path, &progress).expect("the dump opens");
        let pages = without_file_pages(&mut dump, &folder);
        assert!(pages > 1000, "{pages} pages are those of files");
        let options = Options { images: images.map(Path::to_owned), ..Options::default() };
        Heap::from_dump(dump, &options, &progress).expect("the dump opens")
    };
    let names = |heap: &Heap| heap.graph.types.iter().map(|t| t.name.full.clone()).collect::<Vec<_>>();
    let bare = open(None);
    assert_eq!(digests(&bare.graph, &progress), digests(&whole.graph, &progress));
    assert!(bare.facts.warnings.iter().any(|warning| warning.contains("--images can supply it")));
    let nameless = names(&bare).iter().filter(|name| name.contains("!0x0200")).count();
    assert!(nameless * 2 > bare.graph.types.len(), "{nameless} types without a name");

    let supplied = open(Some(&folder));
    assert_eq!(digests(&supplied.graph, &progress), digests(&whole.graph, &progress));
    assert_eq!(names(&supplied), names(&whole));
    let roots = |heap: &Heap| {
        heap.graph.roots.iter().map(|root| (root.kind, root.address, root.name.clone())).collect::<Vec<_>>()
    };
    assert_eq!(roots(&supplied), roots(&whole));
}
