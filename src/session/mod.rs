//! The open dump: one worker owns the heap, questions in, answers out.
//!
//! [`Session::open`] starts the worker and returns at once; [`Session::state`] says how far it is. Once the
//! heap is there, [`Session::ask`] hands a question to the worker and gives a [`Ticket`] for its answer;
//! dropping the ticket, or the session, cancels. A second worker does what takes long (retained sizes
//! first of all), so that a question about a row never waits for it. A panic in either becomes an error
//! value: it costs that answer, not the window.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::dump::Dump;
use crate::error::{Error, Result};
use crate::gcdump;
use crate::heap::{Heap, Options, RootKind};
use crate::progress::{Cancelled, Phase, Progress, Snapshot};
use crate::view::facts;
use crate::view::failure::Failure;

pub mod byname;
pub mod compare;
pub mod flame;
pub mod objects;
mod opened;
mod overview;
mod questions;
mod threads;
mod waste;

pub use opened::{Analysis, Opened};

/// An answer that takes longer is noted in the log.
const WORTH_A_NOTE: Duration = Duration::from_secs(1);

/// Called from the workers whenever there is something new to show.
pub type Repaint = Arc<dyn Fn() + Send + Sync>;

/// What to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    File(PathBuf),
    /// The dump inside the program.
    Sample,
}

impl Source {
    /// The file's name, without its folder.
    pub fn name(&self) -> String {
        match self {
            Source::File(path) => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            Source::Sample => String::from("Sample dump"),
        }
    }

    fn open(&self, options: &Options, progress: &Progress) -> Result<Heap> {
        match self {
            Source::File(path) => gcdump::open_heap(path, options, progress),
            Source::Sample => Heap::from_dump(Dump::open_sample(progress)?, options, progress),
        }
    }
}

/// How it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    pub options: Options,
    /// Kinds of roots that keep nothing alive.
    pub without_roots: Vec<RootKind>,
}

/// How far a session is.
#[derive(Clone)]
pub enum State {
    Loading(Loading),
    Failed(Arc<Failure>),
    Cancelled,
    Ready(Arc<Opened>),
}

/// A look at a load that goes on.
#[derive(Clone, Copy, Debug)]
pub struct Loading {
    pub now: Snapshot,
    /// Units of the phase a second, so far.
    pub rate: f64,
    /// Has the file been unpacked first?
    pub unpacked: bool,
}

enum Outcome {
    Running,
    Failed(Arc<Failure>),
    Cancelled,
    Ready(Arc<Opened>),
}

type Job = Box<dyn FnOnce(&Opened) + Send>;

/// An open dump, or one that is being opened.
pub struct Session {
    pub source: Source,
    pub reading: Reading,
    outcome: Arc<Mutex<Outcome>>,
    progress: Progress,
    quick: Sender<Job>,
    slow: Sender<Job>,
    repaint: Repaint,
    meter: Meter,
}

impl Session {
    /// Opens a dump in the background.
    pub fn open(source: Source, reading: Reading, repaint: Repaint) -> Session {
        let what = source.clone();
        let options = reading.options.clone();
        Session::begin(source, reading, repaint, move |progress| what.open(&options, progress))
    }

    /// Runs `load` in the background as if it opened `source`.
    pub fn start(
        source: Source,
        repaint: Repaint,
        load: impl FnOnce(&Progress) -> Result<Heap> + Send + 'static,
    ) -> Session {
        Session::begin(source, Reading::default(), repaint, load)
    }

    fn begin(
        source: Source,
        reading: Reading,
        repaint: Repaint,
        load: impl FnOnce(&Progress) -> Result<Heap> + Send + 'static,
    ) -> Session {
        let (quick, quick_jobs) = mpsc::channel::<Job>();
        let (slow, slow_jobs) = mpsc::channel::<Job>();
        let session = Session {
            outcome: Arc::new(Mutex::new(Outcome::Running)),
            progress: Progress::new(),
            meter: Meter::new(),
            source,
            reading,
            quick,
            slow,
            repaint: repaint.clone(),
        };
        let (outcome, progress) = (session.outcome.clone(), session.progress.clone());
        let (name, without_roots) = (session.source.name(), session.reading.without_roots.clone());
        let worker = move || {
            log::info!("opening {name}");
            let loaded = guarded(|| Opened::new(load(&progress)?, without_roots, &progress)).map(Arc::new);
            let end = match &loaded {
                _ if progress.is_cancelled() => Outcome::Cancelled,
                Ok(opened) => Outcome::Ready(opened.clone()),
                Err(error) => Outcome::Failed(Arc::new(Failure::new(&name, error))),
            };
            note(&name, &end);
            settle(&outcome, end);
            repaint();
            if let Ok(opened) = loaded {
                let shared = opened.clone();
                spawn("heap-slow", move || {
                    match guarded(|| shared.analyse(&progress)) {
                        Ok(()) => log::info!("analysed {name}"),
                        Err(error) => {
                            log::error!("no retained sizes of {name}: {error}");
                            shared.give_up(error.to_string());
                        }
                    }
                    repaint();
                    slow_jobs.iter().for_each(|job| job(&shared));
                });
                quick_jobs.iter().for_each(|job| job(&opened));
            }
        };
        if !spawn("heap", worker) {
            let error = Error::Internal(String::from("the system gives no more threads"));
            settle(&session.outcome, Outcome::Failed(Arc::new(Failure::new(&session.source.name(), &error))));
        }
        session
    }

