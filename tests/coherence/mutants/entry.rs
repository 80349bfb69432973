// SPDX-License-Identifier: MIT OR Apache-2.0

//! The first instructions.

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::{DSB_NSH, IC_IALLU, ISB, NOP};
use rstest::rstest;

use super::run;

#[rstest]
fn the_i_cache_goes_on_as_it_was(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let place = patch.find("purgatory_start", IC_IALLU, 0);
        patch.replace(place, NOP);
        Rule::InstructionCacheStale
    });
}

#[rstest]
fn the_i_cache_goes_on_before_it_is_empty(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let place = patch.find("purgatory_start", DSB_NSH, 0);
        patch.replace(place, NOP);
        Rule::MaintenanceIncomplete
    });
}

#[rstest]
fn no_isb_after_the_i_cache_was_emptied(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let place = patch.find("purgatory_start", ISB, 3);
        patch.replace(place, NOP);
        Rule::NoIsbAfterMaintenance
    });
}

#[rstest]
fn no_isb_after_the_i_cache_went_on(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let place = patch.find("purgatory_start", ISB, 4);
        patch.replace(place, NOP);
        Rule::NoIsbAfterSctlr
    });
}
