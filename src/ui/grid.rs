//! The one table of the window: every list and every tree.
//!
//! Takes [`Rows`], paints those in sight and tells what a person did with them. Rows are placed from
//! a scroll offset in `f64`, so that lists of any length are even, and each row is one widget, named by the
//! row, so that a screen of 80 rows costs 80 of them. Columns right of the name keep their width, which a
//! drag at their left edge changes and the window's memory keeps; the name takes the rest.

use std::borrow::Cow;
use std::mem::take;

use eframe::egui::scroll_area::ScrollSource;
use eframe::egui::{
    self, Color32, CursorIcon, EventFilter, Id, Key, Modifiers, Rect, Response, Role, ScrollArea, Sense, Stroke, Ui,
    Vec2, WidgetInfo, pos2, vec2,
};

use super::desk;
use super::grid_cell::{self, paint};
use super::grid_track::Track;
use super::icons;
use super::theme::{self, Palette, size};
use super::widgets::palette;
use crate::view::rows::{Align, Cell, Column, Rows, Without, markdown, tsv};

/// Below this the name column gets no narrower: optional columns go, then bars shrink.
const NAME_MIN: f32 = 300.0;
const COLUMN_MIN: f32 = 72.0;
/// Rows that are copied at once: more would take longer than a frame or two, and no clipboard wants them.
const MOST_COPIED: usize = 20_000;

/// What a person did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Clicked the title of a column.
    Sort(usize),
    Select(usize),
    /// Double-clicked a row, or pressed Enter on it.
    Open(usize),
    /// Opened or closed a row of a tree.
    Toggle(usize),
    Copy(String),
}

/// A table about to be shown.
pub struct Grid<'a> {
    id: Id,
    rows: &'a dyn Rows,
    sorted: Option<(usize, bool)>,
    selected: Option<usize>,
    reveal: bool,
    empty: &'a str,
    least: f32,
    hidden: &'a [String],
}

/// What a grid keeps between frames.
#[derive(Clone, Default)]
struct State {
    offset: f64,
    height: f32,
}

