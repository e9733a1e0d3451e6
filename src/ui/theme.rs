//! Colours, spacings and type of the window, for dark and light.
//!
//! The only place where a colour is named: everything that paints asks [`Palette::of`] for the one of
//! its `Ui`. [`install`] hands the same values to egui, so that its own widgets agree with ours.

use std::sync::Arc;

use eframe::egui::{
    self, Color32, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle, Theme, Vec2, Visuals,
    style::{ScrollStyle, WidgetVisuals, Widgets},
};

use super::fonts;
use crate::view::flame::OWN_COLORS;

/// Heights and gaps in points; gaps are multiples of 4.
pub mod size {
    pub const TITLE_BAR: f32 = 44.0;
    pub const TABS: f32 = 38.0;
    pub const TOOL_BAR: f32 = 44.0;
    pub const HEADER: f32 = 28.0;
    pub const ROW: f32 = 26.0;
    pub const STATUS: f32 = 26.0;
    /// The line under a table that says what is selected.
    pub const SELECTION: f32 = 72.0;
    /// From the window's edge to what stands in it.
    pub const EDGE: f32 = 14.0;
    /// From a cell's edge to its text.
    pub const CELL: f32 = 12.0;
    /// Per level of a tree.
    pub const INDENT: f32 = 18.0;
    pub const GAP: f32 = 8.0;
    pub const RADIUS: u8 = 6;
    /// A share bar: its greatest length, its height.
    pub const BAR: [f32; 2] = [84.0, 9.0];
}

/// All colours of one theme.
#[derive(Debug)]
pub struct Palette {
    /// Window; bars and panels; chips, hover and the empty part of a flame graph.
    pub bg: [Color32; 3],
    /// Separators, 1 px.
    pub line: Color32,
    pub text: Color32,
    /// Namespaces and labels.
    pub muted: Color32,
    /// Hints and field names.
    pub faint: Color32,
    /// Sort mark, active tab, primary button, link.
    pub accent: Color32,
    pub on_accent: Color32,
    pub selection: Color32,
    /// Everything that is a GC root.
    pub root: Color32,
    pub share: Color32,
    pub share_retained: Color32,
    pub good: Color32,
    pub warning: Color32,
    pub error: Color32,
    pub shadow: Color32,
    /// Boxes of user and library code, one per assembly.
    pub flame_user: [Color32; 5],
    pub flame_framework: [Color32; 4],
    pub flame_core: [Color32; 2],
    /// By namespace: those that cover most of a picture, then all others.
    pub flame_user_spaces: [Color32; OWN_COLORS as usize + 1],
    pub flame_framework_spaces: [Color32; OWN_COLORS as usize + 1],
    /// By generation: 0, 1, 2, large, pinned, frozen.
    pub flame_generation: [Color32; 6],
    /// By kind of root: statics, thread statics, handles, finalizer queue, stacks.
    pub flame_roots: [Color32; 5],
    /// By growth: much less, less, as before, more, much more.
    pub flame_growth: [Color32; 5],
    /// What stands for children too small for a box of their own.
    pub flame_smaller: Color32,
    /// Text on a coloured box: on dark ones, on light ones.
    on_fill: [Color32; 2],
}

#[expect(clippy::disallowed_methods, reason = "this is where colours are named")]
const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

