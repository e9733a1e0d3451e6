//! The flame graph's menus: which tree, weight and colours; what can be done with a box; the breadcrumb.

use eframe::egui::{Label, Popup, PopupCloseBehavior, Response, RichText, Sense, Ui, Vec2};

use super::flame_canvas::Wish;
use super::grid_cell::menu_item;
use super::widgets::{self, palette};
use super::{flame_paint, theme};
use crate::analysis::flame::NameKind;
use crate::session::flame::FlameQuestion;
use crate::view::flame::{ColorBy, FlameView, Sign, Tile, TreeKind, Unit};
use crate::view::place::Tab;

/// Characters of a name on a chip.
const CHIP: usize = 40;

/// Shows the switches of the tool bar.
pub fn switches(ui: &mut Ui, question: &mut FlameQuestion, view: Option<&mut FlameView>, has_generations: bool) {
    let measure = &mut question.measure;
    let button = widgets::tool(ui, &format!("Tree: {}", measure.tree.id()), "▾");
    choices(&button, |ui| {
        for tree in TreeKind::ALL {
            choice(ui, &mut measure.tree, tree, tree.words(), tree.meaning());
        }
    });
    let unit = |unit| if unit == Unit::Bytes { "bytes" } else { "objects" };
    let button = widgets::tool(ui, &format!("Weight: {}", unit(measure.unit)), "▾");
    choices(&button, |ui| {
        choice(ui, &mut measure.unit, Unit::Bytes, "Bytes", "");
        choice(ui, &mut measure.unit, Unit::Objects, "Objects", "how many there are, however large");
    });
    let Some(view) = view else { return };
    let words = if view.flipped { "Flame" } else { "Icicle" };
    const TURN: &str = "Icicle has the roots at the top, Flame at the bottom";
    if widgets::tool(ui, words, "I").on_hover_text(TURN).clicked() {
        view.flipped = !view.flipped;
    }
    let button = widgets::tool(ui, &format!("Colour: {}", view.color.id()), "▾");
    choices(&button, |ui| {
        for by in ColorBy::ALL {
            let known = match by {
                ColorBy::Generation => has_generations && !measure.bottom_up,
                ColorBy::Growth => view.is_compared(),
                ColorBy::Assembly | ColorBy::Namespace | ColorBy::RootKind => true,
            };
            if known {
                choice(ui, &mut view.color, by, by.words(), "");
            }
        }
    });
    question.generations |= view.color == ColorBy::Generation;
    let words = if measure.bottom_up { "Bottom-up" } else { "Top-down" };
    const OUTWARD: &str = "Top-down: from roots to what they keep. Bottom-up: from types to what keeps them";
    if widgets::tool(ui, words, "").on_hover_text(OUTWARD).clicked() {
        measure.bottom_up = !measure.bottom_up;
    }
}

fn choices(button: &Response, show: impl FnOnce(&mut Ui)) {
    Popup::menu(button).close_behavior(PopupCloseBehavior::CloseOnClick).show(|ui| {
        ui.set_min_width(180.0);
        show(ui);
    });
}

fn choice<T: PartialEq>(ui: &mut Ui, value: &mut T, this: T, words: &str, more: &str) {
    let chosen = *value == this;
    let response = ui.selectable_label(chosen, words);
    if !more.is_empty() {
        ui.label(RichText::new(more).font(theme::small()).color(palette(ui).faint));
    }
    if response.clicked() {
        *value = this;
    }
}

/// Shows what can be done with a tile.
pub fn context(ui: &mut Ui, view: &FlameView, tile: Tile, question: &FlameQuestion, wishes: &mut Vec<Wish>) {
    ui.set_min_width(230.0);
    let is_type = matches!(tile, Tile::Frame(frame) if matches!(view.tree().name(frame).kind, NameKind::Type(_)));
    let mut item = |ui: &mut Ui, words: &str, key: &str, wish: Wish| {
        if menu_item(ui, words, key).clicked() {
            wishes.push(wish);
        }
    };
    match tile {
        Tile::Frame(frame) => {
            item(ui, "Focus: a picture of its own", "F", Wish::Focus(frame));
            if is_type {
                item(ui, "Hide this type", "H", Wish::Hide(frame));
            }
        }
        Tile::Smaller(smaller) => item(ui, "Focus on the box above", "", Wish::Focus(smaller.parent)),
    }
    let words = if question.only_user { "Show all code" } else { "Only user code" };
    item(ui, words, "U", Wish::OnlyUser);
    if let Tile::Frame(frame) = tile {
        ui.separator();
        item(ui, "Instances", "N", Wish::Show(frame, Tab::Instances));
        item(ui, "Referrers of its objects", "R", Wish::Show(frame, Tab::Referrers));
        if is_type {
            item(ui, "Row in Types", "T", Wish::Show(frame, Tab::Types));
        }
        ui.separator();
        item(ui, "Copy path", "Ctrl C", Wish::CopyPath(frame));
        item(ui, "Copy as Markdown", "Ctrl Shift C", Wish::CopyMarkdown(frame));
    }
}

