//! The few signs of the window, painted as shapes.
//!
//! Fonts disagree on arrows, moons and magnifying glasses; shapes are sharp at every scale and never
//! fall back to a box. Each fits itself into a rectangle.

use std::f32::consts::TAU;

use eframe::egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, Vec2, vec2};

use super::theme::Palette;

/// Points of a drawing on a square of 56 × 56 that starts at (4, 4), put into `rect`.
fn place<const N: usize>(rect: Rect, points: [[f32; 2]; N]) -> Vec<Pos2> {
    let scale = rect.width().min(rect.height()) / 56.0;
    let origin = rect.center() - Vec2::splat(28.0 * scale);
    points.iter().map(|[x, y]| origin + vec2(x - 4.0, y - 4.0) * scale).collect()
}

/// The program's sign: an hourglass with a heap in it.
pub fn hourglass(painter: &Painter, rect: Rect, palette: &Palette) {
    let width = rect.width().min(rect.height()) / 56.0 * 5.0;
    let sand = place(rect, [[20.0, 51.5], [32.0, 36.5], [44.0, 51.5]]);
    let glass = [
        [14.0, 8.0],
        [50.0, 8.0],
        [50.0, 19.0],
        [36.5, 32.0],
        [50.0, 45.0],
        [50.0, 56.0],
        [14.0, 56.0],
        [14.0, 45.0],
        [27.5, 32.0],
        [14.0, 19.0],
    ];
    painter.add(Shape::convex_polygon(sand, palette.flame_user[2], Stroke::NONE));
    painter.add(Shape::closed_line(place(rect, glass), Stroke::new(width, palette.accent)));
}

/// A triangle that points down (open) or right (closed).
pub fn twisty(painter: &Painter, center: Pos2, open: bool, color: Color32) {
    let points = if open {
        vec![center + vec2(-4.0, -2.5), center + vec2(4.0, -2.5), center + vec2(0.0, 3.5)]
    } else {
        vec![center + vec2(-2.5, -4.0), center + vec2(3.5, 0.0), center + vec2(-2.5, 4.0)]
    };
    painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
}

/// The mark beside a sorted column's title.
pub fn sort_mark(painter: &Painter, center: Pos2, descending: bool, color: Color32) {
    let tip = if descending { 3.5 } else { -3.5 };
    let points = vec![center + vec2(-4.0, -tip * 0.7), center + vec2(4.0, -tip * 0.7), center + vec2(0.0, tip)];
    painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
}

/// In front of every root.
pub fn diamond(painter: &Painter, center: Pos2, color: Color32) {
    let r = 5.0;
    let points = vec![center + vec2(0.0, -r), center + vec2(r, 0.0), center + vec2(0.0, r), center + vec2(-r, 0.0)];
    painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
}

/// Takes something away.
pub fn cross(painter: &Painter, center: Pos2, color: Color32) {
    let stroke = Stroke::new(1.4, color);
    painter.line_segment([center + vec2(-3.0, -3.0), center + vec2(3.0, 3.0)], stroke);
    painter.line_segment([center + vec2(-3.0, 3.0), center + vec2(3.0, -3.0)], stroke);
}

/// Done.
pub fn tick(painter: &Painter, center: Pos2, color: Color32) {
    let points = vec![center + vec2(-4.0, 0.0), center + vec2(-1.0, 3.0), center + vec2(4.5, -3.5)];
    painter.add(Shape::line(points, Stroke::new(1.6, color)));
}

/// The light theme.
pub fn sun(painter: &Painter, center: Pos2, color: Color32) {
    painter.circle_filled(center, 3.2, color);
    for ray in 0..8 {
        let direction = Vec2::angled(TAU * ray as f32 / 8.0);
        painter.line_segment([center + direction * 5.0, center + direction * 7.0], Stroke::new(1.3, color));
    }
}

/// The dark theme: a crescent.
pub fn moon(painter: &Painter, center: Pos2, color: Color32) {
    // A circle, and the part of a second one that lies in it: both meet where they are equally far.
    let (radius, bite, apart) = (6.0f32, 5.2f32, 4.0f32);
    let axis = Vec2::angled(-TAU / 8.0);
    let along = (radius * radius - bite * bite + apart * apart) / (2.0 * apart);
    let half = (along / radius).acos();
    let half_bite = ((along - apart) / bite).acos();
    let from = axis.angle();
    let arc = |middle: Pos2, radius: f32, from: f32, to: f32| {
        (0..=20).map(move |step| middle + Vec2::angled(from + (to - from) * step as f32 / 20.0) * radius)
    };
    let outer = arc(center, radius, from + half, from + TAU - half);
    let inner = arc(center + axis * apart, bite, from + TAU - half_bite, from + half_bite);
    painter.add(Shape::closed_line(outer.chain(inner).collect(), Stroke::new(1.3, color)));
}

/// Something went wrong: a triangle with a mark in it.
pub fn warning(painter: &Painter, rect: Rect, color: Color32) {
    let outline = place(rect, [[32.0, 10.0], [56.0, 52.0], [8.0, 52.0]]);
    let scale = rect.width().min(rect.height()) / 56.0;
    painter.add(Shape::closed_line(outline, Stroke::new(4.0 * scale, color)));
    let bar = place(rect, [[32.0, 25.0], [32.0, 39.0]]);
    painter.line_segment([bar[0], bar[1]], Stroke::new(4.5 * scale, color));
    painter.circle_filled(place(rect, [[32.0, 45.5]])[0], 2.6 * scale, color);
}
