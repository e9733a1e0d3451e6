//! A dump's file, read: every dump of the set opens, with its system, modules, threads and memory.

mod support;
mod synth;

use std::io::{Cursor, Write};
use std::time::{Duration, Instant};

use heapglass::dump::{Architecture, Container, Contents, Dump, Error, Os};
use heapglass::memory::{AddressSpace, image};
use heapglass::progress::{Phase, Progress};

use synth::core::{Core, Notes};
use synth::minidump::Minidump;

fn open(name: &str) -> Option<Dump> {
    Some(Dump::open(&support::dump(name)?, &Progress::new()).expect("the dump opens"))
}

#[test]
fn every_dump_opens_with_its_system_and_no_warning() {
    for name in support::DUMPS {
        let Some(dump) = open(name) else { continue };
        let windows = name.contains("-win-");
        assert_eq!(dump.container, if windows { Container::Minidump } else { Container::ElfCore }, "{name}");
        assert_eq!(dump.os, if windows { Os::Windows } else { Os::Linux }, "{name}");
        let x86 = name.contains("-x86");
        assert_eq!(dump.architecture, if x86 { Architecture::X86 } else { Architecture::X64 }, "{name}");
        assert_eq!(dump.warnings, Vec::<String>::new(), "{name}");
        assert_eq!(dump.missing, 0, "{name}");
        assert_eq!(dump.contents, if windows { Contents::Full } else { Contents::Core { left_out: 0 } }, "{name}");
        assert!(dump.process.path.is_some() && dump.process.id.is_some(), "{name}: {:?}", dump.process);
        let runtime = ["coreclr.dll", "libcoreclr.so", "azmcp.exe"];
        assert!(dump.modules.iter().any(|module| runtime.contains(&module.file_name())), "{name}: {:?}", dump.modules);
    }
}

#[test]
fn the_memory_holds_every_segment_of_the_heap() {
    for name in support::DUMPS {
        let (Some(dump), Some(truth)) = (open(name), support::truth(name)) else { continue };
        let space = AddressSpace::new(&dump);
        for segment in truth["segments"].as_array().expect("segments") {
            let (start, end) = (segment["start"].as_u64().expect("start"), segment["end"].as_u64().expect("end"));
            let mut bytes = vec![0; (end - start) as usize];
            assert!(space.read(start, &mut bytes).is_some(), "{name}: {segment}");
        }
    }
}

#[test]
fn threads_have_registers_and_their_stacks_are_in_memory() {
    for name in support::DUMPS {
        let (Some(dump), Some(truth)) = (open(name), support::truth(name)) else { continue };
        let space = AddressSpace::new(&dump);
        let count = match dump.architecture {
            Architecture::X86 => 10,
            _ if dump.os == Os::Windows => 17,
            _ => 27,
        };
        for thread in &dump.threads {
            assert_eq!(thread.registers.len(), count, "{name}: {thread:x?}");
            assert!(thread.registers.contains(&thread.stack_pointer), "{name}: {thread:x?}");
            assert!(space.contains(thread.stack_pointer), "{name}: {thread:x?}");
            assert_eq!(thread.teb != 0, dump.os == Os::Windows, "{name}: {thread:x?}");
        }
        let known = |id: u64| dump.threads.iter().any(|thread| u64::from(thread.id) == id);
        let managed = truth["threads"].as_array().expect("threads");
        let alive = managed.iter().filter(|thread| thread["alive"] == true);
        // A thread may start or end while a dump is taken.
        let absent: Vec<_> = alive.filter(|thread| !known(thread["osId"].as_u64().expect("an id"))).collect();
        assert!(absent.len() <= 2, "{name}: {absent:?}");
    }
}

#[test]
fn a_minidump_without_heap_says_so() {
    let Some(dump) = open("zoo-net8-win-x64-noheap.dmp") else { return };
    assert_eq!(dump.contents, Contents::Stacks);
    assert!(dump.describe().starts_with("This is a minidump without heap memory"), "{}", dump.describe());
    assert!(!dump.threads.is_empty() && !dump.ranges.is_empty());
}