/// Says what the colours mean, from right to left, as much of it as there is room for; all of it where it is pointed
/// at.
pub fn legend(ui: &mut Ui, view: &FlameView) {
    const CHIP: f32 = 10.0;
    const LEAST: usize = 2;
    let palette = palette(ui);
    let entries = view.legend();
    let gap = 2.0 * ui.spacing().item_spacing.x + 8.0;
    let width = |words: &str| {
        ui.painter().layout_no_wrap(words.to_owned(), theme::small(), palette.muted).size().x + CHIP + gap
    };
    let widths: Vec<f32> = entries.iter().map(|entry| width(&entry.words)).collect();
    // One or two colours without the others are no legend.
    let shown = fitting(&widths, ui.available_width() - 24.0, width(&more(entries.len())));
    let shown = if shown < LEAST { 0 } else { shown };
    let chip = |ui: &mut Ui, sign: Sign| {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(CHIP), Sense::hover());
        flame_paint::chip(ui.painter(), palette, rect, sign);
    };
    ui.add_space(8.0);
    if shown < entries.len() {
        let words = if shown == 0 { String::from("Legend") } else { more(entries.len() - shown) };
        let rest = ui.add(Label::new(RichText::new(words).font(theme::small()).color(palette.accent)));
        rest.on_hover_ui(|ui| {
            for entry in &entries {
                ui.horizontal(|ui| {
                    chip(ui, entry.sign);
                    ui.label(RichText::new(&*entry.words).font(theme::small()).color(palette.text));
                });
            }
        });
        ui.add_space(8.0);
    }
    for entry in entries[..shown].iter().rev() {
        ui.label(RichText::new(&*entry.words).font(theme::small()).color(palette.muted));
        chip(ui, entry.sign);
        ui.add_space(8.0);
    }
}

/// How many entries of a legend fit into `room`, where those that do not need `rest` for a word that stands for them.
fn fitting(widths: &[f32], room: f32, rest: f32) -> usize {
    let ends = widths.iter().scan(0.0, |end, width| {
        *end += width;
        Some(*end)
    });
    let all: f32 = widths.iter().sum();
    if all <= room { widths.len() } else { ends.take_while(|end| end + rest <= room).count() }
}

/// What stands for the entries of a legend that do not fit.
fn more(left_out: usize) -> String {
    format!("and {left_out} more")
}

/// Shows the way from the whole to the zoomed box within `room` points, its middle left out where it is too
/// long. Gives the box that was clicked.
pub fn breadcrumb(ui: &mut Ui, view: &FlameView, room: f32) -> Option<u32> {
    let palette = palette(ui);
    let way = view.breadcrumb();
    let name = |frame: u32| shortened(&view.tree().name(frame).short);
    let width =
        |text: &str| ui.painter().layout_no_wrap(text.to_owned(), theme::small(), palette.muted).size().x + 20.0;
    // From the end, as many as fit beside the whole.
    let mut used = width(&name(way[0]));
    let mut first = way.len();
    while first > 1 && used + width(&name(way[first - 1])) <= room {
        first -= 1;
        used += width(&name(way[first]));
    }
    let mut clicked = None;
    for (i, &frame) in way.iter().enumerate() {
        if i > 0 && i < first {
            continue;
        }
        if i > 0 {
            let sign = if i == first && first > 1 { "› … ›" } else { "›" };
            ui.label(RichText::new(sign).font(theme::small()).color(palette.faint));
        }
        let last = i + 1 == way.len();
        let color = if last { palette.text } else { palette.muted };
        if widgets::link(ui, &name(frame), theme::small(), color).clicked() {
            clicked = Some(frame);
        }
    }
    clicked
}

/// A name cut from the front to what a chip holds.
pub fn shortened(name: &str) -> String {
    let count = name.chars().count();
    if count <= CHIP { name.to_owned() } else { format!("…{}", name.chars().skip(count - CHIP).collect::<String>()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legend_shows_as_many_entries_as_fit_beside_a_word_for_the_rest() {
        let shown = [100.0, 99.0, 90.0, 89.9, 30.0, 29.9, 0.0].map(|room| fitting(&[20.0; 5], room, 10.0));
        assert_eq!(shown, [5, 4, 4, 3, 1, 0, 0]);
        assert_eq!(fitting(&[], 0.0, 10.0), 0);
        assert_eq!(more(5), "and 5 more");
    }
}
