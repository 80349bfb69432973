// SPDX-License-Identifier: MIT OR Apache-2.0

//! The model against windows that were written down by hand: a careful one, and many that do one
//! thing wrong. A rule that none of them breaks is not tested, which is an error as well.

/// Writes a table of cases. A row says what is wrong, how it is made so, and the rules that it breaks.
macro_rules! cases {
    ($($what:literal: $spoil:expr => [$($expected:expr),*];)*) => {
        [$(($what, $spoil, &[$($expected),*])),*]
    };
}

mod entry;
mod maintenance;
mod order;
mod script;
mod tables;
mod translation;

use std::collections::BTreeSet;

use purgatory_test_harness::Regime;

use self::script::Script;
use super::Rule;

/// What is done wrong, and what the model must say to it: no more and no less.
type Case = (&'static str, fn(Script) -> Script, &'static [Rule]);

fn cases() -> impl Iterator<Item = &'static Case> {
    let all = [
        entry::CASES,
        maintenance::CASES,
        order::CASES,
        translation::CASES,
    ];
    all.into_iter().flatten()
}

#[test]
fn a_careful_image_breaks_no_rule() {
    for regime in Regime::ALL {
        for line in (4..=11).map(|shift| 1 << shift) {
            let broken = Script::with_line(regime, line).judge();
            assert_eq!(broken, [], "{}, lines of {line} bytes", regime.name());
        }
    }
}

#[test]
fn a_careless_one_breaks_just_the_rule_that_it_should() {
    let mut wrong = Vec::new();
    for regime in Regime::ALL {
        for (what, spoil, expected) in cases() {
            let mut broken = spoil(Script::new(regime)).judge();
            let mut expected = expected.to_vec();
            // EL2 alone has no upper half, so no bit to switch it off.
            if regime == Regime::El2 {
                expected.retain(|&rule| rule != Rule::UpperHalfWalks);
            }
            broken.sort_unstable();
            expected.sort_unstable();
            if expected != broken {
                let regime = regime.name();
                wrong.push(format!(
                    "{regime}: {what}: {broken:?}, expected {expected:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_rule_is_broken_by_somebody() {
    let broken: BTreeSet<_> = cases().flat_map(|(_, _, rules)| *rules).collect();
    let never: Vec<_> = Rule::ALL
        .iter()
        .filter(|rule| !broken.contains(rule))
        .collect();
    assert!(never.is_empty(), "no test breaks {never:?}");
}

#[test]
fn one_line_too_few_is_seen_whatever_its_length() {
    use script::{HOLE, IMAGE, NEXT, POOL, REGION, RODATA, SECOND_PIECE};
    for line in (4..=11).map(|shift| 1 << shift) {
        let of = |address: u64| address & !(line - 1);
        let cases = [
            ("entry: dc", POOL - line, Rule::DirtyDiscarded),
            ("entry: dc", IMAGE, Rule::CodeNotCleaned),
            ("tables: dc", HOLE, Rule::DirtyOverwritten),
            ("tables: dc", POOL, Rule::DirtyOverwritten),
            ("open: dc", HOLE, Rule::ImageNotInvalidated),
            ("open: dc", RODATA, Rule::ImageNotInvalidated),
            ("close: dc", HOLE, Rule::ImageNotFlushed),
            ("close: dc", IMAGE, Rule::ImageNotFlushed),
            ("flush: piece", of(REGION), Rule::RegionNotCleaned),
            ("flush: piece", SECOND_PIECE - line, Rule::RegionNotCleaned),
            ("flush: last piece", SECOND_PIECE, Rule::RegionNotCleaned),
            ("flush: next", of(NEXT), Rule::RegionResident),
        ];
        for (group, at, rule) in cases {
            let script = Script::with_line(Regime::El1And0, line);
            let broken = script.without_lines(group, at, at + line).judge();
            assert!(broken.contains(&rule), "{group}, {line} bytes: {broken:?}");
        }
    }
}
