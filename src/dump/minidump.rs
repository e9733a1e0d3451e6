//! A Windows minidump → its parts.
//!
//! The `minidump` crate reads header, directory, system and process facts and thread contexts. Lists of
//! memory, modules, threads and names are read here, record by record: one that points past a file cut
//! short must not lose the others, as it does there, and names must not be copied without bound.
//! Layouts: `minidumpapiset.h`.

use std::cell::Cell;

use minidump::format::MINIDUMP_STREAM_TYPE as Stream;
use minidump::system_info::{Cpu, Os as DumpOs};
use minidump::{Endian, Minidump, MinidumpContext, MinidumpMiscInfo, MinidumpSystemInfo};

use super::parts::Parts;
use super::ranges::Collector;
use super::{Architecture, Contents, Module, Os, Process, Thread, read};

/// Streams of a dump are a dozen; the directory of a damaged one may claim any number.
const MOST_STREAMS: u32 = 4096;
/// Threads of one process stay far below.
const MOST_THREADS: usize = 1 << 16;

/// Reads everything but the memory itself; `Err` says in words why nothing can be had.
pub fn read(bytes: &[u8]) -> Result<Parts, String> {
    let streams = read::u32(bytes, 8).ok_or("it ends within its header")?;
    if streams > MOST_STREAMS {
        return Err(format!("its header is damaged: it promises {streams} streams"));
    }
    let dump = Minidump::read(bytes).map_err(|error| format!("its header cannot be read: {error}"))?;
    let Ok(system) = dump.get_stream::<MinidumpSystemInfo>() else {
        return Err("it does not say which system it is from (cut short, or written only in part?)".into());
    };
    let architecture = match system.cpu {
        Cpu::X86 => Architecture::X86,
        Cpu::X86_64 => Architecture::X64,
        Cpu::Arm => Architecture::Arm,
        Cpu::Arm64 => Architecture::Arm64,
        other => return Err(format!("its processor ({other}) is not supported")),
    };
    let file = File {
        cut: Cell::new(false),
        bytes,
        dump: &dump,
        address_mask: if architecture.pointer_size() == 4 { u32::MAX.into() } else { u64::MAX },
    };

    let mut ranges = Collector::new(bytes.len() as u64, architecture.pointer_size());
    file.memory64(&mut ranges);
    file.memory32(&mut ranges);
    let modules = file.modules();
    let misc = dump.get_stream::<MinidumpMiscInfo>().ok();
    let mut parts = Parts {
        os: match system.os {
            DumpOs::Windows => Os::Windows,
            DumpOs::Linux => Os::Linux,
            _ => Os::Other,
        },
        architecture,
        contents: file.contents(),
        process: Process {
            id: misc.as_ref().and_then(|misc| misc.raw.process_id().copied()),
            // Writers list the program before its libraries.
            path: modules.first().map(|module| module.path.clone()),
            taken: Some(dump.header.time_date_stamp.into()).filter(|&seconds: &u64| seconds != 0),
        },
        threads: file.threads(&system),
        modules,
        collected: ranges.finish(),
        warnings: Vec::new(),
    };
    parts.modules.sort_by_key(|module| module.base);
    if file.cut.get() {
        parts
            .warnings
            .push("The file is cut short or damaged: its lists of memory, modules or threads are not whole.".into());
    }
    Ok(parts)
}

struct File<'a> {
    /// Set where a list is shorter than it says.
    cut: Cell<bool>,
    bytes: &'a [u8],
    dump: &'a Minidump<'a, &'a [u8]>,
    /// 32-bit writers extend addresses by their sign.
    address_mask: u64,
}

