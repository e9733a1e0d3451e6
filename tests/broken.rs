//! Broken input: files cut short, bent and lied about. Each opens in part, with a warning, or is refused
//! with an error; none panics, hangs, or takes more memory than twice its size and 64 MB.

mod support;
mod synth;

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use heapglass::dump::{Dump, Error};
use heapglass::heap::{Heap, Options};
use heapglass::memory::AddressSpace;
use heapglass::progress::Progress;
use synth::core::{Core, Notes};
use synth::minidump::Minidump;

/// No case takes a tenth of it, even on a busy machine.
const HANG: Duration = Duration::from_secs(60);
const FREE_MEMORY: u64 = 64 << 20;

/// Numbers that are the same in every run (SplitMix64).
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// What fields of a hostile file hold: nothing, everything, or anything.
    fn word(&mut self) -> u64 {
        match self.below(6) {
            0 => 0,
            1 => u64::MAX,
            2 => 0x7fff_ffff,
            3 => 1 << self.below(64),
            4 => self.below(0x1_0000),
            _ => self.next(),
        }
    }
}

/// Watches the memory that this process itself takes (mapped files are not counted). While one is watched
/// no other test of this file runs: they share a process.
struct MemoryWatch {
    _turn: MutexGuard<'static, ()>,
    peak: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    watcher: Option<JoinHandle<()>>,
}

impl MemoryWatch {
    fn start() -> MemoryWatch {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let (peak, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (seen, stopped) = (peak.clone(), stop.clone());
        let watcher = std::thread::spawn(move || {
            while !stopped.load(Relaxed) {
                seen.fetch_max(anonymous_memory(), Relaxed);
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        MemoryWatch { _turn: turn, peak, stop, watcher: Some(watcher) }
    }

    /// The highest figure since the last call.
    fn take_peak(&self) -> u64 {
        self.peak.swap(0, Relaxed)
    }
}

impl Drop for MemoryWatch {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(watcher) = self.watcher.take() {
            watcher.join().expect("the watcher ends");
        }
    }
}

/// Bytes; 0 where the system does not tell.
fn anonymous_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) << 10
}

/// Opens the file as far as it goes, and holds it to the rules.
fn judge(watch: &MemoryWatch, path: &Path, with_heap: bool, case: &str) -> Result<Dump, Error> {
    let len = fs::metadata(path).expect("the file is there").len();
    let before = anonymous_memory();
    watch.take_peak();
    let started = Instant::now();
    let progress = Progress::new();
    let outcome = Dump::open(path, &progress);
    match &outcome {
        Ok(dump) => {
            let end = |range: &heapglass::dump::Range| (range.address + range.len, range.offset + range.len);
            assert!(dump.ranges.windows(2).all(|pair| end(&pair[0]).0 <= pair[1].address), "{case}: sorted, disjoint");
            assert!(dump.ranges.iter().all(|range| end(range).1 <= dump.bytes.len() as u64), "{case}: in the file");
        }
        Err(error) => assert!(error.to_string().len() > 20, "{case}: {error}"),
    }
    if with_heap {
        match Heap::open(path, &Options::default(), &progress) {
            Ok(heap) => assert!(!heap.graph.objects.is_empty() || heap.graph.unread.bytes > 0, "{case}"),
            Err(error) => assert!(error.to_string().len() > 20, "{case}: {error}"),
        }
    }
    assert!(started.elapsed() < HANG, "{case}: took {:?}", started.elapsed());
    let taken = watch.take_peak().saturating_sub(before);
    assert!(taken <= 2 * len + FREE_MEMORY, "{case}: took {taken} bytes of memory for a file of {len}");
    outcome
}

/// A copy of a file that a test may spoil.
struct Spoiled {
    _folder: tempfile::TempDir,
    path: PathBuf,
    file: File,
}

impl Spoiled {
    fn of(content: &[u8]) -> Spoiled {
        Spoiled::new(|path| fs::write(path, content).expect("written"))
    }

    /// The sample, unpacked.
    fn sample() -> Spoiled {
        let sample = support::dump(support::SAMPLE).expect("the sample is in the project");
        Spoiled::new(|path| {
            let mut from = File::open(&sample).expect("opens");
            std::io::copy(&mut from, &mut File::create(path).expect("made")).expect("copied");
        })
    }

    fn new(write: impl FnOnce(&Path)) -> Spoiled {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("spoiled.dmp");
        write(&path);
        let file = OpenOptions::new().read(true).write(true).open(&path).expect("opens");
        Spoiled { _folder: folder, path, file }
    }

