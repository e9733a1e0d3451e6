//! The program as a user starts it: arguments, exit codes, what goes to which stream.

use std::process::{Command, Output};

fn heapglass(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_heapglass")).args(arguments).output().expect("the program starts")
}

#[test]
fn help_teaches_with_examples_on_standard_output() {
    let out = heapglass(&["--help"]);
    assert_eq!(out.status.code(), Some(0));
    assert!(out.stderr.is_empty());
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("Examples:\n  heapglass shop.dmp"), "{text}");
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_is_wrong() {
    let out = heapglass(&["--no-such-option"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(out.stdout.is_empty());
    assert!(String::from_utf8(out.stderr).unwrap().contains("--no-such-option"));
}
