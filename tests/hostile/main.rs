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
use rstest::rstest;

/// Every bit of every symbol, and of the regions as many more as make 10 000.
#[rstest]
fn flips(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run::all_is_well(regime, cases::flips);
}

/// Lists of regions: good ones of any shape, and every defect in any place.
#[rstest]
fn region_lists(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run::all_is_well(regime, cases::region_lists);
}

/// Page tables of garbage, with the right digest over it.
#[rstest]
fn garbage_tables(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run::all_is_well(regime, cases::garbage_tables);
}

/// A console that is none.
#[rstest]
fn nonsense_sinks(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run::all_is_well(regime, cases::nonsense_sinks);
}

/// A few flips, with an eye on each store.
#[rstest]
fn traced_flips(#[values(El1And0, El2, El2And0)] regime: Regime) {
    traced::nothing_is_stored_outside(regime);
}

/// One of the flips, by itself: it must end soon, and with a word.
#[test]
fn a_region_without_end() {
    run::all_is_well(El2And0, cases::without_end);
}