    fn put(&mut self, at: u64, bytes: &[u8]) {
        self.file.seek(SeekFrom::Start(at)).expect("a place");
        self.file.write_all(bytes).expect("written");
    }

    /// Overwrites what is at each place, runs, and puts back what was there.
    fn with(&mut self, patches: &[(u64, Vec<u8>)], run: impl FnOnce(&Path)) {
        let mut kept = Vec::new();
        for (at, bytes) in patches {
            let mut old = vec![0; bytes.len()];
            self.file.seek(SeekFrom::Start(*at)).expect("a place");
            self.file.read_exact(&mut old).expect("read");
            kept.push((*at, old));
            self.put(*at, bytes);
        }
        run(&self.path);
        for (at, old) in kept.into_iter().rev() {
            self.put(at, &old);
        }
    }
}

fn minidump() -> Minidump {
    Minidump {
        flags: 2,
        memory64: vec![(0x1_0000, vec![1; 0x400]), (0x1_0400, vec![2; 0x400]), (0x9_0000, vec![3; 0x400])],
        memory32: vec![(0x5_0000, vec![4; 0x100])],
        modules: vec![(0x40_0000, 0x1000, r"C:\program.exe".into()), (0x30_0000, 0x2000, r"C:\coreclr.dll".into())],
        threads: vec![(7, 0x9_0100, "worker".into()), (8, 0x9_0200, String::new())],
        ..Minidump::default()
    }
}

fn core(word: usize, notes: Notes) -> Core {
    Core {
        word,
        arm64: false,
        notes,
        extended: notes == Notes::Last,
        memory: vec![(0x40_0000, vec![1; 0x400]), (0x7fff_0000, vec![2; 0x400])],
        threads: vec![(7, 0x7fff_0100), (8, 0x7fff_0200)],
        files: vec![(0x40_0000, 0x40_1000, 0, "/bin/program".into()), (0x50_0000, 0x50_1000, 0, "/lib/x.so".into())],
    }
}

fn small_dumps() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("minidump x64", minidump().build()),
        ("minidump x86", Minidump { x86: true, ..minidump() }.build()),
        ("minidump arm64", Minidump { arm64: true, ..minidump() }.build()),
        ("core x64", core(8, Notes::First).build()),
        ("core arm64", Core { arm64: true, ..core(8, Notes::First) }.build()),
        ("core x86", core(4, Notes::Last).build()),
    ]
}

#[test]
fn files_that_are_no_dump_are_refused() {
    let watch = MemoryWatch::start();
    for content in [b"".as_slice(), &[0; 32], b"MDMP", &b"just text\n".repeat(1000), &[0xff; 5000]] {
        let spoiled = Spoiled::of(content);
        assert!(judge(&watch, &spoiled.path, true, "no dump").is_err());
    }
}

#[test]
fn small_dumps_cut_anywhere_open_in_part_or_are_refused() {
    let watch = MemoryWatch::start();
    for (name, whole) in small_dumps() {
        let spoiled = Spoiled::of(&whole);
        let all: u64 = judge(&watch, &spoiled.path, false, name).expect("whole").ranges.iter().map(|r| r.len).sum();
        for len in (0..whole.len()).rev() {
            spoiled.file.set_len(len as u64).expect("cut");
            if let Ok(dump) = judge(&watch, &spoiled.path, len % 97 == 0, &format!("{name} cut to {len}")) {
                let here: u64 = dump.ranges.iter().map(|range| range.len).sum();
                assert!(here == all || !dump.warnings.is_empty(), "{name} cut to {len} lost memory silently");
            }
        }
    }
}

#[test]
fn small_dumps_with_any_word_bent_open_in_part_or_are_refused() {
    let watch = MemoryWatch::start();
    let mut seeded = Seeded(3);
    for (name, whole) in small_dumps() {
        let mut spoiled = Spoiled::of(&whole);
        for at in (0..whole.len() as u64 - 8).step_by(2) {
            let word = seeded.word();
            let size = if seeded.below(2) == 0 { 4 } else { 8 };
            spoiled.with(&[(at, word.to_le_bytes()[..size].to_vec())], |path| {
                let _ = judge(&watch, path, at % 128 == 0, &format!("{name}: {word:#x} at {at:#x}"));
            });
        }
    }
}