#[test]
fn the_same_file_mapped_twice_is_two_modules() {
    let Some(dump) = open("zoo-net9-linux-x64.core") else { return };
    let core_lib: Vec<_> =
        dump.modules.iter().filter(|module| module.file_name() == "System.Private.CoreLib.dll").collect();
    // Flat, and loaded with headers and three sections.
    let places: Vec<_> = core_lib.iter().map(|module| (module.base, module.size)).collect();
    assert_eq!(places, [(0x7f54_0280_0000, 0xe2_9000), (0x7f54_1228_0000, 0xe7_7000)]);
}

#[test]
fn a_file_that_is_no_dump_is_named_for_what_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (content, what) in [
        (b"".as_slice(), "it is empty"),
        (&[0; 32], "it is nothing but zero bytes"),
        (b"2024-01-01 12:00 error: out of memory\n", "it is a text file"),
        (b"MZ\x90\0\x03", "it is a Windows program"),
        (b"\x14\0\0\0!FastSerialization.1", "it is a .gcdump file"),
    ] {
        let path = folder.path().join("file.dmp");
        std::fs::write(&path, content).expect("written");
        let error = Dump::open(&path, &Progress::new()).expect_err("no dump");
        assert!(matches!(&error, Error::NotADump { .. }) && error.to_string().contains(what), "{error}");
    }
    let absent = Dump::open(&folder.path().join("absent"), &Progress::new()).expect_err("no file");
    assert!(matches!(absent, Error::Open { .. }), "{absent}");
    let folder = Dump::open(folder.path(), &Progress::new()).expect_err("a folder");
    assert!(matches!(folder, Error::Open { .. }), "{folder}");
}

fn small_minidump() -> Minidump {
    Minidump {
        flags: 2,
        memory64: vec![(0x1_0000, vec![1; 0x1000]), (0x1_1000, vec![2; 0x1000]), (0x9_0000, vec![3; 0x1000])],
        memory32: vec![(0x5_0000, vec![4; 0x100])],
        modules: vec![
            (0x40_0000, 0x1000, r"C:\app\program.exe".into()),
            (0x30_0000, 0x2000, r"C:\net\coreclr.dll".into()),
        ],
        threads: vec![(7, 0x9_0100, "worker".into()), (8, 0x9_0200, String::new())],
        ..Minidump::default()
    }
}

fn small_core() -> Core {
    Core {
        word: 8,
        notes: Notes::First,
        extended: false,
        memory: vec![(0x40_0000, vec![1; 0x1000]), (0x7fff_0000, vec![2; 0x1000])],
        threads: vec![(7, 0x7fff_0100)],
        files: vec![
            (0x40_0000, 0x40_1000, 0, "/usr/bin/program".into()),
            (0x40_1000, 0x40_3000, 0x1000, "/usr/bin/program".into()),
            (0x50_0000, 0x50_1000, 0, "/lib/libcoreclr.so".into()),
        ],
    }
}

fn open_bytes(bytes: &[u8]) -> Result<Dump, Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("dump");
    std::fs::write(&path, bytes).expect("written");
    Dump::open(&path, &Progress::new())
}

