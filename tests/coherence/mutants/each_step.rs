//! Each barrier and each maintenance instruction of the image is left out in turn. That is caught, or
//! it stands in a list, with the reason why nothing is lost.

use crate::harness::{Judged, boot, in_each_regime, usual_cpu};
use purgatory_test_harness::Regime;
use purgatory_test_harness::boot::Place;
use purgatory_test_harness::instruction::*;
use purgatory_test_harness::patch::Patch;

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
    ("clean_and_invalidate", "dsb sy", 0, "hand_over has one"),
    ("hand_over", "dsb sy", 0, "the regions have had one"),
    ("hand_over", "isb", 0, "the last one does it as well"),
    ("hand_over", "isb", 1, "the MMU is off already"),
];

/// Leaves out what there is of it in one routine.
fn run(name: &str, regime: Regime, routine: &str) {
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
            let judged = Judged::new(name, &boot);
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

in_each_regime! {
    of_the_entry: "purgatory_start";
    of_the_i_cache: "cache_fetches";
    of_the_way_into_the_window: "window_open";
    of_the_way_out_of_it: "window_close";
    of_the_regions_way_out: "clean_and_invalidate";
    of_the_hand_over: "hand_over";
}
