//! What a file is, by its first bytes.
//!
//! Names lie (`dump.dmp` may be gzip, `core` may be anything), magic numbers do not. Where a file is no
//! dump, the answer says what it looks like instead, so that the message helps.

use super::read;

/// Bytes that [`sniff`] looks at.
pub const HEAD: usize = 4096;

/// What a file's first bytes show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Minidump,
    ElfCore,
    /// PerfView's own kind of heap dump.
    Gcdump,
    Zstd,
    Gzip,
    Zip,
    /// No dump; the words complete "it is …".
    Other(&'static str),
}

/// Looks at the first bytes of a file ([`HEAD`] of them are enough).
pub fn sniff(head: &[u8]) -> Kind {
    const PACKED: [(&[u8], Kind); 4] = [
        (b"\x28\xb5\x2f\xfd", Kind::Zstd),
        (b"\x1f\x8b", Kind::Gzip),
        (b"PK\x03\x04", Kind::Zip),
        (b"PK\x05\x06", Kind::Zip),
    ];
    const OTHERS: [(&[u8], &str); 14] = [
        (b"Nettrace", "a .nettrace event trace"),
        (b"MZ", "a Windows program or library (PE)"),
        (b"PAGEDU64", "a dump of the Windows kernel, not of a process"),
        (b"PAGEDUMP", "a dump of the Windows kernel, not of a process"),
        (b"Microsoft C/C++ MSF 7.00", "a symbol file (PDB)"),
        (b"BSJB", "a portable symbol file (PDB)"),
        (b"\xcf\xfa\xed\xfe", "a macOS program or core (Mach-O), which is not supported"),
        (b"\xce\xfa\xed\xfe", "a macOS program or core (Mach-O), which is not supported"),
        (b"JAVA PROFILE", "a Java heap dump"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
        (b"Rar!", "a RAR archive: unpack it first"),
        (b"\xfd7zXZ\0", "an .xz file: unpack it first"),
        (b"BZh", "a .bz2 file: unpack it first"),
        (b"MSCF", "a cabinet file: unpack it first"),
    ];
    if head.starts_with(b"MDMP") {
        return Kind::Minidump;
    }
    if head.starts_with(b"\x14\0\0\0!FastSerialization.1") {
        return Kind::Gcdump;
    }
    if head.starts_with(b"\x7fELF") {
        const ET_CORE: u16 = 4;
        return match read::u16(head, 16) {
            Some(ET_CORE) => Kind::ElfCore,
            _ if head.get(5) == Some(&2) => Kind::Other("a big-endian ELF file, which is not supported"),
            _ => Kind::Other("an ELF program or library, not a core"),
        };
    }
    if let Some((_, kind)) = PACKED.iter().find(|(magic, _)| head.starts_with(magic)) {
        return *kind;
    }
    if let Some((_, what)) = OTHERS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Kind::Other(what);
    }
    if head.get(257..262) == Some(b"ustar") {
        return Kind::Other("a tar archive: unpack it first");
    }
    Kind::Other(match head {
        [] => "empty",
        _ if head.iter().all(|&byte| byte == 0) => "nothing but zero bytes (a download that failed?)",
        _ if is_text(head) => "a text file",
        _ => "of a kind that this program does not know",
    })
}

fn is_text(head: &[u8]) -> bool {
    let whole = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The head may end within a character.
        Err(error) if head.len() - error.valid_up_to() < 4 => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return head.starts_with(&[0xff, 0xfe]),
    };
    !whole.is_empty() && !whole.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\x0c' | '\x1b'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_content() {
        let core = |kind: u8| [b"\x7fELF\x02\x01\x01\0".as_slice(), &[0; 8], &[kind, 0]].concat();
        assert_eq!(sniff(b"MDMP\x93\xa7"), Kind::Minidump);
        assert_eq!(sniff(&core(4)), Kind::ElfCore);
        assert_eq!(sniff(&core(3)), Kind::Other("an ELF program or library, not a core"));
        assert_eq!(sniff(b"\x28\xb5\x2f\xfd"), Kind::Zstd);
        assert_eq!(sniff(b"PK\x03\x04"), Kind::Zip);
        assert_eq!(sniff(b""), Kind::Other("empty"));
        assert_eq!(sniff(&[0; 32]), Kind::Other("nothing but zero bytes (a download that failed?)"));
        assert_eq!(sniff("na\u{ef}ve\n".as_bytes()), Kind::Other("a text file"));
        assert_eq!(sniff(&"é".as_bytes()[..1]), Kind::Other("of a kind that this program does not know"));
        assert_eq!(sniff(b"\x14\0\0\0!FastSerialization.1"), Kind::Gcdump);
    }
}
