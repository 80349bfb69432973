//! Builds what runs on bare metal: the image, wrapped as kexec loads it, and the tests' guests.
//!
//! `cargo build` alone cannot: the target may have to be compiled from `core`'s source, the
//! environment must not change a byte, and the result is no format that a linker writes.

mod abi;
mod cargo;
mod environment;
mod flat;
mod guests;
mod image;
mod linker;
mod manifest;
mod options;
mod parts;
mod probe;
mod table;
mod toolchain;
mod wrap;

use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome =
        options::parse(std::env::args().skip(1)).and_then(|(options, command)| match command {
            options::Command::Image => image::build(&options),
            options::Command::Guests => guests::build(&options),
            options::Command::Cargo(arguments) => cargo::pass_through(&options, &arguments),
        });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
