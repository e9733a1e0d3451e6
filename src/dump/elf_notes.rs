//! The notes of a Linux core: threads, mapped files, the process.
//!
//! Each note is optional and may be cut off. Register and process records are the kernel's
//! `elf_prstatus` and `elf_prpsinfo`, whose layout depends on the architecture; mapped files come from
//! `NT_FILE`. Anonymous memory behind a file's last mapping (its `.bss`) is in no note.

use super::{Architecture, Module, Range, Thread, read};

/// A process has at most `vm.max_map_count` mappings, and far fewer threads.
const MOST_MAPPINGS: usize = 1 << 20;
const MOST_THREADS: usize = 1 << 16;

/// What the notes said.
#[derive(Debug, Default)]
pub struct Notes {
    pub threads: Vec<Thread>,
    pub mappings: Vec<Mapping>,
    pub process_id: Option<u32>,
    /// The command's first word, else its (cut) name.
    pub command: Option<String>,
    /// Address of the program's own headers: whose mapping this is, that file is the program.
    pub program_headers: Option<u64>,
}

/// One mapping of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    pub start: u64,
    pub end: u64,
    /// Byte of the file that is mapped at `start`.
    pub offset: u64,
    pub path: String,
}

impl Notes {
    /// Reads the notes of one segment, as far as they are there.
    pub fn read(&mut self, segment: &[u8], architecture: Architecture) {
        const NT_PRSTATUS: u32 = 1;
        const NT_PRPSINFO: u32 = 3;
        const NT_AUXV: u32 = 6;
        const NT_FILE: u32 = 0x4649_4c45;
        let mut at = 0;
        // Name and content are each padded to 4 bytes.
        while let (Some(name_len), Some(len), Some(kind)) =
            (read::u32(segment, at), read::u32(segment, at + 4), read::u32(segment, at + 8))
        {
            let name = read::clipped(segment, at + 12, name_len.into());
            let content_at = at + 12 + u64::from(name_len).next_multiple_of(4);
            let content = read::clipped(segment, content_at, len.into());
            at = content_at + u64::from(len).next_multiple_of(4);
            if name.strip_suffix(b"\0") != Some(b"CORE") {
                continue;
            }
            match kind {
                NT_PRSTATUS if self.threads.len() < MOST_THREADS => self.threads.extend(thread(content, architecture)),
                NT_PRPSINFO => self.process(content, architecture),
                NT_AUXV => self.program_headers = program_headers(content, architecture.pointer_size()),
                NT_FILE if self.mappings.is_empty() => {
                    self.mappings = mappings(content, architecture.pointer_size());
                }
                _ => {}
            }
        }
    }

    /// `elf_prpsinfo`: uid and gid are 16 bits wide on 32-bit architectures.
    fn process(&mut self, info: &[u8], architecture: Architecture) {
        let (pid, name) = if architecture.pointer_size() == 8 { (24, 40) } else { (12, 28) };
        self.process_id = read::u32(info, pid);
        let name_and_arguments =
            [(name + 16, 80), (name, 16)].map(|(at, len)| read::text(read::clipped(info, at, len)));
        let mut words = name_and_arguments.iter().filter_map(|text| text.split_whitespace().next());
        self.command = words.next().map(str::to_owned);
    }
}

/// `elf_prstatus`: thread id, then registers as `user_regs_struct` has them.
fn thread(status: &[u8], architecture: Architecture) -> Option<Thread> {
    let word = architecture.pointer_size();
    let (id, registers) = if word == 8 { (32, 112) } else { (24, 72) };
    let (count, stack_pointer) = match architecture {
        Architecture::X64 => (27, 19),
        Architecture::X86 => (17, 15),
        Architecture::Arm64 => (34, 31),
        Architecture::Arm => (18, 13),
    };
    let registers: Vec<u64> =
        (0..count).map_while(|index| read::word(status, registers + index * word as u64, word)).collect();
    Some(Thread {
        id: read::u32(status, id)?,
        name: None,
        stack_pointer: registers.get(stack_pointer).copied().unwrap_or(0),
        registers,
        teb: 0,
    })
}

/// `AT_PHDR` of the auxiliary vector.
fn program_headers(vector: &[u8], word: usize) -> Option<u64> {
    const AT_PHDR: u64 = 3;
    vector
        .chunks_exact(2 * word)
        .find(|entry| read::word(entry, 0, word) == Some(AT_PHDR))
        .and_then(|entry| read::word(entry, word as u64, word))
}

/// `NT_FILE`: count and unit of the offsets, then start, end and offset of each mapping, then the names.
fn mappings(note: &[u8], word: usize) -> Vec<Mapping> {
    let size = word as u64;
    let (Some(count), Some(unit)) = (read::word(note, 0, word), read::word(note, size, word)) else {
        return Vec::new();
    };
    let (Some(names), true) = (count.checked_mul(3 * size), count <= MOST_MAPPINGS as u64) else { return Vec::new() };
    let names = read::clipped(note, 2 * size + names, u64::MAX).split(|&byte| byte == 0);
    let mapping = |(index, name): (u64, &[u8])| {
        let at = 2 * size + index * 3 * size;
        Some(Mapping {
            start: read::word(note, at, word)?,
            end: read::word(note, at + size, word)?,
            offset: read::word(note, at + 2 * size, word)?.saturating_mul(unit),
            path: String::from_utf8_lossy(name).into_owned(),
        })
    };
    (0..count).zip(names).filter_map(mapping).filter(|mapping| mapping.start < mapping.end).collect()
}

/// Neighbouring mappings of one file are one module; a file mapped twice (flat and as an image) is two.
pub fn modules(mappings: &[Mapping]) -> Vec<Module> {
    let mut sorted: Vec<&Mapping> = mappings.iter().collect();
    sorted.sort_by_key(|mapping| mapping.start);
    let mut modules: Vec<Module> = Vec::new();
    let mut previous: Option<&Mapping> = None;
    for mapping in sorted {
        let range = Range { address: mapping.start, len: mapping.end - mapping.start, offset: mapping.offset };
        match (modules.last_mut(), previous) {
            (Some(module), Some(previous)) if continues(previous, mapping) => {
                module.size = module.size.max(mapping.end - module.base);
                module.mapped.push(range);
            }
            _ => modules.push(Module {
                base: mapping.start,
                size: range.len,
                path: mapping.path.clone(),
                timestamp: 0,
                version: None,
                mapped: vec![range],
            }),
        }
        previous = Some(mapping);
    }
    modules
}

/// Whether `next` belongs to the image that `previous` is part of. Offsets grow within an image, with
/// one exception: the runtime maps a PE file's headers, then its first section from offset 0 again.
fn continues(previous: &Mapping, next: &Mapping) -> bool {
    const HEADERS: u64 = 0x1000;
    /// PE sections for Linux lie at multiples of 64 KiB.
    const SECTION_GAP: u64 = 0x10000;
    let headers = previous.offset == 0 && previous.end - previous.start <= HEADERS;
    let near = next.start.saturating_sub(previous.end) < SECTION_GAP;
    next.path == previous.path && (next.offset > previous.offset || headers && near)
}
