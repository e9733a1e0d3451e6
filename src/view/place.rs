//! Where the reader is, as one value; every click is a move, history is a list of them.

use std::sync::Arc;

/// The views of an open dump, in the order of their tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tab {
    Overview,
    Types,
    Referrers,
    Flame,
    Instances,
    Roots,
    Threads,
    Strings,
    Waste,
    Compare,
}

impl Tab {
    pub const ALL: [Tab; 10] = [
        Tab::Overview,
        Tab::Types,
        Tab::Referrers,
        Tab::Flame,
        Tab::Instances,
        Tab::Roots,
        Tab::Threads,
        Tab::Strings,
        Tab::Waste,
        Tab::Compare,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Tab::Overview => "Overview",
            Tab::Types => "Types",
            Tab::Referrers => "Referrers",
            Tab::Flame => "Flame graph",
            Tab::Instances => "Instances",
            Tab::Roots => "Roots",
            Tab::Threads => "Threads",
            Tab::Strings => "Strings",
            Tab::Waste => "Waste",
            Tab::Compare => "Compare",
        }
    }
}

/// What a view is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// All objects of a group of types (a row of the type table).
    Type(u32),
    Object(u32),
    /// Some objects, ascending, and what they are called.
    Objects(Arc<[u32]>, Arc<str>),
}

/// A view and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub tab: Tab,
    pub subject: Option<Subject>,
}

/// Places in the order in which they were visited. There is always a present one.
#[derive(Clone, Debug)]
pub struct History {
    places: Vec<Place>,
    now: usize,
}

/// Places that are kept.
const KEPT: usize = 200;

impl History {
    pub fn new(first: Place) -> History {
        History { places: vec![first], now: 0 }
    }

    pub fn now(&self) -> &Place {
        &self.places[self.now]
    }

    /// Moves to a new place; what lay ahead is forgotten.
    pub fn go(&mut self, place: Place) {
        if place == *self.now() {
            return;
        }
        self.places.truncate(self.now + 1);
        self.places.push(place);
        if self.places.len() > KEPT {
            self.places.remove(0);
        }
        self.now = self.places.len() - 1;
    }

    /// What a view was about when it was shown last.
    pub fn last_subject(&self, tab: Tab) -> Option<Subject> {
        let before = self.places[..=self.now].iter().rev().find(|place| place.tab == tab);
        before.and_then(|place| place.subject.clone())
    }

    pub fn can_go_back(&self) -> bool {
        self.now > 0
    }

    pub fn can_go_forward(&self) -> bool {
        self.now + 1 < self.places.len()
    }

    pub fn back(&mut self) {
        self.now = self.now.saturating_sub(1);
    }

    pub fn forward(&mut self) {
        self.now = (self.now + 1).min(self.places.len() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn referrers(group: u32) -> Place {
        Place { tab: Tab::Referrers, subject: Some(Subject::Type(group)) }
    }

    #[test]
    fn back_and_forward_walk_the_same_way() {
        let types = Place { tab: Tab::Types, subject: None };
        let mut history = History::new(types.clone());
        history.go(referrers(1));
        history.go(referrers(1));
        history.go(referrers(2));
        history.back();
        assert_eq!(*history.now(), referrers(1));
        history.back();
        history.back();
        assert_eq!((history.now().clone(), history.can_go_back()), (types, false));
        history.forward();
        assert_eq!(*history.now(), referrers(1));
        history.go(referrers(3));
        assert!(!history.can_go_forward(), "a new move forgets what lay ahead");
    }

    #[test]
    fn history_stays_short() {
        let mut history = History::new(referrers(0));
        (1..1000).for_each(|group| history.go(referrers(group)));
        (0..1000).for_each(|_| history.back());
        assert_eq!(*history.now(), referrers(800));
    }
}
