//! Packed dumps: zstd, gzip, zip, the bundled sample.

use std::io::{Cursor, Write};
use std::time::{Duration, Instant};

use heapglass::dump::{Contents, Dump, Error};
use heapglass::memory::AddressSpace;
use heapglass::progress::{Phase, Progress};

use crate::synth::minidump::Minidump;
use crate::{open_bytes, small_minidump};

#[test]
fn a_packed_dump_is_unpacked_by_content_not_by_name() {
    let plain = small_minidump().build();
    let zstd = zstd::encode_all(plain.as_slice(), 1).expect("packed");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).expect("packed");
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in
        [("readme.txt", b"no dump".repeat(9000)), ("w3wp.dmp", plain.clone()), ("small.dmp", vec![0])]
    {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("an entry");
        zip.write_all(&content).expect("packed");
    }
    let zip = zip.finish().expect("packed").into_inner();
    for packed in [zstd, gzip.finish().expect("packed"), zip] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("dump.dmp");
        std::fs::write(&path, packed).expect("written");
        let dump = Dump::open(&path, &Progress::new()).expect("opens");
        assert_eq!(dump.path, path);
        assert_eq!(&**dump.bytes, plain.as_slice());
    }
}

#[test]
fn packed_files_without_a_dump_say_what_is_inside() {
    let text = zstd::encode_all(b"just text\n".as_slice(), 1).expect("packed");
    let error = open_bytes(&text).expect_err("no dump").to_string();
    assert!(error.contains("it is a zstd file with a file inside that is a text file"), "{error}");
    let zip = zip::ZipWriter::new(Cursor::new(Vec::new())).finish().expect("packed").into_inner();
    let error = open_bytes(&zip).expect_err("no dump").to_string();
    assert!(error.contains("an empty zip archive"), "{error}");
    assert!(matches!(open_bytes(b"\x1f\x8b\x08"), Err(Error::Unpack { .. })));
}

#[test]
fn a_packed_dump_cut_short_gives_what_is_there() {
    let mut noise = 1u32;
    let mut next = || {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 24) as u8
    };
    let memory = (0..3_000_000).map(|_| next()).collect();
    let plain = Minidump { memory64: vec![(0x10_0000, memory)], ..small_minidump() }.build();
    let packed = zstd::encode_all(plain.as_slice(), 1).expect("packed");
    let dump = open_bytes(&packed[..packed.len() / 2]).expect("half of it opens");
    assert!(dump.missing > 1_000_000 && dump.warnings.len() == 2, "{:?}", dump.warnings);
    assert!(AddressSpace::new(&dump).contains(0x10_0000));
}

#[test]
fn the_sample_opens_and_unpacking_reports_progress() {
    let progress = Progress::new();
    let dump = Dump::open_sample(&progress).expect("the sample opens");
    assert_eq!(dump.path.to_str(), Some("efshop-net8-win-x64.dmp (sample)"));
    let unpacking = progress.snapshot();
    assert_eq!((unpacking.phase, unpacking.done), (Phase::Unpack, unpacking.total));
    assert_eq!(dump.contents, Contents::Full);
}

#[test]
fn unpacking_stops_within_200_milliseconds() {
    let progress = Progress::new();
    let watched = progress.clone();
    let job = std::thread::spawn(move || Dump::open_sample(&progress));
    while watched.snapshot().done < 1 << 20 {
        std::thread::yield_now();
    }
    let asked = Instant::now();
    watched.cancel();
    let outcome = job.join().expect("no panic");
    assert!(asked.elapsed() < Duration::from_millis(200), "{:?}", asked.elapsed());
    assert!(matches!(outcome, Err(Error::Cancelled(_))), "{outcome:?}");
}
