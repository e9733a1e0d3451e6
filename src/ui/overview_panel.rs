//! Overview: what this dump is, where its bytes lie, and what keeps them there, in whole sentences.
//!
//! Facts stand at once; generations, suspects and waste come from the session's workers one by one.

use std::sync::Arc;

use eframe::egui::{
    self, Align, CornerRadius, Frame, Layout, Margin, Rect, RichText, ScrollArea, Sense, Stroke, Ui, UiBuilder, pos2,
    text::{LayoutJob, TextFormat},
    vec2,
};

use super::action::Action;
use super::asked::Asked;
use super::desk::{self, Desk};
use super::theme::{self, Palette, size};
use super::widgets::{self, palette};
use crate::analysis::generations::Share;
use crate::analysis::waste::Waste;
use crate::heap::TypeKind;
use crate::runtime::gc::Generation;
use crate::session::Opened;
use crate::view::format;
use crate::view::loading;
use crate::view::overview::{self, Fact, Piece, Suspicion};
use crate::view::place::{Place, Subject, Tab};
use crate::view::types::{Arrangement, Hidden, Query, TypeTable};
use crate::view::waste::headline;

/// Types that are shown.
const BIGGEST: usize = 10;
/// From here on there is room for two columns.
const TWO_COLUMNS: f32 = 1000.0;
const WIDEST: f32 = 1440.0;

/// The panel's own state.
pub struct OverviewPanel {
    facts: Vec<Fact>,
    notes: Vec<String>,
    shares: Asked<Vec<Share>>,
    suspects: Asked<Vec<Suspicion>>,
    waste: Asked<Arc<Waste>>,
    biggest: Biggest,
}

/// The first rows of the type table without Free.
struct Biggest {
    table: Arc<TypeTable>,
    my_code: bool,
    rows: Vec<u32>,
    hidden: Hidden,
}

impl Biggest {
    fn new(table: &Arc<TypeTable>, my_code: bool) -> Biggest {
        let Arrangement { order, hidden, .. } = table.arrange(&Query { folded: true, my_code, ..Query::default() });
        let is_free = |row: u32| table.rows[row as usize].kind == TypeKind::Free;
        let rows = order.into_iter().filter(|&row| !is_free(row)).take(BIGGEST).collect();
        Biggest { table: table.clone(), my_code, rows, hidden }
    }
}

impl OverviewPanel {
    /// `notes` say what could not be read.
    pub fn new(opened: &Opened, notes: &[String]) -> OverviewPanel {
        OverviewPanel {
            facts: overview::about(&opened.heap),
            notes: notes.to_vec(),
            shares: Asked::default(),
            suspects: Asked::default(),
            waste: Asked::default(),
            biggest: Biggest::new(opened.table(), false),
        }
    }

    /// Another view is shown: what it asks for shall not wait for the waste of a large heap.
    pub fn rest(&mut self) {
        if self.waste.is_waiting() {
            self.waste.clear();
        }
    }

    fn refresh(&mut self, desk: &Desk<'_>) {
        if self.shares.is_new() {
            self.shares.ask(desk.session.ask(|opened, progress| opened.shares(progress)));
        }
        if self.suspects.is_new() && desk.opened.analysis().is_some() {
            self.suspects.ask(desk.session.ask_slow(|opened, progress| opened.suspicions(progress)));
        }
        if self.waste.is_new() && desk.opened.analysis().is_some() {
            self.waste.ask(desk.session.ask_slow(|opened, progress| opened.waste(progress)));
        }
        self.shares.poll();
        self.suspects.poll();
        self.waste.poll();
        let my_code = desk.settings.my_code;
        if !Arc::ptr_eq(&self.biggest.table, desk.opened.table()) || self.biggest.my_code != my_code {
            self.biggest = Biggest::new(desk.opened.table(), my_code);
        }
    }

