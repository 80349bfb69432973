// SPDX-License-Identifier: MIT OR Apache-2.0

//! The regions, dirty at entry, on a CPU with no granule that tables could be made of: then they
//! are hashed past the cache. Without maintenance before that, what is hashed is what was in memory
//! before the loader came ([`Rule::DirtyRead`]).

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::boot::{Place, usual_cpu};
use purgatory_test_harness::patch::{Lie, Patch};
use rstest::rstest;

use super::catch;
use crate::harness::boot;

const FLUSH: &str = "clean_and_invalidate";

/// What `clean_and_invalidate` is called with, by register.
const START: u32 = 0;
const END: u32 = 1;
const LINE: u32 = 2;

/// Spoils an image that goes without a window.
fn run(regime: Regime, spoil: fn(&mut Patch) -> Rule) {
    catch(boot(usual_cpu(regime), regime, Place::Low), |patch| {
        patch.lie(Lie::NoGranule);
        spoil(patch)
    });
}

#[rstest]
fn the_regions_are_not_cleaned(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        patch.replace_all(FLUSH, DC_CIVAC, |_| NOP);
        Rule::DirtyRead
    });
}

/// The kernel would find, later or never, what was not hashed ([`Rule::DirtyAtKernel`]).
#[rstest]
fn the_kernel_finds_something_else(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        patch.replace_all(FLUSH, DC_CIVAC, |_| NOP);
        Rule::DirtyAtKernel
    });
}

/// What the loader wrote is lost ([`Rule::DirtyDiscarded`]).
#[rstest]
fn the_regions_are_invalidated_only(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        patch.replace_all(FLUSH, DC_CIVAC, |place| dc_ivac(place.word));
        Rule::DirtyDiscarded
    });
}

#[rstest]
fn the_first_line_of_a_region_is_not_cleaned(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let place = patch.first(FLUSH);
        patch.insert(place, |_| vec![add(START, LINE)]);
        Rule::DirtyRead
    });
}

#[rstest]
fn the_last_line_of_a_region_is_not_cleaned(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let place = patch.first(FLUSH);
        patch.insert(place, |_| vec![sub(END, LINE)]);
        Rule::DirtyRead
    });
}

/// The hash may be done before memory holds what was cleaned ([`Rule::MaintenanceIncomplete`]).
#[rstest]
fn nobody_waits_for_the_regions(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let place = patch.find(FLUSH, DSB_SY, 0);
        patch.replace(place, NOP);
        Rule::MaintenanceIncomplete
    });
}
