//! An ELF core of a few kilobytes.

use super::Writer;

/// Where the notes lie: createdump and the kernel put them first, gdb last.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Notes {
    First,
    Last,
    Absent,
}

/// What is put into the file.
#[derive(Clone)]
pub struct Core {
    /// 4 (x86) or 8 (x64).
    pub word: usize,
    /// Of the 64-bit ones: arm64.
    pub arm64: bool,
    pub notes: Notes,
    /// As if there were too many segments for `e_phnum`: the count is in section header 0, at the file's end.
    pub extended: bool,
    pub memory: Vec<(u64, Vec<u8>)>,
    /// Id, stack pointer.
    pub threads: Vec<(u32, u64)>,
    /// Start, end, offset, path.
    pub files: Vec<(u64, u64, u64, String)>,
}

impl Core {
    pub fn build(&self) -> Vec<u8> {
        let wide = self.word == 8;
        let (header, record) = if wide { (64, 56) } else { (52, 32) };
        let count = self.memory.len() + usize::from(self.notes != Notes::Absent);
        let notes = self.notes();
        let mut offset = header + record * count;
        let mut segments = Vec::new();
        let mut add = |kind: u32, address: u64, len: usize| {
            segments.push((kind, offset, address, len));
            offset += len;
        };
        if self.notes == Notes::First {
            add(4, 0, notes.len());
        }
        for (address, bytes) in &self.memory {
            add(1, *address, bytes.len());
        }
        if self.notes == Notes::Last {
            add(4, 0, notes.len());
        }
        let sections = if self.extended { offset as u64 } else { 0 };

        let mut out = Writer::default();
        out.bytes(b"\x7fELF").bytes(&[if wide { 2 } else { 1 }, 1, 1]).zeros(9);
        out.u16(4)
            .u16(if self.arm64 {
                183
            } else if wide {
                62
            } else {
                3
            })
            .u32(1)
            .word(0, self.word)
            .word(header as u64, self.word);
        out.word(sections, self.word).u32(0).u16(header as u16).u16(record as u16);
        out.u16(if self.extended { 0xffff } else { count as u16 }).u16(if wide { 64 } else { 40 }).u16(1).u16(0);
        for &(kind, offset, address, len) in &segments {
            out.u32(kind);
            if wide {
                out.u32(6);
            }
            for value in [offset as u64, address, 0, len as u64, len as u64] {
                out.word(value, self.word);
            }
            if !wide {
                out.u32(6);
            }
            out.word(0x1000, self.word);
        }
        if self.notes == Notes::First {
            out.bytes(&notes);
        }
        for (_, bytes) in &self.memory {
            out.bytes(bytes);
        }
        if self.notes == Notes::Last {
            out.bytes(&notes);
        }
        if self.extended {
            out.zeros(if wide { 44 } else { 28 }).u32(count as u32).zeros(if wide { 16 } else { 8 });
        }
        out.0
    }

    fn notes(&self) -> Vec<u8> {
        let word = self.word;
        let wide = word == 8;
        let mut out = Writer::default();

        let mut process = Writer::default();
        process.zeros(if wide { 24 } else { 12 }).u32(4321).zeros(12).bytes(b"program\0\0\0\0\0\0\0\0\0");
        process.bytes(b"/usr/bin/program --option").zeros(55);
        note(&mut out, 3, &process.0);

        let mut vector = Writer::default();
        vector.word(3, word).word(self.files.first().map_or(0, |file| file.0 + 64), word).word(0, word).word(0, word);
        note(&mut out, 6, &vector.0);

        let mut files = Writer::default();
        files.word(self.files.len() as u64, word).word(0x1000, word);
        for (start, end, offset, _) in &self.files {
            files.word(*start, word).word(*end, word).word(offset / 0x1000, word);
        }
        for (.., path) in &self.files {
            files.bytes(path.as_bytes()).zeros(1);
        }
        note(&mut out, 0x4649_4c45, &files.0);

        let (id_at, registers_at, registers, stack_pointer_at) = match (self.arm64, wide) {
            (true, _) => (32, 112, 34, 31),
            (false, true) => (32, 112, 27, 19),
            (false, false) => (24, 72, 17, 15),
        };
        for &(id, stack_pointer) in &self.threads {
            let mut status = Writer::default();
            status.zeros(id_at).u32(id).zeros(registers_at - id_at - 4);
            for register in 0..registers {
                status.word(if register == stack_pointer_at { stack_pointer } else { 0 }, word);
            }
            status.zeros(word);
            note(&mut out, 1, &status.0);
        }
        out.0
    }
}

fn note(out: &mut Writer, kind: u32, content: &[u8]) {
    out.u32(5).u32(content.len() as u32).u32(kind).bytes(b"CORE\0").align(4).bytes(content).align(4);
}
