//! How fast a dump opens and answers: objects and references per second, what the second core is worth, the peak
//! of anonymous memory per object, beside ClrMD where a reader built on it is at hand.
//!
//! ```text
//! cargo bench --bench open -- DUMP                            a large dump, in the page cache
//! HEAPGLASS_CLRMD='truth DUMP x DAC.so --time' cargo bench …  the command that times the other reader; it must
//!                                                             print `X M obj/s` for a walk with references
//! ```
//!
//! Only ratios of one run on one machine mean something.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use heapglass::heap::{Heap, Options};
use heapglass::progress::{Phase, Progress};

/// Runs of each kind; the fastest counts.
const RUNS: usize = 3;

struct Run {
    objects: usize,
    references: usize,
    /// Seconds for objects and references alone.
    walk: f64,
    /// Seconds for everything.
    whole: f64,
}

fn main() {
    let Some(dump) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).map(PathBuf::from) else {
        eprintln!("name a dump: cargo bench --bench open -- DUMP");
        return;
    };
    let peak = Peak::watch();
    let best = |threads| {
        (0..RUNS).map(|_| open(&dump, threads)).min_by(|a, b| a.walk.total_cmp(&b.walk)).expect("there are runs")
    };
    let one = best(1);
    let two = best(2);
    let rate = |run: &Run| run.objects as f64 / run.walk / 1e6;
    println!("{} objects, {} references", one.objects, one.references);
    println!("1 thread : {:6.2} M objects/s with references; whole opening {:.2} s", rate(&one), one.whole);
    println!("2 threads: {:6.2} M objects/s with references; whole opening {:.2} s", rate(&two), two.whole);
    println!("the second core is worth {:.2}x", one.walk / two.walk);
    if let Some(bytes) = peak.stop() {
        println!("peak of anonymous memory: {:.1} bytes an object", bytes as f64 / one.objects as f64);
    }
    if let Some(other) = other_reader() {
        println!(
            "the other reader: {:.2} M objects/s with references; ours is {:.1}x",
            other / 1e6,
            rate(&two) * 1e6 / other
        );
    }
}

fn open(dump: &Path, threads: usize) -> Run {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be made");
    let heap = pool.install(|| Heap::open(dump, &Options::default(), &Progress::new())).expect("the dump opens");
    let seconds = |wanted: &[Phase]| {
        heap.facts.timings.iter().filter(|(phase, _)| wanted.contains(phase)).map(|(_, seconds)| seconds).sum()
    };
    Run {
        objects: heap.graph.len(),
        references: heap.graph.references.edges(),
        walk: seconds(&[Phase::Walk, Phase::References]),
        whole: heap.facts.timings.iter().map(|(_, seconds)| seconds).sum(),
    }
}

/// Objects per second as the other reader prints them: the number before the last `M obj/s`.
fn other_reader() -> Option<f64> {
    let command = std::env::var("HEAPGLASS_CLRMD").ok()?;
    let output = Command::new("sh").args(["-c", &command]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    print!("{text}");
    let (before, _) = text.rsplit_once(" M obj/s")?;
    before.rsplit(['(', ' ']).next()?.parse::<f64>().ok().map(|millions| millions * 1e6)
}

/// Samples the anonymous memory of this process (Linux).
struct Peak {
    bytes: std::sync::Arc<(AtomicU64, AtomicBool)>,
    thread: std::thread::JoinHandle<()>,
}

impl Peak {
    fn watch() -> Peak {
        let bytes = std::sync::Arc::new((AtomicU64::new(0), AtomicBool::new(false)));
        let shared = bytes.clone();
        let thread = std::thread::spawn(move || {
            while !shared.1.load(Relaxed) {
                shared.0.fetch_max(anonymous().unwrap_or(0), Relaxed);
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        Peak { bytes, thread }
    }

    fn stop(self) -> Option<u64> {
        self.bytes.1.store(true, Relaxed);
        self.thread.join().ok()?;
        let peak = self.bytes.0.load(Relaxed);
        (peak > 0).then_some(peak)
    }
}

fn anonymous() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}
