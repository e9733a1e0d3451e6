//! How fast the flame graph is: building the tree, a frame of the window while it is zoomed and panned, a picture.
//!
//! ```text
//! cargo bench --bench flame -- DUMP    a large dump; without a window and without GPU
//! ```
//!
//! A frame is the whole panel: events, layout, shapes, triangles. The first tree of a kind includes what every picture
//! of the heap needs (labels, the order of the tree); later ones do not.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use eframe::egui::{self, Context, Event, Pos2, RawInput, Rect, Theme, vec2};
use heapglass::analysis::flame::{FlameTree, Frame, Name, NameKind};
use heapglass::heap::TypeKind;
use heapglass::progress::Progress;
use heapglass::session::flame::{FlameAnswer, FlameQuestion};
use heapglass::session::{Opened, Reading, Session, Source, State};
use heapglass::ui::FlamePanel;
use heapglass::ui::export::{self, Caption, Look};
use heapglass::ui::theme;
use heapglass::view::flame::{ColorBy, FlameView, Measure, TreeKind, Unit};

/// The window, in points.
const WINDOW: egui::Vec2 = vec2(1920.0, 1080.0);
/// Frames of each kind of move.
const FRAMES: usize = 240;
/// Seconds between two frames.
const FRAME: f64 = 1.0 / 60.0;

fn main() {
    let Some(dump) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).map(PathBuf::from) else {
        eprintln!("name a dump: cargo bench --bench flame -- DUMP");
        return;
    };
    let mut session = Session::open(Source::File(dump), Reading::default(), Arc::new(|| {}));
    let opened = ready(&mut session);
    let graph = &opened.heap.graph;
    println!("{} objects, {} references", graph.len(), graph.references.edges());
    for tree in TreeKind::ALL {
        for (unit, bottom_up) in [(Unit::Bytes, false), (Unit::Objects, false), (Unit::Bytes, true)] {
            let question = FlameQuestion { measure: Measure { tree, unit, bottom_up }, ..FlameQuestion::default() };
            let (first, _) = timed(|| ask(&opened, &question));
            let (again, answer) = timed(|| ask(&opened, &question));
            let direction = if bottom_up { "bottom-up" } else { "top-down" };
            println!(
                "{:>9} {direction:>9} by {unit:?}: first {first:7.0} ms, then {again:7.0} ms, {} boxes",
                tree.id(),
                answer.tree.frames.len()
            );
        }
    }
    let answer = ask(&opened, &FlameQuestion::default());
    frames(&session, &opened, FlameView::new(answer.tree, Measure::default(), answer.heap));
    // Much beside one another, and as deep as a picture of 4800 × 1800 pixels shows.
    for (heaviest, least) in [(45, 64), (95, WHOLE / 5_000)] {
        let tree = made(100_000, heaviest, least);
        let mut view = FlameView::new(Arc::new(tree), Measure::default(), WHOLE);
        println!("a made tree of {} boxes in {} rows", view.tree().frames.len(), view.placed().rows());
        frames(&session, &opened, view.clone());
        println!("the same with a legend that has to look at every box");
        view.color = ColorBy::RootKind;
        frames(&session, &opened, view);
    }
}

/// Weight of a made tree.
const WHOLE: u64 = 1 << 40;

/// A tree of at most so many boxes: many types, every box with some children of which each takes `heaviest` per cent
/// of what the ones before it left, down to those of less than `least`.
fn made(boxes: usize, heaviest: u64, least: u64) -> FlameTree {
    const TYPES: u32 = 3_000;
    let name = |at: u32| {
        let short = format!("Cache{}<Key, Value{at}>", "Entry".repeat(at as usize % 4));
        let namespace = "Shop.Orders.";
        let kind = if at == 0 { NameKind::Whole } else { NameKind::Type(TypeKind::Object) };
        Name {
            full: format!("{namespace}{short}").into(),
            short: short.into(),
            namespace: namespace.len() as u32,
            assembly: if at.is_multiple_of(3) { "Shop.dll".into() } else { "System.Private.CoreLib.dll".into() },
            kind,
        }
    };
    let mut tree =
        FlameTree { names: (0..TYPES).map(name).collect(), labels: (0..TYPES).collect(), ..FlameTree::default() };
    let whole = Frame { objects: 10_000_000, chain: 1, weight: WHOLE, own: WHOLE, ..Frame::default() };
    tree.frames.push(whole);
    let mut at = 0;
    while at < tree.frames.len() && tree.frames.len() < boxes {
        let first = tree.frames.len();
        let mut rest = tree.frames[at].weight / 100 * 97;
        for child in 0..4 + at % 9 {
            let weight = rest / 100 * heaviest;
            if weight < least {
                break;
            }
            rest -= weight;
            let name = (at * 31 + child * 7) as u32 % (TYPES - 1) + 1;
            let objects = (weight >> 10) as u32 + 1;
            tree.frames.push(Frame {
                name,
                parent: at as u32,
                objects,
                chain: 1,
                weight,
                own: weight,
                ..Frame::default()
            });
        }
        let below: u64 = tree.frames[first..].iter().map(|frame| frame.weight).sum();
        let children = (tree.frames.len() - first) as u32;
        let parent = &mut tree.frames[at];
        (parent.first_child, parent.children, parent.own) = (first as u32, children, parent.weight - below);
        at += 1;
    }
    tree
}

