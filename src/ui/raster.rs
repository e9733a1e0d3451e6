//! Egui shapes → pixels, without a GPU.
//!
//! Takes what egui tessellated (triangles with colours and texture coordinates) and paints it as its
//! GPU painters do: bilinear sampling, blending of premultiplied colours in gamma space, the top-left
//! rule, so that triangles that share an edge paint each pixel once. Pictures for export, for the
//! README and for tests all come from here and are the same on every machine. Bands of rows are painted
//! in parallel; each goes through all triangles in order.

use std::collections::HashMap;

use eframe::egui::{
    self, Color32, ColorImage, TextureId, Vec2,
    epaint::{ClippedPrimitive, ImageData, Mesh, Primitive, Vertex, textures::TexturesDelta},
};
use rayon::prelude::*;

use super::theme;

/// Rows that one task paints.
const BAND: usize = 64;

/// An opaque picture: `4 * width * height` bytes, red first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub rgba: Vec<u8>,
}

impl Picture {
    /// The picture as a PNG file.
    pub fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Balanced);
        encoder.write_header()?.write_image_data(&self.rgba)?;
        Ok(out)
    }
}

/// Paints what `ui` shows into a picture of `size` points at `scale` pixels a point.
pub fn draw(size: Vec2, scale: f32, theme: egui::Theme, mut ui: impl FnMut(&mut egui::Ui)) -> Picture {
    let ctx = egui::Context::default();
    theme::install(&ctx);
    ctx.set_theme(theme);
    let mut raster = Raster::default();
    let mut shapes = Vec::new();
    // The first pass loads fonts and measures; what the second one shows is in its place.
    for _ in 0..2 {
        let viewport = egui::ViewportInfo { native_pixels_per_point: Some(scale), ..Default::default() };
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, size)),
            viewports: std::iter::once((egui::ViewportId::ROOT, viewport)).collect(),
            ..Default::default()
        };
        let mut output = ctx.run_ui(input, |root| ui(root));
        raster.update(&mut output.textures_delta);
        shapes = output.shapes;
    }
    let background = theme::Palette::of(&ctx.style_of(theme).visuals).bg[0];
    raster.paint(size * scale, scale, background, &ctx.tessellate(shapes, scale))
}

/// The textures that a context has made so far (its font atlas, mostly).
#[derive(Default)]
pub struct Raster {
    textures: HashMap<TextureId, ColorImage>,
}

impl Raster {
    /// Takes over the textures that a pass made, changed or freed.
    pub fn update(&mut self, delta: &mut TexturesDelta) {
        for (id, patches) in delta.set.drain() {
            for patch in patches {
                let ImageData::Color(source) = &patch.image;
                match (patch.pos, self.textures.get_mut(&id)) {
                    (Some([x, y]), Some(target)) => {
                        for row in 0..source.size[1] {
                            let from = &source.pixels[row * source.size[0]..][..source.size[0]];
                            target.pixels[(y + row) * target.size[0] + x..][..from.len()].copy_from_slice(from);
                        }
                    }
                    _ => {
                        self.textures.insert(id, source.as_ref().clone());
                    }
                }
            }
        }
        for id in delta.free.drain() {
            self.textures.remove(&id);
        }
    }

    /// Paints triangles over an opaque background; `size` in pixels.
    pub fn paint(&self, size: Vec2, scale: f32, background: Color32, primitives: &[ClippedPrimitive]) -> Picture {
        let (width, height) = (size.x.round().max(1.0) as usize, size.y.round().max(1.0) as usize);
        let mut pixels = vec![background; width * height];
        pixels.par_chunks_mut(width * BAND).enumerate().for_each(|(index, pixels)| {
            let mut band = Band { pixels, width, top: index * BAND };
            for primitive in primitives {
                if let Primitive::Mesh(mesh) = &primitive.primitive {
                    band.mesh(mesh, self.textures.get(&mesh.texture_id), scale, primitive.clip_rect);
                }
            }
        });
        let rgba = pixels.iter().flat_map(|pixel| pixel.to_array()).collect();
        Picture { width, height, rgba }
    }
}

