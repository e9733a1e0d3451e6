//! Every dump of the set opens, with its system, modules, threads and memory.

use heapglass::dump::{Architecture, Container, Contents, Dump, Os};
use heapglass::memory::{AddressSpace, image};
use heapglass::progress::Progress;

use crate::support;

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
