//! Memory that a dump lacks, supplied from image files in a folder (`--images`).

use std::path::{Path, PathBuf};

use crate::synth::core::{Core, Notes};
use crate::synth::minidump::Minidump;
use crate::synth::pe;
use heapglass::dump::Dump;
use heapglass::memory::{AddressSpace, ImageFiles};
use heapglass::progress::Progress;
use tempfile::TempDir;

/// A folder with a dump, and files below `images/deep`.
fn folder(dump: &[u8], files: &[(&str, &[u8])]) -> (TempDir, Dump) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("dump");
    std::fs::write(&path, dump).expect("written");
    let dump = Dump::open(&path, &Progress::new()).expect("opens");
    for (name, content) in files {
        let file = images(folder.path()).join("deep").join(name);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        std::fs::write(file, content).expect("written");
    }
    (folder, dump)
}

fn images(folder: &Path) -> PathBuf {
    folder.join("images")
}

fn supply(folder: &TempDir, dump: &Dump) -> (AddressSpace, Vec<String>) {
    let mut space = AddressSpace::new(dump);
    let files = ImageFiles::read(&images(folder.path()), &Progress::new()).expect("not cancelled");
    let notes = space.supply(dump, &files, &Progress::new()).expect("not cancelled");
    (space, notes)
}

fn minidump(base: u64) -> Minidump {
    Minidump {
        memory32: vec![(base + 0x1010, vec![0x99; 0x10])],
        modules: vec![(base, pe::SIZE, r"C:\App\Library.DLL".into())],
        ..Minidump::default()
    }
}

#[test]
fn a_windows_image_fills_holes_with_what_nobody_writes() {
    let (folder, dump) = folder(&minidump(pe::IMAGE_BASE).build(), &[("library.dll", &pe::build())]);
    let (space, notes) = supply(&folder, &dump);
    let at = |rva: u64| space.u8(pe::IMAGE_BASE + rva);
    assert_eq!(space.u16(pe::IMAGE_BASE), Some(u16::from_le_bytes(*b"MZ")));
    assert_eq!((at(0x1000), at(0x1010), at(0x101f), at(0x1020)), (Some(0x11), Some(0x99), Some(0x99), Some(0x11)));
    assert_eq!((at(0x2000), at(0x2fff)), (Some(0x11), Some(0x11)));
    assert_eq!((at(0x3000), at(0x3fff)), (None, None), ".data is written to");
    assert_eq!((at(0x3ff), at(0x400)), (Some(0), None), "the file has no bytes between its headers and .text");
    let taken = 0x400 + 0x2000 - 0x10 + 0x200;
    assert_eq!(notes.len(), 1);
    assert!(notes[0].starts_with(&format!("{taken} bytes that the dump lacks were taken from 1 image")), "{notes:?}");
}

#[test]
fn pages_that_the_loader_changed_are_not_taken_from_the_file() {
    let base = 0x7ff0_0000_0000;
    let (folder, dump) = folder(&minidump(base).build(), &[("library.dll", &pe::build())]);
    let (space, _) = supply(&folder, &dump);
    assert_eq!((space.u8(base + 0x1fff), space.u8(base + 0x2000)), (Some(0x11), None));
}

#[test]
fn another_build_of_a_windows_image_is_not_used() {
    let mut other = pe::build();
    other[0x88] ^= 1;
    let (folder, dump) = folder(&minidump(pe::IMAGE_BASE).build(), &[("library.dll", &other)]);
    let (space, notes) = supply(&folder, &dump);
    assert_eq!(space.u8(pe::IMAGE_BASE), None);
    assert!(notes.iter().any(|note| note.contains("another build and were not used: Library.DLL")), "{notes:?}");
}

/// A core whose writer left all pages of files out, but (where `header`) their first.
fn core(header: Option<&[u8]>) -> Vec<u8> {
    let mut memory = vec![(0x7fff_0000, vec![2; 0x1000])];
    memory.extend(header.map(|header| (0x50_0000, header.to_vec())));
    let files = vec![
        (0x50_0000, 0x50_1000, 0, "/app/9.0.5/libcoreclr.so".into()),
        (0x50_1000, 0x50_3000, 0x1000, "/app/9.0.5/libcoreclr.so".into()),
    ];
    Core { word: 8, arm64: false, notes: Notes::First, extended: false, memory, threads: Vec::new(), files }.build()
}

#[test]
fn a_linux_file_fills_the_mappings_that_a_core_lacks() {
    let file: Vec<u8> = (0..0x2800).map(|at| (at / 0x100) as u8).collect();
    for (header, trusted) in [(Some(&file[..0x1000]), false), (None, true)] {
        let (folder, dump) = folder(&core(header), &[("libcoreclr.so", &file)]);
        let (space, notes) = supply(&folder, &dump);
        let mut memory = vec![0; file.len()];
        assert_eq!(space.read(0x50_0000, &mut memory), Some(()));
        assert_eq!(memory, file);
        assert_eq!(space.u8(0x50_2800), None, "the file ends here");
        assert_eq!(notes.iter().any(|note| note.starts_with("Nothing in the dump tells")), trusted, "{notes:?}");
    }
}

#[test]
fn another_build_of_a_linux_file_is_not_used() {
    let file = vec![7; 0x3000];
    let (folder, dump) = folder(&core(Some(&[8; 0x1000])), &[("libcoreclr.so", &file)]);
    let (space, notes) = supply(&folder, &dump);
    assert_eq!(space.u8(0x50_1000), None);
    assert!(notes.iter().any(|note| note.contains("not used: libcoreclr.so")), "{notes:?}");
}

#[test]
fn of_files_with_one_name_the_one_in_the_folder_like_the_process_s_is_used() {
    let (right, wrong) = (vec![1; 0x3000], vec![2; 0x3000]);
    let files =
        [("8.0.1/libcoreclr.so", wrong.as_slice()), ("9.0.5/libcoreclr.so", &right), ("x/libcoreclr.so", &wrong)];
    let (folder, dump) = folder(&core(None), &files);
    assert_eq!(supply(&folder, &dump).0.u8(0x50_1000), Some(1));
}
