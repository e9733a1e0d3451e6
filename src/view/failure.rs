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
        let reason = sentence(&error.to_string());
        let plain = |title: String, advice: &str| Failure {
            title,
            reason: reason.clone(),
            advice: Some(advice.to_owned()),
            recipes: &[],
        };
        let retake =
            |title: String| Failure { title, reason: reason.clone(), advice: None, recipes: &FULL_DUMP_RECIPES };
        match error {
            Error::Dump(dump::Error::NotADump { .. }) => retake(format!("{name} is not a memory dump")),
            Error::Dump(dump::Error::Damaged { .. }) => retake(format!("{name} is damaged")),
            Error::Dump(dump::Error::Open { .. }) => {
                plain(format!("{name} cannot be opened"), "Check that the file is there and that you may read it.")
            }
            Error::Dump(dump::Error::Unpack { .. }) => plain(
                format!("{name} cannot be unpacked"),
                "Check that it was copied whole and that the disk has room for the unpacked dump.",
            ),
            Error::Runtime(runtime::Error::NoHeap { .. }) => retake(format!("{name} has no heap in it")),
            Error::Runtime(runtime::Error::NoRuntime { .. }) => Failure {
                advice: Some(String::from(
                    "Is it the process that you meant? A web site under IIS is a w3wp.exe, a program behind dotnet.exe \
                     is that dotnet.exe.",
                )),
                ..retake(format!("{name} holds no .NET program"))
            },
            Error::Internal(_) => plain(
                String::from("Heapglass failed"),
                "This is a fault of Heapglass, not of the dump. Please report it; the dump itself is untouched.",
            ),
            _ => plain(format!("{name} does not open"), "Try again, or open another dump."),
        }
    }
}

/// With a capital at its start and a full stop at its end.
fn sentence(text: &str) -> String {
    let mut chars = text.trim_end_matches('.').chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_file_is_told_what_it_is_and_how_to_take_a_dump() {
        let error = dump::Error::NotADump { path: "/tmp/notes.txt".into(), reason: "a text file".into() };
        let failure = Failure::new("notes.txt", &error.into());
        assert_eq!(failure.title, "notes.txt is not a memory dump");
        assert!(failure.reason.contains("a text file"), "{}", failure.reason);
        assert!(failure.recipes.iter().any(|(_, how)| how.contains("procdump -ma")));
    }

    #[test]
    fn a_missing_file_is_not_told_to_take_a_dump() {
        let error = dump::Error::Open { path: "/x.dmp".into(), source: std::io::ErrorKind::NotFound.into() };
        let failure = Failure::new("x.dmp", &error.into());
        assert_eq!((failure.title.as_str(), failure.recipes.len()), ("x.dmp cannot be opened", 0));
        assert!(failure.advice.is_some() && failure.reason.starts_with("Cannot open"), "{failure:?}");
    }

    #[test]
    fn our_own_fault_is_called_so() {
        let failure = Failure::new("x.dmp", &Error::Internal("index 7".into()));
        assert_eq!(failure.title, "Heapglass failed");
        assert!(failure.reason.contains("index 7"));
    }
}
