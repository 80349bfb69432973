// SPDX-License-Identifier: MIT OR Apache-2.0

//! Each barrier and each maintenance instruction of the image is left out in turn. That is caught,
//! or it stands in a list, with the reason why nothing is lost.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::boot::{Place, usual_cpu};
use purgatory_test_harness::patch::{self, Patch};
use rstest::rstest;

use crate::harness::Through::{Loaders, Nothing, Own};
use crate::harness::{Judged, boot, instructions, symbols};

/// The kinds of instructions, by the names that the list uses.
const KINDS: [(&str, Pattern); 7] = [
    ("dc ivac", DC_IVAC),
    ("dc civac", DC_CIVAC),
    ("ic iallu", IC_IALLU),
    ("tlbi", TLBI),
    ("isb", ISB),
    ("dsb sy", DSB_SY),
    ("dsb nsh", DSB_NSH),
];

/// What can be left out: routine, kind, number of that kind in it, reason.
const SPARE: &[(&str, &str, usize, &str)] = &[
    // One of these two belongs to EL1, the other to EL2.
    ("purgatory_start", "isb", 0, "the MMU is off already"),
    ("purgatory_start", "isb", 1, "the MMU is off already"),
    (
        "window_open",
        "isb",
        0,
        "the one before SCTLR does it as well",
    ),
    ("window_close", "ic iallu", 0, "hand_over has one"),
    ("window_close", "dsb nsh", 0, "hand_over has one"),
    ("window_close", "isb", 2, "the next one does it as well"),
    ("window_close", "isb", 3, "hand_over has one"),
    (
        "hand_over",
        "dsb sy",
        0,
        "nothing is maintained behind window_close, which has one",
    ),
    (
        "hand_over",
        "ic iallu",
        0,
        "window_close has one; without a window it is needed, see `leave`",
    ),
    ("hand_over", "isb", 0, "the last one does it as well"),
    ("hand_over", "isb", 1, "the MMU is off already"),
];

/// Routines in assembly.
const ASSEMBLY: [&str; 11] = [
    "purgatory_start",
    "window_open_el1",
    "window_open_el2",
    "window_close_el1",
    "window_close_el2",
    "clean_and_invalidate",
    "clean_and_invalidate_image",
    "hand_over_el1",
    "hand_over_el2",
    "exception_entry",
    "sink_store",
];

/// Leaves out each of them in turn in one routine.
#[rstest]
fn each_step_of(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(
        "purgatory_start",
        "window_open",
        "window_close",
        "clean_and_invalidate",
        "clean_and_invalidate_image",
        "hand_over"
    )]
    routine: &str,
) {
    let mut found = 0;
    for (kind, pattern) in KINDS {
        for number in 0.. {
            let mut boot = boot(usual_cpu(regime), regime, Place::Low);
            let mut patch = Patch::new(&boot).unwrap_or_else(|error| panic!("{error}"));
            let place = patch
                .all(routine)
                .filter(|place| pattern.is(place.word))
                .nth(number);
            let Some(place) = place else { break };
            found += 1;
            patch.replace(place, NOP);
            boot.load.image = patch.finish();
            let judged = Judged::new(&boot);
            let spare = SPARE
                .iter()
                .find(|&&(r, k, n, _)| (r, k, n) == (routine, kind, number));
            match (spare, judged.violations.is_empty()) {
                (None, true) => judged.fail(&format!(
                    "{routine} without `{kind}` number {number} survives: is it needed? If not, \
                     take it away, or put it into the list"
                )),
                (Some((.., reason)), false) => judged.fail(&format!(
                    "{routine} without `{kind}` number {number}: the list says \"{reason}\""
                )),
                (None, false) | (Some(_), true) => {}
            }
        }
    }
    assert_ne!(found, 0, "{routine} has nothing to leave out");
}

/// Does the same for what compiled code has of them, wherever that is. All of it is needed, in one
/// of the ways to read the regions.
#[rstest]
fn each_step_of_compiled_code(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let boot = boot(usual_cpu(regime), regime, Place::Low);
    let symbols = symbols(&boot);
    let assembly = ASSEMBLY.map(|name| symbols.get(name).unwrap_or_else(|error| panic!("{error}")));
    let is_step = |place: &patch::Place| {
        let kinds = [DC_IVAC, DC_CIVAC, DSB_SY];
        kinds.iter().any(|kind| kind.is(place.word))
            && !assembly.iter().any(|range| range.contains(&place.at))
    };
    let all = instructions(&boot).into_iter().filter(is_step);
    let all: Vec<_> = all.collect();
    assert!(!all.is_empty(), "compiled code has nothing to leave out");
    for place in all {
        let caught = [Own, Loaders, Nothing].iter().any(|through| {
            let mut boot = through.boot(regime, |_| ());
            through.patch(&mut boot, |patch| patch.replace(place, NOP));
            !Judged::new(&boot).violations.is_empty()
        });
        assert!(
            caught,
            "without {:#010x} at {}",
            place.word,
            symbols.at(place.at)
        );
    }
}
