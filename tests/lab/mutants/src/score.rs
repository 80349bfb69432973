// SPDX-License-Identifier: MIT OR Apache-2.0

//! Whether what became of mutants is as the list has it.

use crate::fate::{Fate, Line};
use crate::known::Known;
use crate::mutant::{Mutant, Of};

/// Of those of code that are not equivalent so many must be caught, per cent, where all are tried: the
/// others are in the list, as what emulation cannot show.
const ENOUGH: f64 = 95.0;

/// Compares with the list, and prints the scores. Whatever survives must be in the list. `all` are the
/// mutants that there are, of which `lines` may be a part.
pub fn judge(lines: &[Line<'_>], all: &[Mutant], list: &[Known]) -> bool {
    let mut right = true;
    for line in lines.iter().filter(|line| !line.caught()) {
        match list.iter().find(|known| known.is(line.mutant)) {
            Some(known) => println!("survives: {}: {}", line.mutant, known.why),
            None => {
                right = false;
                println!("SURVIVES, and is not in the list: {}", line.mutant);
            }
        }
    }
    for known in list {
        let mine = || lines.iter().filter(|line| known.is(line.mutant));
        // Of a rule for code some may be caught.
        let rule = known.is_rule() && mine().all(|line| line.mutant.of == Of::Code);
        if let Some(line) = mine().find(|line| line.caught()) {
            if !rule {
                right = false;
                println!("CAUGHT, and in the list: {}: {}", line.mutant, line.fate);
            }
        }
        if !all.iter().any(|mutant| known.is(mutant)) {
            // Another compiler has other code.
            right &= known.is_rule();
            println!("NOT THERE, and in the list: {}", known.words);
        }
    }
    let (code, system): (Vec<_>, Vec<_>) =
        lines.iter().partition(|line| line.mutant.of == Of::Code);
    print("system instructions", &system, list);
    let score = print("code", &code, list);
    let whole = code.len() == all.iter().filter(|mutant| mutant.of == Of::Code).count();
    right && (score >= ENOUGH || !whole)
}

/// Prints the figures. Returns how many per cent were caught of what is not equivalent.
fn print(name: &str, lines: &[&Line<'_>], list: &[Known]) -> f64 {
    if lines.is_empty() {
        return 100.0;
    }
    let count = |is: fn(&Fate) -> bool| lines.iter().filter(|line| is(&line.fate)).count();
    let survivors: Vec<_> = lines.iter().filter(|line| !line.caught()).collect();
    let of = |equivalent| {
        let known = |line: &&&&Line<'_>| {
            let found = list.iter().find(|known| known.is(line.mutant));
            found.is_some_and(|known| known.equivalent == equivalent)
        };
        survivors.iter().filter(known).count()
    };
    let caught = lines.len() - survivors.len();
    let (equivalent, invisible) = (of(true), of(false));
    println!(
        "{name}: {} mutants; caught {caught}: by what a boot shows {}, by rules {}, by many calls \
         in one boot {}; survivors {}: equivalent {equivalent}, invisible under emulation \
         {invisible}",
        lines.len(),
        count(|fate| matches!(fate, Fate::Boot(..))),
        count(|fate| matches!(fate, Fate::Rules(..))),
        count(|fate| matches!(fate, Fate::Calls(..))),
        survivors.len(),
    );
    let real = lines.len() - equivalent;
    let score = 100.0 * caught as f64 / real.max(1) as f64;
    println!("{name}: {score:.1} % of the {real} that are not equivalent");
    score
}