fn ask(opened: &Opened, question: &FlameQuestion) -> FlameAnswer {
    opened.flame(question, &Progress::new()).expect("there is a tree")
}

/// The open dump, once its retained sizes are there.
fn ready(session: &mut Session) -> Arc<Opened> {
    loop {
        match session.state() {
            State::Ready(opened) if opened.analysis().is_some() => return opened,
            State::Loading(_) | State::Ready(_) => thread::sleep(Duration::from_millis(20)),
            State::Failed(failure) => panic!("{failure:?}"),
            State::Cancelled => unreachable!("nobody cancels"),
        }
    }
}

/// Milliseconds that a piece of work takes, and what it gives.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let value = work();
    (start.elapsed().as_secs_f64() * 1e3, value)
}

/// The panel in a window that nobody sees.
struct Stage {
    ctx: Context,
    panel: FlamePanel,
    now: f64,
}

impl Stage {
    /// Milliseconds of one frame.
    fn frame(&mut self, session: &Session, opened: &Opened, events: Vec<Event>) -> f64 {
        self.now += FRAME;
        let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, WINDOW));
        let input = RawInput { screen_rect, time: Some(self.now), events, ..RawInput::default() };
        let (milliseconds, ()) = timed(|| {
            let mut output = self.ctx.run_ui(input, |ui| {
                self.panel.show(ui, opened, session, None, &Caption::default());
            });
            output.textures_delta.clear();
            let triangles = self.ctx.tessellate(output.shapes, output.pixels_per_point);
            std::hint::black_box(triangles);
        });
        milliseconds
    }
}

fn frames(session: &Session, opened: &Opened, view: FlameView) {
    let ctx = Context::default();
    theme::install(&ctx);
    let mut stage = Stage { ctx, panel: FlamePanel::showing(view), now: 0.0 };
    // Fonts and first layouts are no part of a frame.
    (0..10).for_each(|_| {
        stage.frame(session, opened, Vec::new());
    });
    let at = Pos2::new(700.0, 400.0);
    stage.frame(session, opened, vec![Event::PointerMoved(at)]);
    let mut report = |what: &str, events: &dyn Fn(usize) -> Vec<Event>| {
        let mut times: Vec<f64> = (0..FRAMES).map(|i| stage.frame(session, opened, events(i))).collect();
        times.sort_by(f64::total_cmp);
        let part = |percent: usize| times[(FRAMES - 1) * percent / 100];
        println!(
            "{what:>24}: median {:5.2} ms, 99th {:5.2} ms, worst {:5.2} ms a frame",
            part(50),
            part(99),
            part(100)
        );
    };
    report("still", &|_| Vec::new());
    // In, across, and out again; each frame shows other boxes.
    report("zooming in", &|_| vec![Event::Zoom(1.02)]);
    report("zooming out", &|_| vec![Event::Zoom(1.0 / 1.02)]);
    report("in, then panning", &|i| {
        if i < 60 { vec![Event::Zoom(1.03)] } else { vec![wheel(if i % 120 < 60 { 24.0 } else { -24.0 }, 0.0)] }
    });
    report("scrolling", &|i| vec![wheel(0.0, if i % 120 < 60 { -24.0 } else { 24.0 })]);
    report("pointing", &|i| vec![Event::PointerMoved(Pos2::new(100.0 + 7.0 * (i % 240) as f32, 200.0 + i as f32))]);
    picture(&stage.panel);
}

/// Pictures of the whole, whatever part of it was looked at last.
fn picture(panel: &FlamePanel) {
    let mut view = panel.view().expect("it was shown").clone();
    view.zoom_to(0, 0.0);
    let view = &view;
    for (width, scale) in [(4800.0, 1.0), (2400.0, 2.0), (1200.0, 4.0)] {
        let look = Look { width, scale, theme: Theme::Dark };
        let (painting, picture) = timed(|| export::picture(view, &Caption::default(), look));
        let (packing, png) = timed(|| picture.png().expect("memory takes it"));
        println!(
            "picture {} × {}: painted in {painting:.0} ms, packed in {packing:.0} ms, {} KB",
            picture.width,
            picture.height,
            png.len() / 1000
        );
    }
}

fn wheel(x: f32, y: f32) -> Event {
    Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(x, y),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: egui::Modifiers::NONE,
    }
}
