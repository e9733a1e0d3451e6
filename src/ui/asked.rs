//! A value that a worker is making, with the last one still in sight meanwhile.

use eframe::egui::Ui;

use super::widgets;
use crate::error::{Error, Result};
use crate::session::Ticket;
use crate::view::loading;

/// See the module.
pub struct Asked<T> {
    value: Option<T>,
    ticket: Option<Ticket<T>>,
    problem: Option<String>,
}

impl<T> Default for Asked<T> {
    fn default() -> Self {
        Asked { value: None, ticket: None, problem: None }
    }
}

impl<T> Asked<T> {
    /// Asks anew; what was asked before is cancelled, what is in sight stays.
    pub fn ask(&mut self, ticket: Ticket<T>) {
        self.ticket = Some(ticket);
        self.problem = None;
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

    /// Was nothing asked yet?
    pub fn is_new(&self) -> bool {
        self.value.is_none() && self.ticket.is_none() && self.problem.is_none()
    }

    /// Why the last question has no answer.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
}
