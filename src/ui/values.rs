//! What objects in sight say: asked for as they come into sight, kept until there are too many.

use rustc_hash::FxHashMap;

use super::asked::Asked;
use super::desk::Desk;

/// Values that are kept; those of rows in sight are read anew after that.
const MOST: usize = 20_000;

/// See the module.
#[derive(Default)]
pub struct Values {
    known: FxHashMap<u32, Option<Box<str>>>,
    reading: Asked<Vec<(u32, Option<Box<str>>)>>,
}

impl Values {
    /// Takes over what was read.
    pub fn poll(&mut self) {
        if self.reading.poll() {
            if self.known.len() > MOST {
                self.known.clear();
            }
            self.known.extend(self.reading.get().into_iter().flatten().cloned());
        }
    }

    pub fn known(&self) -> &FxHashMap<u32, Option<Box<str>>> {
        &self.known
    }

    /// Asks for what rows in sight lack; while something is being read, the next frame asks again.
    pub fn want(&mut self, desk: &Desk<'_>, objects: Vec<u32>) {
        if !objects.is_empty() && !self.reading.is_waiting() {
            self.reading.ask(desk.session.ask(move |opened, _| Ok(opened.values_of(&objects))));
        }
    }
}
