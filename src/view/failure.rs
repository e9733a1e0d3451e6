//! What a person is told when a dump does not open.
//!
//! Takes the error, gives a screen's worth of words: what happened, what the file is, what it lacks, and
//! whether a new dump would help and how to take one. The ways to take one are the dump layer's.

use crate::dump::{self, FULL_DUMP_RECIPES};
use crate::error::Error;
use crate::runtime;

/// A failed screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// One line, as a headline.
    pub title: String,
    /// What the file is and what it lacks, in whole sentences.
    pub reason: String,
    /// What to do next, where taking a dump is not it.
    pub advice: Option<String>,
    /// Where to take a dump, and how: empty where a new one would not help.
    pub recipes: &'static [(&'static str, &'static str)],
}

impl Failure {
    /// `name` is the file's, as the title shows it.
    pub fn new(name: &str, error: &Error) -> Failure {
        let failure = |title: String, reason: String| Failure { title, reason, advice: None, recipes: &[] };
        let retake = |title, reason| Failure { recipes: &FULL_DUMP_RECIPES, ..failure(title, reason) };
        let advise = |advice: &str, failure| Failure { advice: Some(advice.to_owned()), ..failure };
        match error {
            Error::Dump(dump::Error::NotADump { reason, .. }) => {
                retake(format!("{name} is not a memory dump"), format!("It is {reason}."))
            }
            Error::Dump(dump::Error::Damaged { container, reason, .. }) => {
                retake(format!("{name} is damaged"), format!("It is {}, but {reason}.", container.words()))
            }
            Error::Dump(dump::Error::Open { source, .. }) => advise(
                "Check that the file is there and that you may read it.",
                failure(format!("{name} cannot be opened"), format!("The system says: {source}.")),
            ),
            Error::Dump(dump::Error::Unpack { source, .. }) => advise(
                "Check that it was copied whole and that the disk has room for the unpacked dump.",
                failure(format!("{name} cannot be unpacked"), format!("The system says: {source}.")),
            ),
            Error::Runtime(runtime::Error::NoHeap { what, .. }) => retake(
                format!("{name} has no heap in it"),
                format!("{what} Heapglass needs the memory in which .NET keeps its objects."),
            ),
            Error::Runtime(runtime::Error::NoRuntime { .. }) => advise(
                "Is it the process that you meant? A web site under IIS is a w3wp.exe, a program started by dotnet.exe \
                 is that dotnet.exe.",
                retake(
                    format!("{name} holds no .NET program"),
                    String::from("Nothing in its memory looks like a .NET heap."),
                ),
            ),
            Error::Internal(message) => advise(
                "This is a fault of Heapglass, not of the dump. Please report it; the dump itself is untouched.",
                failure(String::from("Heapglass failed"), format!("While opening {name}: {message}.")),
            ),
            other => advise("Open another dump.", failure(format!("{name} does not open"), format!("{other}."))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_file_is_told_what_it_is_and_how_to_take_a_dump() {
        let error = dump::Error::NotADump { path: "/tmp/notes.txt".into(), reason: "a text file".into() };
        let failure = Failure::new("notes.txt", &error.into());
        assert_eq!(failure.title, "notes.txt is not a memory dump");
        assert_eq!(failure.reason, "It is a text file.");
        assert!(failure.recipes.iter().any(|(_, how)| how.contains("procdump -ma")));
    }

    #[test]
    fn a_missing_file_is_not_told_to_take_a_dump() {
        let error = dump::Error::Open { path: "/x.dmp".into(), source: std::io::ErrorKind::NotFound.into() };
        let failure = Failure::new("x.dmp", &error.into());
        assert_eq!((failure.title.as_str(), failure.recipes.len()), ("x.dmp cannot be opened", 0));
        assert!(failure.advice.is_some() && failure.reason.contains("not found"), "{failure:?}");
    }

    #[test]
    fn our_own_fault_is_called_so() {
        let failure = Failure::new("x.dmp", &Error::Internal("index 7".into()));
        assert_eq!(failure.title, "Heapglass failed");
        assert!(failure.reason.contains("index 7"));
    }
}
