// SPDX-License-Identifier: MIT OR Apache-2.0

//! Runs cases, and says what is wrong with them.

use std::env;
use std::fs;

use purgatory_test_harness::boot::usual_cpu;
use purgatory_test_harness::flips::{Case, Flips, Random};
use purgatory_test_harness::qemu::Stopped;
use purgatory_test_harness::{Regime, root, this_test};

use crate::cases::Named;
use crate::judge::{judge, lines};
use crate::opinion::{Opinion, World};

/// What random cases begin with, unless `HOSTILE_SEED` says otherwise.
const SEED: u64 = 0x0bad_5eed;

/// What has gone wrong so often is not told any more.
const TOLD: usize = 10;

/// Every case comes to what it must.
pub fn all_is_well(
    regime: Regime,
    make: impl FnOnce(&Flips, &World<'_>, &mut Random) -> Vec<Named>,
) {
    let flips = Flips::new(usual_cpu(regime), regime);
    let flips = flips.unwrap_or_else(|error| panic!("{error}"));
    let world = World::new(&flips, regime);
    let mut cases = make(&flips, &world, &mut Random::new(seed(regime)));
    for (number, (case, _)) in (1..).zip(&mut cases) {
        case.number = number;
    }
    if let Some(only) = number("HOSTILE_CASE") {
        cases.retain(|(case, _)| case.number == only);
    }
    run(&flips, &world, &cases);
}

/// Returns what random cases begin with.
pub fn seed(regime: Regime) -> u64 {
    let seed = number("HOSTILE_SEED").unwrap_or(SEED + regime as u64);
    println!("seed: HOSTILE_SEED={seed:#x}");
    seed
}

fn run(flips: &Flips, world: &World<'_>, cases: &[Named]) {
    let file = root().join(format!("target/qemu/{}.elf", this_test::file_name()));
    let all: Vec<Case> = cases.iter().map(|(case, _)| *case).collect();
    let outcome = flips.run(&all, &file);
    let outcome = outcome.unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()));
    let lines = lines(&outcome.console);
    // Starts, refusals, differences, and what came to none of these.
    let mut counts = [0; 3];
    let mut wrong = Vec::new();
    for (case, what) in cases {
        let said = lines.get(&case.number).map_or(&[][..], |lines| lines);
        match judge(world, case, said) {
            Ok(Opinion::Starts(_)) => counts[0] += 1,
            Ok(Opinion::Refuses(_)) => counts[1] += 1,
            Ok(_) => counts[2] += 1,
            Err(why) => wrong.push((case, what, why, said)),
        }
    }
    println!(
        "{} cases in {:.1} s: {} started, {} refused, {} differ",
        cases.len(),
        outcome.took.as_secs_f32(),
        counts[0],
        counts[1],
        counts[2]
    );
    let passed = matches!(outcome.stopped_by, Stopped::Exit(status) if status.code() == Some(0));
    let end = outcome.console.lines().last().unwrap_or_default();
    if wrong.is_empty() && passed && end == format!("sweep: {} cases, 0 failures", cases.len()) {
        // It is overwritten by the next run otherwise.
        let _ = fs::remove_file(&file);
        return;
    }
    let mut text = format!(
        "{} cases went wrong\n{}\nrun:     {}\nstopped: {:?} after {:.1} s: {end}\n",
        wrong.len(),
        this_test::alone(),
        outcome.command_line,
        outcome.stopped_by,
        outcome.took.as_secs_f32(),
    );
    for (case, what, why, said) in wrong.into_iter().take(TOLD) {
        text += &format!("HOSTILE_CASE={}: {what}\n", case.number);
        text += &format!("  expected: {:x?}\n  but: {why}\n", world.of(case));
        for line in said {
            text += &format!("  | {line}\n");
        }
    }
    panic!("{text}");
}

/// Returns a number from the environment, decimal or with 0x.
fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    let number = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    Some(number.unwrap_or_else(|error| panic!("{name}={text}: {error}")))
}
