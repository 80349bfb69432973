// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tables, in Markdown.

use std::fmt::Write;

use purgatory_test_tracer::phases::Phase;

use crate::checks::Check;
use crate::cost::{Case, MIB, Measured};
use crate::mca::CPUS;
use crate::model::{Loops, seconds};

/// Writes the loops.
pub fn loops(loops: &Loops) -> String {
    let mut out = format!(
        "cycles per byte by {}; instructions and accesses (16-byte units) of one block\n\n\
         | loop | instructions | accesses | {} |\n|---|---:|---:|{}",
        loops.tool,
        CPUS.join(" | "),
        "---:|".repeat(CPUS.len())
    );
    for one in &loops.all {
        let cycles = one.cycles.map(|cycles| format!("{cycles:.2}")).join(" | ");
        let _ = write!(
            out,
            "\n| {} | {} | {} | {cycles} |",
            one.name, one.instructions, one.accesses
        );
    }
    out
}

/// Writes what was counted. Ratios are to C, of the same size.
pub fn counts(all: &[Measured], loops: &Loops) -> String {
    let mut out = String::from(
        "| MiB | purgatory | instructions | of them flush | rest | Device accesses | Normal accesses \
         | ms | C / this |\n|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    );
    let mut all: Vec<_> = all.iter().collect();
    all.sort_by_key(|one| one.size);
    for one in &all {
        let c = all
            .iter()
            .find(|other| other.case == Case::C && other.size == one.size)
            .map_or(f64::NAN, |c| seconds(c, loops));
        let time = seconds(one, loops);
        let total = |of: fn(&Phase) -> u64| of(&one.hash) + of(&one.flush) + of(&one.rest);
        let _ = write!(
            out,
            "\n| {}{} | {} | {} | {} | {} | {} | {} | {:.1} | {:.1} |",
            one.size / MIB,
            if one.computed { "*" } else { "" },
            one.case,
            grouped(total(|phase| phase.instructions)),
            grouped(one.flush.instructions),
            grouped(one.rest.instructions),
            grouped(total(|phase| phase.device.total())),
            grouped(total(|phase| phase.normal.total())),
            time * 1e3,
            c / time
        );
    }
    out
}

/// Writes the bars.
pub fn checks(all: &[Check]) -> String {
    let mut out = String::from("| bar | at most | is | |\n|---|---:|---:|---|");
    for check in all {
        let _ = write!(
            out,
            "\n| {} | {} | {:.3} | {} |",
            check.what,
            check.most,
            check.is,
            if check.met { "met" } else { "**missed**" }
        );
    }
    out
}

/// Digits in threes.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}