pub static DARK: Palette = Palette {
    bg: [rgb(0x0E1116), rgb(0x141920), rgb(0x1B222B)],
    line: rgb(0x252D38),
    text: rgb(0xE7ECF3),
    muted: rgb(0x8A96A8),
    faint: rgb(0x5B6778),
    accent: rgb(0x4FB3FF),
    on_accent: rgb(0x08131D),
    selection: rgb(0x17344F),
    root: rgb(0x2FA39B),
    share: rgb(0x2B5F8A),
    share_retained: rgb(0x6A5330),
    good: rgb(0x4CC38A),
    warning: rgb(0xE0B040),
    error: rgb(0xE5736B),
    shadow: Color32::from_black_alpha(140),
    flame_user: [rgb(0xE08A3C), rgb(0xD9743B), rgb(0xE5A64B), rgb(0xC9603F), rgb(0xDB9A45)],
    flame_framework: [rgb(0x41618D), rgb(0x4A6E9B), rgb(0x3A5880), rgb(0x5179A6)],
    flame_core: [rgb(0x4B5766), rgb(0x55616F)],
    flame_user_spaces: [
        rgb(0xF7C676),
        rgb(0xBE7654),
        rgb(0xD27D07),
        rgb(0xF9AEA0),
        rgb(0x844A0C),
        rgb(0xAB5B45),
        rgb(0x978A7D),
    ],
    flame_framework_spaces: [
        rgb(0x3D68A9),
        rgb(0x92B9F2),
        rgb(0x8E70CE),
        rgb(0x224EA0),
        rgb(0x978ED0),
        rgb(0x42487E),
        rgb(0x4C5667),
    ],
    flame_generation: [rgb(0xE5A64B), rgb(0xD9743B), rgb(0x3B56A7), rgb(0x7D6AB4), rgb(0xA84F82), rgb(0x495159)],
    flame_roots: [rgb(0x2FA39B), rgb(0x80B372), rgb(0x4E7398), rgb(0xD76E2B), rgb(0x6E4EB0)],
    flame_growth: [rgb(0x557DC7), rgb(0x3A5F8F), rgb(0x495060), rgb(0xA8483F), rgb(0xE0604F)],
    flame_smaller: rgb(0x28303A),
    on_fill: [rgb(0xFFFFFF), rgb(0x0B0F14)],
};

pub static LIGHT: Palette = Palette {
    bg: [rgb(0xF4F6F9), rgb(0xFFFFFF), rgb(0xEDF1F6)],
    line: rgb(0xDCE2EA),
    text: rgb(0x16202C),
    muted: rgb(0x566375),
    faint: rgb(0x8893A3),
    accent: rgb(0x0B6BCB),
    on_accent: rgb(0xFFFFFF),
    selection: rgb(0xD9EAFB),
    root: rgb(0x0E7C75),
    share: rgb(0xA9CDF0),
    share_retained: rgb(0xF0D6A8),
    good: rgb(0x1F9D63),
    warning: rgb(0xA86E00),
    error: rgb(0xC0392F),
    shadow: Color32::from_black_alpha(40),
    flame_user: [rgb(0xF2B36F), rgb(0xF0A274), rgb(0xF4C77D), rgb(0xEC9480), rgb(0xF3BE84)],
    flame_framework: [rgb(0xA9C4E6), rgb(0xB6CDEA), rgb(0x9CBBE1), rgb(0xC0D5EE)],
    flame_core: [rgb(0xCBD3DD), rgb(0xD5DBE3)],
    flame_user_spaces: [
        rgb(0xF4D68E),
        rgb(0xC77E66),
        rgb(0xEAB78D),
        rgb(0xCC9306),
        rgb(0xC59B76),
        rgb(0xD2AE4A),
        rgb(0xE6DDD3),
    ],
    flame_framework_spaces: [
        rgb(0x82AAD3),
        rgb(0xD1C3FE),
        rgb(0x9BB7F8),
        rgb(0x56A8F8),
        rgb(0x988BBB),
        rgb(0x698EE8),
        rgb(0xB7BFCC),
    ],
    flame_generation: [rgb(0xF0CA81), rgb(0xF1A273), rgb(0xAAC8F4), rgb(0xB0A7E9), rgb(0xDBACC2), rgb(0xD4D1CC)],
    flame_roots: [rgb(0x8FD3CD), rgb(0xDFD28A), rgb(0x92B1C5), rgb(0xF0A070), rgb(0xC3B5FF)],
    flame_growth: [rgb(0x8BB9F0), rgb(0xBED1F1), rgb(0xBAB6BD), rgb(0xF7C6B1), rgb(0xEE9384)],
    flame_smaller: rgb(0xE3E8EE),
    on_fill: [rgb(0xFFFFFF), rgb(0x16202C)],
};

impl Palette {
    /// The colours of the theme that a `Ui`, `Context` style or export uses.
    pub fn of(visuals: &Visuals) -> &'static Palette {
        if visuals.dark_mode { &DARK } else { &LIGHT }
    }

    /// The text colour that reads best on `fill`.
    pub fn on(&self, fill: Color32) -> Color32 {
        let [light, dark] = self.on_fill;
        let best = if contrast(light, fill) >= contrast(dark, fill) { light } else { dark };
        // Neither does on a fill half-way between them; black does on every one on which white does not.
        if contrast(best, fill) >= READABLE { best } else { Color32::BLACK }
    }

    /// The text colour of what matters less on `fill`: nearly muted, where that can be read.
    pub fn quiet_on(&self, fill: Color32) -> Color32 {
        let quiet = self.muted.lerp_to_gamma(self.text, 0.25);
        if contrast(quiet, fill) >= READABLE { quiet } else { self.text }
    }
}