impl<'a> Grid<'a> {
    /// `id` must differ between grids: it keeps the column widths.
    pub fn new(id: &str, rows: &'a dyn Rows) -> Grid<'a> {
        Grid {
            id: Id::unique(("grid", id)),
            rows,
            sorted: None,
            selected: None,
            reveal: false,
            empty: "Nothing to show",
            least: NAME_MIN,
            hidden: &[],
        }
    }

    /// The sorted column, and whether its greatest comes first.
    pub fn sorted(self, column: Option<usize>, descending: bool) -> Self {
        Grid { sorted: column.map(|column| (column, descending)), ..self }
    }

    pub fn selected(self, row: Option<usize>) -> Self {
        Grid { selected: row, ..self }
    }

    /// Scrolls so that the selected row is in sight, this once.
    pub fn reveal(self, reveal: bool) -> Self {
        Grid { reveal, ..self }
    }

    /// What stands in a table without rows.
    pub fn empty(self, text: &'a str) -> Self {
        Grid { empty: text, ..self }
    }

    /// The least width of the column that takes what the others leave, where that is no long name.
    pub fn least(self, width: f32) -> Self {
        Grid { least: width, ..self }
    }

    /// Titles of columns that are left out.
    pub fn hidden(self, titles: &'a [String]) -> Self {
        Grid { hidden: titles, ..self }
    }

    /// Shows the table in all the room that `ui` has; `menu` adds to the menu of a row.
    pub fn show(self, ui: &mut Ui, mut menu: impl FnMut(&mut Ui, usize)) -> Vec<Event> {
        let rows = Without::new(self.rows, self.hidden);
        let sorted = self.sorted.and_then(|(column, descending)| Some((rows.left(column)?, descending)));
        let mut events = Grid { rows: &rows, sorted, ..self }.show_columns(ui, &mut menu);
        for event in &mut events {
            if let Event::Sort(column) = event {
                *column = rows.whole(*column);
            }
        }
        events
    }

    fn show_columns(self, ui: &mut Ui, menu: &mut impl FnMut(&mut Ui, usize)) -> Vec<Event> {
        let area = ui.available_rect_before_wrap();
        let focus = ui.interact(area, self.id, Sense::focusable_noninteractive());
        focus.widget_info(|| WidgetInfo::labeled(Role::Table, true, "rows"));
        let layout = Layout::new(ui, self.id, self.rows.columns(), area, self.least);
        let mut events = Vec::new();
        self.header(ui, &layout, &mut events);

        let totals = self.rows.totals().filter(|_| !self.rows.is_empty());
        let body = area.with_min_y(area.top() + size::HEADER);
        let body = body.with_max_y(body.bottom() - if totals.is_some() { size::HEADER } else { 0.0 });
        let mut state: State = ui.data(|data| data.get_temp(self.id)).unwrap_or_default();
        let reveal = self.selected.filter(|_| self.reveal);
        let moved = self.keys(ui, &focus, &state, &mut events);
        self.body(ui, &layout, body, &mut state, moved.or(reveal), &mut events, menu);
        // Only a click asks for the focus: asking again would unlock the arrow keys for a frame, and an arrow that
        // comes then, or that has just selected a row, would take the focus on to a neighbour.
        if events.iter().any(|event| matches!(event, Event::Select(_))) {
            focus.request_focus();
        }
        events.extend(moved.map(Event::Select));
        ui.data_mut(|data| data.insert_temp(self.id, state));
        if let Some(cells) = totals {
            let rect = Rect::from_min_max(pos2(area.left(), body.bottom()), area.max);
            let palette = palette(ui);
            ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, palette.line));
            for (cell, column) in cells.iter().zip(&layout.columns) {
                let rect = column.cell(rect);
                paint(&ui.painter().with_clip_rect(rect), palette, rect, cell, column.spec.align, true);
            }
        }
        ui.advance_cursor_after_rect(area);
        events
    }

    fn header(&self, ui: &mut Ui, layout: &Layout, events: &mut Vec<Event>) {
        let palette = palette(ui);
        let bar = layout.area.with_max_y(layout.area.top() + size::HEADER);
        ui.painter().hline(bar.x_range(), bar.bottom() - 0.5, Stroke::new(1.0, palette.line));
        for column in &layout.columns {
            let rect = column.cell(bar);
            let sense = if column.spec.sortable { Sense::click() } else { Sense::hover() };
            let response = ui.interact(rect.shrink2(vec2(5.0, 0.0)), self.id.with(("title", column.index)), sense);
            let color = if response.hovered() && column.spec.sortable { palette.text } else { palette.muted };
            let title = ui.painter().layout_no_wrap(column.spec.title.to_owned(), theme::small(), color);
            let sorted = self.sorted.filter(|(sorted, _)| *sorted == column.index);
            let mark = if sorted.is_some() { 13.0 } else { 0.0 };
            let inner = rect.shrink2(vec2(size::CELL, 0.0));
            let left = match column.spec.align {
                Align::Left => inner.left(),
                Align::Right => inner.right() - title.size().x - mark,
            };
            let clip = ui.painter().with_clip_rect(rect);
            let at = pos2(left, rect.center().y - title.size().y / 2.0);
            if let Some((_, descending)) = sorted {
                icons::sort_mark(
                    &clip,
                    at + vec2(title.size().x + 8.0, title.size().y / 2.0),
                    descending,
                    palette.accent,
                );
            }
            clip.galley(at, title, color);
            if response.clicked() {
                events.push(Event::Sort(column.index));
            }
            response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, column.spec.title));
            if !column.spec.hint.is_empty() {
                response.on_hover_text(column.spec.hint);
            }
            layout.resize(ui, self.id, column, bar);
        }
    }

    /// Moves of the selection, and what Enter, Left, Right and copying do. Gives the row to select.
    fn keys(&self, ui: &mut Ui, focus: &Response, state: &State, events: &mut Vec<Event>) -> Option<usize> {
        let focused = ui.memory(|memory| memory.focused());
        if focused.is_some_and(|id| id != focus.id) || egui::Popup::is_any_open(ui.ctx()) || self.rows.is_empty() {
            return None;
        }
        if focused.is_some() {
            let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(focus.id, filter));
        }
        let last = self.rows.len() - 1;
        let page = (f64::from(state.height / size::ROW) as usize).max(2) - 1;
        let now = self.selected;
        let pressed = |ui: &mut Ui, key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let moves: [(Key, usize); 6] = [
            (Key::ArrowDown, now.map_or(0, |row| (row + 1).min(last))),
            (Key::ArrowUp, now.map_or(0, |row| row.saturating_sub(1))),
            (Key::PageDown, now.map_or(0, |row| (row + page).min(last))),
            (Key::PageUp, now.map_or(0, |row| row.saturating_sub(page))),
            (Key::Home, 0),
            (Key::End, last),
        ];
        let target = moves.into_iter().filter(|(key, _)| pressed(ui, *key)).map(|(_, row)| row).last();
        let Some(row) = now.filter(|row| *row <= last) else { return target };
        if pressed(ui, Key::Enter) {
            events.push(Event::Open(row));
        }
        let lead = self.rows.lead(row);
        if lead.open == Some(false) && pressed(ui, Key::ArrowRight)
            || lead.open == Some(true) && pressed(ui, Key::ArrowLeft)
        {
            events.push(Event::Toggle(row));
        } else if pressed(ui, Key::ArrowLeft) {
            // Out to the row it hangs below.
            let above =
                (0..row).rev().take_while(|_| lead.depth > 0).find(|&above| self.rows.lead(above).depth < lead.depth);
            return target.or(above);
        }
        let copy = ui.input_mut(|input| {
            let asked = input.events.iter().any(|event| matches!(event, egui::Event::Copy));
            asked.then(|| input.events.retain(|event| !matches!(event, egui::Event::Copy)))
        });
        if copy.is_some() {
            events.push(Event::Copy(tsv(self.rows, [row])));
        }
        if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND | Modifiers::SHIFT, Key::C)) {
            events.push(Event::Copy(markdown(self.rows, [row])));
        }
        target
    }

    #[expect(clippy::too_many_arguments, reason = "one frame's values, used here once")]
    fn body(
        &self,
        ui: &mut Ui,
        layout: &Layout,
        body: Rect,
        state: &mut State,
        reveal: Option<usize>,
        events: &mut Vec<Event>,
        menu: &mut impl FnMut(&mut Ui, usize),
    ) {
        let height = f64::from(size::ROW);
        let track = Track::new(self.rows.len(), body.height());
        let mut offset = track.clamp(state.offset);
        if track.is_shortened() && ui.rect_contains_pointer(body) {
            offset = track.clamp(offset - f64::from(ui.input_mut(|input| take(&mut input.smooth_scroll_delta.y))));
        }
        offset = reveal.map_or(offset, |row| track.reveal(row, offset));
        let mut scroll = ScrollArea::vertical().id_salt(self.id.with("scroll")).auto_shrink(false);
        let set = track.on_track(offset);
        if track.is_shortened() {
            let source = ScrollSource { mouse_wheel: false, ..ScrollSource::default() };
            scroll = scroll.scroll_source(source).vertical_scroll_offset(set);
        } else if offset != state.offset {
            scroll = scroll.vertical_scroll_offset(set);
        }
        let mut child = ui.new_child(egui::UiBuilder::new().max_rect(body).id_salt("body"));
        let shown = scroll.show_viewport(&mut child, |ui, viewport| {
            ui.set_height(track.length());
            let offset = if track.is_shortened() { offset } else { f64::from(viewport.top()) };
            *state = State { offset, height: body.height() };
            if self.rows.is_empty() {
                desk::remark_in(ui, body, self.empty);
            }
            let first = (state.offset / height) as usize;
            let last = ((state.offset + f64::from(body.height())) / height).ceil() as usize;
            let last = last.min(self.rows.len());
            let indent = self.indent(layout, first..last);
            for row in first..last {
                let top = body.top() + (row as f64 * height - state.offset) as f32;
                let rect = Rect::from_min_size(pos2(body.left(), top), vec2(body.width(), size::ROW));
                self.row(ui, layout, row, rect, indent, events, menu);
            }
        });
        // The bar was dragged.
        let now = shown.state.clamped_offset().y;
        if track.is_shortened() && (now - set).abs() > 0.5 {
            state.offset = track.among_rows(now);
        }
    }

    /// Points per level: less where the deepest row in sight would have no room for its name.
    fn indent(&self, layout: &Layout, rows: std::ops::Range<usize>) -> f32 {
        let deepest = rows.map(|row| self.rows.lead(row).depth).max().unwrap_or(0).max(1);
        let room = layout.columns.first().map_or(0.0, |name| name.width) * 0.4;
        (room / deepest as f32).clamp(4.0, size::INDENT)
    }

    #[expect(clippy::too_many_arguments, reason = "one row's values, used here once")]
    fn row(
        &self,
        ui: &mut Ui,
        layout: &Layout,
        row: usize,
        rect: Rect,
        indent: f32,
        events: &mut Vec<Event>,
        menu: &mut impl FnMut(&mut Ui, usize),
    ) {
        let palette = palette(ui);
        let selected = self.selected == Some(row);
        let lead = self.rows.lead(row);
        let response = ui.interact(rect, self.id.with(("row", row)), Sense::CLICK);
        response.widget_info(|| WidgetInfo::selected(Role::Row, true, selected, self.rows.name(row)));
        if selected {
            ui.painter().rect_filled(rect, 0, palette.selection);
        } else if response.hovered() || response.context_menu_opened() {
            ui.painter().rect_filled(rect, 0, palette.bg[2].gamma_multiply(0.6));
        }
        let pointed = response.hover_pos().filter(|_| !response.context_menu_opened());
        for column in &layout.columns {
            let mut cell = column.cell(rect);
            let hovered = pointed.is_some_and(|at| cell.contains(at));
            if column.index == 0 {
                cell.min.x += lead.depth as f32 * indent;
                if lead.depth > 0 || lead.open.is_some() {
                    cell = self.twisty(ui, palette, row, lead.open, cell, events);
                }
            }
            let painter = ui.painter().with_clip_rect(cell.intersect(ui.clip_rect()));
            let content = self.rows.cell(row, column.index);
            paint(&painter, palette, cell, &content, column.spec.align, false);
            if hovered && let Some(words) = self.hint(ui, row, column, &content) {
                response.clone().on_hover_ui_at_pointer(|ui| {
                    ui.label(words.as_ref());
                });
            }
        }
        self.react(&response, row, events, menu);
    }

    /// What the pointer is told over a cell: of the first one the row's whole name, of others what is cut off.
    fn hint(&self, ui: &Ui, row: usize, column: &Placed, content: &Cell<'_>) -> Option<Cow<'_, str>> {
        if column.index == 0 {
            return Some(self.rows.name(row));
        }
        self.rows.hint(row, column.index).or_else(|| {
            let text = content.plain();
            let font = if matches!(content, Cell::Figure(_)) { theme::mono() } else { theme::body() };
            let width = ui.painter().layout_no_wrap(text.clone(), font, Color32::PLACEHOLDER).size().x;
            (width > column.width - 2.0 * size::CELL).then_some(Cow::Owned(text))
        })
    }

    /// The triangle that opens a row; gives the room right of it.
    fn twisty(
        &self,
        ui: &Ui,
        palette: &Palette,
        row: usize,
        open: Option<bool>,
        cell: Rect,
        events: &mut Vec<Event>,
    ) -> Rect {
        let center = pos2(cell.left() + size::CELL + 4.0, cell.center().y);
        if let Some(open) = open {
            let hit = Rect::from_center_size(center, Vec2::new(18.0, size::ROW));
            let response = ui.interact(hit, self.id.with(("twisty", row)), Sense::CLICK);
            let color = if response.hovered() { palette.text } else { palette.muted };
            icons::twisty(ui.painter(), center, open, color);
            if response.clicked() {
                events.push(Event::Toggle(row));
            }
        }
        cell.with_min_x(cell.left() + 16.0)
    }

    fn react(&self, response: &Response, row: usize, events: &mut Vec<Event>, menu: &mut impl FnMut(&mut Ui, usize)) {
        if response.double_clicked() {
            events.push(Event::Open(row));
        } else if (response.clicked() || response.secondary_clicked()) && self.selected != Some(row) {
            events.push(Event::Select(row));
        }
        response.context_menu(|ui| {
            menu(ui, row);
            let all = self.rows.len().min(MOST_COPIED);
            let [rows, table] = if all == self.rows.len() {
                ["Copy all rows", "Copy all as Markdown"]
            } else {
                ["Copy the first 20 000 rows", "Copy the first 20 000 as Markdown"]
            };
            let copies: [(&str, &str, &dyn Fn() -> String); 4] = [
                ("Copy name", "", &|| self.rows.name(row).into_owned()),
                ("Copy row", "Ctrl C", &|| tsv(self.rows, [row])),
                (rows, "", &|| tsv(self.rows, 0..all)),
                (table, "", &|| markdown(self.rows, 0..all)),
            ];
            for (words, key, text) in copies {
                if grid_cell::menu_item(ui, words, key).clicked() {
                    events.push(Event::Copy(text()));
                }
            }
        });
    }
}

