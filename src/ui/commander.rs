//! The list of everything that can be done, to be typed into (Ctrl K): commands, views, recent files, types.
//!
//! It lies over the window and gives the action of the line that was chosen. What fits is looked up once per
//! change of the text, not per frame: a dump may have a hundred thousand types.

use eframe::egui::{
    self, Align2, CornerRadius, Id, Key, Modal, Modifiers, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2,
};

use super::action::Action;
use super::document::Document;
use super::theme;
use super::widgets::{self, palette};
use super::{desk, grid_cell, log_file};
use crate::session::Opened;
use crate::view::place::{Place, Subject, Tab};
use crate::view::recent::Recent;
use crate::view::{find, format};

/// Lines that are offered at once.
const LINES: usize = 50;
const WIDTH: f32 = 620.0;
const LINE: f32 = 30.0;
/// Lines in sight without scrolling.
const IN_SIGHT: f32 = 11.0;

/// See the module.
#[derive(Default)]
pub struct Commander {
    open: bool,
    text: String,
    chosen: usize,
    /// What fits the text; `None` until it has been looked up.
    found: Option<Vec<Line>>,
}

struct Line {
    name: String,
    /// The key that does the same, or what is known of the type.
    hint: String,
    action: Action,
}

impl Commander {
    /// Opens it empty, or closes it.
    pub fn toggle(&mut self) {
        *self = Commander { open: !self.open, ..Commander::default() };
    }

    /// Shows it over everything, where it is open.
    pub fn show(&mut self, ui: &Ui, document: Option<&Document>, recent: &Recent) -> Option<Action> {
        if !self.open {
            return None;
        }
        self.found.get_or_insert_with(|| look_up(&self.text, document, recent));
        let room = ui.ctx().content_rect();
        let area = Modal::default_area(Id::unique("commands")).anchor(Align2::CENTER_TOP, vec2(0.0, 64.0));
        let frame = widgets::sheet(ui, 8);
        let shown = Modal::new(Id::unique("commands")).area(area).frame(frame).show(ui.ctx(), |ui| {
            ui.set_width(WIDTH.min(room.width() - 48.0));
            self.contents(ui, (room.height() - 180.0).min(IN_SIGHT * LINE))
        });
        if shown.inner.is_some() || shown.should_close() {
            *self = Commander::default();
        }
        shown.inner
    }

    /// The field and the lines; gives what was chosen.
    fn contents(&mut self, ui: &mut Ui, height: f32) -> Option<Action> {
        let Commander { text, chosen, found, .. } = self;
        let lines = found.as_deref().unwrap_or_default();
        let pressed = |ui: &mut Ui, key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let before = *chosen;
        if pressed(ui, Key::ArrowDown) {
            *chosen = (*chosen + 1).min(lines.len().saturating_sub(1));
        }
        if pressed(ui, Key::ArrowUp) {
            *chosen = chosen.saturating_sub(1);
        }
        let mut picked = pressed(ui, Key::Enter).then(|| lines.get(*chosen)).flatten();
        let width = ui.available_width();
        let field = widgets::field(ui, text, "Command or type", "A command, a file, a type …", width);
        field.request_focus();
        if field.changed() {
            *chosen = 0;
            *found = None;
            ui.ctx().request_repaint();
            return None;
        }
        ui.add_space(6.0);
        if lines.is_empty() {
            ui.allocate_ui(vec2(width, 2.0 * LINE), |ui| desk::remark(ui, "Nothing is called that"));
        }
        ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (at, line) in lines.iter().enumerate() {
                let response = show_line(ui, line, at == *chosen);
                if at == *chosen && before != at {
                    response.scroll_to_me(None);
                }
                if response.clicked() {
                    picked = Some(line);
                }
            }
        });
        picked.map(|line| line.action.clone())
    }
}

