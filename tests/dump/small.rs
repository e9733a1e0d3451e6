//! Small dumps made byte by byte, and files that are no dumps.

use heapglass::dump::{Architecture, Contents, Dump, Error};
use heapglass::memory::AddressSpace;
use heapglass::progress::Progress;

use crate::synth::core::{Core, Notes};
use crate::synth::minidump::Minidump;
use crate::{open_bytes, small_core, small_minidump};

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
fn threads_of_arm64_have_their_stack_pointer_and_all_registers() {
    let minidump = Minidump { arm64: true, ..small_minidump() }.build();
    let core = Core { arm64: true, ..small_core() }.build();
    // x0 to x28, fp, lr, sp, pc; a core has the flags besides.
    for (bytes, stack_pointer, registers) in [(minidump, 0x9_0100, 33), (core, 0x7fff_0100, 34)] {
        let dump = open_bytes(&bytes).expect("opens");
        assert_eq!((dump.architecture, dump.architecture.pointer_size()), (Architecture::Arm64, 8));
        assert_eq!((dump.threads[0].id, dump.threads[0].stack_pointer), (7, stack_pointer));
        assert_eq!(dump.threads[0].registers.len(), registers);
        assert_eq!(dump.threads[0].registers.iter().position(|&value| value == stack_pointer), Some(31));
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
fn a_32_bit_process_that_a_64_bit_tool_dumped_is_read_as_32_bit() {
    let words = |len: usize, words: &[(usize, u32)]| {
        let mut bytes = vec![0; len];
        words.iter().for_each(|&(at, word)| bytes[at..at + 4].copy_from_slice(&word.to_le_bytes()));
        bytes
    };
    let image = |machine| (0x30_0000, words(0x100, &[(0x3c, 0x80), (0x80, 0x4550), (0x84, machine)]));
    // The 64-bit block names the 32-bit one, whose stack is 0x90000..0x90180, and the saved registers.
    let blocks = [
        (0x7000_0000, words(0x2000, &[(0, 0x7000_2000), (0x1488, 0x7000_2800)])),
        (0x7000_2000, words(0x1000, &[(4, 0x9_0180), (8, 0x9_0000), (0x18, 0x7000_2000), (0x8c8, 0x9_0150)])),
    ];
    let open = |machine: u32, blocks: &[(u64, Vec<u8>)]| {
        let mut file = small_minidump();
        file.memory64.push(image(machine));
        file.memory64.extend(blocks.iter().cloned());
        open_bytes(&file.build()).expect("opens")
    };
    let stack_pointers = |dump: &Dump| dump.threads.iter().map(|thread| thread.stack_pointer).collect::<Vec<_>>();

    let dump = open(0x14c, &blocks);
    assert_eq!(dump.architecture, Architecture::X86);
    assert_eq!(stack_pointers(&dump), [0x9_0100, 0x9_0150], "the first runs 32-bit code, the second does not");
    assert!(dump.threads.iter().all(|thread| thread.teb == 0x7000_2000) && dump.warnings.is_empty());

    let without = open(0x14c, &[]);
    assert_eq!(stack_pointers(&without), [0, 0]);
    assert!(without.warnings[0].contains("stacks of 2 threads are unread"), "{:?}", without.warnings);

    let dump = open(0x8664, &blocks);
    assert_eq!((dump.architecture, &stack_pointers(&dump)[..]), (Architecture::X64, &[0x9_0100, 0x9_0200][..]));
}