    /// How far it is, now.
    pub fn state(&mut self) -> State {
        match &*lock(&self.outcome) {
            Outcome::Running => State::Loading(self.meter.look(self.progress.snapshot())),
            Outcome::Failed(failure) => State::Failed(failure.clone()),
            Outcome::Cancelled => State::Cancelled,
            Outcome::Ready(opened) => State::Ready(opened.clone()),
        }
    }

    /// How far the load is, and after it the analysis.
    pub fn progress(&self) -> Snapshot {
        self.progress.snapshot()
    }

    /// Stops a load. [`Session::state`] says so at once; the worker ends at its next look.
    pub fn cancel(&self) {
        self.progress.cancel();
        settle(&self.outcome, Outcome::Cancelled);
    }

    /// Asks something that is answered within a frame or a few.
    pub fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Opened, &Progress) -> Result<T> + Send + 'static,
    ) -> Ticket<T> {
        self.send(&self.quick, question)
    }

    /// Asks something that may take seconds; it waits for other such questions, and quick ones pass it.
    pub fn ask_slow<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Opened, &Progress) -> Result<T> + Send + 'static,
    ) -> Ticket<T> {
        self.send(&self.slow, question)
    }

    fn send<T: Send + 'static>(
        &self,
        lane: &Sender<Job>,
        question: impl FnOnce(&Opened, &Progress) -> Result<T> + Send + 'static,
    ) -> Ticket<T> {
        let (answers, answer) = mpsc::channel();
        let ticket = Ticket { answer, progress: Progress::new() };
        let (progress, repaint) = (ticket.progress.clone(), self.repaint.clone());
        progress.begin(Phase::Answer, 0);
        let job = move |opened: &Opened| {
            if progress.is_cancelled() {
                return;
            }
            let started = Instant::now();
            let answer = guarded(|| question(opened, &progress));
            if let Err(error @ Error::Internal(_)) = &answer {
                log::error!("a question was not answered: {error}");
            }
            if started.elapsed() > WORTH_A_NOTE {
                log::info!("an answer took {:.1} s", started.elapsed().as_secs_f64());
            }
            // Whoever asked may be gone by now: then nobody wants the answer.
            if answers.send(answer).is_ok() {
                repaint();
            }
        };
        // A worker that failed to load takes no questions; the ticket then answers "cancelled".
        let _ = lane.send(Box::new(job));
        ticket
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.progress.cancel();
    }
}

/// An answer to come.
pub struct Ticket<T> {
    answer: Receiver<Result<T>>,
    progress: Progress,
}

impl<T> Ticket<T> {
    /// The answer, once; `None` as long as there is none.
    pub fn poll(&self) -> Option<Result<T>> {
        match self.answer.try_recv() {
            Ok(answer) => Some(answer),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(Cancelled.into())),
        }
    }

    /// How far the answer is.
    pub fn progress(&self) -> Snapshot {
        self.progress.snapshot()
    }
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        self.progress.cancel();
    }
}

/// Measures the speed of the current phase.
struct Meter {
    phase: Phase,
    since: Instant,
    unpacked: bool,
}

impl Meter {
    fn new() -> Meter {
        Meter { phase: Phase::Starting, since: Instant::now(), unpacked: false }
    }

    fn look(&mut self, now: Snapshot) -> Loading {
        if now.phase != self.phase {
            *self = Meter { phase: now.phase, since: Instant::now(), unpacked: self.unpacked };
        }
        self.unpacked |= now.phase == Phase::Unpack;
        let seconds = self.since.elapsed().max(Duration::from_millis(50)).as_secs_f64();
        Loading { now, rate: now.done as f64 / seconds, unpacked: self.unpacked }
    }
}

/// Tells the log what came of a load: facts, never what the heap holds.
fn note(name: &str, end: &Outcome) {
    match end {
        Outcome::Ready(opened) => log::info!("opened {name}\n{}", facts::diagnostics(&opened.heap, None)),
        Outcome::Failed(failure) => log::error!("{}. {}", failure.title, failure.reason),
        Outcome::Cancelled | Outcome::Running => log::info!("cancelled {name}"),
    }
}

