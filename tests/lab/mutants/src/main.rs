// SPDX-License-Identifier: MIT OR Apache-2.0

//! The assembly's mutation score: in the built image each barrier, each maintenance instruction and
//! each write of a system register is left out, and neighbours among them change places, one at a
//! time. Each such mutant must be seen by a boot that executes it, or stand in a list with the
//! reason why it cannot.
//!
//! With words behind it, only mutants whose line has all of them are tried.

mod instruction;
mod known;
mod mutant;
mod rules;
mod seen;
mod trial;
mod work;

use std::process::ExitCode;

use purgatory_test_harness::Regime;
use purgatory_test_harness::boot::{Boot, Place, usual_cpu};

use self::known::KNOWN;
use self::mutant::Mutant;
use self::trial::Trial;
use self::work::{Fate, Line};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match score(&words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("mutants: {error}");
            ExitCode::from(2)
        }
    }
}

/// Tries all mutants, and says what became of them. Returns whether that is as the list has it.
fn score(words: &[String]) -> Result<bool, String> {
    let image = Boot::new(usual_cpu(Regime::El1And0), Regime::El1And0, Place::Low, 0)?
        .load
        .image;
    let mut mutants = Mutant::all(&image)?;
    mutants.retain(|mutant| {
        let line = mutant.to_string();
        words.iter().all(|word| line.contains(word))
    });
    let trials = Trial::all()?;
    println!("{} mutants, {} trials", mutants.len(), trials.len());
    let lines = work::all(&mutants, &trials)?;
    Ok(judge(&lines, words.is_empty()))
}

/// Compares with the list, and prints the score.
fn judge(lines: &[Line<'_>], all: bool) -> bool {
    let survivors: Vec<_> = lines.iter().filter(|line| !line.caught()).collect();
    let mut right = true;
    for line in &survivors {
        let mut known = KNOWN.iter();
        match known.find(|known| known.is(line.mutant)) {
            Some(known) => println!("survives: {}: {}", line.mutant, known.why),
            None => {
                right = false;
                println!("SURVIVES, and is not in the list: {}", line.mutant);
            }
        }
    }
    for known in KNOWN {
        let mut caught = lines
            .iter()
            .filter(|line| known.is(line.mutant) && line.caught());
        if let Some(line) = caught.next() {
            right = false;
            println!("CAUGHT, and in the list: {}: {}", line.mutant, line.fate);
        }
        if all && !lines.iter().any(|line| known.is(line.mutant)) {
            right = false;
            println!("NOT THERE, and in the list: {known:?}");
        }
    }
    let count = |is: fn(&Fate) -> bool| lines.iter().filter(|line| is(&line.fate)).count();
    let of = |equivalent| {
        let listed = survivors.iter().filter(|line| {
            let mut known = KNOWN.iter();
            known.any(|known| known.equivalent == equivalent && known.is(line.mutant))
        });
        listed.count()
    };
    let caught = lines.len() - survivors.len();
    let (equivalent, invisible) = (of(true), of(false));
    println!(
        "assembly: {} mutants; caught {caught}: by what a boot shows {}, by rules {}, by the \
         register sweep {}; survivors {}: equivalent {equivalent}, invisible under emulation \
         {invisible}",
        lines.len(),
        count(|fate| matches!(fate, Fate::Boot(..))),
        count(|fate| matches!(fate, Fate::Rules(..))),
        count(|fate| matches!(fate, Fate::Sweep(..))),
        survivors.len(),
    );
    let real = lines.len() - equivalent;
    println!(
        "assembly: {:.1} % of the {real} that are not equivalent",
        100.0 * caught as f64 / real.max(1) as f64
    );
    right
}
