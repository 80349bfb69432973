// SPDX-License-Identifier: MIT OR Apache-2.0

//! The regions' way out, and the hand-over.

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::boot::{Place, usual_cpu};
use rstest::rstest;

use super::{catch, run};
use crate::harness::boot;

const FLUSH: &str = "clean_and_invalidate";
const LEAVE: &str = "hand_over";

/// What `clean_and_invalidate` is called with, by register.
const START: u32 = 0;
const END: u32 = 1;
const LINE: u32 = 2;

#[rstest]
fn the_regions_are_not_cleaned(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        patch.replace_all(FLUSH, DC_CIVAC, |_| NOP);
        Rule::RegionNotCleaned
    });
}

#[rstest]
fn the_regions_are_invalidated_only(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        patch.replace_all(FLUSH, DC_CIVAC, |place| dc_ivac(place.word));
        Rule::RegionNotCleaned
    });
}

#[rstest]
fn the_regions_are_cleaned_only(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        patch.replace_all(FLUSH, DC_CIVAC, |place| dc_cvac(place.word));
        Rule::CleanedOnly
    });
}

#[rstest]
fn the_last_line_of_a_region_is_not_cleaned(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let place = patch.first(FLUSH);
        patch.insert(place, |_| vec![sub(END, LINE)]);
        Rule::RegionNotCleaned
    });
}

#[rstest]
fn the_first_line_of_a_region_is_not_cleaned(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let place = patch.first(FLUSH);
        patch.insert(place, |_| vec![add(START, LINE)]);
        Rule::RegionNotCleaned
    });
}

#[rstest]
fn one_line_too_many_is_cleaned(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let place = patch.first(FLUSH);
        patch.insert(place, |_| vec![add(END, LINE)]);
        Rule::MaintenanceOutside
    });
}

#[rstest]
fn nobody_waits_for_the_regions(#[values(El1And0, El2, El2And0)] regime: Regime) {
    // The console has a barrier of its own.
    let mut boot = boot(usual_cpu(regime), regime, Place::Low);
    boot.load.sink = 0;
    catch(boot, |patch| {
        let place = patch.find(FLUSH, DSB_SY, 0);
        patch.replace(place, NOP);
        let place = patch.find(LEAVE, DSB_SY, 0);
        patch.replace(place, NOP);
        Rule::MaintenanceIncomplete
    });
}

#[rstest]
fn the_i_cache_is_not_invalidated(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
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
