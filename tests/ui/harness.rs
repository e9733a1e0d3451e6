//! The app in a kittest harness, and the events that a person makes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Theme, Vec2, epaint::textures::TexturesDelta};
use egui_kittest::kittest::{By, NodeT, Queryable};
use egui_kittest::{Harness, TestRenderer};
use heapglass::ui::raster::Raster;
use heapglass::ui::theme::Palette;
use heapglass::ui::{App, Settings};

use super::support::{SAMPLE, dump};

/// Paints with the program's own rasteriser.
#[derive(Default)]
struct Cpu(Raster);

impl TestRenderer for Cpu {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        self.0.update(delta);
    }

    fn render(&mut self, ctx: &egui::Context, output: &egui::FullOutput) -> Result<image::RgbaImage, String> {
        let scale = ctx.pixels_per_point();
        let background = Palette::of(&ctx.global_style().visuals).bg[0];
        let shapes = ctx.tessellate(output.shapes.clone(), scale);
        let picture = self.0.paint(ctx.content_rect().size() * scale, scale, background, &shapes);
        image::RgbaImage::from_raw(picture.width as u32, picture.height as u32, picture.rgba)
            .ok_or_else(|| String::from("a picture of the wrong size"))
    }
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

pub type Window = Harness<'static, App>;

/// A window of that size on the start screen.
pub fn window(size: [f32; 2], theme: Theme) -> Window {
    window_with(size, 1.0, theme, Settings::default(), true)
}

/// The same with everything that can be chosen; `drops`: can files be dropped on it?
pub fn window_with(size: [f32; 2], scale: f32, theme: Theme, settings: Settings, drops: bool) -> Window {
    Harness::builder()
        .with_size(Vec2::from(size))
        .with_pixels_per_point(scale)
        .with_theme(theme)
        .with_step_dt(1.0 / 60.0)
        .with_max_steps(30)
        .renderer(Cpu::default())
        .with_context_setup(heapglass::ui::theme::install)
        .build_ui_state(in_whole_window, App::new(settings, drops))
}

/// A panel by itself over a whole window of that size.
pub fn staged<S: 'static>(
    size: [f32; 2],
    scale: f32,
    theme: Theme,
    show: fn(&mut egui::Ui, &mut S),
    state: S,
) -> Harness<'static, S> {
    Harness::builder()
        .with_size(Vec2::from(size))
        .with_pixels_per_point(scale)
        .with_theme(theme)
        .with_step_dt(1.0 / 60.0)
        .with_max_steps(60)
        .renderer(Cpu::default())
        .with_context_setup(heapglass::ui::theme::install)
        .build_ui_state(
            move |ui, state| {
                let area = ui.ctx().content_rect();
                let mut root = ui.new_child(egui::UiBuilder::new().max_rect(area));
                root.set_clip_rect(area);
                show(&mut root, state);
            },
            state,
        )
}

/// Shows the app up to the window's edges, as eframe does; kittest's own root has a margin.
fn in_whole_window(ui: &mut egui::Ui, app: &mut App) {
    let area = ui.ctx().content_rect();
    let mut root = ui.new_child(egui::UiBuilder::new().max_rect(area));
    root.set_clip_rect(area);
    app.ui(&mut root);
}

/// Lets a file go over the window.
pub fn drop_file(window: &mut Window, path: &Path) {
    drop_files(window, &[path]);
}

/// Lets some files go over the window together.
pub fn drop_files(window: &mut Window, paths: &[&Path]) {
    for path in paths {
        window.input_mut().dropped_files.push(Arc::new(Dropped(path.to_path_buf())));
    }
    window.step();
    window.input_mut().dropped_files.clear();
}

/// Runs frames until `done`; a real worker is at work meanwhile.
pub fn wait_until(window: &mut Window, what: &str, done: impl Fn(&mut Window) -> bool) {
    let limit = Instant::now() + Duration::from_secs(120);
    loop {
        window.step();
        if done(window) {
            break;
        }
        assert!(Instant::now() < limit, "waited too long for {what}");
        thread::sleep(Duration::from_millis(2));
    }
    // Whatever the last answer changed is laid out and painted.
    window.run_steps(4);
}

/// Waits until the dump is analysed, where the window opens: on its overview.
pub fn wait_analysed(window: &mut Window) {
    wait_until(window, "the analysis", |window| window.state_mut().is_analysed());
}

/// Waits until the dump's table is there with its retained sizes, and goes to it.
pub fn wait_ready(window: &mut Window) {
    wait_analysed(window);
    window.key_press(egui::Key::Num2);
    window.run_steps(3);
}

/// A window with the sample open and analysed.
pub fn sample() -> Window {
    let mut window = window([1400.0, 900.0], Theme::Dark);
    drop_file(&mut window, &dump(SAMPLE).expect("the sample is in the project"));
    wait_ready(&mut window);
    window
}

/// Goes to the Compare tab of an open dump and types the path of another one there.
pub fn compare_with(window: &mut Window, other: &Path) {
    window.get_by_label("Compare").click();
    window.run_steps(4);
    window.get_by_label("Path of another dump").focus();
    window.run();
    window.event(egui::Event::Text(other.to_string_lossy().into_owned()));
    window.run();
    window.key_press(egui::Key::Enter);
    window.step();
}

/// Clicks twice on the row of that name.
pub fn open_row(window: &mut Window, name: &str) {
    // Long enough after any click before, or this would be its third.
    window.run_steps(60);
    let row = window.get_by(|node| node.role() == Role::Row && node.label().as_deref() == Some(name));
    row.click();
    row.click();
    window.run_steps(4);
}

/// The names of the rows in sight, from top to bottom.
pub fn rows(window: &Window) -> Vec<String> {
    let mut rows: Vec<(f32, String)> = window
        .query_all(By::new().role(Role::Row))
        .map(|row| (row.rect().top(), row.accesskit_node().label().unwrap_or_default()))
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    rows.into_iter().map(|(_, name)| name).collect()
}

/// Saves what the window shows into the folder that `HEAPGLASS_PICTURES` names, to be looked at.
pub fn picture<S>(window: &mut Harness<'_, S>, name: &str) {
    let Some(folder) = std::env::var_os("HEAPGLASS_PICTURES").map(PathBuf::from) else { return };
    std::fs::create_dir_all(&folder).expect("the folder for pictures can be made");
    let image = window.render().expect("the window is painted");
    image.save(folder.join(format!("{name}.png"))).expect("the picture is written");
}
