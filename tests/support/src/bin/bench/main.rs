//! `make bench`: what verifying costs, against the C purgatory of kexec-tools 2.0.25.
//!
//! Both run in QEMU under the plugin that counts; the loops are judged by `llvm-mca`; what that means
//! in time is a model, whose numbers are printed.

mod case;
mod checks;
mod measure;
mod model;
mod plot;
mod table;

use case::{Case, MIB, SIZES};
use measure::{Lab, Measured};
use model::Loops;
use std::process::ExitCode;

fn main() -> ExitCode {
    match bench() {
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

/// Whether all bars are met.
fn bench() -> Result<bool, String> {
    let lab = Lab::new()?;
    let loops = Loops::new(&lab)?;
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

    let path = purgatory_test_support::root().join("target/bench.svg");
    std::fs::write(&path, plot::svg(&all, &loops))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    println!("\n{}", path.display());
    Ok(checks.iter().all(|check| check.met))
}
