// SPDX-License-Identifier: MIT OR Apache-2.0

//! The image's mutation score: in the built image one thing at a time is changed. Each such mutant
//! must be seen by a run, or stand in a list with the reason why it cannot.
//!
//! What is changed: each barrier, each maintenance instruction and each write of a system register
//! is left out, and neighbours among them change places; and of what was compiled or assembled from
//! `src/arch/` and `src/main.rs`, each number, condition, bit and size.

mod change;
mod code;
mod coverage;
mod fate;
mod instruction;
mod known;
mod mutant;
mod options;
mod rules;
mod score;
mod seen;
mod source;
mod system;
mod trial;
mod work;

use std::process::ExitCode;

use purgatory_test_harness::Regime;
use purgatory_test_harness::boot::{Boot, Place, usual_cpu};

use self::known::Known;
use self::options::Options;
use self::trial::Trial;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("mutants: {error}");
            ExitCode::from(2)
        }
    }
}

/// Tries the mutants that are asked for, and says what became of them. Returns whether that is as
/// the list has it.
fn run() -> Result<bool, String> {
    let options = Options::read(std::env::args().skip(1))?;
    let image = Boot::new(usual_cpu(Regime::El1And0), Regime::El1And0, Place::Low, 0)?
        .load
        .image;
    let all = [system::mutants(&image)?, code::mutants(&image)?].concat();
    let list = Known::all()?;
    let mutants = options.choose(&all, &list);
    if options.list {
        mutants.iter().for_each(|mutant| println!("{mutant}"));
        return Ok(true);
    }
    let mut trials = Trial::all()?;
    trials.retain(|trial| mutants.iter().any(|mutant| trial.shows.has(mutant)));
    println!("{} mutants, {} trials", mutants.len(), trials.len());
    let lines = fate::all(&mutants, &trials, &image, &list)?;
    Ok(score::judge(&lines, &all, &list))
}
