//! The program: arguments → window or command.

use std::process::ExitCode;

use heapglass::{cli, ui};

fn main() -> ExitCode {
    ui::log_file::install();
    cli::main(std::env::args_os(), ui::run)
}
