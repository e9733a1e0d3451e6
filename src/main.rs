//! The program: arguments → window or command.

use std::process::ExitCode;

fn main() -> ExitCode {
    env_logger::init();
    heapglass::cli::main(std::env::args_os(), |_| Err(heapglass::Error::Question("there is no window yet".into())))
}
