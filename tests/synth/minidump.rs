//! A minidump of a few kilobytes.

use super::Writer;

/// What is put into the file.
#[derive(Clone, Default)]
pub struct Minidump {
    /// `PROCESSOR_ARCHITECTURE_INTEL` instead of `_AMD64`.
    pub x86: bool,
    /// `PROCESSOR_ARCHITECTURE_ARM64`.
    pub arm64: bool,
    pub flags: u64,
    /// `Memory64List`.
    pub memory64: Vec<(u64, Vec<u8>)>,
    /// `MemoryList`.
    pub memory32: Vec<(u64, Vec<u8>)>,
    /// Base, size, path.
    pub modules: Vec<(u64, u32, String)>,
    /// Id, stack pointer, name.
    pub threads: Vec<(u32, u64, String)>,
}

impl Minidump {
    pub fn build(&self) -> Vec<u8> {
        const HEADER: usize = 32;
        const STREAMS: [u32; 7] = [7, 15, 4, 3, 24, 5, 9];
        let mut out = Writer::default();
        out.bytes(b"MDMP").u32(0xa793).u32(STREAMS.len() as u32).u32(HEADER as u32).u32(0).u32(1_700_000_000);
        out.u64(self.flags).zeros(12 * STREAMS.len());
        for (index, kind) in STREAMS.into_iter().enumerate() {
            out.align(8);
            let (start, len) = self.stream(kind, &mut out);
            let entry = HEADER + 12 * index;
            out.put_u32(entry, kind);
            out.put_u32(entry + 4, len as u32);
            out.put_u32(entry + 8, start as u32);
        }
        out.0
    }

    /// Writes what a stream points to, then the stream; gives its place and length.
    fn stream(&self, kind: u32, out: &mut Writer) -> (usize, usize) {
        match kind {
            7 => {
                let start = out.len();
                out.u16(if self.x86 {
                    0
                } else if self.arm64 {
                    12
                } else {
                    9
                })
                .zeros(6)
                .u32(10)
                .u32(0)
                .u32(19045)
                .u32(2)
                .zeros(32);
                (start, out.len() - start)
            }
            15 => {
                let start = out.len();
                out.u32(24).u32(1).u32(4321).zeros(12);
                (start, 24)
            }
            4 => {
                let names: Vec<usize> = self.modules.iter().map(|(_, _, name)| text(out, name)).collect();
                list(out, self.modules.iter().zip(names), |out, ((base, size, _), name)| {
                    out.u64(*base).u32(*size).u32(0).u32(0x6543_2100).u32(name as u32).zeros(84);
                })
            }
            3 => {
                let contexts: Vec<_> = self.threads.iter().map(|&(_, sp, _)| self.context(out, sp)).collect();
                list(out, self.threads.iter().zip(contexts), |out, ((id, ..), (at, len))| {
                    out.u32(*id).zeros(12).u64(0x7000_0000).zeros(16).u32(len as u32).u32(at as u32);
                })
            }
            24 => {
                let names: Vec<usize> = self.threads.iter().map(|(_, _, name)| text(out, name)).collect();
                list(out, self.threads.iter().zip(names), |out, ((id, ..), name)| {
                    out.u32(*id).u64(name as u64);
                })
            }
            5 => {
                let places: Vec<usize> = self.memory32.iter().map(|(_, bytes)| append(out, bytes)).collect();
                list(out, self.memory32.iter().zip(places), |out, ((address, bytes), at)| {
                    out.u64(*address).u32(bytes.len() as u32).u32(at as u32);
                })
            }
            _ => {
                let (start, count) = (out.len(), self.memory64.len());
                out.u64(count as u64).u64((start + 16 + 16 * count) as u64);
                for (address, bytes) in &self.memory64 {
                    out.u64(*address).u64(bytes.len() as u64);
                }
                for (_, bytes) in &self.memory64 {
                    out.bytes(bytes);
                }
                (start, 16 + 16 * count)
            }
        }
    }

    /// A `CONTEXT` record: its place and length.
    fn context(&self, out: &mut Writer, stack_pointer: u64) -> (usize, usize) {
        let (len, flags_at, flags, sp_at) = match (self.x86, self.arm64) {
            (true, _) => (716, 0, 0x1_0007_u32, 0xc4),
            (false, true) => (912, 0, 0x40_0007, 0x100),
            (false, false) => (1232, 0x30, 0x10_000b, 0x98),
        };
        let mut record = vec![0; len];
        record[flags_at..flags_at + 4].copy_from_slice(&flags.to_le_bytes());
        record[sp_at..sp_at + 4].copy_from_slice(&stack_pointer.to_le_bytes()[..4]);
        if !self.x86 {
            record[sp_at..sp_at + 8].copy_from_slice(&stack_pointer.to_le_bytes());
        }
        (append(out, &record), len)
    }
}

fn append(out: &mut Writer, bytes: &[u8]) -> usize {
    let at = out.len();
    out.bytes(bytes);
    at
}

/// `MINIDUMP_STRING`
fn text(out: &mut Writer, text: &str) -> usize {
    let at = out.align(4).len();
    let units: Vec<u16> = text.encode_utf16().collect();
    out.u32(2 * units.len() as u32);
    for unit in units {
        out.u16(unit);
    }
    out.u16(0);
    at
}

fn list<T>(
    out: &mut Writer,
    items: impl ExactSizeIterator<Item = T>,
    mut write: impl FnMut(&mut Writer, T),
) -> (usize, usize) {
    let start = out.align(4).len();
    out.u32(items.len() as u32);
    for item in items {
        write(out, item);
    }
    (start, out.len() - start)
}