/// Contrast that text needs (WCAG 2, AA).
pub(super) const READABLE: f32 = 4.5;

/// Contrast of two opaque colours as WCAG 2 defines it: 1 to 21.
pub(super) fn contrast(a: Color32, b: Color32) -> f32 {
    let luminance = |c: Color32| {
        let [r, g, b, _] = egui::Rgba::from(c).to_array();
        0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
    };
    let (a, b) = (luminance(a), luminance(b));
    a.max(b) / a.min(b)
}

/// Running text, 13 pt.
pub fn body() -> FontId {
    FontId::new(13.0, FontFamily::Proportional)
}

/// Names that matter, 13 pt, semi-bold.
pub fn strong() -> FontId {
    FontId::new(13.0, fonts::strong())
}

/// Labels, headers, status line: 12 pt.
pub fn small() -> FontId {
    FontId::new(12.0, FontFamily::Proportional)
}

/// Numbers, addresses and file names: 12 pt, monospaced.
pub fn mono() -> FontId {
    FontId::new(12.0, FontFamily::Monospace)
}

/// The one line a screen begins with: 20 pt, semi-bold.
pub fn title() -> FontId {
    FontId::new(20.0, fonts::strong())
}

/// Installs fonts and both styles; call it once for a context, before its first pass.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts::definitions());
    for (theme, palette) in [(Theme::Dark, &DARK), (Theme::Light, &LIGHT)] {
        ctx.set_style_of(theme, Arc::new(style(theme, palette)));
    }
}

fn style(theme: Theme, palette: &Palette) -> Style {
    let mut style = theme.default_style();
    style.text_styles = [
        (TextStyle::Body, body()),
        (TextStyle::Button, body()),
        (TextStyle::Small, small()),
        (TextStyle::Monospace, mono()),
        (TextStyle::Heading, title()),
    ]
    .into();
    style.animation_time = 0.08;
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.3;
    style.spacing.item_spacing = Vec2::new(size::GAP, 4.0);
    style.spacing.button_padding = Vec2::new(12.0, 4.0);
    style.spacing.interact_size.y = 26.0;
    style.spacing.menu_margin = Margin::same(4);
    style.spacing.tooltip_width = 640.0;
    style.spacing.scroll = ScrollStyle { bar_width: 8.0, ..ScrollStyle::floating() };
    style.spacing.scroll.fade.strength = 0.0;
    style.visuals = visuals(theme.default_visuals(), palette);
    style
}