fn show_line(ui: &mut Ui, line: &Line, chosen: bool) -> egui::Response {
    let palette = palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::click());
    if chosen || response.hovered() {
        let fill = if chosen { palette.selection } else { palette.bg[2] };
        ui.painter().rect_filled(rect, CornerRadius::same(4), fill);
    }
    let inner = rect.shrink2(vec2(10.0, 0.0));
    let hint = ui.painter().layout_no_wrap(line.hint.clone(), theme::small(), palette.muted);
    let room = inner.width() - hint.size().x - 16.0;
    let format = egui::text::TextFormat::simple(theme::body(), palette.text);
    let name = grid_cell::line(ui.painter(), &[(&line.name, format.clone())], format, room);
    let at = Align2::LEFT_CENTER.anchor_size(inner.left_center(), name.size());
    ui.painter().galley(at.min, name, palette.text);
    let at = Align2::RIGHT_CENTER.anchor_size(inner.right_center(), hint.size());
    ui.painter().galley(at.min, hint, palette.muted);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, chosen, &line.name));
    response
}

/// What fits the text, best first; commands before types that fit as well.
fn look_up(text: &str, document: Option<&Document>, recent: &Recent) -> Vec<Line> {
    let opened = document.and_then(Document::opened);
    let commands = commands(document.is_some(), opened.is_some(), recent);
    let mut found: Vec<(u32, Line)> =
        commands.into_iter().filter_map(|line| Some((find::rank(text, &line.name)? / 1024, line))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    let types = opened.filter(|_| !text.trim().is_empty()).map(|opened| types(text, opened));
    found.into_iter().map(|(_, line)| line).chain(types.into_iter().flatten()).take(LINES).collect()
}

fn commands(document: bool, opened: bool, recent: &Recent) -> Vec<Line> {
    let line = |name: &str, hint: &str, action| Line { name: name.to_owned(), hint: hint.to_owned(), action };
    let mut lines = Vec::new();
    if opened {
        for (at, tab) in Tab::ALL.into_iter().enumerate() {
            let key = ((at + 1) % 10).to_string();
            let action = Action::Go(Place { tab, subject: None });
            lines.push(line(&format!("Go to {}", tab.title()), &key, action));
        }
        lines.push(line("Back", "Alt ←", Action::Back));
        lines.push(line("Forward", "Alt →", Action::Forward));
        lines.push(line("Compare with another dump …", "", Action::ChooseOther));
        lines.push(line("Copy diagnostics for a bug report", "", Action::CopyDiagnostics));
    }
    if log_file::folder().is_some() {
        lines.push(line("Copy the log", "", Action::CopyLog));
        lines.push(line("Open the log's folder", "", Action::OpenLogFolder));
    }
    lines.push(line("Open a dump …", "Ctrl O", Action::Choose));
    lines.push(line("Open the sample dump", "", Action::OpenSample));
    for entry in recent.entries() {
        let folder = entry.path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
        lines.push(line(&format!("Open {}", entry.name()), &folder, Action::Open(entry.path.clone())));
    }
    if document {
        lines.push(line("Close the dump", "", Action::Close));
    }
    lines.push(line("Switch between light and dark", "", Action::SwitchTheme));
    lines.push(line("Larger", "Ctrl +", Action::Scale(1)));
    lines.push(line("Smaller", "Ctrl −", Action::Scale(-1)));
    lines.push(line("Actual size", "Ctrl 0", Action::Scale(0)));
    lines.push(line("All keys", "?", Action::KeySheet));
    lines
}

fn types(text: &str, opened: &Opened) -> Vec<Line> {
    let table = opened.table();
    let rows = table.rows.iter();
    let mut found: Vec<_> = rows.filter_map(|row| Some((find::rank(text, &row.name.full)?, row))).collect();
    found.sort_by(|a, b| (a.0, &a.1.name.full).cmp(&(b.0, &b.1.name.full)));
    let line = |row: &crate::view::types::TypeRow| Line {
        name: row.name.full.to_string(),
        hint: format!("{} · {}", format::counted(row.figures.count, "object"), format::bytes(row.figures.bytes)),
        action: Action::Go(Place { tab: Tab::Referrers, subject: Some(Subject::Type(row.group)) }),
    };
    found.into_iter().take(LINES).map(|(_, row)| line(row)).collect()
}
