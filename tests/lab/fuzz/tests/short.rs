// SPDX-License-Identifier: MIT OR Apache-2.0

//! Each target with the corpus of the repository, and some thousand inputs made of it: the same in
//! every run. `make fuzz` goes on from there.

use purgatory_test_fuzz::corpus;
use purgatory_test_fuzz::fuzz::{self, Run, Until};
use purgatory_test_fuzz::targets::ALL;

const SEED: u64 = 0xf1_1b_0b_e5;

fn short(name: &str, cases: u64, kinds: usize) -> Run {
    let target = ALL.iter().find(|target| target.name == name).unwrap();
    let inputs = corpus::read(&corpus::kept(name)).unwrap();
    assert!(!inputs.is_empty(), "{name} has a corpus");
    let run = fuzz::run(target, inputs, SEED, Until::Cases(cases));
    println!(
        "{name}: {} inputs, {} kinds of answers",
        run.cases, run.kinds
    );
    if let Some(input) = &run.failed {
        panic!("{}", fuzz::failure(target, input, "fails"));
    }
    assert_eq!(run.cases, cases);
    // With fewer, the inputs have become tame.
    assert!(run.kinds >= kinds, "{} kinds of answers", run.kinds);
    run
}

#[test]
fn a_request_is_what_was_asked_for_or_refused_rightly() {
    short("request", 10_000, 20);
}

#[test]
fn a_loaders_tables_are_used_if_and_only_if_they_are_good() {
    short("loader-tables", 5_000, 32);
}

#[test]
fn tables_that_are_built_map_what_must_be_mapped() {
    short("builder", 2_000, 50);
}
