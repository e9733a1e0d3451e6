//! The flame graph under the pointer and the keys.
//!
//! Turns what a person does into moves of the [`FlameView`] and paints it; what goes beyond the picture (another
//! tree, a copy, a menu) comes back as [`Wish`]es. A card hangs at the pointer, and another one stays pinned to the
//! box that was clicked.

use eframe::egui::{
    self, CursorIcon, Event, EventFilter, Id, Key, Modifiers, PointerButton, Pos2, Rect, Response, Role, Sense, Ui,
    WidgetInfo, vec2,
};

use super::flame_card::{self, Anchor};
use super::flame_paint::{self, Frame, Marks, PITCH};
use super::theme::size;
use super::widgets::palette;
use crate::view::flame::{Direction, FlameView, Held, Spot, Tile};
use crate::view::place::Tab;

/// Room above the first row.
const ABOVE: f32 = 2.0;
/// How much one press of + or − zooms.
const KEY_ZOOM: f64 = 0.7;
/// Seconds the pointer rests before more is asked about a box.
const REST: f64 = 0.12;

/// What a person wants that the picture itself cannot give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// A picture of its own for a box, finer than this one.
    Focus(u32),
    /// Objects of this box's type count to the box above.
    Hide(u32),
    OnlyUser,
    /// Another view of the objects in this box.
    Show(u32, Tab),
    /// What holds a box's heaviest object.
    Describe(u32),
    CopyPath(u32),
    CopyMarkdown(u32),
}

/// What the canvas remembers between frames.
#[derive(Clone, Debug, Default)]
pub struct Canvas {
    /// The card of the clicked box: where it was clicked; of one that keys led to: at the box, wherever it goes.
    pinned: Option<(u32, Option<Pos2>)>,
    /// The tile under the pointer, and since when.
    hovered: Option<(Tile, f64)>,
    /// The box a menu is about.
    menu: Option<Tile>,
    /// Another view's selection: boxes of this name of the tree are outlined.
    pub lit: Option<u32>,
    /// Has this click zoomed out already? Then a second one right after it means nothing.
    spent: bool,
    wants_focus: bool,
}

impl Canvas {
    /// The box whose card is pinned.
    pub fn pinned(&self) -> Option<u32> {
        self.pinned.map(|(frame, _)| frame)
    }

    /// Lets keys go to the picture from the next frame on.
    pub fn focus(&mut self) {
        self.wants_focus = true;
    }

    /// Forgets what belongs to another tree.
    pub fn forget(&mut self) {
        (self.pinned, self.hovered, self.menu, self.lit) = (None, None, None, None);
    }