fn visuals(base: Visuals, palette: &Palette) -> Visuals {
    let radius = CornerRadius::same(size::RADIUS);
    let line = Stroke::new(1.0, palette.line);
    let widget = |fill: Color32, border: Stroke, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: border,
        corner_radius: radius,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let shadow = Shadow { offset: [0, 8], blur: 24, spread: 0, color: palette.shadow };
    Visuals {
        widgets: Widgets {
            noninteractive: widget(palette.bg[1], line, palette.text),
            inactive: widget(palette.bg[1], line, palette.text),
            hovered: widget(palette.bg[2], Stroke::new(1.0, palette.faint), palette.text),
            active: widget(palette.selection, Stroke::new(1.0, palette.accent), palette.text),
            open: widget(palette.bg[2], line, palette.text),
        },
        selection: egui::style::Selection { bg_fill: palette.selection, stroke: Stroke::new(1.0, palette.accent) },
        weak_text_color: Some(palette.muted),
        hyperlink_color: palette.accent,
        faint_bg_color: palette.bg[1],
        extreme_bg_color: palette.bg[0],
        text_edit_bg_color: Some(palette.bg[1]),
        code_bg_color: palette.bg[2],
        warn_fg_color: palette.warning,
        error_fg_color: palette.error,
        window_corner_radius: CornerRadius::same(8),
        window_shadow: shadow,
        window_fill: palette.bg[1],
        window_stroke: line,
        menu_corner_radius: radius,
        panel_fill: palette.bg[0],
        popup_shadow: shadow,
        ..base
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Linear red, green and blue as people see them who lack one kind of cone (Machado, Oliveira and Fernandes 2009,
    /// severity 1): red, green, blue; last as everybody else does.
    const VISIONS: [[[f32; 3]; 3]; 4] = [
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    ];

    fn times(matrix: &[[f32; 3]; 3], of: [f32; 3]) -> [f32; 3] {
        matrix.map(|row| row.iter().zip(of).map(|(a, b)| a * b).sum())
    }

    /// How different two colours look: their distance in OKLab.
    fn distance(vision: &[[f32; 3]; 3], a: Color32, b: Color32) -> f32 {
        const CONES: [[f32; 3]; 3] =
            [[0.412221, 0.536333, 0.051446], [0.211903, 0.680700, 0.107397], [0.088302, 0.281719, 0.629979]];
        const LAB: [[f32; 3]; 3] =
            [[0.210454, 0.793618, -0.004072], [1.977998, -2.428592, 0.450594], [0.025904, 0.782772, -0.808676]];
        let lab = |color: Color32| {
            let [r, g, b, _] = egui::Rgba::from(color).to_array();
            let seen = times(vision, [r, g, b]).map(|part| part.clamp(0.0, 1.0));
            times(&LAB, times(&CONES, seen).map(f32::cbrt))
        };
        lab(a).iter().zip(lab(b)).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
    }

    #[test]
    fn every_kind_of_colour_vision_tells_user_code_from_the_framework() {
        for palette in [&DARK, &LIGHT] {
            for vision in &VISIONS {
                let apart = |warm: &[Color32], cool: &[Color32]| {
                    warm.iter().flat_map(|&a| cool.iter().map(move |&b| distance(vision, a, b))).fold(1.0, f32::min)
                };
                let spaces = apart(&palette.flame_user_spaces, &palette.flame_framework_spaces);
                let files = [&palette.flame_framework[..], &palette.flame_core].concat();
                let files = apart(&palette.flame_user, &files);
                assert!(spaces >= 0.05 && files >= 0.05, "{spaces} {files} {vision:?}");
                for colors in [&palette.flame_user_spaces, &palette.flame_framework_spaces] {
                    let others = |at: usize| apart(&colors[at..=at], &colors[at + 1..]);
                    let least = (0..colors.len()).map(others).fold(1.0, f32::min);
                    assert!(least >= 0.035, "{least} {vision:?}");
                }
            }
        }
    }

    #[test]
    fn every_kind_of_colour_vision_tells_generations_roots_and_growth_apart() {
        for palette in [&DARK, &LIGHT] {
            let others = [palette.root, palette.flame_smaller];
            let sets = [
                [&palette.flame_generation[..], &others].concat(),
                [&palette.flame_roots[..], &others[1..]].concat(),
                [&palette.flame_growth[..], &others].concat(),
            ];
            for (colors, vision) in sets.iter().flat_map(|colors| VISIONS.iter().map(move |vision| (colors, vision))) {
                for (at, &one) in colors.iter().enumerate() {
                    for &other in &colors[at + 1..] {
                        let apart = distance(vision, one, other);
                        assert!(apart >= 0.06, "{one:?} {other:?} {apart} {vision:?}");
                    }
                }
            }
            for vision in &VISIONS {
                let core = palette.flame_core.iter().map(|&core| distance(vision, core, palette.flame_smaller));
                assert!(core.fold(1.0, f32::min) >= 0.035, "the core library is not what is smaller");
            }
        }
    }

    #[test]
    fn every_text_colour_can_be_read_on_what_it_stands_on() {
        for palette in [&DARK, &LIGHT] {
            for ground in [palette.bg[0], palette.bg[1], palette.selection] {
                assert!(contrast(palette.text, ground) >= 7.0);
                assert!(contrast(palette.muted, ground) >= 4.0, "{:?}", contrast(palette.muted, ground));
                assert!(contrast(palette.faint, ground) >= 2.0, "{:?}", contrast(palette.faint, ground));
            }
            assert!(contrast(palette.on_accent, palette.accent) >= 4.5);
            let boxes = palette.flame_user.iter().chain(&palette.flame_framework).chain(&palette.flame_core);
            let boxes = boxes.chain(&palette.flame_user_spaces).chain(&palette.flame_framework_spaces);
            let boxes = boxes.chain(&palette.flame_generation).chain(&palette.flame_roots).chain(&palette.flame_growth);
            for &fill in boxes.chain([&palette.root]) {
                let ratio = contrast(palette.on(fill), fill);
                assert!(ratio >= 4.5, "{fill:?} {ratio}");
            }
        }
    }
}