/// Some rows of the picture.
struct Band<'a> {
    pixels: &'a mut [Color32],
    width: usize,
    top: usize,
}

/// Pixels from `min` up to, not including, `max`.
#[derive(Clone, Copy)]
struct Clip {
    min: [i32; 2],
    max: [i32; 2],
}

impl Band<'_> {
    fn mesh(&mut self, mesh: &Mesh, texture: Option<&ColorImage>, scale: f32, clip: egui::Rect) {
        let bottom = self.top + self.pixels.len() / self.width;
        let pixel =
            |points: f32, low: usize, high: usize| (points * scale).round().clamp(low as f32, high as f32) as i32;
        let clip = Clip {
            min: [pixel(clip.min.x, 0, self.width), pixel(clip.min.y, self.top, bottom)],
            max: [pixel(clip.max.x, 0, self.width), pixel(clip.max.y, self.top, bottom)],
        };
        if clip.min[0] >= clip.max[0] || clip.min[1] >= clip.max[1] {
            return;
        }
        for corners in mesh.indices.chunks_exact(3) {
            let corners = [0, 1, 2].map(|corner| mesh.vertices[corners[corner] as usize]);
            self.triangle(corners, texture, scale, clip);
        }
    }

    fn triangle(&mut self, mut corners: [Vertex; 3], texture: Option<&ColorImage>, scale: f32, clip: Clip) {
        let mut at = corners.map(|corner| [corner.pos.x * scale, corner.pos.y * scale]);
        let mut area = (at[1][0] - at[0][0]) * (at[2][1] - at[0][1]) - (at[2][0] - at[0][0]) * (at[1][1] - at[0][1]);
        if area < 0.0 {
            corners.swap(1, 2);
            at.swap(1, 2);
            area = -area;
        }
        let low = |axis: usize| at[0][axis].min(at[1][axis]).min(at[2][axis]).floor() as i32;
        let high = |axis: usize| at[0][axis].max(at[1][axis]).max(at[2][axis]).ceil() as i32;
        let (left, right) = (low(0).max(clip.min[0]), high(0).min(clip.max[0]));
        let (top, bottom) = (low(1).max(clip.min[1]), high(1).min(clip.max[1]));
        if area <= 0.0 || left >= right || top >= bottom {
            return;
        }
        let edges = [Edge::new(at[1], at[2]), Edge::new(at[2], at[0]), Edge::new(at[0], at[1])];
        let shade = Shade::new(corners, texture);
        for y in top..bottom {
            let center = y as f32 + 0.5;
            let (mut from, mut to) = (left, right);
            for edge in &edges {
                edge.narrow(center, &mut from, &mut to);
            }
            let inside = |x: i32| edges.iter().all(|edge| edge.contains(x as f32 + 0.5, center));
            while from < to && !inside(from) {
                from += 1;
            }
            while from < to && !inside(to - 1) {
                to -= 1;
            }
            if from >= to {
                continue;
            }
            let row = (y as usize - self.top) * self.width;
            let row = &mut self.pixels[row..row + self.width];
            match shade {
                Shade::Flat(color) => row[from as usize..to as usize].iter_mut().for_each(|p| blend(p, color)),
                Shade::Mixed { .. } => {
                    for x in from..to {
                        let weights = edges.each_ref().map(|edge| edge.distance(x as f32 + 0.5, center) / area);
                        blend(&mut row[x as usize], shade.at(weights));
                    }
                }
            }
        }
    }
}

/// A directed edge of a triangle; its inside is where [`Edge::distance`] is positive.
struct Edge {
    origin: [f32; 2],
    run: f32,
    rise: f32,
    /// Points on the edge itself belong to the triangle below it or to its right.
    top_left: bool,
}

