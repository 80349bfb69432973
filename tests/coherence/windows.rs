// SPDX-License-Identifier: MIT OR Apache-2.0

//! Regions whose tables do not fit the pool at once: several windows, each with tables in frames that
//! were used before. What is wrong with the way in or out is seen after the first window as well
//! (`mutants::open`, `mutants::close`).

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::boot::{Boot, Place, noise, usual_cpu};
use purgatory_test_harness::loader::Segment;
use purgatory_test_harness::patch::Patch;
use purgatory_test_harness::this_test;
use rstest::rstest;

use crate::harness::{Judged, Through, boot};

const OPEN: &str = "window_open";
const CLOSE: &str = "window_close";

/// Five more regions, each over a border of 1 GiB.
fn scattered(regime: Regime) -> Boot {
    let mut boot = boot(usual_cpu(regime), regime, Place::Low);
    for number in 2..7 {
        let border = number << 30;
        let bytes = noise(8192 + number % 3);
        let segment = Segment::ragged(&format!("far {number}"), border - 4095, bytes);
        boot.load.segments.insert(1, segment);
    }
    boot.memory = 7 << 10;
    boot
}

#[rstest]
fn as_built(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let judged = Judged::new(&scattered(regime));
    judged.said("purgatory: hashed ");
    judged.said("D-cache on, ");
    judged.clean();
    assert_eq!(judged.closed().len(), 8, "windows\n{}", this_test::alone());
}

/// Spoils the image; this rule has to catch that after the first of many windows.
pub fn catch_later(regime: Regime, rule: Rule, spoil: impl FnOnce(&mut Patch)) {
    let mut boot = scattered(regime);
    Through::Own.patch(&mut boot, spoil);
    Judged::new(&boot).caught_later(&boot, rule);
}

/// Leaves the pool out of the lines from the last store on: its frames were tables of the window
/// before, whose lines may still be in the cache.
#[rstest]
fn frames_are_written_again_and_not_invalidated(#[values(El1And0, El2, El2And0)] regime: Regime) {
    catch_later(regime, Rule::StaleWalk, |patch| {
        let (lines, pool) = (patch.lines(OPEN, DC_IVAC), patch.symbol("pool"));
        patch.insert(patch.find(OPEN, DSB_SY, 0), |at| {
            vec![adr(lines.end, at, pool)]
        });
    });
}

/// Neither on the way in nor, in the window before, on the way out.
#[rstest]
fn the_tlb_has_the_tables_of_the_window_before(#[values(El1And0, El2, El2And0)] regime: Regime) {
    catch_later(regime, Rule::TlbNotInvalidated, |patch| {
        patch.leave_out(OPEN, TLBI, 0);
        patch.leave_out(CLOSE, TLBI, 0);
    });
}
