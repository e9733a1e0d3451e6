//! A PE file with two sections: `.text`, which nobody writes to, and `.data`.

use super::Writer;

pub const TIMESTAMP: u32 = 0x6543_2100;
pub const SIZE: u32 = 0x5000;
pub const IMAGE_BASE: u64 = 0x1_8000_0000;

/// Headers of 0x400 bytes; `.text` (two pages of 0x11) at RVA 0x1000 and offset 0x400, `.data` (0x22) at RVA
/// 0x3000, `.reloc` at RVA 0x4000 with one relocation in the second page of `.text`.
pub fn build() -> Vec<u8> {
    const SECTIONS: [(&[u8; 8], u32, u32, u32, u32); 3] = [
        (b".text\0\0\0", 0x1000, 0x2000, 0x400, 0x6000_0020),
        (b".data\0\0\0", 0x3000, 0x1000, 0x2400, 0xc000_0040),
        (b".reloc\0\0", 0x4000, 0x200, 0x3400, 0x4200_0040),
    ];
    let mut out = Writer::default();
    out.bytes(b"MZ").zeros(58).u32(0x80).zeros(64).bytes(b"PE\0\0");
    out.u16(0x8664).u16(SECTIONS.len() as u16).u32(TIMESTAMP).zeros(8).u16(240).u16(0x2022);
    out.u16(0x20b).zeros(22).u64(IMAGE_BASE).u32(0x1000).u32(0x200).zeros(16).u32(SIZE).u32(0x400);
    out.zeros(44).u32(16);
    for directory in 0..16 {
        match directory {
            5 => out.u32(0x4000).u32(12),
            _ => out.u64(0),
        };
    }
    for (name, rva, size, offset, characteristics) in SECTIONS {
        out.bytes(name).u32(size).u32(rva).u32(size).u32(offset).zeros(12).u32(characteristics);
    }
    out.align(0x400);
    out.bytes(&[0x11; 0x2000]).bytes(&[0x22; 0x1000]);
    out.u32(0x2000).u32(12).u16(0xa008).u16(0).zeros(0x200 - 12);
    out.0
}