impl Edge {
    fn new(a: [f32; 2], b: [f32; 2]) -> Edge {
        let (run, rise) = (b[0] - a[0], b[1] - a[1]);
        Edge { origin: a, run, rise, top_left: rise < 0.0 || (rise == 0.0 && run > 0.0) }
    }

    fn distance(&self, x: f32, y: f32) -> f32 {
        self.run * (y - self.origin[1]) - self.rise * (x - self.origin[0])
    }

    fn contains(&self, x: f32, y: f32) -> bool {
        let distance = self.distance(x, y);
        distance > 0.0 || (distance == 0.0 && self.top_left)
    }

    /// Narrows a span of pixels to those that may be inside, give or take one.
    fn narrow(&self, y: f32, from: &mut i32, to: &mut i32) {
        if self.rise != 0.0 {
            let crossing = self.origin[0] + (y - self.origin[1]) * self.run / self.rise - 0.5;
            if self.rise < 0.0 {
                *from = (*from).max(crossing.floor() as i32);
            } else {
                *to = (*to).min((crossing.ceil() as i32).saturating_add(1));
            }
        }
    }
}

/// What colour a triangle has where.
enum Shade<'a> {
    Flat(Color32),
    Mixed { colors: [[f32; 4]; 3], uv: [[f32; 2]; 3], texture: Option<&'a ColorImage> },
}