impl<'a> File<'a> {
    /// A stream's bytes: what the file still has of them.
    fn stream(&self, kind: Stream) -> &'a [u8] {
        let Some(entry) = self.dump.all_streams().find(|entry| entry.stream_type == kind as u32) else { return &[] };
        let len = u64::from(entry.location.data_size);
        let stream = read::clipped(self.bytes, entry.location.rva.into(), len);
        self.note_cut(len, stream.len());
        stream
    }

    fn note_cut(&self, promised: u64, here: usize) {
        if promised > here as u64 {
            self.cut.set(true);
        }
    }

    /// The records of a stream that begins with a `u32` count; some writers align the first to 8 bytes.
    fn records(&self, kind: Stream, len: usize) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let stream = self.stream(kind);
        let count = read::u32(stream, 0).unwrap_or(0) as usize;
        let padded = count.checked_mul(len).is_some_and(|all| stream.len() == all.saturating_add(8));
        let records = stream.get(if padded { 8 } else { 4 }..).unwrap_or(&[]).chunks_exact(len);
        self.note_cut(count as u64, records.len());
        records.take(count)
    }

    /// `MINIDUMP_MEMORY64_LIST`: count, offset of the first range's bytes, then address and size; the bytes
    /// of all ranges lie one behind the other.
    fn memory64(&self, ranges: &mut Collector) {
        let stream = self.stream(Stream::Memory64ListStream);
        let count = read::u64(stream, 0).unwrap_or(0);
        let Some(mut offset) = read::u64(stream, 8) else { return };
        let descriptors = stream[16..].chunks_exact(16);
        self.note_cut(count, descriptors.len());
        for descriptor in descriptors.take(usize::try_from(count).unwrap_or(usize::MAX)) {
            let (Some(address), Some(len)) = (read::u64(descriptor, 0), read::u64(descriptor, 8)) else { break };
            ranges.push(address & self.address_mask, len, offset);
            offset = offset.saturating_add(len);
        }
    }

    /// `MINIDUMP_MEMORY_LIST`: address, size and offset of each range.
    fn memory32(&self, ranges: &mut Collector) {
        for record in self.records(Stream::MemoryListStream, 16) {
            if let (Some(address), Some(len), Some(offset)) =
                (read::u64(record, 0), read::u32(record, 8), read::u32(record, 12))
            {
                ranges.push(address & self.address_mask, len.into(), offset.into());
            }
        }
    }

    fn contents(&self) -> Contents {
        const WITH_FULL_MEMORY: u64 = 0x2;
        const WITH_PRIVATE_READ_WRITE_MEMORY: u64 = 0x200;
        let flags = self.dump.header.flags;
        if flags & WITH_FULL_MEMORY != 0 {
            Contents::Full
        } else if flags & WITH_PRIVATE_READ_WRITE_MEMORY != 0 {
            Contents::Private
        } else if !self.stream(Stream::Memory64ListStream).is_empty() {
            // Only full memory needs 64-bit sizes; some writers leave the flags 0.
            Contents::Full
        } else {
            Contents::Stacks
        }
    }

    /// `MINIDUMP_MODULE_LIST`, in the file's order.
    fn modules(&self) -> Vec<Module> {
        const RECORD: usize = 108;
        const FIXED_FILE_INFO_SIGNATURE: u32 = 0xfeef_04bd;
        let mut names = self.names();
        let read_module = |record: &[u8]| {
            let size = read::u32(record, 8)?;
            let version = (read::u32(record, 24) == Some(FIXED_FILE_INFO_SIGNATURE)).then(|| {
                let half = |at| read::u16(record, at).unwrap_or(0);
                [half(34), half(32), half(38), half(36)]
            });
            Some(Module {
                base: read::u64(record, 0)? & self.address_mask,
                size: size.into(),
                path: names.read(read::u32(record, 20)?.into())?,
                timestamp: read::u32(record, 16)?,
                version: version.filter(|version| *version != [0; 4]),
                mapped: Vec::new(),
            })
        };
        self.records(Stream::ModuleListStream, RECORD)
            .filter_map(read_module)
            .filter(|module| module.size > 0 && module.base.checked_add(module.size).is_some())
            .collect()
    }

    /// `MINIDUMP_THREAD_LIST`, with registers from the context records and names from the stream of names.
    fn threads(&self, system: &MinidumpSystemInfo) -> Vec<Thread> {
        let mut names = self.names();
        let mut named: rustc_hash::FxHashMap<u32, String> = self
            .records(Stream::ThreadNamesStream, 12)
            .take(MOST_THREADS)
            .filter_map(|record| Some((read::u32(record, 0)?, names.read(read::u64(record, 4)?)?)))
            .filter(|(_, name)| !name.is_empty())
            .collect();
        let read_thread = |record: &[u8]| {
            let id = read::u32(record, 0)?;
            let context = (|| {
                let len = read::u32(record, 40)?;
                let bytes = read::slice(self.bytes, read::u32(record, 44)?.into(), len.into())?;
                MinidumpContext::read(bytes, Endian::Little, system, None).ok()
            })();
            Some(Thread {
                id,
                name: named.remove(&id),
                stack_pointer: context.as_ref().map_or(0, MinidumpContext::get_stack_pointer),
                registers: context.iter().flat_map(MinidumpContext::registers).map(|(_, value)| value).collect(),
                teb: read::u64(record, 16)? & self.address_mask,
            })
        };
        self.records(Stream::ThreadListStream, 48).take(MOST_THREADS).filter_map(read_thread).collect()
    }

    /// Many records may name one long string; together the copies stay below the file's size.
    fn names(&self) -> Names<'a> {
        Names { bytes: self.bytes, left: self.bytes.len() }
    }
}

/// Reads `MINIDUMP_STRING`s: a length in bytes, then UTF-16.
struct Names<'a> {
    bytes: &'a [u8],
    left: usize,
}

impl Names<'_> {
    fn read(&mut self, at: u64) -> Option<String> {
        let len = read::u32(self.bytes, at)?;
        self.left = self.left.checked_sub(len as usize)?;
        let units = read::slice(self.bytes, at + 4, len.into())?.chunks_exact(2);
        let units = units.map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
        Some(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
    }
}
