// SPDX-License-Identifier: MIT OR Apache-2.0

//! A boot to look at: an old kernel, the purgatory and a new kernel in QEMU, the console as it
//! comes, and in the end what has been shown, in words.

mod options;
mod verdict;

use std::process::ExitCode;
use std::time::Duration;

use purgatory_test_harness::boot::{Boot, HALTED};
use purgatory_test_harness::qemu::Outcome;
use purgatory_test_harness::root;

use self::options::{Asked, Options};
use self::verdict::Verdict;

fn main() -> ExitCode {
    let options = match Options::read(lexopt::Parser::from_env()) {
        Ok(Asked::Help) => {
            print!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Ok(Asked::Boot(options)) => options,
        Err(error) => {
            eprintln!("demo: {error}\n\n{}", options::HELP);
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

/// Loads and runs what was asked for.
fn boot(options: &Options) -> Result<Outcome, String> {
    let mut boot = Boot::new(&options.cpu, options.regime, options.place, options.size)?;
    if let Some(memory) = options.memory {
        boot.memory = memory;
    }
    boot.load.skip_checks = options.skip_checks;
    if options.silent {
        boot.load.sink = 0;
    }
    if let Some((segment, offset)) = &options.corrupt {
        let len = boot
            .load
            .segments
            .iter()
            .find(|known| known.name == *segment);
        let len = len.ok_or_else(|| format!("{segment}: no such region"))?.len;
        boot.load
            .corrupt
            .push((segment.clone(), offset.unwrap_or(len / 2)));
    }

    let file = root().join("target/demo.elf");
    boot.build_at(&file)?;
    let qemu = boot.qemu(&file);
    println!("{}\n", qemu.command_line());
    // A purgatory that says it halts and goes on would be seen shortly after.
    let qemu = qemu.echo().linger(Duration::from_millis(200));
    let outcome = qemu
        .run(&[HALTED], options.patience())
        .map_err(|error| error.to_string())?;
    eprint!("{}", outcome.stderr);
    Ok(outcome)
}
