// SPDX-License-Identifier: MIT OR Apache-2.0

//! A boot to look at: an old kernel, the purgatory and a new kernel in QEMU, the console as it
//! comes, and in the end what has been shown, in words; and, if that is asked for, a map of the
//! memory and of the page tables that the purgatory has made.

pub mod map;
pub mod options;
pub mod verdict;

use std::fs;
use std::path::Path;

use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::loader::Segment;
use purgatory_test_harness::purgatory_ro::PAGE;
use purgatory_test_harness::qemu::{Outcome, Qemu};
use purgatory_test_harness::root;
use purgatory_test_harness::v3_tables::BLOCK;

use self::map::Map;
use self::options::Options;

/// Loads and runs what was asked for, and draws the map.
///
/// # Errors
/// When something is missing, or nothing ran, or there are no tables to draw.
pub fn boot(options: &Options) -> Result<Outcome, String> {
    let Some(path) = &options.map else {
        let boot = prepared(options)?;
        let qemu = qemu(&boot, &root().join("target/demo.elf"))?.echo();
        println!("{}\n", qemu.command_line());
        return run(&qemu);
    };
    let (map, outcome) = map(options, &root().join("target/map.elf"))?;
    fs::write(path, map.svg()).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("\n{map}\n{}", path.display());
    Ok(outcome)
}

/// Returns the map of what was asked for, with this file for QEMU.
///
/// # Errors
/// As [`boot`].
pub fn map(options: &Options, file: &Path) -> Result<(Map, Outcome), String> {
    Map::of(prepared(options)?, |boot| run(&qemu(boot, file)?))
}

/// Returns what was asked for, before it runs.
fn prepared(options: &Options) -> Result<Boot, String> {
    let mut boot = Boot::new(&options.cpu, options.regime, options.place, options.size)?;
    scatter(&mut boot, options);
    if let Some(memory) = options.memory {
        boot.memory = memory;
    }
    boot.load.skip_checks = options.skip_checks;
    if options.silent {
        boot.load.sink = 0;
    }
    if let Some((segment, offset)) = &options.corrupt {
        let mut known = boot.load.segments.iter();
        let len = known.find(|known| known.name == *segment);
        let len = len.ok_or_else(|| format!("{segment}: no such region"))?.len;
        boot.load
            .corrupt
            .push((segment.clone(), offset.unwrap_or(len / 2)));
    }
    Ok(boot)
}

/// Makes it as many regions: adds regions of a few pages to the three, and puts the purgatory after
/// them.
fn scatter(boot: &mut Boot, options: &Options) {
    const GIB: u64 = 1 << 30;
    for number in boot.load.segments.len() + 1..=options.regions {
        let at = if options.far {
            boot.memory += GIB >> 20;
            (boot.load.purgatory_at + PAGE).next_multiple_of(GIB) - 4 * PAGE
        } else {
            boot.load.purgatory_at.next_multiple_of(BLOCK) + 5 * PAGE
        };
        let bytes = vec![number as u8; 9 * PAGE as usize];
        let segment = Segment::new(&format!("region {number}"), at, bytes);
        boot.load.purgatory_at = segment.end() + 3 * PAGE;
        boot.load.segments.push(segment);
    }
}

fn qemu(boot: &Boot, file: &Path) -> Result<Qemu, String> {
    boot.build_at(file)?;
    Ok(boot.qemu(file))
}

fn run(qemu: &Qemu) -> Result<Outcome, String> {
    let outcome = qemu.run(&[]).map_err(|error| error.to_string())?;
    eprint!("{}", outcome.stderr);
    Ok(outcome)
}
