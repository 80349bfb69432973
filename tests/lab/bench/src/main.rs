// SPDX-License-Identifier: MIT OR Apache-2.0

//! `make bench`.

use std::process::ExitCode;

use purgatory_bench::options::{Asked, HELP, Options};

fn main() -> ExitCode {
    let options = match Options::read(lexopt::Parser::from_env()) {
        Ok(Asked::Help) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Ok(Asked::Bench(options)) => options,
        Err(error) => {
            eprintln!("bench: {error}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match purgatory_bench::bench(options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("error: not all bars are met, see above");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
