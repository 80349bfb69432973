// SPDX-License-Identifier: MIT OR Apache-2.0

//! Whether the console shows what must come of each case.

use std::collections::BTreeMap;

use purgatory_test_harness::boot::HALTED;
use purgatory_test_harness::flips::Case;

use crate::opinion::{Opinion, World, is_heard};

const BOOTING: &str = "purgatory: booting kernel now";
const DIFFERS: &str = "purgatory: sha256 digests do not match";
const ABORTS: &str = "purgatory: exception: data abort";

/// Returns the lines of each case, by its number.
pub fn lines(console: &str) -> BTreeMap<u64, Vec<&str>> {
    let mut all: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    let mut current = 0;
    for line in console.lines() {
        if let Some(number) = line.strip_prefix("case ") {
            current = number.parse().unwrap_or(current);
        }
        all.entry(current).or_default().push(line);
    }
    all
}

/// Says what is wrong.
pub fn judge(world: &World<'_>, case: &Case, lines: &[&str]) -> Result<Opinion, String> {
    let opinion = world.of(case);
    let number = case.number;
    let has = |line: &str| lines.contains(&line);
    let says = |words: &str| lines.iter().any(|line| line.starts_with(words));
    if let Some(fail) = lines.iter().find(|line| line.starts_with("FAIL: ")) {
        return Err((*fail).into());
    }
    if let Some(odd) = lines.iter().find(|line| line.starts_with("guest: ")) {
        return Err(format!("it went astray: {odd}"));
    }
    let heard = is_heard(case);
    let end = match opinion {
        Opinion::Starts(dtb) => format!("end {number}: started, x0={dtb:#x}"),
        _ => format!("end {number}: halted"),
    };
    if !has(&end) {
        return Err(format!("no line `{end}`"));
    }
    let reason = match &opinion {
        Opinion::Starts(_) => has(BOOTING) && !has(HALTED),
        Opinion::Refuses(line) => has(line) && has(HALTED),
        Opinion::Differs => has(DIFFERS) && has(HALTED),
        Opinion::DiffersOrAborts => (has(DIFFERS) || says(ABORTS)) && has(HALTED),
    };
    if heard && !reason {
        return Err("it does not say so".into());
    }
    Ok(opinion)
}
