//! What the purgatory costs, phase by phase: instructions and accesses to memory, counted in QEMU, with
//! and without SHA2 instructions, with and without the D-cache.
//!
//! The counts are exact and the same in each run. How long they take is another question.

mod options;
mod table;

use options::{Asked, Options};
use purgatory_test_support::boot::{Boot, Place};
use purgatory_test_support::root;
use purgatory_test_support::trace::patch::{Lie, Patch};
use purgatory_test_support::trace::phases::{Name, Phase, Phases};
use purgatory_test_support::trace::recording::{Detail, Recording};
use std::process::ExitCode;
use table::Table;

const MIB: u64 = 1 << 20;
/// Bytes that SHA-256 takes at once.
const BLOCK: u64 = 64;

fn main() -> ExitCode {
    let options = match Options::read(lexopt::Parser::from_env()) {
        Ok(Asked::Help) => {
            print!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Ok(Asked::Count(options)) => options,
        Err(error) => {
            eprintln!("counts: {error}\n\n{}", options::HELP);
            return ExitCode::from(2);
        }
    };
    match print(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("counts: {error}");
            ExitCode::FAILURE
        }
    }
}

fn print(options: &Options) -> Result<(), String> {
    let Options { mib, regime, cpu } = options;
    let regime = regime.name();
    println!("{mib} MiB on {cpu}, {regime}: instructions, and accesses by memory type and bytes\n");
    let variants: [(&str, &[Lie]); 4] = [
        ("SHA2 instructions, D-cache on", &[]),
        ("software, D-cache on", &[Lie::NoSha2]),
        ("SHA2 instructions, D-cache off", &[Lie::NoGranule]),
        ("software, D-cache off", &[Lie::NoSha2, Lie::NoGranule]),
    ];
    for (name, lies) in variants {
        let phases = count(options, lies, *mib)?;
        // What a block more costs: the difference to a run with a MiB more.
        let more = count(options, lies, mib + 1)?;
        let more = *more.get(Name::Hash) - *phases.get(Name::Hash);
        println!("{}", Table::new(name, &phases, &each(more, MIB / BLOCK)));
    }
    Ok(())
}

/// One run.
fn count(options: &Options, lies: &[Lie], mib: u64) -> Result<Phases, String> {
    let mut boot = Boot::new(&options.cpu, options.regime, Place::Low, mib * MIB)?;
    // Without a console: how long one waits for a UART, nobody can count.
    boot.load.sink = 0;
    let mut patch = Patch::new(&boot)?;
    lies.iter().for_each(|&lie| patch.lie(lie));
    boot.load.image = patch.finish();
    let path = root().join("target/counts/run");
    let recording = Recording::new(&boot, &path, Detail::Counts)?;
    if !recording.trace.complete() {
        return Err(format!("the kernel is not reached\n{}", recording.outcome));
    }
    recording.phases()
}

/// A share of it, which has no rest if all shares are alike.
fn each(mut phase: Phase, count: u64) -> Phase {
    phase.instructions /= count;
    for accesses in [&mut phase.device, &mut phase.normal] {
        for value in accesses.loads.iter_mut().chain(&mut accesses.stores) {
            *value /= count;
        }
    }
    phase
}