    /// Shows the picture over all that is left of `ui`.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        view: &mut FlameView,
        held: &dyn Fn(u32) -> Option<Held>,
        menu: impl FnOnce(&mut Ui, &FlameView, Tile, &mut Vec<Wish>),
    ) -> Vec<Wish> {
        let now = ui.input(|input| input.time);
        let rect = ui.available_rect_before_wrap();
        let response = ui.interact(rect, Id::unique("flame graph"), Sense::click_and_drag());
        let area = Rect::from_min_max(rect.min + vec2(size::EDGE, ABOVE), rect.max - vec2(size::EDGE, 0.0));
        view.resize(area.width(), area.height() / PITCH);
        let mut wishes = Vec::new();
        self.keys(ui, &response, view, now, &mut wishes);
        self.pointer(ui, &response, view, area, now, &mut wishes);

        let frame = Frame { area, top: view.camera(now).top, flipped: view.flipped };
        let spots = view.spots(now);
        let hovered = self.hovered.map(|(tile, _)| tile);
        let marks = Marks { hovered, selected: view.selected(), lit: self.lit };
        flame_paint::paint(ui.painter(), palette(ui), view, &frame, &spots, &marks);
        if view.gliding(now) {
            ui.ctx().request_repaint();
        }
        if let Some(tile) = self.menu {
            response.context_menu(|ui| menu(ui, view, tile, &mut wishes));
        }
        let place = |at: u32| spots.iter().find(|spot| spot.tile == Tile::Frame(at)).map(|spot| frame.rect(spot));
        self.cards(ui, &response, view, rect, now, held, place, &mut wishes);
        describe(&response, view);
        for spot in &spots {
            announce(ui, &response, view, spot, frame.rect(spot).intersect(area));
        }
        wishes
    }

    fn pointer(
        &mut self,
        ui: &Ui,
        response: &Response,
        view: &mut FlameView,
        area: Rect,
        now: f64,
        wishes: &mut Vec<Wish>,
    ) {
        let flipped = view.flipped;
        let down = if flipped { -1.0 } else { 1.0 };
        if response.dragged_by(PointerButton::Primary) || response.dragged_by(PointerButton::Middle) {
            let by = response.drag_delta();
            view.pan(by.x, by.y / PITCH * down, now);
            ui.set_cursor_icon(CursorIcon::Grabbing);
        }
        let at = response.hover_pos().or(response.interact_pointer_pos());
        let row = |at: Pos2| Frame { area, top: 0.0, flipped }.row_at(at);
        let hit = |view: &FlameView, at: Pos2| view.hit(now, at.x - area.left(), row(at));
        if let Some(at) = at.filter(|_| response.contains_pointer()) {
            let (zoom, scroll) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta()));
            if (zoom - 1.0).abs() > f32::EPSILON {
                view.zoom_at(at.x - area.left(), 1.0 / f64::from(zoom), now);
            } else if scroll != egui::Vec2::ZERO {
                view.pan(scroll.x, scroll.y / PITCH * down, now);
            }
        }
        let tile = at.filter(|at| area.contains(*at) && !response.dragged()).and_then(|at| hit(view, at));
        if tile.is_some() && response.hovered() {
            ui.set_cursor_icon(CursorIcon::PointingHand);
        }
        // Not `clicked`: for egui Enter is a click too.
        let clicked = response.clicked_by(PointerButton::Primary);
        if clicked || response.secondary_clicked() {
            response.request_focus();
        }
        if response.double_clicked() {
            if !std::mem::take(&mut self.spent) {
                self.open(view, tile, now, wishes);
            }
        } else if clicked {
            self.spent = false;
            match tile {
                Some(Tile::Frame(frame)) if view.above_zoom(frame) => {
                    view.zoom_to(frame, now);
                    self.spent = true;
                }
                Some(Tile::Frame(frame)) => {
                    view.select(Some(frame));
                    self.pinned = Some((frame, at));
                }
                _ => {
                    view.select(None);
                    self.pinned = None;
                }
            }
        }
        if response.secondary_clicked() {
            self.menu = tile;
            if let Some(Tile::Frame(frame)) = tile {
                view.select(Some(frame));
            }
        }
        // A card would hide what a menu or a drag is about.
        let tile = tile.filter(|_| response.hovered() && !response.context_menu_opened());
        self.hovered = match (tile, self.hovered) {
            (Some(tile), Some((old, since))) if tile == old => Some((old, since)),
            (tile, _) => tile.map(|tile| (tile, now)),
        };
    }

    /// What a double click or Enter does to a tile.
    fn open(&mut self, view: &mut FlameView, tile: Option<Tile>, now: f64, wishes: &mut Vec<Wish>) {
        match tile {
            Some(Tile::Frame(frame)) if frame == view.zoomed() => view.zoom_out(now),
            Some(Tile::Frame(frame)) => view.zoom_to(frame, now),
            Some(Tile::Smaller(smaller)) if smaller.known > 0 => view.zoom_to_smaller(&smaller, now),
            // The tree was cut here: only a picture of its own can show more.
            Some(Tile::Smaller(smaller)) => wishes.push(Wish::Focus(smaller.parent)),
            None => view.zoom_to(0, now),
        }
        self.pinned = None;
    }

    fn keys(&mut self, ui: &Ui, response: &Response, view: &mut FlameView, now: f64, wishes: &mut Vec<Wish>) {
        if std::mem::take(&mut self.wants_focus) {
            response.request_focus();
        }
        let filter = EventFilter { tab: false, horizontal_arrows: true, vertical_arrows: true, escape: true };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let ours = ui.memory(|memory| memory.focused().is_none_or(|id| id == response.id));
        if !ours || egui::Popup::is_any_open(ui.ctx()) {
            return;
        }
        let pressed = |key: Key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let (inward, outward) =
            if view.flipped { (Key::ArrowUp, Key::ArrowDown) } else { (Key::ArrowDown, Key::ArrowUp) };
        for (key, direction) in [
            (inward, Direction::In),
            (outward, Direction::Out),
            (Key::ArrowLeft, Direction::Left),
            (Key::ArrowRight, Direction::Right),
        ] {
            if pressed(key) {
                view.step(direction, now);
                self.pinned = view.selected().map(|frame| (frame, None));
            }
        }
        if pressed(Key::Enter) {
            let tile = view.selected().map(Tile::Frame);
            if tile.is_some() {
                self.open(view, tile, now, wishes);
            }
        }
        if pressed(Key::Backspace) {
            view.zoom_out(now);
        }
        if pressed(Key::Num0) {
            view.zoom_to(0, now);
        }
        if pressed(Key::Escape) {
            self.escape(view, now);
        }
        if pressed(Key::I) {
            view.flipped = !view.flipped;
        }
        let middle = response.rect.width() / 2.0;
        if pressed(Key::Plus) || pressed(Key::Equals) {
            view.zoom_at(middle, KEY_ZOOM, now);
        }
        if pressed(Key::Minus) {
            view.zoom_at(middle, 1.0 / KEY_ZOOM, now);
        }
        if pressed(Key::U) {
            wishes.push(Wish::OnlyUser);
        }
        let Some(selected) = view.selected() else { return };
        for (key, wish) in [
            (Key::F, Wish::Focus(selected)),
            (Key::H, Wish::Hide(selected)),
            (Key::N, Wish::Show(selected, Tab::Instances)),
            (Key::R, Wish::Show(selected, Tab::Referrers)),
            (Key::T, Wish::Show(selected, Tab::Types)),
        ] {
            if pressed(key) {
                wishes.push(wish);
            }
        }
        let copied = ui.input(|input| {
            let shift = input.modifiers.shift;
            input.events.iter().any(|event| matches!(event, Event::Copy)).then_some(shift)
        });
        wishes.extend(copied.map(|shift| if shift { Wish::CopyMarkdown(selected) } else { Wish::CopyPath(selected) }));
    }

    /// Takes back one thing: the card, else the zoom, else the selection, else what another view lights.
    fn escape(&mut self, view: &mut FlameView, now: f64) {
        if self.pinned.take().is_some() {
        } else if view.zoomed() != 0 || view.camera(f64::INFINITY).left > 0.0 {
            view.zoom_to(0, now);
        } else if view.selected().is_some() {
            view.select(None);
        } else {
            self.lit = None;
        }
    }

    #[expect(clippy::too_many_arguments, reason = "both cards need all of the picture")]
    fn cards(
        &mut self,
        ui: &mut Ui,
        response: &Response,
        view: &mut FlameView,
        bounds: Rect,
        now: f64,
        held: &dyn Fn(u32) -> Option<Held>,
        place: impl Fn(u32) -> Option<Rect>,
        wishes: &mut Vec<Wish>,
    ) {
        let card = |view: &FlameView, tile: &Tile| {
            let known = if let Tile::Frame(frame) = tile { held(*frame) } else { None };
            view.card(tile, known.as_ref())
        };
        let pinned = self.pinned.and_then(|(frame, at)| {
            let beside = || place(frame).map(|rect| rect.left_center());
            Some((frame, at.or_else(beside)?))
        });
        if let Some((frame, at)) = pinned {
            let shown = flame_card::pinned(ui, &card(view, &Tile::Frame(frame)), Anchor::new(at, bounds));
            if held(frame).is_none() {
                wishes.push(Wish::Describe(frame));
            }
            match shown {
                Some(flame_card::Pressed::Close) => self.pinned = None,
                Some(flame_card::Pressed::Zoom) => {
                    view.zoom_to(frame, now);
                    self.pinned = None;
                }
                Some(flame_card::Pressed::Focus) => wishes.push(Wish::Focus(frame)),
                Some(flame_card::Pressed::Copy) => wishes.push(Wish::CopyPath(frame)),
                None => {}
            }
        }
        let Some((tile, since)) = self.hovered else { return };
        if let Tile::Frame(frame) = tile {
            if self.pinned() == Some(frame) {
                return;
            }
            if held(frame).is_none() {
                if now - since >= REST {
                    wishes.push(Wish::Describe(frame));
                } else {
                    ui.ctx().request_repaint_after_secs((REST - (now - since)) as f32);
                }
            }
        }
        if let Some(at) = response.hover_pos() {
            flame_card::hover(ui, &card(view, &tile), Anchor::new(at, bounds));
        }
    }
}

