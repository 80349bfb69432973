// SPDX-License-Identifier: MIT OR Apache-2.0

//! Each barrier and each maintenance instruction of the image is left out in turn. That is caught,
//! or it stands in a list, with the reason why nothing is lost.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::boot::{Place, usual_cpu};
use purgatory_test_harness::patch::Patch;
use rstest::rstest;

use crate::harness::{Judged, boot};

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
    (
        "window_close",
        "dsb nsh",
        0,
        "the regions' DSB does it as well",
    ),
    ("window_close", "isb", 2, "the next one does it as well"),
    ("window_close", "isb", 3, "hand_over has one"),
    (
        "clean_and_invalidate",
        "dsb sy",
        0,
        "hand_over has one; without a window it is needed, see `uncached`",
    ),
    ("hand_over", "dsb sy", 0, "the regions have had one"),
    ("hand_over", "isb", 0, "the last one does it as well"),
    ("hand_over", "isb", 1, "the MMU is off already"),
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
