//! Standard output: one answer, as a table for people or as JSON.
//!
//! A command makes one value of its answer; people and machines get the same facts. JSON has raw names,
//! sizes in bytes and addresses as `0x…` texts; the field order is the one that is declared.

use std::fmt;
use std::io::{self, BufWriter, Write};

use serde::{Serialize, Serializer};

use crate::error::Error;

/// How an answer is printed.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Print {
    /// Print JSON for machines instead of a table for people
    #[arg(long)]
    json: bool,
}

impl Print {
    /// Prints `answer` as JSON, or what `people` writes of it.
    pub fn answer<T: Serialize>(
        self,
        answer: &T,
        people: impl FnOnce(&T, &mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Error> {
        let mut out = BufWriter::new(io::stdout().lock());
        self.write(&mut out, answer, people).and_then(|()| out.flush()).map_err(Error::Print)
    }

    fn write<T: Serialize>(
        self,
        out: &mut dyn Write,
        answer: &T,
        people: impl FnOnce(&T, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        if !self.json {
            return people(answer, out);
        }
        serde_json::to_writer_pretty(&mut *out, answer).map_err(io::Error::from)?;
        writeln!(out)
    }
}

/// An address of the dumped process: `0x…` for people and in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(pub u64);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Answer {
        object: Address,
        bytes: u64,
    }

    fn printed(json: bool) -> String {
        let mut out = Vec::new();
        let answer = Answer { object: Address(0x7ff0_1234), bytes: 1_234_567 };
        Print { json }.write(&mut out, &answer, |answer, out| writeln!(out, "{}", answer.object)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn json_has_plain_numbers_and_hexadecimal_addresses() {
        assert_eq!(printed(true), "{\n  \"object\": \"0x7ff01234\",\n  \"bytes\": 1234567\n}\n");
        assert_eq!(printed(false), "0x7ff01234\n");
    }
}
