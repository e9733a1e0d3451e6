//! Painting a flame graph: the one code for the window and for exported pictures.
//!
//! Takes what the view laid out and puts rectangles and texts into a painter. Narrow boxes are plain quads in one
//! mesh, wide ones have round corners and a label, so that a frame costs what can be read in it.

use eframe::egui::{
    Color32, Context, CornerRadius, FontId, Mesh, Painter, Pos2, RawInput, Rect, Shape, Stroke, StrokeKind,
    epaint::RectShape, pos2, vec2,
};

use super::theme::{self, Palette};
use crate::view::flame::{self, FlameView, Sign, Spot, Tile, Tone};

/// From one row to the next, and the part of it that a box fills.
pub const PITCH: f32 = 24.0;
const HEIGHT: f32 = 22.0;
/// Between neighbours in a row, where they are wide enough to part.
const GAP: f32 = 1.0;
const PARTED: f32 = 3.0;
/// Narrower boxes have square corners; still narrower ones no label.
const ROUND: f32 = 6.0;
pub const LABELLED: f32 = 26.0;
/// From a box's edge to its text.
const INSET: f32 = 6.0;
/// How much of a box's colour is left where it is not what is looked for, or above what is zoomed.
const DIMMED: f32 = 0.22;
const ABOVE: f32 = 0.55;
/// How much of the text's colour is in the box under the pointer.
const HOVERED: f32 = 0.14;
/// From one stripe of a shared box to the next.
const STRIPE: f32 = 7.0;
const STRIPE_ALPHA: f32 = 0.16;

/// What of the picture stands out, beside what the view says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks {
    pub hovered: Option<Tile>,
    pub selected: Option<u32>,
    /// Another view's selection: all boxes of this name of the tree are outlined.
    pub lit: Option<u32>,
}

/// Where rows lie: the picture's area, the row at its top, and whether the whole is at the bottom.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    pub area: Rect,
    pub top: f64,
    pub flipped: bool,
}

impl Frame {
    /// The rectangle of a spot, gaps left out.
    pub fn rect(&self, spot: &Spot) -> Rect {
        let down = (f64::from(spot.row) - self.top) as f32 * PITCH;
        let y = if self.flipped { self.area.bottom() - down - PITCH } else { self.area.top() + down };
        let gap = if spot.width > PARTED { GAP } else { 0.0 };
        Rect::from_min_size(pos2(self.area.left() + spot.x, y), vec2(spot.width - gap, HEIGHT))
    }

    /// Rows (and parts of one) from the row at the top of the picture to a point.
    pub fn row_at(&self, at: Pos2) -> f32 {
        if self.flipped { (self.area.bottom() - at.y) / PITCH } else { (at.y - self.area.top()) / PITCH }
    }
}

/// Paints boxes, labels and marks.
pub fn paint(painter: &Painter, palette: &Palette, view: &FlameView, frame: &Frame, spots: &[Spot], marks: &Marks) {
    let painter = painter.with_clip_rect(frame.area.intersect(painter.clip_rect()));
    let widths = Widths::new(&painter, &theme::small());
    let mut slivers = Mesh::default();
    for spot in spots {
        let rect = frame.rect(spot);
        let fill = fill(palette, view, spot, marks.hovered);
        if rect.width() < ROUND {
            slivers.add_colored_rect(snapped(rect, painter.pixels_per_point()), fill);
        } else {
            painter.add(RectShape::filled(rect, CornerRadius::same(2), fill));
            if let Some(area) = striped(view, spot, rect) {
                stripes(&painter, area, palette.on(fill));
            }
        }
        if rect.width() >= LABELLED {
            label(&painter, palette, view, spot, rect, fill, &widths);
        }
        outline(&painter, palette, view, spot, rect, marks);
    }
    painter.add(Shape::mesh(slivers));
}

