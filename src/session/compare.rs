//! The other dump of a comparison: opened, counted, closed again.
//!
//! It has a session of its own, so it loads with progress and can be cancelled. All that a comparison needs of it is
//! its type table: as soon as that is whole, the session and its heap are let go.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use super::{Loading, Session, Source, State};
use crate::error::Error;
use crate::progress::Snapshot;
use crate::view::failure::Failure;
use crate::view::types::TypeTable;

/// See the module.
pub struct Other {
    pub source: Source,
    /// None once the table is there.
    session: Option<Session>,
    table: Option<Arc<TypeTable>>,
}

/// How far the other dump is.
pub enum OtherState {
    Loading(Loading),
    /// Its heap is read; its retained sizes are being computed.
    Analysing(Snapshot),
    Failed(Arc<Failure>),
    Ready(Arc<TypeTable>),
}

impl Other {
    /// Opens it in the background, beside the dump of `beside`.
    pub fn open(source: Source, beside: &Session) -> Other {
        let session = Session::open(source.clone(), beside.reading.clone(), beside.repaint.clone());
        Other { source, session: Some(session), table: None }
    }

    /// How far it is, now; `None` if there is nothing to wait for.
    pub fn state(&mut self) -> Option<OtherState> {
        if let Some(table) = &self.table {
            return Some(OtherState::Ready(table.clone()));
        }
        let session = self.session.as_mut()?;
        let opened = match session.state() {
            State::Loading(loading) => return Some(OtherState::Loading(loading)),
            State::Failed(failure) => return Some(OtherState::Failed(failure)),
            State::Cancelled => return None,
            State::Ready(opened) => opened,
        };
        if let Some(problem) = opened.problem() {
            let error = Error::Internal(problem.to_owned());
            return Some(OtherState::Failed(Arc::new(Failure::new(&self.source.name(), &error))));
        }
        if opened.analysis().is_none() {
            return Some(OtherState::Analysing(session.progress()));
        }
        let table = opened.table().clone();
        self.session = None;
        self.table = Some(table.clone());
        Some(OtherState::Ready(table))
    }
}

impl Source {
    /// When its file was written last, where that can be told.
    pub fn written(&self) -> Option<SystemTime> {
        match self {
            Source::File(path) => std::fs::metadata(path).and_then(|file| file.modified()).ok(),
            Source::Sample => None,
        }
    }
}

/// Two files, the one written first in front; in their own order where that cannot be told.
pub fn older_first(one: PathBuf, other: PathBuf) -> [PathBuf; 2] {
    let written = |path: &PathBuf| Source::File(path.clone()).written();
    if written(&other) < written(&one) { [other, one] } else { [one, other] }
}
