//! How long frames of the window take on a large heap: scrolling, sorting and filtering its tables.
//!
//! ```text
//! cargo bench --bench window -- DUMP    a large dump; without a window and without GPU
//! ```
//!
//! A frame is the whole app: events, layout, shapes, triangles. Frames come 60 times a second, so that the workers
//! get on between them as they do behind a window; what they take from a frame counts.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use eframe::egui::{self, Context, Event, Key, Modifiers, PointerButton, Pos2, RawInput, Rect, pos2, vec2};
use heapglass::session::Source;
use heapglass::ui::{App, Settings};

/// The window, in points.
const WINDOW: egui::Vec2 = vec2(1920.0, 1080.0);
const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 60);
/// Frames of each kind of move.
const FRAMES: usize = 240;
/// The line of column titles, and the middle of the rows.
const TITLES: f32 = 44.0 + 38.0 + 44.0 + 14.0;
const ROWS: Pos2 = pos2(400.0, 600.0);

fn main() {
    let Some(dump) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).map(PathBuf::from) else {
        eprintln!("name a dump: cargo bench --bench window -- DUMP");
        return;
    };
    let mut stage = Stage::new();
    stage.app.open(&stage.ctx, Source::File(dump));
    stage.report("opening", usize::MAX, |stage, _| (Vec::new(), stage.app.is_analysed()));
    stage.rest(60);
    for (key, name) in [(Key::Num1, "Overview"), (Key::Num2, "Types")] {
        stage.press(key);
        stage.table(name, &[]);
    }
    // Of the type with the most objects.
    stage.click(pos2(WINDOW.x - 216.0 - 140.0 - 148.0 - 30.0, TITLES));
    stage.rest(30);
    stage.press(Key::Home);
    stage.press(Key::I);
    stage.rest(600);
    stage.table("Instances", &[50.0, 130.0, 220.0, 320.0, 1000.0]);
    for (key, name) in [(Key::Num6, "Roots"), (Key::Num7, "Threads"), (Key::Num8, "Strings"), (Key::Num9, "Waste")] {
        stage.press(key);
        stage.rest(600);
        stage.table(name, &[50.0, 180.0, 300.0]);
    }
}

/// The app in a window that nobody sees.
struct Stage {
    ctx: Context,
    app: App,
    frames: usize,
}

impl Stage {
    fn new() -> Stage {
        let (ctx, app) = (Context::default(), App::new(Settings::default(), true));
        app.install(&ctx);
        Stage { ctx, app, frames: 0 }
    }

    /// Milliseconds of one frame.
    fn frame(&mut self, events: Vec<Event>) -> f64 {
        self.frames += 1;
        let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, WINDOW));
        let input = RawInput {
            screen_rect,
            time: Some(self.frames as f64 * FRAME.as_secs_f64()),
            events,
            ..RawInput::default()
        };
        let start = Instant::now();
        let mut output = self.ctx.run_ui(input, |ui| self.app.ui(ui));
        output.textures_delta.clear();
        std::hint::black_box(self.ctx.tessellate(output.shapes, output.pixels_per_point));
        let passed = start.elapsed();
        thread::sleep(FRAME.saturating_sub(passed));
        passed.as_secs_f64() * 1e3
    }

    fn rest(&mut self, frames: usize) {
        for _ in 0..frames {
            self.frame(Vec::new());
        }
    }

    fn press(&mut self, key: Key) {
        self.frame(pressed(key, Modifiers::NONE));
        self.rest(4);
    }

    fn click(&mut self, at: Pos2) {
        for events in clicked(at) {
            self.frame(events);
        }
        self.rest(4);
    }

    /// Scrolls a table, sorts it by the titles at these distances from the right edge, filters it.
    fn table(&mut self, name: &str, titles: &[f32]) {
        self.frame(vec![Event::PointerMoved(ROWS)]);
        self.report(&format!("{name}, scrolling"), FRAMES, |_, i| {
            (vec![wheel(if i % 160 < 80 { -400.0 } else { 400.0 })], false)
        });
        if name == "Overview" {
            return;
        }
        let titles = if titles.is_empty() { &[100.0, 290.0, 430.0, 560.0, 680.0] } else { titles };
        self.report(&format!("{name}, sorting"), FRAMES, |_, i| {
            let title = titles[i / 48 % titles.len()];
            let events = clicked(pos2(WINDOW.x - title, TITLES)).into_iter().nth(i % 24);
            (events.unwrap_or_default(), false)
        });
        self.frame(pressed(Key::F, Modifiers::COMMAND));
        let typed: Vec<char> = "system -string >100 zoo /Order.*/".chars().collect();
        self.report(&format!("{name}, filtering"), FRAMES, |_, i| {
            let letter = typed.get(i / 4).filter(|_| i % 4 == 0);
            (letter.map(|letter| Event::Text(letter.to_string())).into_iter().collect(), false)
        });
        self.frame(pressed(Key::Escape, Modifiers::NONE));
        self.rest(120);
    }

    /// Shows frames until there were so many, or `events` says that it is done.
    fn report(&mut self, what: &str, frames: usize, mut events: impl FnMut(&mut Stage, usize) -> (Vec<Event>, bool)) {
        let mut times = Vec::new();
        for i in 0..frames {
            let (events, done) = events(self, i);
            times.push(self.frame(events));
            if done {
                break;
            }
        }
        times.sort_by(f64::total_cmp);
        let part = |percent: usize| times[(times.len() - 1) * percent / 100];
        println!(
            "{what:>22}: median {:5.2} ms, 99th {:5.2} ms, worst {:6.2} ms a frame",
            part(50),
            part(99),
            part(100)
        );
    }
}

fn pressed(key: Key, modifiers: Modifiers) -> Vec<Event> {
    let event = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
    vec![event(true), event(false)]
}

/// What a click is, frame by frame.
fn clicked(at: Pos2) -> [Vec<Event>; 3] {
    let button =
        |pressed| Event::PointerButton { pos: at, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE };
    [vec![Event::PointerMoved(at)], vec![button(true)], vec![button(false)]]
}

fn wheel(y: f32) -> Event {
    Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, y),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    }
}
