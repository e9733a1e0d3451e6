//! A dump's file, read: memory, modules, threads, packed files, images from a folder.

#[path = "../support/mod.rs"]
mod support;
#[path = "../synth/mod.rs"]
mod synth;

mod images;
mod real;
mod small;
mod unpack;

use heapglass::dump::{Dump, Error};
use heapglass::progress::Progress;

use synth::core::{Core, Notes};
use synth::minidump::Minidump;

fn small_minidump() -> Minidump {
    Minidump {
        flags: 2,
        memory64: vec![(0x1_0000, vec![1; 0x1000]), (0x1_1000, vec![2; 0x1000]), (0x9_0000, vec![3; 0x1000])],
        memory32: vec![(0x5_0000, vec![4; 0x100])],
        modules: vec![
            (0x40_0000, 0x1000, r"C:\app\program.exe".into()),
            (0x30_0000, 0x2000, r"C:\net\coreclr.dll".into()),
        ],
        threads: vec![(7, 0x9_0100, "worker".into()), (8, 0x9_0200, String::new())],
        ..Minidump::default()
    }
}

fn small_core() -> Core {
    Core {
        word: 8,
        arm64: false,
        notes: Notes::First,
        extended: false,
        memory: vec![(0x40_0000, vec![1; 0x1000]), (0x7fff_0000, vec![2; 0x1000])],
        threads: vec![(7, 0x7fff_0100)],
        files: vec![
            (0x40_0000, 0x40_1000, 0, "/usr/bin/program".into()),
            (0x40_1000, 0x40_3000, 0x1000, "/usr/bin/program".into()),
            (0x50_0000, 0x50_1000, 0, "/lib/libcoreclr.so".into()),
        ],
    }
}

fn open_bytes(bytes: &[u8]) -> Result<Dump, Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("dump");
    std::fs::write(&path, bytes).expect("written");
    Dump::open(&path, &Progress::new())
}