/// Tells a screen reader of a box wide enough to be read.
fn announce(ui: &Ui, response: &Response, view: &FlameView, spot: &Spot, rect: Rect) {
    if rect.width() < flame_paint::LABELLED {
        return;
    }
    let (id, selected) = match spot.tile {
        Tile::Frame(frame) => (response.id.with(frame), view.selected() == Some(frame)),
        Tile::Smaller(smaller) => (response.id.with(("smaller", smaller.parent)), false),
    };
    ui.ctx().accesskit_node_builder(id, |node| {
        let (name, beside) = flame_paint::texts(view, &spot.tile);
        node.set_role(Role::TreeItem);
        node.set_label(format!("{name}{beside}"));
        node.set_selected(selected);
        let [x0, y0, x1, y1] = [rect.left(), rect.top(), rect.right(), rect.bottom()].map(f64::from);
        node.set_bounds(egui::accesskit::Rect { x0, y0, x1, y1 });
    });
}

/// Tells a screen reader what is selected.
fn describe(response: &Response, view: &FlameView) {
    let words = match view.selected() {
        Some(frame) => {
            let name = &view.tree().name(frame).short;
            format!("{name}, {}", view.measure().unit.text(view.tree().frames[frame as usize].weight))
        }
        None => String::from("nothing selected"),
    };
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Canvas, true, "Flame graph");
        info.current_text_value = Some(words.clone());
        info
    });
}
