//! The program: arguments → window or command.

use std::process::ExitCode;

use heapglass::{cli, ui};

fn main() -> ExitCode {
    env_logger::init();
    cli::main(std::env::args_os(), |first| {
        ui::run(match first {
            cli::First::Nothing => ui::First::Nothing,
            cli::First::Sample => ui::First::Sample,
            cli::First::File(path) => ui::First::File(path),
        })
    })
}
