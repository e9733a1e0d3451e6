//! The Export menu: format, size, and where to.
//!
//! Painting a large picture takes a second, so it is done on a thread; the menu says what became of it. A path can
//! always be typed, for where a desktop has no file dialog.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use eframe::egui::{
    Button, Color32, ColorImage, Context, DragValue, Frame, Margin, Popup, PopupCloseBehavior, RichText, TextEdit,
    Theme, Ui, vec2,
};

use super::export::{self, Caption, Format, Look};
use super::raster::Picture;
use super::theme;
use super::widgets::{self, palette};
use crate::view::flame::FlameView;

/// The menu's own state.
pub struct Save {
    format: Format,
    width: f32,
    scale: u8,
    path: String,
    job: Option<Receiver<Done>>,
    dialog: Option<Receiver<Option<PathBuf>>>,
    note: Option<(bool, String)>,
}

/// What became of a job.
enum Done {
    Saved(PathBuf),
    Failed(String),
    Painted(Picture),
}

impl Default for Save {
    fn default() -> Save {
        let path = String::new();
        Save { format: Format::Png, width: 1600.0, scale: 2, path, job: None, dialog: None, note: None }
    }
}

impl Save {
    /// Shows the button and its menu.
    pub fn show(&mut self, ui: &mut Ui, view: &FlameView, caption: &Caption, folder: Option<&Path>) {
        self.poll(ui.ctx());
        let button = widgets::tool(ui, "Export", "▾");
        if self.path.is_empty() {
            self.path = proposed(caption, folder, self.format).to_string_lossy().into_owned();
        }
        let frame = Frame::popup(ui.style()).inner_margin(Margin::same(12));
        Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).frame(frame).show(|ui| {
            ui.set_width(400.0);
            self.menu(ui, view, caption);
        });
    }

    fn menu(&mut self, ui: &mut Ui, view: &FlameView, caption: &Caption) {
        let palette = palette(ui);
        ui.scope(|ui| {
            ui.spacing_mut().button_padding.x = 8.0;
            for format in Format::ALL {
                let chosen = Button::selectable(self.format == format, format.words());
                if ui.add(chosen.min_size(vec2(ui.available_width(), 26.0))).clicked() {
                    self.format = format;
                    self.path = with_extension(&self.path, format);
                }
            }
        });
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            let drawn = matches!(self.format, Format::Png | Format::Svg);
            ui.add_enabled_ui(drawn, |ui| {
                let label = ui.label(RichText::new("Width").color(palette.muted));
                ui.visuals_mut().widgets.inactive.weak_bg_fill = palette.bg[2];
                ui.add(DragValue::new(&mut self.width).range(400.0..=16_000.0).speed(10.0)).labelled_by(label.id);
            });
            ui.add_space(8.0);
            ui.add_enabled_ui(self.format == Format::Png, |ui| {
                for scale in [1, 2, 4] {
                    let chosen = Button::selectable(self.scale == scale, format!("{scale}×"));
                    if ui.add(chosen).on_hover_text("Pixels a point").clicked() {
                        self.scale = scale;
                    }
                }
            });
        });
        ui.add_space(6.0);
        let field = TextEdit::singleline(&mut self.path).desired_width(f32::INFINITY).margin(vec2(10.0, 5.0));
        ui.add(field).accessible_name("File to save to");
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            let theme = ui.theme();
            if widgets::primary(ui, "Save").clicked() {
                self.start(ui.ctx(), view, caption, theme, false);
            }
            if widgets::secondary(ui, "Choose file…").clicked() {
                self.choose(ui.ctx());
            }
            if self.format == Format::Png && widgets::secondary(ui, "Copy picture").clicked() {
                self.start(ui.ctx(), view, caption, theme, true);
            }
        });
        let note = match (&self.job, &self.note) {
            (Some(_), _) => Some((palette.muted, "Painting …")),
            (None, Some((fine, words))) => Some((if *fine { palette.muted } else { palette.error }, words.as_str())),
            (None, None) => None,
        };
        if let Some((color, words)) = note {
            note_line(ui, color, words);
        }
    }

    /// Paints and saves (or copies) on a thread.
    fn start(&mut self, ctx: &Context, view: &FlameView, caption: &Caption, theme: Theme, copy: bool) {
        let (view, caption, format) = (view.clone(), caption.clone(), self.format);
        let look = Look { width: self.width, scale: f32::from(self.scale), theme };
        let path = PathBuf::from(&self.path);
        let (send, receive) = mpsc::channel();
        let ctx = ctx.clone();
        thread::spawn(move || {
            let done = if copy {
                Done::Painted(export::picture(&view, &caption, look))
            } else {
                match save(&path, format, &view, &caption, look) {
                    Ok(()) => Done::Saved(path),
                    Err(error) => Done::Failed(format!("Cannot write {}: {error}", path.display())),
                }
            };
            // The window may be closed by now.
            let _ = send.send(done);
            ctx.request_repaint();
        });
        (self.job, self.note) = (Some(receive), None);
    }

    /// Opens the system's dialog; it is waited for on a thread.
    fn choose(&mut self, ctx: &Context) {
        let path = PathBuf::from(&self.path);
        let mut dialog = rfd::AsyncFileDialog::new().set_title("Save the flame graph");
        if let Some(name) = path.file_name() {
            dialog = dialog.set_file_name(name.to_string_lossy());
        }
        if let Some(folder) = path.parent().filter(|folder| folder.is_dir()) {
            dialog = dialog.set_directory(folder);
        }
        let future = dialog.save_file();
        let (send, receive) = mpsc::channel();
        let ctx = ctx.clone();
        thread::spawn(move || {
            let file = pollster::block_on(future);
            let _ = send.send(file.map(|file| file.path().to_owned()));
            ctx.request_repaint();
        });
        self.dialog = Some(receive);
    }

    fn poll(&mut self, ctx: &Context) {
        if let Some(done) = self.job.as_ref().and_then(|job| job.try_recv().ok()) {
            self.job = None;
            self.note = Some(match done {
                Done::Saved(path) => (true, format!("Saved {}", path.display())),
                Done::Failed(why) => (false, why),
                Done::Painted(picture) => {
                    let size = [picture.width, picture.height];
                    ctx.copy_image(ColorImage::from_rgba_premultiplied(size, &picture.rgba));
                    (true, String::from("The picture is in the clipboard"))
                }
            });
        }
        if let Some(chosen) = self.dialog.as_ref().and_then(|dialog| dialog.try_recv().ok()) {
            self.dialog = None;
            if let Some(path) = chosen {
                self.path = path.to_string_lossy().into_owned();
                if let Some(format) = Format::of(&path) {
                    self.format = format;
                }
            }
        }
    }
}

fn note_line(ui: &mut Ui, color: Color32, words: &str) {
    ui.add_space(4.0);
    ui.label(RichText::new(words).font(theme::small()).color(color));
}

/// Writes a file as a whole or not at all.
fn save(path: &Path, format: Format, view: &FlameView, caption: &Caption, look: Look) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = BufWriter::new(tempfile::NamedTempFile::new_in(folder)?);
    export::write(format, view, caption, look, &mut file)?;
    file.flush()?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?.persist(path)?;
    Ok(())
}

/// `shop-flame.png` beside the dump.
fn proposed(caption: &Caption, folder: Option<&Path>, format: Format) -> PathBuf {
    let stem = caption.title.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or("heap");
    let folder = folder.map(Path::to_owned).or_else(|| std::env::current_dir().ok()).unwrap_or_default();
    folder.join(format!("{}-flame.{}", stem.replace(' ', "-").to_lowercase(), format.extension()))
}

/// The path with the format's extension in place of another format's.
fn with_extension(path: &str, format: Format) -> String {
    let bare = Format::of(Path::new(path)).map_or(path, |old| &path[..path.len() - old.extension().len() - 1]);
    format!("{bare}.{}", format.extension())
}
