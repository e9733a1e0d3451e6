//! A value that a worker is making, with the last one still in sight meanwhile.

use std::time::{Duration, Instant};

use eframe::egui::{Key, RichText, Ui};

use super::widgets::{self, palette};
use super::{center_column, desk, theme};
use crate::error::{Error, Result};
use crate::session::Ticket;
use crate::view::loading;

/// What takes longer than this gets a way out.
const LONG: Duration = Duration::from_millis(700);

/// See the module.
pub struct Asked<T> {
    value: Option<T>,
    ticket: Option<Ticket<T>>,
    since: Instant,
    problem: Option<String>,
    /// Did the person stop it?
    stopped: bool,
}

impl<T> Default for Asked<T> {
    fn default() -> Self {
        Asked { value: None, ticket: None, since: Instant::now(), problem: None, stopped: false }
    }
}

impl<T> Asked<T> {
    /// Asks anew; what was asked before is cancelled, what is in sight stays.
    pub fn ask(&mut self, ticket: Ticket<T>) {
        let value = self.value.take();
        *self = Asked { value, ticket: Some(ticket), ..Asked::default() };
    }

    /// Asks no more; what is in sight stays.
    fn stop(&mut self) {
        self.ticket = None;
        self.stopped = true;
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Asked::default();
    }

    /// Takes over an answer that came in; true in the frame in which one did.
    pub fn poll(&mut self) -> bool {
        let Some(answer) = self.ticket.as_ref().and_then(Ticket::poll) else { return false };
        self.ticket = None;
        self.take(answer)
    }

    fn take(&mut self, answer: Result<T>) -> bool {
        match answer {
            Ok(value) => {
                self.value = Some(value);
                return true;
            }
            Err(Error::Cancelled(_)) => {}
            Err(error) => self.problem = Some(error.to_string()),
        }
        false
    }

    pub fn get(&self) -> Option<&T> {
        self.value.as_ref()
    }

    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.value.as_mut()
    }

    pub fn is_waiting(&self) -> bool {
        self.ticket.is_some()
    }

    /// Shows that an answer is on its way, and how far it is where that is known.
    pub fn working(&self, ui: &mut Ui) {
        let Some(ticket) = &self.ticket else { return };
        widgets::spinner(ui);
        if let Some(part) = loading::part(ticket.progress()).filter(|part| *part > 0.0) {
            widgets::label(ui, &format!("{:.0} %", part * 100.0));
        }
    }

    /// The same with a way out of what takes long; true in the frame in which it was taken.
    pub fn working_or_stopped(&mut self, ui: &mut Ui) -> bool {
        self.working(ui);
        let long = self.is_waiting() && self.since.elapsed() > LONG;
        let stopped = long && widgets::tool(ui, "Cancel", "").clicked();
        if stopped {
            self.stop();
        }
        stopped
    }

    /// What stands in place of an answer that is not there: how far it is, with a way out, or why it will not come.
    pub fn instead(&mut self, ui: &mut Ui, words: &str) {
        if let Some(problem) = &self.problem {
            desk::remark(ui, problem);
            return;
        }
        let palette = palette(ui);
        let title = |words: &str| RichText::new(words.to_owned()).font(theme::title()).color(palette.text);
        center_column(ui, 420.0, 110.0, |ui| match &self.ticket {
            Some(ticket) => {
                ui.label(title(words));
                ui.add_space(12.0);
                widgets::progress(ui, ticket.progress());
                ui.add_space(14.0);
                if widgets::tool(ui, "Cancel", "Esc").clicked() || desk::key(ui, Key::Escape) {
                    self.stop();
                }
            }
            None if self.stopped => {
                ui.label(title("Stopped"));
                ui.add_space(14.0);
                if widgets::secondary(ui, "Look again").clicked() {
                    self.clear();
                }
            }
            None => {}
        });
    }

    /// Was nothing asked yet?
    pub fn is_new(&self) -> bool {
        self.value.is_none() && self.ticket.is_none() && self.problem.is_none() && !self.stopped
    }

    /// Why the last question has no answer.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
}