/// The colour of a box with what dims it.
pub fn fill(palette: &Palette, view: &FlameView, spot: &Spot, hovered: Option<Tile>) -> Color32 {
    let ground = palette.bg[0];
    let Tile::Frame(at) = spot.tile else {
        let grey = palette.flame_smaller;
        let grey = if hovered == Some(spot.tile) { grey.lerp_to_gamma(palette.text, HOVERED) } else { grey };
        // What is looked for may be among them, but it is not to be seen.
        return if is_looked_for(view, &spot.tile) { grey } else { ground.lerp_to_gamma(grey, DIMMED) };
    };
    let mut color = tone(palette, view.tone(at));
    if !is_looked_for(view, &spot.tile) {
        color = ground.lerp_to_gamma(color, DIMMED);
    } else if view.above_zoom(at) {
        color = ground.lerp_to_gamma(color, ABOVE);
    }
    if hovered == Some(spot.tile) { color.lerp_to_gamma(palette.text, HOVERED) } else { color }
}

/// Does the box match what is searched for? All do without a search.
fn is_looked_for(view: &FlameView, tile: &Tile) -> bool {
    match *tile {
        Tile::Frame(at) => view.search().matches(view.tree().frames[at as usize].name),
        Tile::Smaller(_) => view.search().is_empty(),
    }
}

/// What a tone looks like in a theme.
pub fn tone(palette: &Palette, tone: Tone) -> Color32 {
    let pick = |colors: &[Color32], shade: u8| colors[shade as usize % colors.len()];
    match tone {
        Tone::Empty | Tone::Untold => palette.bg[2],
        Tone::Root => palette.root,
        Tone::RootKind(family) => pick(&palette.flame_roots, family as u8),
        Tone::User(shade) => pick(&palette.flame_user, shade),
        Tone::Framework(shade) => pick(&palette.flame_framework, shade),
        Tone::Core(shade) => pick(&palette.flame_core, shade),
        Tone::UserSpace(rank) => pick(&palette.flame_user_spaces, rank),
        Tone::FrameworkSpace(rank) => pick(&palette.flame_framework_spaces, rank),
        Tone::Generation(generation) => pick(&palette.flame_generation, generation),
        Tone::Growth(growth) => pick(&palette.flame_growth, growth),
    }
}

/// The colours of a sign: those of all shades, where a family has some.
pub fn colors(palette: &Palette, sign: Sign) -> Vec<Color32> {
    match sign {
        Sign::Tone(Tone::User(_)) => palette.flame_user.to_vec(),
        Sign::Tone(Tone::Framework(_)) => palette.flame_framework.to_vec(),
        Sign::Tone(Tone::Core(_)) => palette.flame_core.to_vec(),
        Sign::Tone(other) => vec![tone(palette, other)],
        Sign::Smaller => vec![palette.flame_smaller],
        Sign::Shared => vec![palette.bg[2]],
    }
}

/// Paints a sign of a legend.
pub fn chip(painter: &Painter, palette: &Palette, rect: Rect, sign: Sign) {
    let colors = colors(palette, sign);
    for (at, &color) in colors.iter().enumerate() {
        let corner = |is_outside: bool| if is_outside { 2 } else { 0 };
        let (left, right) = (corner(at == 0), corner(at + 1 == colors.len()));
        let rounding = CornerRadius { nw: left, sw: left, ne: right, se: right };
        painter.rect_filled(band(rect, at, colors.len()), rounding, color);
    }
    if sign == Sign::Shared {
        stripes(painter, rect, palette.text);
    }
}

/// One of `count` equal bands of a rectangle, from left to right.
pub fn band(rect: Rect, at: usize, count: usize) -> Rect {
    let x = |at: usize| rect.left() + rect.width() * at as f32 / count as f32;
    Rect::from_x_y_ranges(x(at)..=x(at + 1), rect.y_range())
}

/// The striped part of a box: what other roots hold as well, where it is wide enough to be seen.
pub fn striped(view: &FlameView, spot: &Spot, rect: Rect) -> Option<Rect> {
    let Tile::Frame(at) = spot.tile else { return None };
    let seen = rect.width() >= ROUND && is_looked_for(view, &spot.tile);
    let part = view.shared_part(at).filter(|_| seen)?;
    Some(rect.with_max_x(rect.left() + rect.width() * part))
}