#[test]
fn a_minidump_is_read_whole() {
    for x86 in [false, true] {
        let dump = open_bytes(&Minidump { x86, ..small_minidump() }.build()).expect("opens");
        assert_eq!(dump.architecture, if x86 { Architecture::X86 } else { Architecture::X64 });
        let ranges: Vec<_> = dump.ranges.iter().map(|range| (range.address, range.len)).collect();
        assert_eq!(ranges, [(0x1_0000, 0x1000), (0x1_1000, 0x1000), (0x5_0000, 0x100), (0x9_0000, 0x1000)]);
        let modules: Vec<_> = dump.modules.iter().map(|module| (module.base, module.file_name())).collect();
        assert_eq!(modules, [(0x30_0000, "coreclr.dll"), (0x40_0000, "program.exe")]);
        assert_eq!(dump.process.path.as_deref(), Some(r"C:\app\program.exe"));
        assert_eq!((dump.process.id, dump.process.taken), (Some(4321), Some(1_700_000_000)));
        let threads: Vec<_> =
            dump.threads.iter().map(|thread| (thread.id, thread.stack_pointer, thread.name.as_deref())).collect();
        assert_eq!(threads, [(7, 0x9_0100, Some("worker")), (8, 0x9_0200, None)]);
        let space = AddressSpace::new(&dump);
        assert_eq!(space.u16(0x1_0fff), Some(0x0201), "a read across two ranges");
        assert_eq!(space.u8(0x5_00ff), Some(4));
        assert_eq!(space.u16(0x5_00ff), None);
    }
}

#[test]
fn addresses_that_a_32_bit_writer_extended_by_their_sign_are_32_bits() {
    let high = Minidump { x86: true, memory64: vec![(0xffff_ffff_f000_0000, vec![5; 16])], ..small_minidump() };
    let dump = open_bytes(&high.build()).expect("opens");
    assert_eq!(AddressSpace::new(&dump).u8(0xf000_0000), Some(5));
}

#[test]
fn a_core_is_read_whole_wherever_its_notes_are() {
    for word in [4, 8] {
        for extended in [false, true] {
            for notes in [Notes::First, Notes::Last] {
                let dump = open_bytes(&Core { word, extended, notes, ..small_core() }.build()).expect("opens");
                assert_eq!(dump.architecture.pointer_size(), word);
                let ranges: Vec<_> = dump.ranges.iter().map(|range| (range.address, range.len)).collect();
                assert_eq!(ranges, [(0x40_0000, 0x1000), (0x7fff_0000, 0x1000)]);
                let modules: Vec<_> = dump.modules.iter().map(|m| (m.base, m.size, m.file_name())).collect();
                assert_eq!(modules, [(0x40_0000, 0x3000, "program"), (0x50_0000, 0x1000, "libcoreclr.so")]);
                assert_eq!(dump.process.path.as_deref(), Some("/usr/bin/program"));
                assert_eq!(dump.process.id, Some(4321));
                let threads: Vec<_> = dump.threads.iter().map(|t| (t.id, t.stack_pointer)).collect();
                assert_eq!(threads, [(7, 0x7fff_0100)]);
                assert_eq!(dump.warnings, Vec::<String>::new());
            }
        }
    }
}

#[test]
fn a_core_with_only_the_used_part_of_its_stacks_has_no_heap() {
    let dump = open_bytes(&small_core().build()).expect("opens");
    assert_eq!(dump.contents, Contents::Stacks);
    let whole = Core { memory: vec![(0x7ffe_0000, vec![2; 0x1_1000])], ..small_core() };
    assert_eq!(open_bytes(&whole.build()).expect("opens").contents, Contents::Core { left_out: 0 });
}

#[test]
fn a_core_without_notes_still_has_memory() {
    let dump = open_bytes(&Core { notes: Notes::Absent, ..small_core() }.build()).expect("opens");
    assert_eq!((dump.ranges.len(), dump.modules.len(), dump.threads.len()), (2, 0, 0));
    assert_eq!(dump.warnings.len(), 1);
}

