// SPDX-License-Identifier: MIT OR Apache-2.0

//! The first instructions.

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::IdRegister;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::{DSB_NSH, IC_IALLU, ISB, NOP};
use purgatory_test_harness::boot::Place;
use rstest::rstest;

use super::{catch_in, run};
use crate::harness::Through::Own;
use crate::harness::{TCRX, boot, instructions};

const START: &str = "purgatory_start";

mutants! {
    the_i_cache_goes_on_as_it_was => InstructionCacheStale:
        |patch| patch.leave_out(START, IC_IALLU, 0);
    the_i_cache_goes_on_before_it_is_empty => MaintenanceIncomplete:
        |patch| patch.leave_out(START, DSB_NSH, 0);
    no_isb_after_the_i_cache_was_emptied => NoIsbAfterMaintenance:
        |patch| patch.leave_out(START, ISB, 3);
    no_isb_after_the_i_cache_went_on => NoIsbAfterSctlr: |patch| patch.leave_out(START, ISB, 4);
}

/// The old kernel's permission scheme stays, and our descriptors mean something else by it
/// ([`Rule::ExtendedTranslation`]). A shim at EL2 has the register for QEMU's CPUs, at EL1 alone.
#[rstest]
fn tcr2_stays_as_it_was() {
    // MSR TCR2_EL1, XZR.
    const CLEAR: u32 = 0xd518_207f;
    let mut boot = boot("max", El1And0, Place::Low);
    boot.override_id(IdRegister::Mmfr3, TCRX, 1);
    let places = instructions(&boot);
    let places: Vec<_> = places.iter().filter(|place| place.word == CLEAR).collect();
    assert!(!places.is_empty(), "TCR2_EL1 is never cleared");
    catch_in(Own, boot, None, Rule::ExtendedTranslation, |patch| {
        places.iter().for_each(|place| patch.replace(**place, NOP));
    });
}
