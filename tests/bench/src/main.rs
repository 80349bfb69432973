// SPDX-License-Identifier: MIT OR Apache-2.0

//! `make bench`.

use std::process::ExitCode;

fn main() -> ExitCode {
    match purgatory_bench::bench() {
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