#[test]
fn a_packed_dump_is_unpacked_by_content_not_by_name() {
    let plain = small_minidump().build();
    let zstd = zstd::encode_all(plain.as_slice(), 1).expect("packed");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).expect("packed");
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in
        [("readme.txt", b"no dump".repeat(9000)), ("w3wp.dmp", plain.clone()), ("small.dmp", vec![0])]
    {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("an entry");
        zip.write_all(&content).expect("packed");
    }
    let zip = zip.finish().expect("packed").into_inner();
    for packed in [zstd, gzip.finish().expect("packed"), zip] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("dump.dmp");
        std::fs::write(&path, packed).expect("written");
        let dump = Dump::open(&path, &Progress::new()).expect("opens");
        assert_eq!(dump.path, path);
        assert_eq!(&**dump.bytes, plain.as_slice());
    }
}

#[test]
fn packed_files_without_a_dump_say_what_is_inside() {
    let text = zstd::encode_all(b"just text\n".as_slice(), 1).expect("packed");
    let error = open_bytes(&text).expect_err("no dump").to_string();
    assert!(error.contains("it is a zstd file with a file inside that is a text file"), "{error}");
    let zip = zip::ZipWriter::new(Cursor::new(Vec::new())).finish().expect("packed").into_inner();
    let error = open_bytes(&zip).expect_err("no dump").to_string();
    assert!(error.contains("an empty zip archive"), "{error}");
    assert!(matches!(open_bytes(b"\x1f\x8b\x08"), Err(Error::Unpack { .. })));
}

#[test]
fn a_packed_dump_cut_short_gives_what_is_there() {
    let mut noise = 1u32;
    let mut next = || {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 24) as u8
    };
    let memory = (0..3_000_000).map(|_| next()).collect();
    let plain = Minidump { memory64: vec![(0x10_0000, memory)], ..small_minidump() }.build();
    let packed = zstd::encode_all(plain.as_slice(), 1).expect("packed");
    let dump = open_bytes(&packed[..packed.len() / 2]).expect("half of it opens");
    assert!(dump.missing > 1_000_000 && dump.warnings.len() == 2, "{:?}", dump.warnings);
    assert!(AddressSpace::new(&dump).contains(0x10_0000));
}

#[test]
fn the_sample_opens_and_unpacking_reports_progress() {
    let progress = Progress::new();
    let dump = Dump::open_sample(&progress).expect("the sample opens");
    assert_eq!(dump.path.to_str(), Some("efshop-net8-win-x64.dmp (sample)"));
    let unpacking = progress.snapshot();
    assert_eq!((unpacking.phase, unpacking.done), (Phase::Unpack, unpacking.total));
    assert_eq!(dump.contents, Contents::Full);
}

#[test]
fn unpacking_stops_within_200_milliseconds() {
    let progress = Progress::new();
    let watched = progress.clone();
    let job = std::thread::spawn(move || Dump::open_sample(&progress));
    while watched.snapshot().done < 1 << 20 {
        std::thread::yield_now();
    }
    let asked = Instant::now();
    watched.cancel();
    let outcome = job.join().expect("no panic");
    assert!(asked.elapsed() < Duration::from_millis(200), "{:?}", asked.elapsed());
    assert!(matches!(outcome, Err(Error::Cancelled(_))), "{outcome:?}");
}

#[test]
fn exports_of_the_runtime_are_found_in_memory() {
    // .NET 10 on Windows and 9 on Linux: the contract descriptor, by its magic number.
    for (name, runtime) in
        [("zoo-net10-win-x64-clrgc.dmp", "coreclr.dll"), ("zoo-net9-linux-x64.core", "libcoreclr.so")]
    {
        let Some(dump) = open(name) else { continue };
        let space = AddressSpace::new(&dump);
        let module = dump.modules.iter().find(|module| module.file_name() == runtime).expect("the runtime");
        let descriptor = image::export(&space, module.base, "DotNetRuntimeContractDescriptor").expect("exported");
        assert_eq!(space.u64(descriptor), Some(u64::from_le_bytes(*b"DNCCDAC\0")), "{name}");
        assert_eq!(image::export(&space, module.base, "DotNetRuntimeContractDescripto"), None);
        assert_eq!(image::export(&space, module.base, "ZZZ"), None);
    }
}