impl<'a> Shade<'a> {
    fn new(corners: [Vertex; 3], texture: Option<&'a ColorImage>) -> Shade<'a> {
        let same = |f: fn(&Vertex) -> (egui::Pos2, Color32)| {
            f(&corners[0]) == f(&corners[1]) && f(&corners[1]) == f(&corners[2])
        };
        let shade = Shade::Mixed {
            colors: corners.map(|corner| corner.color.to_array().map(f32::from)),
            uv: corners.map(|corner| [corner.uv.x, corner.uv.y]),
            texture: texture
                .filter(|_| !same(|corner| (corner.uv, Color32::WHITE)) || corners[0].uv != egui::epaint::WHITE_UV),
        };
        if same(|corner| (corner.uv, corner.color)) { Shade::Flat(shade.at([1.0, 0.0, 0.0])) } else { shade }
    }

    fn at(&self, weights: [f32; 3]) -> Color32 {
        let (colors, uv, texture) = match self {
            Shade::Flat(color) => return *color,
            Shade::Mixed { colors, uv, texture } => (colors, uv, texture),
        };
        let mix = |values: [f32; 3]| values[0] * weights[0] + values[1] * weights[1] + values[2] * weights[2];
        let mut color = [0, 1, 2, 3].map(|channel| mix(colors.map(|color| color[channel])));
        if let Some(texture) = texture {
            let texel = sample(texture, mix(uv.map(|uv| uv[0])), mix(uv.map(|uv| uv[1])));
            color = [0, 1, 2, 3].map(|channel| color[channel] * texel[channel] / 255.0);
        }
        let [r, g, b, a] = color.map(|value| (value + 0.5) as u8);
        Color32::from_rgba_premultiplied(r, g, b, a)
    }
}

/// Bilinear, clamped to the edge. Glyphs lie on whole pixels, so the weights are rounded to 1/256 as
/// graphics cards do, and most samples are one texel.
fn sample(texture: &ColorImage, u: f32, v: f32) -> [f32; 4] {
    let [width, height] = texture.size;
    let snap = |value: f32| (value * 256.0).round() / 256.0;
    let (x, y) = (snap(u * width as f32 - 0.5), snap(v * height as f32 - 0.5));
    let (column, row) = (x.floor(), y.floor());
    let (right, down) = (x - column, y - row);
    let texel = |dx: i32, dy: i32| {
        let column = (column as i32 + dx).clamp(0, width as i32 - 1) as usize;
        let row = (row as i32 + dy).clamp(0, height as i32 - 1) as usize;
        texture.pixels[row * width + column].to_array().map(f32::from)
    };
    if right == 0.0 && down == 0.0 {
        return texel(0, 0);
    }
    let (a, b, c, d) = (texel(0, 0), texel(1, 0), texel(0, 1), texel(1, 1));
    [0, 1, 2, 3]
        .map(|i| (a[i] * (1.0 - right) + b[i] * right) * (1.0 - down) + (c[i] * (1.0 - right) + d[i] * right) * down)
}

/// Puts a premultiplied colour over a pixel.
fn blend(pixel: &mut Color32, color: Color32) {
    match color.a() {
        255 => *pixel = color,
        0 if color == Color32::TRANSPARENT => {}
        alpha => {
            let rest = 255 - u16::from(alpha);
            let (over, under) = (color.to_array(), pixel.to_array());
            let [r, g, b, a] = [0, 1, 2, 3]
                .map(|i| u16::from(over[i]).saturating_add((u16::from(under[i]) * rest + 127) / 255).min(255) as u8);
            *pixel = Color32::from_rgba_premultiplied(r, g, b, a);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::{Rect, pos2, vec2};

    fn mesh(color: Color32, add: impl FnOnce(&mut Mesh)) -> ClippedPrimitive {
        let mut mesh = Mesh::default();
        add(&mut mesh);
        mesh.vertices.iter_mut().for_each(|vertex| vertex.color = color);
        ClippedPrimitive { clip_rect: Rect::EVERYTHING, primitive: Primitive::Mesh(mesh) }
    }

    fn fan(mesh: &mut Mesh, points: &[[f32; 2]]) {
        points.iter().for_each(|&[x, y]| mesh.colored_vertex(pos2(x, y), Color32::WHITE));
        (2..points.len() as u32).for_each(|i| mesh.add_triangle(0, i - 1, i));
    }

    #[test]
    fn triangles_that_share_edges_paint_each_pixel_once() {
        let half = Color32::from_black_alpha(128);
        let whole = mesh(half, |m| fan(m, &[[0.0, 0.0], [200.0, 0.0], [200.0, 150.0], [0.0, 150.0]]));
        let pieces = mesh(half, |m| {
            m.colored_vertex(pos2(83.3, 61.7), Color32::WHITE);
            for (i, [x, y]) in
                [[0.0, 0.0], [97.1, 0.0], [200.0, 0.0], [200.0, 150.0], [0.0, 150.0]].into_iter().enumerate()
            {
                m.colored_vertex(pos2(x, y), Color32::WHITE);
                m.add_triangle(0, 1 + i as u32, 1 + (i as u32 + 1) % 5);
            }
        });
        let raster = Raster::default();
        let size = vec2(200.0, 150.0);
        assert_eq!(
            raster.paint(size, 1.0, Color32::WHITE, &[whole]),
            raster.paint(size, 1.0, Color32::WHITE, &[pieces])
        );
    }

    #[test]
    fn clipping_and_scale_are_honoured_across_bands() {
        let mut primitive = mesh(Color32::BLACK, |m| fan(m, &[[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]]));
        primitive.clip_rect = Rect::from_min_max(pos2(10.0, 20.0), pos2(30.0, 90.0));
        let picture = Raster::default().paint(vec2(200.0, 200.0), 2.0, Color32::WHITE, &[primitive]);
        let black = picture.rgba.chunks(4).filter(|pixel| pixel[0] == 0).count();
        assert_eq!(black, 40 * 140);
    }

    #[test]
    fn text_is_painted_in_both_themes() {
        for theme in [egui::Theme::Dark, egui::Theme::Light] {
            let picture = draw(vec2(120.0, 40.0), 1.0, theme, |ui| {
                ui.label("Heapglass ▾ ▸ ◆");
            });
            let background = &picture.rgba[picture.rgba.len() - 4..];
            let inked = picture.rgba.chunks(4).filter(|pixel| *pixel != background).count();
            assert!(inked > 200, "{theme:?}: {inked}");
            assert!(picture.png().is_ok());
        }
    }
}