    /// Shows everything, in one or two columns.
    pub fn show(&mut self, ui: &mut Ui, desk: &mut Desk<'_>) -> Vec<Action> {
        self.refresh(desk);
        let mut actions = Vec::new();
        egui::CentralPanel::no_frame().show(ui, |ui| {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                let room = ui.available_width().min(WIDEST) - 2.0 * size::EDGE - 8.0;
                let frame = Frame::new().inner_margin(Margin { left: 14, right: 14, top: 16, bottom: 16 });
                frame.show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    if room < TWO_COLUMNS {
                        ui.set_max_width(room);
                        self.suspects(ui, desk, &mut actions);
                        ui.add_space(28.0);
                        self.heap(ui, desk, &mut actions);
                        return;
                    }
                    let top = ui.cursor().min;
                    let left = (room * 0.54).floor();
                    let column = |ui: &mut Ui, from: f32, width: f32, show: &mut dyn FnMut(&mut Ui)| {
                        let rect = Rect::from_min_size(pos2(top.x + from, top.y), vec2(width, f32::INFINITY));
                        ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
                            ui.set_width(width);
                            show(ui);
                        });
                    };
                    column(ui, 0.0, left, &mut |ui| self.suspects(ui, desk, &mut actions));
                    let mut right = Vec::new();
                    column(ui, left + 48.0, room - left - 48.0, &mut |ui| self.heap(ui, desk, &mut right));
                    actions.append(&mut right);
                });
            });
        });
        actions
    }

    /// Leak suspects, each with where to go from it.
    fn suspects(&self, ui: &mut Ui, desk: &Desk<'_>, actions: &mut Vec<Action>) {
        let palette = palette(ui);
        heading(ui, "What keeps memory from being freed");
        let problem = self.suspects.problem().or(desk.opened.problem());
        match (self.suspects.get(), problem) {
            (Some(suspects), _) if suspects.is_empty() => {
                let words = "Nothing stands out: no place keeps 1 % of the heap alive on its own.";
                ui.label(RichText::new(words).color(palette.muted));
            }
            (Some(suspects), _) => {
                for (at, suspect) in suspects.iter().enumerate() {
                    if at > 0 {
                        ui.add_space(14.0);
                        line(ui, palette);
                        ui.add_space(14.0);
                    }
                    ui.push_id(at, |ui| self.suspect(ui, desk, suspect, actions));
                }
            }
            (None, Some(problem)) => {
                ui.label(RichText::new(format!("This could not be worked out: {problem}")).color(palette.error));
            }
            (None, None) => {
                ui.horizontal(|ui| {
                    match desk.opened.analysis() {
                        Some(_) => self.suspects.working(ui),
                        None => {
                            widgets::spinner(ui);
                            let part = loading::part(desk.session.progress()).unwrap_or(0.0);
                            widgets::label(ui, &format!("{:.0} %", part * 100.0));
                        }
                    }
                    ui.label(RichText::new("Computing what keeps what alive …").color(palette.muted));
                });
            }
        }
    }

    fn suspect(&self, ui: &mut Ui, desk: &Desk<'_>, suspect: &Suspicion, actions: &mut Vec<Action>) {
        let palette = palette(ui);
        let total = desk.opened.table().total.bytes;
        let mut job = LayoutJob::default();
        job.wrap.max_width = ui.available_width();
        let [before, root, behind] = suspect.parts();
        for (text, font, color) in [
            (before, theme::body(), palette.text),
            (root, theme::strong(), palette.root),
            (behind, theme::body(), palette.text),
        ] {
            let format = TextFormat { line_height: Some(20.0), ..TextFormat::simple(font, color) };
            job.append(text, 0.0, format);
        }
        let galley = ui.painter().layout_job(job);
        let (rect, sentence) = ui.allocate_exact_size(vec2(ui.available_width(), galley.size().y), Sense::click());
        ui.painter().galley(rect.min, galley, palette.text);
        sentence.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Link, true, &suspect.text));
        let sentence = sentence.on_hover_cursor(egui::CursorIcon::PointingHand);
        ui.add_space(8.0);
        let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 4.0), Sense::hover());
        ui.painter().rect_filled(bar, 2, palette.bg[2]);
        let part = (suspect.bytes as f64 / total.max(1) as f64).min(1.0) as f32;
        ui.painter().rect_filled(bar.with_max_x(bar.left() + bar.width() * part), 2, palette.root);
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            let go = |tab| Action::Go(Place { tab, subject: Some(suspect.objects.clone()) });
            if widgets::tool(ui, "Who holds them", "").clicked() || sentence.clicked() {
                actions.push(Action::Explain(suspect.objects.clone()));
            }
            if widgets::tool(ui, "Flame graph", "").clicked() {
                actions.push(Action::FlameBox(suspect.path.clone()));
            }
            if widgets::tool(ui, "Instances", "").clicked() {
                actions.push(go(Tab::Instances));
            }
        });
    }

    /// What the dump is, its generations, its biggest types.
    fn heap(&self, ui: &mut Ui, desk: &mut Desk<'_>, actions: &mut Vec<Action>) {
        let palette = palette(ui);
        heading(ui, "This dump");
        egui::Grid::new("about").num_columns(2).spacing(vec2(20.0, 4.0)).min_row_height(20.0).show(ui, |ui| {
            for (label, words) in &self.facts {
                ui.label(RichText::new(*label).color(palette.muted));
                ui.label(RichText::new(words).color(palette.text));
                ui.end_row();
            }
        });
        for note in &self.notes {
            ui.add_space(6.0);
            ui.label(RichText::new(note).color(palette.warning));
        }
        ui.add_space(24.0);

        heading(ui, "The heap by generation");
        match (self.shares.get(), self.shares.problem()) {
            (Some(shares), _) => self.generations(ui, shares),
            (None, Some(problem)) => {
                ui.label(RichText::new(problem).color(palette.error));
            }
            (None, None) => {
                ui.label(RichText::new("Adding up …").color(palette.muted));
            }
        }
        if let Some(waste) = self.waste.get() {
            let words = headline(waste, desk.opened.table().total.bytes);
            if widgets::link(ui, &words, theme::body(), palette.accent).clicked() {
                actions.push(Action::Go(Place { tab: Tab::Waste, subject: None }));
            }
        }
        ui.add_space(24.0);

        ui.horizontal(|ui| {
            ui.label(RichText::new("Biggest types").font(theme::strong()).size(15.0).color(palette.text));
            ui.add_space(size::GAP);
            desk::my_code(ui, desk.settings);
        });
        ui.add_space(8.0);
        self.types(ui, actions);
    }

    fn generations(&self, ui: &mut Ui, shares: &[Share]) {
        let palette = palette(ui);
        let pieces = overview::pieces(shares);
        let total = pieces.iter().map(|piece| piece.bytes + piece.free).sum::<u64>().max(1) as f64;
        let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
        ui.painter().rect_filled(bar, CornerRadius::same(4), palette.bg[2]);
        let mut left = bar.left();
        for piece in &pieces {
            let width = |bytes: u64| (bytes as f64 / total) as f32 * bar.width();
            let used = Rect::from_min_size(pos2(left, bar.top()), vec2(width(piece.bytes), bar.height()));
            let whole = used.with_max_x(used.right() + width(piece.free));
            left = whole.right();
            ui.painter().rect_filled(used, 0, color(palette, piece));
            ui.painter().vline(whole.right(), bar.y_range(), Stroke::new(1.0, palette.bg[0]));
            let response = ui.interact(whole, ui.scope_id().with(piece.name), Sense::hover());
            let words = format!("{}: {}", piece.name, piece.words());
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &words));
            response.on_hover_text(words);
        }
        ui.add_space(10.0);
        for piece in &pieces {
            ui.horizontal(|ui| {
                let (dot, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
                ui.painter().rect_filled(dot, 2, color(palette, piece));
                ui.label(RichText::new(piece.name).color(palette.text));
                ui.label(RichText::new(piece.words()).color(palette.muted));
            });
            ui.add_space(2.0);
        }
        ui.add_space(4.0);
        ui.label(RichText::new(overview::fragmentation(shares)).color(palette.muted));
        ui.add_space(4.0);
    }

    fn types(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let palette = palette(ui);
        let Biggest { table, rows, hidden, .. } = &self.biggest;
        let most = rows.first().map_or(1, |row| table.rows[*row as usize].figures.owned.max(1));
        for row in rows {
            let row = &table.rows[*row as usize];
            let bytes = if table.analysed { row.figures.owned } else { row.figures.bytes };
            ui.horizontal(|ui| {
                ui.set_height(24.0);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.spacing_mut().item_spacing.x = 8.0;
                    let figure = |ui: &mut Ui, width: f32, text: String| {
                        let (rect, _) = ui.allocate_exact_size(vec2(width, 20.0), Sense::hover());
                        let at = rect.right_center();
                        ui.painter().text(at, egui::Align2::RIGHT_CENTER, text, theme::mono(), palette.text);
                    };
                    figure(ui, 52.0, format!("{} %", format::percent(bytes, table.total.bytes)));
                    figure(ui, 72.0, format::bytes(bytes));
                    let (bar, _) = ui.allocate_exact_size(vec2(64.0, size::BAR[1]), Sense::hover());
                    let part = (bytes as f64 / most as f64).min(1.0) as f32;
                    ui.painter().rect_filled(bar.with_min_x(bar.right() - bar.width() * part), 2, palette.share);
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let link = widgets::link(ui, &row.name.short, theme::body(), palette.text);
                        if link.on_hover_text(&*row.name.full).clicked() {
                            let subject = Some(Subject::Type(row.group));
                            actions.push(Action::Go(Place { tab: Tab::Types, subject }));
                        }
                    });
                });
            });
        }
        if hidden.types > 0 {
            ui.add_space(6.0);
            ui.label(RichText::new(hidden.words(table.analysed)).color(palette.muted));
        }
    }
}

fn heading(ui: &mut Ui, words: &str) {
    ui.label(RichText::new(words).font(theme::strong()).size(15.0).color(palette(ui).text));
    ui.add_space(12.0);
}

fn line(ui: &mut Ui, palette: &Palette) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(1.0, palette.line));
}

fn color(palette: &Palette, piece: &Piece) -> egui::Color32 {
    let [gen0, gen1, gen2, large, pinned, frozen] = palette.flame_generation;
    match piece.generation {
        Some(Generation::Gen0) => gen0,
        Some(Generation::Gen1) => gen1,
        Some(Generation::Gen2) => gen2,
        Some(Generation::Large) => large,
        Some(Generation::Pinned) => pinned,
        Some(Generation::Frozen) => frozen,
        Some(Generation::Unknown) | None => palette.flame_core[0],
    }
}
