// SPDX-License-Identifier: MIT OR Apache-2.0

//! Puts the image into an installed kexec, takes it out, configures and describes it.

mod options;

use anyhow::Result;
use options::{USAGE, Verb};
use std::process::ExitCode;

fn main() -> ExitCode {
    let fails = |error, code| {
        eprintln!("error: {error:#}");
        ExitCode::from(code)
    };
    match options::parse(lexopt::Parser::from_env()) {
        Err(error) => fails(error, 2),
        Ok(verb) => match run(verb) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fails(error, 1),
        },
    }
}

fn run(verb: Verb) -> Result<()> {
    let line = match verb {
        Verb::Help => USAGE.into(),
        Verb::Version => concat!("purgatory-tool ", env!("CARGO_PKG_VERSION")).into(),
        Verb::Patch {
            kexec,
            to,
            ro,
            on_failure,
        } => purgatory_tool::patch(&kexec, to.as_deref(), &ro, on_failure)?,
        Verb::Unpatch(kexec) => purgatory_tool::unpatch(&kexec)?,
        Verb::Set {
            file,
            to,
            on_failure,
        } => purgatory_tool::set(&file, to.as_deref(), on_failure)?,
        Verb::Info(file) => {
            let (lines, usable) = purgatory_tool::info(&file)?;
            print!("{lines}");
            return usable;
        }
    };
    println!("{line}");
    Ok(())
}