/// Diagonal stripes over a rectangle.
pub fn stripes(painter: &Painter, area: Rect, color: Color32) {
    let painter = painter.with_clip_rect(area.intersect(painter.clip_rect()));
    let color = color.gamma_multiply(STRIPE_ALPHA);
    let height = area.height();
    let mut mesh = Mesh::default();
    // On a grid of the picture, so that stripes stay where they are while the box is panned under them.
    let first = ((area.left() - height) / STRIPE).floor() * STRIPE;
    let count = ((area.right() - first) / STRIPE).ceil() as u32;
    for x in (0..count).map(|i| first + i as f32 * STRIPE) {
        let corner = mesh.vertices.len() as u32;
        for (dx, y) in [(0.0, area.bottom()), (2.0, area.bottom()), (2.0 + height, area.top()), (height, area.top())] {
            mesh.colored_vertex(pos2(x + dx, y), color);
        }
        mesh.add_triangle(corner, corner + 1, corner + 2);
        mesh.add_triangle(corner, corner + 2, corner + 3);
    }
    painter.add(Shape::mesh(mesh));
}

/// The name, shortened to what fits, and beside it what still does.
fn label(
    painter: &Painter,
    palette: &Palette,
    view: &FlameView,
    spot: &Spot,
    rect: Rect,
    fill: Color32,
    widths: &Widths,
) {
    let Some(text) = label_text(view, &spot.tile, rect.width() - 2.0 * INSET, widths) else { return };
    let color = label_color(palette, view, &spot.tile, fill);
    let galley = painter.layout_no_wrap(text, theme::small(), color);
    let y = rect.center().y - galley.size().y / 2.0;
    let at = pos2(rect.left() + INSET, y);
    // A clip of its own costs a draw call of its own.
    if at.x + galley.size().x <= rect.right() {
        painter.galley(at, galley, color);
    } else {
        painter.with_clip_rect(rect.intersect(painter.clip_rect())).galley(at, galley, color);
    }
}

/// The text of a tile that is at most `room` wide.
pub fn label_text(view: &FlameView, tile: &Tile, room: f32, widths: &Widths) -> Option<String> {
    let advance = |c: char| widths.of(c);
    let (name, beside) = texts(view, tile);
    let mut text = flame::fit(&name, room, &advance).filter(|text| *text == name || matches!(tile, Tile::Frame(_)))?;
    if text == name && name.chars().chain(beside.chars()).map(advance).sum::<f32>() <= room {
        text += &beside;
    }
    Some(text)
}

/// The colour of a tile's text on its fill.
pub fn label_color(palette: &Palette, view: &FlameView, tile: &Tile, fill: Color32) -> Color32 {
    match *tile {
        Tile::Smaller(_) => palette.quiet_on(fill),
        Tile::Frame(at) if matches!(view.tone(at), Tone::Empty | Tone::Untold) => palette.text,
        Tile::Frame(_) if !is_looked_for(view, tile) => palette.quiet_on(fill),
        Tile::Frame(_) => palette.on(fill),
    }
}

/// What a tile says: its name, and what stands beside it where there is room.
pub fn texts(view: &FlameView, tile: &Tile) -> (String, String) {
    match tile {
        Tile::Smaller(smaller) => {
            let beside = format!(" · {}", view.measure().unit.text(smaller.weight));
            (flame::smaller_text(smaller.types), beside)
        }
        Tile::Frame(at) => {
            let name = view.tree().name(*at);
            let frame = &view.tree().frames[*at as usize];
            (name.short.to_string(), flame::beside(frame, name, view.measure().unit, view.heap()))
        }
    }
}

fn outline(painter: &Painter, palette: &Palette, view: &FlameView, spot: &Spot, rect: Rect, marks: &Marks) {
    let Tile::Frame(at) = spot.tile else { return };
    let stroke = if marks.selected == Some(at) {
        Stroke::new(2.0, palette.text)
    } else if marks.lit == Some(view.tree().frames[at as usize].name) {
        Stroke::new(1.0, palette.accent)
    } else {
        return;
    };
    painter.rect_stroke(rect, CornerRadius::same(2), stroke, StrokeKind::Inside);
}

/// Edges on whole pixels, at least one of them wide.
fn snapped(rect: Rect, scale: f32) -> Rect {
    let snap = |value: f32| (value * scale).round() / scale;
    let (left, top) = (snap(rect.left()), snap(rect.top()));
    let right = snap(rect.right()).max(left + 1.0 / scale);
    Rect::from_min_max(pos2(left, top), pos2(right, snap(rect.bottom())))
}

