// SPDX-License-Identifier: MIT OR Apache-2.0

//! The hand-over.

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::boot::{Place, usual_cpu};
use rstest::rstest;

use super::{catch, catch_through, run};
use crate::harness::Through::Nothing;
use crate::harness::boot;

const LEAVE: &str = "hand_over";

#[rstest]
fn the_i_cache_is_not_invalidated(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        // Either is enough.
        for routine in ["window_close", LEAVE] {
            let place = patch.find(routine, IC_IALLU, 0);
            patch.replace(place, NOP);
        }
        Rule::InstructionCacheStale
    });
}

#[rstest]
fn the_i_cache_is_not_invalidated_without_a_window(
    #[values(El1And0, El2, El2And0)] regime: Regime,
) {
    catch_through(Nothing, Nothing.boot(regime, |_| ()), None, |patch| {
        let place = patch.find(LEAVE, IC_IALLU, 0);
        patch.replace(place, NOP);
        Rule::InstructionCacheStale
    });
}

#[rstest]
fn the_i_cache_is_not_invalidated_and_nothing_checked(
    #[values(El1And0, El2, El2And0)] regime: Regime,
) {
    let mut boot = boot(usual_cpu(regime), regime, Place::Low);
    boot.load.skip_checks = true;
    catch(boot, |patch| {
        let place = patch.find(LEAVE, IC_IALLU, 0);
        patch.replace(place, NOP);
        Rule::InstructionCacheStale
    });
}

#[rstest]
fn the_i_cache_is_not_waited_for(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let place = patch.find(LEAVE, DSB_NSH, 0);
        patch.replace(place, NOP);
        Rule::MaintenanceIncomplete
    });
}

#[rstest]
fn no_isb_before_the_kernel(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let place = patch.after(LEAVE, MSR_SCTLR);
        patch.replace(place, NOP);
        Rule::NoIsbAfterSctlr
    });
}

#[rstest]
fn the_d_cache_bit_is_left(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let place = patch.find(LEAVE, MSR_SCTLR, 0);
        patch.insert(place, |_| vec![set_bit(place.register(), 2)]);
        Rule::SctlrLeft
    });
}
