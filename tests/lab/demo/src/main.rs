// SPDX-License-Identifier: MIT OR Apache-2.0

//! `make demo`, `make map`.

use std::process::ExitCode;

use purgatory_demo::boot;
use purgatory_demo::options::{Asked, HELP, Options};
use purgatory_demo::verdict::Verdict;

fn main() -> ExitCode {
    let options = match Options::read(lexopt::Parser::from_env()) {
        Ok(Asked::Help) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Ok(Asked::Boot(options)) => options,
        Err(error) => {
            eprintln!("demo: {error}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match boot(&options).map(|outcome| Verdict::on(&options, &outcome)) {
        Ok(verdict) => {
            println!("\n{verdict}");
            ExitCode::from(u8::from(!verdict.good()))
        }
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}
