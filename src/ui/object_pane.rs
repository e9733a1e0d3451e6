//! The pane beside a list that opens one object: what it is, who keeps it alive, what is in it.
//!
//! Rows are read by the session's worker; a reference is a link that opens its object as another place, so
//! that Back leads here again.

use std::sync::Arc;

use eframe::egui::{self, Frame, Key, Panel, RichText, ScrollArea, TextEdit, Ui};

use super::action::Action;
use super::asked::Asked;
use super::desk::{self, Desk};
use super::facts_line;
use super::grid::{Event, Grid};
use super::grid_cell::menu_item;
use super::theme::{self, size};
use super::widgets::{self, palette};
use crate::view::format;
use crate::view::holding::Holding;
use crate::view::inspection::Inspection;
use crate::view::place::{Place, Subject, Tab};

/// The pane's own state.
#[derive(Default)]
pub struct ObjectPane {
    object: Option<u32>,
    inspection: Asked<Arc<Inspection>>,
    holding: Asked<Holding>,
    selected: Option<usize>,
}

impl ObjectPane {
    /// Opens the pane on an object; `None` closes it.
    pub fn open(&mut self, desk: &Desk<'_>, object: Option<u32>) {
        if self.object == object {
            return;
        }
        // The last object stays in sight until the next one is read.
        self.object = object;
        self.selected = None;
        self.holding.clear();
        let Some(object) = object else { return };
        self.inspection.ask(desk.session.ask(move |opened, _| Ok(Arc::new(Inspection::new(&opened.heap, object)))));
        self.holding.ask(desk.session.ask(move |opened, progress| opened.holding(&[object], progress)));
    }

    /// Shows the pane at the right edge, where it is open; true if it is to be closed.
    pub fn show(&mut self, ui: &mut Ui, desk: &Desk<'_>, back: bool, actions: &mut Vec<Action>) -> bool {
        let Some(object) = self.object else { return false };
        if self.inspection.poll() && self.inspection.get().is_some_and(|shown| shown.object != object) {
            self.inspection.clear();
        }
        self.holding.poll();
        let frame = Frame::new().fill(palette(ui).bg[0]);
        let width = (ui.available_width() * 0.48).clamp(340.0, 760.0);
        let panel = Panel::right("object").default_size(width).min_size(320.0).frame(frame);
        let mut close = false;
        panel.show(ui, |ui| {
            // All of it, or the pane would shrink to what its first frame has to show.
            ui.set_min_width(ui.available_width());
            let edges = egui::Margin { left: size::CELL as i8, right: size::CELL as i8, top: 8, bottom: 8 };
            close = Frame::new().inner_margin(edges).show(ui, |ui| self.head(ui, desk, object, back, actions)).inner;
            match (self.inspection.get().cloned(), self.inspection.problem()) {
                (Some(inspection), _) => {
                    self.text(ui, &inspection);
                    self.rows(ui, desk, &inspection, actions);
                }
                (None, Some(problem)) => {
                    let problem = RichText::new(problem).color(palette(ui).error);
                    super::row(ui, |ui| ui.label(problem));
                }
                (None, None) => desk::remark(ui, "Reading the object …"),
            }
        });
        close
    }

