// SPDX-License-Identifier: MIT OR Apache-2.0

//! `make bench`: what verifying costs, against the C purgatory of kexec-tools 2.0.25.
//!
//! Both run in QEMU under the plugin that counts; the loops are judged by `llvm-mca`; what that
//! means in time is a model, whose numbers are printed.

pub mod cost;

mod checks;
mod mca;
mod model;
mod plot;
mod relocated;
mod table;

use std::fs;
use std::path::Path;

use purgatory_test_harness::{artifact, root};

use self::cost::{Case, Lab, MIB, Measured};
use self::model::Loops;
use self::relocated::in_kexec;

/// What is hashed, all regions together: a small kernel, a usual one, kernel and initrd of a
/// distribution, and a large initrd.
const SIZES: [u64; 4] = [MIB, 8 * MIB, 43 * MIB, 256 * MIB];

/// Counts, models and prints all of it, and draws the plot. Returns whether all bars are met.
///
/// # Errors
/// When something that is needed is missing, or a purgatory did not do what it should.
pub fn bench() -> Result<bool, String> {
    let read = |path: &Path, run: &str| {
        fs::read(path).map_err(|error| format!("{}: {error}: run `{run}`", path.display()))
    };
    let kexec = root().join("target/kexec/bookworm/kexec-c");
    let kexec = read(&kexec, "scripts/fetch.sh && scripts/kexec-tools.sh")?;
    let c = in_kexec(&kexec)?.to_vec();
    let elf = read(&artifact("purgatory.elf")?, "make")?;
    let loops = Loops::new(&elf, &c)?;
    let lab = Lab::new(root().join("target/bench/run")).with(c);
    println!("{}\n", table::loops(&loops));

    let mut all: Vec<Measured> = Vec::new();
    for case in Case::ALL {
        for size in SIZES {
            eprintln!("{case}, {} MiB", size / MIB);
            all.push(lab.measure(case, size)?);
        }
    }
    println!("{}\n", table::counts(&all, &loops));
    println!("{}\n", model::words());
    let checks = checks::all(&all, &loops);
    println!("{}", table::checks(&checks));

    let path = root().join("target/bench.svg");
    fs::write(&path, plot::svg(&all, &loops))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    println!("\n{}", path.display());
    Ok(checks.iter().all(|check| check.met))
}
