//! The native window around the [`App`].
//!
//! On Linux X11 comes first, through XWayland on a Wayland desktop: winit has no file drop under Wayland.
//! Where there is Wayland alone, the start screen says that nothing can be dropped.

use eframe::egui::{self, ViewportBuilder};

use super::app::App;
use super::dialog::Dialog;
use super::log_file;
use super::settings::Settings;
use crate::error::{Error, Result};
use crate::session::{Reading, Source};

/// Settings and log are kept in a folder of this name.
const NAME: &str = "heapglass";
const ICON: &[u8] = include_bytes!("../../assets/icon/heapglass-256.png");

struct Window {
    app: App,
    dialog: Option<Dialog>,
}

/// Opens the window, with a dump or on the start screen, and runs it until it is closed. All dumps are read as
/// `reading` says.
pub fn run(first: Option<Source>, reading: Reading) -> Result<()> {
    if let Some(folder) = eframe::storage_dir(NAME) {
        log_file::keep_in(folder);
    }
    log::info!("Heapglass {} on {} {}", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    let icon = eframe::icon_data::from_png_bytes(ICON).unwrap_or_default();
    let viewport = ViewportBuilder::default()
        .with_title("Heapglass")
        .with_app_id(NAME)
        .with_icon(icon)
        .with_inner_size([1400.0, 900.0])
        .with_min_inner_size([640.0, 420.0])
        .with_drag_and_drop(true);
    let options = eframe::NativeOptions {
        viewport,
        event_loop_builder: Some(Box::new(prefer_x11)),
        ..eframe::NativeOptions::default()
    };
    let create = |creation: &eframe::CreationContext<'_>| {
        let mut app = App::new(Settings::load(creation.storage), can_drop());
        app.install(&creation.egui_ctx);
        app.reading = reading;
        if let Some(source) = first {
            app.open(&creation.egui_ctx, source);
        }
        Ok(Box::new(Window { app, dialog: None }) as Box<dyn eframe::App>)
    };
    eframe::run_native(NAME, options, Box::new(create)).map_err(|error| {
        log::error!("no window: {error}");
        Error::Window(error.to_string())
    })
}

impl eframe::App for Window {
    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        if let Some((purpose, chosen)) = self.dialog.as_ref().and_then(|dialog| Some((dialog.purpose, dialog.poll()?)))
        {
            self.dialog = None;
            self.app.chosen(ui.ctx(), purpose, chosen);
        }
        self.app.ui(ui);
        if let Some(purpose) = self.app.take_dialog_request()
            && self.dialog.is_none()
        {
            self.dialog = Some(Dialog::open(ui.ctx(), frame, purpose));
        }
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        self.app.settings.save(storage);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}

#[cfg(target_os = "linux")]
fn has(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

#[cfg(target_os = "linux")]
fn prefer_x11(builder: &mut eframe::EventLoopBuilder<eframe::UserEvent>) {
    if has("DISPLAY") {
        winit::platform::x11::EventLoopBuilderExtX11::with_x11(builder);
    }
}

#[cfg(not(target_os = "linux"))]
fn prefer_x11(_builder: &mut eframe::EventLoopBuilder<eframe::UserEvent>) {}

/// Can files be dropped on the window?
fn can_drop() -> bool {
    #[cfg(target_os = "linux")]
    return has("DISPLAY");
    #[cfg(not(target_os = "linux"))]
    return true;
}
