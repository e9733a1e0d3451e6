//! A Linux core (ELF) → its parts.
//!
//! Read by hand rather than with `object`, which wants the whole table of program headers and a whole
//! section table: a core cut short has lost one or the other, and still has memory. createdump and the
//! kernel write the notes first, gdb writes them last, so every note is optional here.
//! Layouts: `elf.h`; more than 65534 segments as `fs/binfmt_elf.c` counts them.

use super::elf_notes::{self, Notes};
use super::parts::Parts;
use super::ranges::Collector;
use super::{Architecture, Contents, Os, Process, Range, Thread, read};

const PT_LOAD: u32 = 1;
const PT_NOTE: u32 = 4;

/// One program header.
#[derive(Clone, Copy, Debug)]
struct Segment {
    kind: u32,
    offset: u64,
    address: u64,
    /// Bytes in the file.
    len: u64,
    /// Bytes in the process.
    memory: u64,
}

/// Reads everything but the memory itself; `Err` says in words why nothing can be had.
pub fn read(bytes: &[u8]) -> Result<Parts, String> {
    const LITTLE_ENDIAN: u8 = 1;
    let (Some(&class), Some(&order), Some(machine)) = (bytes.get(4), bytes.get(5), read::u16(bytes, 18)) else {
        return Err("it ends within its header".into());
    };
    if order != LITTLE_ENDIAN {
        return Err("big-endian systems are not supported".into());
    }
    let architecture = match (class, machine) {
        (1, 3) => Architecture::X86,
        (2, 62) => Architecture::X64,
        (1, 40) => Architecture::Arm,
        (2, 183) => Architecture::Arm64,
        _ => return Err(format!("its processor (ELF class {class}, machine {machine}) is not supported")),
    };
    let mut ranges = Collector::new(bytes.len() as u64, architecture.pointer_size());
    let mut notes = Notes::default();
    let mut left_out = 0u64;
    let mut lists_memory = false;
    // Segments may overlap; together they are not read more than once.
    let mut notes_left = bytes.len() as u64;
    let count = segment_count(bytes, architecture.pointer_size());
    let mut seen = 0;
    for segment in segments(bytes, architecture.pointer_size(), count) {
        seen += 1;
        match segment.kind {
            PT_LOAD => {
                lists_memory = true;
                ranges.push(segment.address, segment.len, segment.offset);
                left_out = left_out.saturating_add(segment.memory.saturating_sub(segment.len));
            }
            PT_NOTE => {
                let part = read::clipped(bytes, segment.offset, segment.len.min(notes_left));
                notes_left -= part.len() as u64;
                notes.read(part, architecture);
            }
            _ => {}
        }
    }
    if !lists_memory {
        return Err("it lists no memory (cut short, or written only in part?)".into());
    }
    let modules = elf_notes::modules(&notes.mappings);
    let program = notes.program_headers.and_then(|address| {
        modules.iter().find(|module| (module.base..module.base.saturating_add(module.size)).contains(&address))
    });
    let mut warnings = Vec::new();
    if count != Some(seen) {
        warnings.push("The core is cut short or damaged: its list of memory is not whole.".into());
    }
    if notes.threads.is_empty() {
        warnings.push(
            "The core has no thread records (they may be in a part that is cut off): stacks are not read.".into(),
        );
    }
    let collected = ranges.finish();
    Ok(Parts {
        os: Os::Linux,
        architecture,
        contents: if stacks_only(&collected.ranges, &notes.threads) {
            Contents::Stacks
        } else {
            Contents::Core { left_out }
        },
        process: Process {
            id: notes.process_id,
            path: program.map(|module| module.path.clone()).or(notes.command),
            taken: None,
        },
        modules,
        threads: notes.threads,
        collected,
        warnings,
    })
}

/// Whether of most stacks only the part in use is there. `createdump --normal` and `--triage` write it so,
/// and then no heap; whoever writes whole mappings has the unused part below the stack pointer too.
fn stacks_only(ranges: &[Range], threads: &[Thread]) -> bool {
    const PAGE: u64 = 0x1000;
    let cut = |thread: &&Thread| {
        let stack = ranges.partition_point(|range| range.address <= thread.stack_pointer).checked_sub(1);
        stack.is_some_and(|index| thread.stack_pointer - ranges[index].address < 2 * PAGE)
    };
    2 * threads.iter().filter(cut).count() > threads.len()
}

/// The program headers that the file still has.
fn segments(bytes: &[u8], word: usize, count: Option<u64>) -> impl Iterator<Item = Segment> {
    let wide = word == 8;
    let table = read::word(bytes, if wide { 32 } else { 28 }, word).unwrap_or(u64::MAX);
    let (step_at, record) = if wide { (54, 56u64) } else { (42, 32) };
    let step = read::u16(bytes, step_at).map_or(record, u64::from).max(record);
    let mut at = table;
    let mut read = 0;
    // Where the count is cut off, the table ends where the first segment's bytes begin.
    let mut first_bytes = u64::MAX;
    std::iter::from_fn(move || {
        if count.map_or(at >= first_bytes, |count| read >= count) {
            return None;
        }
        let segment = segment(bytes, at, wide)?;
        if segment.len > 0 && segment.offset > table {
            first_bytes = first_bytes.min(segment.offset);
        }
        read += 1;
        at = at.checked_add(step)?;
        Some(segment)
    })
}

/// `e_phnum`, or `sh_info` of section header 0 where there are too many for it; `None` where that is cut off.
fn segment_count(bytes: &[u8], word: usize) -> Option<u64> {
    const PN_XNUM: u16 = 0xffff;
    let wide = word == 8;
    match read::u16(bytes, if wide { 56 } else { 44 })? {
        PN_XNUM => {
            let sections = if wide { read::u64(bytes, 40)? } else { read::u32(bytes, 32)?.into() };
            let info = sections.checked_add(if wide { 44 } else { 28 })?;
            read::u32(bytes, info).filter(|_| sections != 0).map(u64::from)
        }
        count => Some(count.into()),
    }
}

fn segment(bytes: &[u8], at: u64, wide: bool) -> Option<Segment> {
    let word = |offset: u64| read::word(bytes, at.checked_add(offset)?, if wide { 8 } else { 4 });
    let kind = read::u32(bytes, at)?;
    let [offset, address, len, memory] = if wide { [8, 16, 32, 40] } else { [4, 8, 16, 20] };
    Some(Segment { kind, offset: word(offset)?, address: word(address)?, len: word(len)?, memory: word(memory)? })
}
