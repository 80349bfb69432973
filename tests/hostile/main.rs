// SPDX-License-Identifier: MIT OR Apache-2.0

//! Whatever a loader, or what has overwritten its work since, leaves in memory: the image starts
//! what matches its digest and nothing else, it never stops without a word, and it writes nowhere
//! but to its own memory.
//!
//! A guest calls the image thousands of times in one boot, with something else in memory each time;
//! what must come of it, a second opinion on the host says. `HOSTILE_SEED` asks for other random
//! cases, `HOSTILE_CASE` for one of them alone:
//! `HOSTILE_CASE=17 cargo test --test hostile -- --exact flips::regime_1_El1And0`.

mod cases;
mod judge;
mod opinion;
mod run;
mod traced;

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::each_regime;
use rstest::rstest;

use self::run::all_is_well;

each_regime! {
    all_is_well;
    /// Every bit of every symbol, and of the regions as many more as make 10 000.
    flips: cases::flips;
    /// Lists of regions: good ones of any shape, and every defect in any place.
    region_lists: cases::region_lists;
    /// Page tables of garbage, with the right digest over it.
    garbage_tables: cases::garbage_tables;
    /// A console that is none.
    nonsense_sinks: cases::nonsense_sinks;
}

/// A few flips, with an eye on each store.
#[rstest]
fn traced_flips(#[values(El1And0, El2, El2And0)] regime: Regime) {
    traced::nothing_is_stored_outside(regime);
}

/// One of the flips, by itself: it must end soon, and with a word.
#[test]
fn a_region_without_end() {
    all_is_well(El2And0, cases::without_end);
}
