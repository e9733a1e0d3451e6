//! No dump yet: drop one, choose one, type its path, take a recent one or the sample.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use eframe::egui::{
    self, Align, Align2, CornerRadius, CursorIcon, Key, Layout, Rect, RichText, Role, ScrollArea, Sense, Shape, Stroke,
    Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::action::Action;
use super::theme::{self, size};
use super::widgets::{self, palette};
use super::{icons, recipes};
use crate::view::format;
use crate::view::recent::{Entry, Recent};

/// Width of the column in the middle.
const WIDTH: f32 = 760.0;
const DROP_ZONE: f32 = 250.0;
const RECENT_ROW: f32 = 34.0;

/// The start screen's own state.
#[derive(Default)]
pub struct Start {
    path: String,
    recipes: bool,
    /// Something to tell, under the buttons.
    pub note: Option<String>,
}

impl Start {
    /// `drops`: can files be dropped on this window? `hovering`: is one over it now?
    pub fn show(&mut self, ui: &mut Ui, recent: &Recent, drops: bool, hovering: bool) -> Vec<Action> {
        let mut actions = Vec::new();
        let area = ui.available_rect_before_wrap();
        let width = WIDTH.min(area.width() - 2.0 * size::EDGE);
        let rows = recent.entries().len() as f32;
        let below = 56.0 + if rows > 0.0 { 32.0 + rows * RECENT_ROW } else { 0.0 } + 48.0;
        let top = ((area.height() - DROP_ZONE - below) * 0.45).max(16.0);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let left = area.left() + (area.width() - width) / 2.0;
            let column = Rect::from_min_size(pos2(left, ui.cursor().top() + top), vec2(width, DROP_ZONE + below));
            ui.scope_builder(egui::UiBuilder::new().max_rect(column), |ui| {
                ui.spacing_mut().item_spacing = vec2(10.0, 0.0);
                self.drop_zone(ui, drops, hovering, &mut actions);
                ui.add_space(12.0);
                self.path_field(ui, &mut actions);
                ui.add_space(12.0);
                recent_files(ui, recent, &mut actions);
                ui.add_space(12.0);
                ui.vertical_centered(|ui| {
                    let words = "How do I take a dump?";
                    if widgets::link(ui, words, theme::body(), palette(ui).muted).clicked() {
                        self.recipes = !self.recipes;
                    }
                });
                if self.recipes {
                    ui.add_space(12.0);
                    recipes::show(ui, &crate::dump::FULL_DUMP_RECIPES, &mut actions);
                    ui.add_space(12.0);
                }
            });
        });
        actions
    }

    fn drop_zone(&mut self, ui: &mut Ui, drops: bool, hovering: bool, actions: &mut Vec<Action>) {
        let palette = palette(ui);
        let (zone, response) = ui.allocate_exact_size(vec2(ui.available_width(), DROP_ZONE), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Group, true, "Drop zone"));
        let (fill, line) = if hovering { (palette.selection, palette.accent) } else { (palette.bg[1], palette.faint) };
        ui.painter().rect_filled(zone, CornerRadius::same(12), fill);
        ui.painter().extend(dashed(zone.shrink(0.5), 12.0, Stroke::new(1.0, line)));
        let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(zone).layout(Layout::top_down(Align::Center)));
        ui.add_space(38.0);
        let (icon, _) = ui.allocate_exact_size(Vec2::splat(48.0), Sense::hover());
        icons::hourglass(ui.painter(), icon, palette);
        ui.add_space(18.0);
        let headline = if drops { "Drop a memory dump here" } else { "Open a memory dump" };
        ui.label(RichText::new(headline).font(theme::title()).color(palette.text));
        ui.add_space(8.0);
        let kinds = if drops {
            ".dmp from Windows or Azure, core from Linux, .gcdump · also zipped · two together to compare them"
        } else {
            "This desktop cannot drop files on the window: choose one, or type its path below"
        };
        ui.label(RichText::new(kinds).color(palette.muted));
        ui.add_space(18.0);
        let buttons = 80.0 + 10.0 + 164.0;
        ui.allocate_ui_with_layout(vec2(buttons, 32.0), Layout::left_to_right(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 10.0;
            if widgets::primary(ui, "Open…").on_hover_text("Ctrl O").clicked() {
                actions.push(Action::Choose);
            }
            if widgets::secondary(ui, "Open the sample leak").clicked() {
                actions.push(Action::OpenSample);
            }
        });
        if let Some(note) = &self.note {
            ui.add_space(8.0);
            ui.label(RichText::new(note).color(palette.warning));
        }
    }

    fn path_field(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let width = ui.available_width();
        let field = widgets::field(ui, &mut self.path, "Path of a dump", "Path of a dump, then ⏎", width);
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let path = self.path.trim().trim_matches('"');
        if entered && !path.is_empty() {
            actions.push(Action::Open(PathBuf::from(path)));
        }
    }
}

fn recent_files(ui: &mut Ui, recent: &Recent, actions: &mut Vec<Action>) {
    if recent.entries().is_empty() {
        return;
    }
    ui.horizontal(|ui| {
        ui.add_space(12.0);
        widgets::label(ui, "Recent");
    });
    ui.add_space(6.0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    for entry in recent.entries() {
        recent_file(ui, entry, now, actions);
    }
}

fn recent_file(ui: &mut Ui, entry: &Entry, now: u64, actions: &mut Vec<Action>) {
    let palette = palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), RECENT_ROW), Sense::click());
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, CornerRadius::same(size::RADIUS), palette.bg[2]);
    }
    let inner = rect.shrink2(vec2(12.0, 0.0));
    let painter = ui.painter();
    painter.text(inner.right_center(), Align2::RIGHT_CENTER, format::bytes(entry.bytes), theme::mono(), palette.muted);
    let middle = painter.layout_no_wrap(entry.words(now), theme::body(), palette.muted);
    let x = inner.left() + (inner.width() * 0.57).min(inner.width() - 90.0 - middle.size().x);
    let name = painter.with_clip_rect(inner.with_max_x(x - 12.0));
    name.text(inner.left_center(), Align2::LEFT_CENTER, entry.name(), theme::body(), palette.text);
    painter.galley(pos2(x, inner.center().y - middle.size().y / 2.0), middle, palette.muted);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, entry.name()));
    if response.clicked() {
        actions.push(Action::Open(entry.path.clone()));
    }
    response.context_menu(|ui| {
        if ui.button("Remove from this list").clicked() {
            actions.push(Action::Forget(entry.path.clone()));
            ui.close();
        }
    });
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(entry.path.display().to_string());
}

/// The outline of a rounded rectangle in dashes.
fn dashed(rect: Rect, radius: f32, stroke: Stroke) -> Vec<Shape> {
    let mut outline = Vec::new();
    let corners = [
        (pos2(rect.right() - radius, rect.top() + radius), -90.0f32),
        (pos2(rect.right() - radius, rect.bottom() - radius), 0.0),
        (pos2(rect.left() + radius, rect.bottom() - radius), 90.0),
        (pos2(rect.left() + radius, rect.top() + radius), 180.0),
    ];
    for (center, from) in corners {
        outline.extend((0..=6).map(|step| center + Vec2::angled((from + 15.0 * step as f32).to_radians()) * radius));
    }
    outline.push(outline[0]);
    Shape::dashed_line(&outline, stroke, 4.0, 3.0)
}
