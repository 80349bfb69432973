// SPDX-License-Identifier: MIT OR Apache-2.0

//! The image's own lines, dirty at entry: what the loader wrote is in the cache alone, until the
//! first instructions clean it.
//!
//! Without that, loads find in memory what was there before ([`Rule::DirtyRead`]), what is stored
//! may be written over later ([`Rule::DirtyOverwritten`]), and the invalidation on the way into the
//! window throws the loader's bytes away ([`Rule::DirtyDiscarded`]). The last one finds each single
//! line that is left out, except for code, which is not invalidated: it is fetched past the D-cache
//! ([`Rule::CodeNotCleaned`]). Where there is no window, such a line is still dirty when the kernel
//! starts ([`Rule::DirtyAtKernel`]).

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::patch::{Patch, Place};
use rstest::rstest;

use super::{catch_in, run};
use crate::harness::Through::Own;
use crate::harness::call;

const START: &str = "purgatory_start";
const CLEAN: &str = "clean_and_invalidate_image";

/// There is no window, and no region is dirty.
fn without_checks(regime: Regime) -> Boot {
    Own.boot(regime, |boot| boot.load.skip_checks = true)
}

fn leave_out(patch: &mut Patch) {
    patch.replace(call(patch, START), NOP);
}

/// Begins with the second line.
fn leave_out_the_first_line(patch: &mut Patch) {
    // ADR of the register that the loop counts with.
    let lines = patch.lines(CLEAN, DC_CIVAC);
    let start = patch.symbol("image_start");
    let is_start = |place: &Place| place.word == adr(lines.at, place.at, start);
    let place = patch.all(CLEAN).find(is_start);
    let place = place.expect("ADR of the image's start");
    patch.replace(place, adr(lines.at, place.at, start + 64));
}

/// Compares with the next line, so that the loop ends before the last one.
fn leave_out_the_last_line(patch: &mut Patch) {
    let lines = patch.lines(CLEAN, DC_CIVAC);
    let place = patch.find(CLEAN, CMP, 0);
    let step = |change: fn(u32, u32) -> u32| change(lines.at, lines.line);
    // Back again with the flags as they are.
    patch.insert_after(place, |_| vec![step(sub)]);
    let place = patch.find(CLEAN, ADD, 0);
    patch.insert_after(place, |_| vec![step(add)]);
}

/// Runs a mutant with nothing checked.
fn run_unchecked(regime: Regime, rule: Rule, spoil: fn(&mut Patch)) {
    catch_in(Own, without_checks(regime), None, rule, spoil);
}

mutants! {
    nothing_is_cleaned => [DirtyRead, DirtyOverwritten, DirtyDiscarded, CodeNotCleaned]: leave_out;
    the_first_line_is_not_cleaned => CodeNotCleaned: leave_out_the_first_line;
    the_last_line_is_not_cleaned => DirtyDiscarded: leave_out_the_last_line;
    /// `CVAC` does clean; but not on every CPU ([`Rule::CleanedOnly`]).
    the_image_is_cleaned_only => CleanedOnly:
        |patch| patch.replace_all(CLEAN, DC_CIVAC, |place| dc_cvac(place.word));
    the_image_is_invalidated_only => DirtyDiscarded:
        |patch| patch.replace_all(CLEAN, DC_CIVAC, |place| dc_ivac(place.word));
    /// The first load may come before what it should find ([`Rule::MaintenanceIncomplete`]).
    what_is_cleaned_is_not_waited_for => MaintenanceIncomplete:
        |patch| patch.leave_out(CLEAN, DSB_SY, 0);
    /// Barriers for this CPU alone do not wait for memory ([`Rule::MaintenanceIncomplete`]).
    what_is_cleaned_is_waited_for_on_this_cpu => MaintenanceIncomplete:
        |patch| patch.replace(patch.find(CLEAN, DSB_SY, 0), DSB_NSH.word());
    /// The I-cache has just gone on: what follows is the cleaning, and a load is too early.
    something_is_loaded_before => DirtyRead: |patch| {
        let abi = patch.symbol("sha256_regions");
        patch.insert_after(patch.find(START, ISB, 4), |at| vec![adr(9, at, abi), load(9, 9)]);
    };
    something_is_stored_before => DirtyOverwritten: |patch| {
        let stack = patch.symbol("stack_bottom");
        patch.insert_after(patch.find(START, ISB, 4), |at| vec![adr(9, at, stack), store(9, 9)]);
    };
}

#[rstest]
fn nothing_is_cleaned_and_nothing_checked(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(Rule::DirtyRead, Rule::DirtyOverwritten, Rule::DirtyAtKernel)] rule: Rule,
) {
    run_unchecked(regime, rule, leave_out);
}

#[rstest]
fn the_first_line_is_not_cleaned_and_nothing_checked(
    #[values(El1And0, El2, El2And0)] regime: Regime,
) {
    run_unchecked(regime, Rule::DirtyAtKernel, leave_out_the_first_line);
}

#[rstest]
fn the_last_line_is_not_cleaned_and_nothing_checked(
    #[values(El1And0, El2, El2And0)] regime: Regime,
) {
    run_unchecked(regime, Rule::DirtyAtKernel, leave_out_the_last_line);
}