/// How wide the characters of a font are.
#[derive(Clone, Debug)]
pub struct Widths {
    ascii: [f32; 128],
    /// Of [`BESIDE`], one by one.
    beside: [f32; BESIDE.len()],
}

/// What labels have beside ASCII; the first stands for every other character, being a wide one.
const BESIDE: [char; 4] = ['…', '·', '×', crate::view::format::THIN_SPACE];

impl Widths {
    pub fn new(painter: &Painter, font: &FontId) -> Widths {
        painter.fonts_mut(|fonts| {
            let mut width = |c: char| fonts.glyph_width(font, c);
            Widths { ascii: std::array::from_fn(|c| width(c as u8 as char)), beside: BESIDE.map(width) }
        })
    }

    /// The widths of labels, where nothing is painted.
    pub fn without_window() -> Widths {
        let mut widths = Widths { ascii: [0.0; 128], beside: [0.0; BESIDE.len()] };
        without_window(|painter| widths = Widths::new(painter, &theme::small()));
        widths
    }

    /// Width of a character.
    pub fn of(&self, c: char) -> f32 {
        let beside = || self.beside[BESIDE.iter().position(|&other| other == c).unwrap_or(0)];
        self.ascii.get(c as usize).copied().unwrap_or_else(beside)
    }
}

/// Asks a painter that has the program's typefaces, where nothing is painted.
pub fn without_window(mut ask: impl FnMut(&Painter)) {
    let ctx = Context::default();
    theme::install(&ctx);
    let mut output = ctx.run_ui(RawInput::default(), |ui| ask(ui.painter()));
    // Nothing is painted: the fonts' texture is not wanted.
    output.textures_delta.clear();
}

#[cfg(test)]
mod tests {
    use super::theme::{DARK, LIGHT, READABLE, contrast};
    use super::*;
    use crate::view::flame::{OWN_COLORS, RootFamily};

    #[test]
    fn labels_can_be_read_on_every_box_dimmed_above_or_under_the_pointer() {
        let shades = |tone: fn(u8) -> Tone, count: u8| (0..count).map(tone);
        let mut tones: Vec<Tone> = RootFamily::ALL.map(Tone::RootKind).to_vec();
        tones.push(Tone::Root);
        for (tone, count) in [
            (Tone::User as fn(u8) -> Tone, 5),
            (Tone::Framework, 4),
            (Tone::Core, 2),
            (Tone::UserSpace, OWN_COLORS + 1),
            (Tone::FrameworkSpace, OWN_COLORS + 1),
            (Tone::Generation, 6),
            (Tone::Growth, 5),
        ] {
            tones.extend(shades(tone, count));
        }
        for palette in [&DARK, &LIGHT] {
            let ground = palette.bg[0];
            let hovered = |fill: Color32| fill.lerp_to_gamma(palette.text, HOVERED);
            let read = |text: Color32, fill: Color32, what: &dyn std::fmt::Debug| {
                let ratio = contrast(text, fill);
                assert!(ratio >= READABLE, "{what:?}: {text:?} on {fill:?} has {ratio}");
            };
            for &of in &tones {
                let fill = tone(palette, of);
                for fill in [fill, ground.lerp_to_gamma(fill, ABOVE)] {
                    read(palette.on(fill), fill, &of);
                    read(palette.on(hovered(fill)), hovered(fill), &(of, "under the pointer"));
                }
                let dimmed = ground.lerp_to_gamma(fill, DIMMED);
                read(palette.quiet_on(dimmed), dimmed, &(of, "dimmed"));
                read(palette.quiet_on(hovered(dimmed)), hovered(dimmed), &(of, "dimmed under the pointer"));
            }
            for grey in [palette.flame_smaller, hovered(palette.flame_smaller)] {
                for fill in [grey, ground.lerp_to_gamma(grey, DIMMED)] {
                    read(palette.quiet_on(fill), fill, &"smaller");
                }
            }
            for fill in [palette.bg[2], hovered(palette.bg[2]), ground.lerp_to_gamma(palette.bg[2], ABOVE)] {
                read(palette.text, fill, &"the whole");
            }
        }
    }
}