    /// What the object is; true if the pane is to be closed.
    fn head(&self, ui: &mut Ui, desk: &Desk<'_>, object: u32, back: bool, actions: &mut Vec<Action>) -> bool {
        let palette = palette(ui);
        let graph = &desk.opened.heap.graph;
        let address = format::address(graph.objects.address(object));
        let subject = Subject::Object(object);
        let mut close = false;
        ui.horizontal(|ui| {
            ui.label(RichText::new(&address).font(theme::mono()).color(palette.muted));
            if widgets::tool(ui, "Copy address", "").clicked() {
                actions.push(Action::Copy(address.clone()));
            }
            if back && widgets::tool(ui, "Back", "Alt ←").clicked() {
                actions.push(Action::Back);
            }
            close = widgets::tool(ui, "Close", "Esc").clicked() || desk::key(ui, Key::Escape);
        });
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            let name = &graph.type_of(object).name;
            let link = widgets::link(ui, &name.short, theme::strong(), palette.text).on_hover_text(&*name.full);
            if link.clicked() {
                actions.push(Action::Go(Place { tab: Tab::Types, subject: Some(subject.clone()) }));
            }
        });
        ui.add_space(size::GAP);
        ui.horizontal(|ui| {
            facts_line::figure(ui, "Size", &format::count(graph.objects.size(object)), "");
            if let Some(known) = desk.opened.known() {
                facts_line::figure(ui, "Retains", &format::count(known.retained.of(object)), "");
            }
            if let Some(inspection) = self.inspection.get() {
                if !inspection.card.generation.is_empty() {
                    facts_line::figure(ui, "Generation", inspection.card.generation, "");
                }
                facts_line::figure(ui, "Referred to by", &format::count(inspection.card.referrers), "");
            }
        });
        ui.add_space(size::GAP);
        ui.horizontal(|ui| {
            let go = |tab| Action::Go(Place { tab, subject: Some(subject.clone()) });
            if widgets::tool(ui, "Referrers of it", "").clicked() {
                actions.push(go(Tab::Referrers));
            }
            if widgets::tool(ui, "Its flame graph", "").clicked() {
                actions.push(go(Tab::Flame));
            }
        });
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            widgets::label(ui, "Kept alive by");
            match self.holding.get().map(|holding| holding.ways.first()) {
                Some(Some(way)) => {
                    let link = widgets::link(ui, &way.short, theme::strong(), palette.root);
                    if link.on_hover_text(&*way.title).clicked() {
                        actions.push(Action::Explain(subject.clone()));
                    }
                }
                Some(None) => {
                    widgets::label(ui, "nothing");
                }
                None => {
                    widgets::label(ui, "…");
                }
            }
        });
        close
    }

    /// The text of a string, to be read and copied.
    fn text(&self, ui: &mut Ui, inspection: &Inspection) {
        let Some((text, length)) = &inspection.text else { return };
        ui.horizontal(|ui| {
            ui.add_space(size::CELL);
            let shown = text.encode_utf16().count() as u64;
            let all = format::counted((*length).into(), "character");
            let words =
                if shown < u64::from(*length) { format!("the first {} of {all}", format::count(shown)) } else { all };
            widgets::label(ui, &words);
        });
        Frame::new().inner_margin(egui::Margin::symmetric(size::CELL as i8, 4)).show(ui, |ui| {
            ScrollArea::vertical().id_salt("text").max_height(ui.available_height() * 0.45).show(ui, |ui| {
                let mut shown = text.as_str();
                let edit = TextEdit::multiline(&mut shown).font(theme::mono()).desired_width(f32::INFINITY);
                ui.add(edit.desired_rows(2)).accessible_name("Text of the string");
            });
        });
    }

    fn rows(&mut self, ui: &mut Ui, desk: &Desk<'_>, inspection: &Arc<Inspection>, actions: &mut Vec<Action>) {
        let go = |object: u32| Action::Go(Place { tab: Tab::Instances, subject: Some(Subject::Object(object)) });
        let events = Grid::new("object", &**inspection)
            .selected(self.selected)
            .least(180.0)
            .empty("Nothing is known of what is in it")
            .show(ui, |ui, row| {
                let line = &inspection.lines[row];
                if let Some(key) = line.key
                    && menu_item(ui, "Look inside the key", "").clicked()
                {
                    actions.push(go(key));
                }
                if let Some(target) = line.target {
                    desk::menu(ui, &Subject::Object(target), actions);
                }
            });
        for event in events {
            match event {
                Event::Select(row) => self.selected = Some(row),
                Event::Open(row) | Event::Toggle(row) => match inspection.lines.get(row).and_then(|line| line.target) {
                    Some(target) => actions.push(go(target)),
                    None if inspection.is_to_open(row) => {
                        let inspection = inspection.clone();
                        self.inspection
                            .ask(desk.session.ask(move |opened, _| Ok(Arc::new(opened.toggle_row(&inspection, row)))));
                    }
                    None => {}
                },
                Event::Copy(text) => actions.push(Action::Copy(text)),
                Event::Sort(_) => {}
            }
        }
    }
}