#[test]
fn counts_of_all_ones_are_bounded_by_what_is_there() {
    let watch = MemoryWatch::start();
    for (name, whole) in small_dumps() {
        let mut spoiled = Spoiled::of(&whole);
        for at in (4..whole.len() as u64 - 4).step_by(4) {
            spoiled.with(&[(at, vec![0xff; 4])], |path| {
                let _ = judge(&watch, path, false, &format!("{name}: all ones at {at:#x}"));
            });
        }
    }
}

#[test]
fn overlapping_ranges_are_resolved_not_dropped() {
    let overlapping = Minidump {
        memory64: vec![
            (0x3000, vec![3; 0x1000]),
            (0x1000, vec![1; 0x1000]),
            (0x1800, vec![2; 0x1000]),
            (0x1a00, vec![9; 0x100]),
        ],
        ..minidump()
    };
    let spoiled = Spoiled::of(&overlapping.build());
    let dump = judge(&MemoryWatch::start(), &spoiled.path, true, "overlapping").expect("opens");
    let space = AddressSpace::new(&dump);
    let at = |address| space.u8(address);
    assert_eq!(
        [at(0x1000), at(0x1fff), at(0x2000), at(0x27ff), at(0x2800), at(0x3000)],
        [1, 1, 2, 2, 0, 3].map(|byte| { (byte != 0).then_some(byte) })
    );
    assert_eq!(at(0x1a00), Some(1));
}

#[test]
fn one_string_named_by_thousands_of_modules_is_not_copied_without_bound() {
    let modules = (0..20_000u64).map(|n| (0x10_0000 * (n + 1), 0x1000, String::new())).collect();
    let mut bytes = Minidump { modules, ..minidump() }.build();
    let text = bytes.len() as u32;
    bytes.extend(60_000u32.to_le_bytes());
    bytes.extend([0x41, 0].repeat(30_000));
    let stream = 32 + 12 * 2;
    let list = u32::from_le_bytes(bytes[stream + 8..stream + 12].try_into().expect("four bytes")) as usize;
    for module in 0..20_000 {
        let name = list + 4 + 108 * module + 20;
        bytes[name..name + 4].copy_from_slice(&text.to_le_bytes());
    }
    let dump = judge(&MemoryWatch::start(), &Spoiled::of(&bytes).path, false, "one name").expect("opens");
    assert!(!dump.modules.is_empty());
}

#[test]
fn the_sample_cut_at_200_places_opens_in_part_or_is_refused() {
    let watch = MemoryWatch::start();
    let spoiled = Spoiled::sample();
    let len = spoiled.file.metadata().expect("its length").len();
    let mut seeded = Seeded(200);
    // A third of the cuts in the streams before the memory, where most can go wrong.
    let mut cuts: Vec<u64> = (0..200).map(|n| seeded.below(if n % 3 == 0 { 0x1_0000 } else { len })).collect();
    cuts.sort_unstable();
    let mut opened = 0;
    for (n, cut) in cuts.into_iter().rev().enumerate() {
        spoiled.file.set_len(cut).expect("cut");
        if let Ok(dump) = judge(&watch, &spoiled.path, n % 5 == 0, &format!("cut to {cut}")) {
            opened += 1;
            assert!(!dump.warnings.is_empty(), "cut to {cut}");
        }
    }
    assert!(opened > 100, "only {opened} of 200 opened");
}

#[test]
fn the_sample_with_bent_streams_opens_in_part_or_is_refused() {
    let watch = MemoryWatch::start();
    let mut spoiled = Spoiled::sample();
    let mut seeded = Seeded(7);
    for n in 0..200 {
        let patches: Vec<_> = (0..1 + seeded.below(8))
            .map(|_| {
                let size = 1 << seeded.below(4);
                (seeded.below(0x1_0000), seeded.word().to_le_bytes()[..size].to_vec())
            })
            .collect();
        spoiled.with(&patches, |path| {
            let _ = judge(&watch, path, n % 20 == 0, &format!("streams {n}: {patches:x?}"));
        });
    }
}

#[test]
fn the_sample_with_torn_memory_opens_and_says_what_is_lost() {
    let watch = MemoryWatch::start();
    let mut spoiled = Spoiled::sample();
    let len = spoiled.file.metadata().expect("its length").len();
    let mut seeded = Seeded(11);
    for n in 0..12 {
        let patches: Vec<_> = (0..3000)
            .map(|_| {
                let at = 0x1_0000 + seeded.below(len - 0x1_0000 - 8);
                (at & !7, seeded.word().to_le_bytes().to_vec())
            })
            .collect();
        spoiled.with(&patches, |path| {
            judge(&watch, path, true, &format!("torn {n}")).expect("its streams are whole");
        });
    }
}