/// The first outcome stays: a load that is cancelled cannot become ready any more.
fn settle(outcome: &Mutex<Outcome>, end: Outcome) {
    let mut outcome = lock(outcome);
    if matches!(*outcome, Outcome::Running) {
        *outcome = end;
    }
}

fn lock(outcome: &Mutex<Outcome>) -> std::sync::MutexGuard<'_, Outcome> {
    outcome.lock().unwrap_or_else(PoisonError::into_inner)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> bool {
    thread::Builder::new().name(name.to_owned()).spawn(work).is_ok()
}

/// Runs a job; a panic in it becomes an error.
fn guarded<T>(job: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(job)).unwrap_or_else(|panic| Err(Error::Internal(message(panic.as_ref()))))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| String::from("unknown fault"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::{Architecture, Container, Os, Process};
    use crate::heap::{Facts, GcFacts, Graph, RuntimeFacts};

    fn start(load: impl FnOnce(&Progress) -> Result<Heap> + Send + 'static) -> Session {
        Session::start(Source::File("shop.dmp".into()), Arc::new(|| {}), load)
    }

    fn empty() -> Heap {
        let facts = Facts {
            file: "shop.dmp".into(),
            container: Container::Minidump,
            os: Os::Windows,
            architecture: Architecture::X64,
            process: Process::default(),
            runtime: RuntimeFacts::default(),
            gc: GcFacts::default(),
            finalizable: 0,
            warnings: Vec::new(),
            timings: Vec::new(),
        };
        Heap { graph: Graph::default(), facts, runtime: None }
    }

    /// Waits until the session is no longer loading.
    fn end(session: &mut Session) -> State {
        let limit = Instant::now() + Duration::from_secs(20);
        loop {
            match session.state() {
                State::Loading(_) if Instant::now() < limit => thread::sleep(Duration::from_millis(1)),
                state => return state,
            }
        }
    }

    fn wait<T>(ticket: &Ticket<T>) -> Result<T> {
        loop {
            match ticket.poll() {
                Some(answer) => return answer,
                None => thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    #[test]
    fn a_load_that_goes_well_takes_questions() {
        let mut session = start(|_| Ok(empty()));
        assert!(matches!(end(&mut session), State::Ready(_)));
        let ticket = session.ask(|opened, _| Ok(opened.heap.graph.len()));
        assert_eq!(wait(&ticket).unwrap(), 0);
    }

    #[test]
    fn cancelling_shows_at_once_and_stops_the_worker() {
        let (stopped, is_stopped) = mpsc::channel();
        let mut session = start(move |progress| {
            while progress.check().is_ok() {
                thread::sleep(Duration::from_millis(1));
            }
            stopped.send(()).unwrap();
            progress.check()?;
            Ok(empty())
        });
        assert!(matches!(session.state(), State::Loading(_)));
        session.cancel();
        assert!(matches!(session.state(), State::Cancelled));
        is_stopped.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(matches!(end(&mut session), State::Cancelled));
    }

    #[test]
    fn a_panic_while_loading_is_a_failure_that_says_so() {
        let mut session = start(|_| panic!("index out of bounds"));
        let State::Failed(failure) = end(&mut session) else { panic!("no failure") };
        assert!(failure.reason.contains("index out of bounds"), "{failure:?}");
    }

    #[test]
    fn a_panic_in_a_question_costs_only_that_answer() {
        let mut session = start(|_| Ok(empty()));
        end(&mut session);
        let broken = session.ask(|_, _| -> Result<()> { panic!("boom") });
        assert!(matches!(wait(&broken), Err(Error::Internal(text)) if text == "boom"));
        assert_eq!(wait(&session.ask(|_, _| Ok(7))).unwrap(), 7);
    }

    #[test]
    fn a_dropped_ticket_cancels_its_question() {
        let mut session = start(|_| Ok(empty()));
        end(&mut session);
        let (started, is_started) = mpsc::channel();
        let (stopped, is_stopped) = mpsc::channel();
        let ticket = session.ask_slow(move |_, progress| {
            started.send(()).unwrap();
            while progress.check().is_ok() {
                thread::sleep(Duration::from_millis(1));
            }
            stopped.send(()).unwrap();
            Ok(())
        });
        assert_eq!(wait(&session.ask(|_, _| Ok(1))).unwrap(), 1, "a quick question passes a slow one");
        is_started.recv_timeout(Duration::from_secs(20)).unwrap();
        drop(ticket);
        is_stopped.recv_timeout(Duration::from_secs(20)).unwrap();
    }

    #[test]
    fn questions_to_a_failed_session_are_answered_cancelled() {
        let mut session = start(|_| Err(Error::Question("no".into())));
        end(&mut session);
        assert!(matches!(wait(&session.ask(|_, _| Ok(()))), Err(Error::Cancelled(_))));
    }
}