/// Where the columns stand in this frame.
struct Layout {
    area: Rect,
    columns: Vec<Placed>,
}

struct Placed {
    /// In [`Rows::columns`]; some columns may have no room.
    index: usize,
    spec: Column,
    left: f32,
    width: f32,
}

impl Placed {
    fn cell(&self, row: Rect) -> Rect {
        Rect::from_min_size(pos2(self.left, row.top()), vec2(self.width, row.height()))
    }
}

impl Layout {
    fn new(ui: &Ui, id: Id, specs: &[Column], area: Rect, least: f32) -> Layout {
        let kept = |index: usize| ui.data_mut(|data| data.get_persisted::<f32>(id.with(specs[index].title)));
        let mut wanted: Vec<(usize, f32)> = (0..specs.len())
            .filter(|&index| specs[index].width > 0.0)
            .map(|index| (index, kept(index).unwrap_or(specs[index].width)))
            .collect();
        let sum = |wanted: &[(usize, f32)]| wanted.iter().map(|(_, width)| width).sum::<f32>();
        while sum(&wanted) + least > area.width() {
            let Some(at) = wanted.iter().rposition(|(index, _)| specs[*index].optional) else { break };
            wanted.remove(at);
        }
        let too_much = sum(&wanted) + least - area.width();
        if too_much > 0.0 {
            let slack: f32 = wanted.iter().map(|(_, width)| (width - COLUMN_MIN).max(0.0)).sum();
            let keep = 1.0 - (too_much / slack.max(1.0)).min(1.0);
            for (_, width) in &mut wanted {
                *width = width.min(COLUMN_MIN) + (*width - COLUMN_MIN).max(0.0) * keep;
            }
        }
        let rest = area.width() - sum(&wanted);
        let mut left = area.left();
        let mut columns = Vec::new();
        for (index, spec) in specs.iter().enumerate() {
            let width = wanted.iter().find(|(wanted, _)| *wanted == index).map(|(_, width)| *width);
            let Some(width) = width.or((spec.width == 0.0).then_some(rest)) else { continue };
            columns.push(Placed { index, spec: *spec, left, width });
            left += width;
        }
        Layout { area, columns }
    }

    /// The handle at a column's left edge: dragged, it changes the width, double-clicked, it gives back the first one.
    fn resize(&self, ui: &Ui, id: Id, column: &Placed, bar: Rect) {
        if column.spec.width == 0.0 || column.index == 0 {
            return;
        }
        let handle = Rect::from_x_y_ranges(column.left - 4.0..=column.left + 4.0, bar.y_range());
        let response = ui.interact(handle, id.with(("edge", column.index)), Sense::CLICK | Sense::DRAG);
        let key = id.with(column.spec.title);
        if response.double_clicked() {
            ui.data_mut(|data| data.remove::<f32>(key));
        } else if response.dragged() {
            let width = (column.width - response.drag_delta().x).clamp(COLUMN_MIN, self.area.width() * 0.6);
            ui.data_mut(|data| data.insert_persisted(key, width));
        }
        if response.hovered() || response.dragged() {
            ui.ctx().set_cursor_icon(CursorIcon::ResizeColumn);
            ui.painter().vline(column.left, bar.y_range().shrink(6.0), Stroke::new(1.0, palette(ui).faint));
        }
    }
}
