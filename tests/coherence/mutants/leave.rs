// SPDX-License-Identifier: MIT OR Apache-2.0

//! The hand-over.

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use rstest::rstest;

use super::{catch, catch_in, run};
use crate::harness::Through::{Nothing, Own};

const LEAVE: &str = "hand_over";

#[rstest]
fn the_i_cache_is_not_invalidated_without_a_window(
    #[values(El1And0, El2, El2And0)] regime: Regime,
) {
    catch(Nothing, regime, Rule::InstructionCacheStale, |patch| {
        patch.leave_out(LEAVE, IC_IALLU, 0);
    });
}

#[rstest]
fn the_i_cache_is_not_invalidated_and_nothing_checked(
    #[values(El1And0, El2, El2And0)] regime: Regime,
) {
    let boot = Own.boot(regime, |boot| boot.load.skip_checks = true);
    catch_in(Own, boot, None, Rule::InstructionCacheStale, |patch| {
        patch.leave_out(LEAVE, IC_IALLU, 0);
    });
}

mutants! {
    the_i_cache_is_not_invalidated => InstructionCacheStale: |patch| {
        // Either is enough.
        patch.leave_out("window_close", IC_IALLU, 0);
        patch.leave_out(LEAVE, IC_IALLU, 0);
    };
    the_i_cache_is_not_waited_for => MaintenanceIncomplete:
        |patch| patch.leave_out(LEAVE, DSB_NSH, 0);
    no_isb_before_the_kernel => NoIsbAfterSctlr:
        |patch| patch.replace(patch.after(LEAVE, MSR_SCTLR), NOP);
    the_d_cache_bit_is_left => SctlrLeft: |patch| {
        let place = patch.find(LEAVE, MSR_SCTLR, 0);
        patch.insert(place, |_| vec![set_bit(place.register(), 2)]);
    };
}
