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
use purgatory_test_harness::boot::{self, Boot, usual_cpu};
use purgatory_test_harness::patch::{Patch, Place};
use rstest::rstest;

use super::{catch, run};
use crate::harness::{boot, call};

const START: &str = "purgatory_start";
const CLEAN: &str = "clean_and_invalidate_image";

/// There is no window, and no region is dirty.
fn without_checks(regime: Regime) -> Boot {
    let mut boot = boot(usual_cpu(regime), regime, boot::Place::Low);
    boot.load.skip_checks = true;
    boot
}

fn leave_out(patch: &mut Patch) {
    let place = call(patch, START);
    patch.replace(place, NOP);
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

#[rstest]
fn nothing_is_cleaned(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(
        Rule::DirtyRead,
        Rule::DirtyOverwritten,
        Rule::DirtyDiscarded,
        Rule::CodeNotCleaned
    )]
    rule: Rule,
) {
    catch(boot(usual_cpu(regime), regime, boot::Place::Low), |patch| {
        leave_out(patch);
        rule
    });
}

#[rstest]
fn nothing_is_cleaned_and_nothing_checked(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(Rule::DirtyRead, Rule::DirtyOverwritten, Rule::DirtyAtKernel)] rule: Rule,
) {
    catch(without_checks(regime), |patch| {
        leave_out(patch);
        rule
    });
}

#[rstest]
fn the_first_line_is_not_cleaned(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        leave_out_the_first_line(patch);
        Rule::CodeNotCleaned
    });
}

#[rstest]
fn the_first_line_is_not_cleaned_and_nothing_checked(
    #[values(El1And0, El2, El2And0)] regime: Regime,
) {
    catch(without_checks(regime), |patch| {
        leave_out_the_first_line(patch);
        Rule::DirtyAtKernel
    });
}

#[rstest]
fn the_last_line_is_not_cleaned(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        leave_out_the_last_line(patch);
        Rule::DirtyDiscarded
    });
}

#[rstest]
fn the_last_line_is_not_cleaned_and_nothing_checked(
    #[values(El1And0, El2, El2And0)] regime: Regime,
) {
    catch(without_checks(regime), |patch| {
        leave_out_the_last_line(patch);
        Rule::DirtyAtKernel
    });
}

/// `CVAC` does clean; but not on every CPU ([`Rule::CleanedOnly`]).
#[rstest]
fn the_image_is_cleaned_only(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        patch.replace_all(CLEAN, DC_CIVAC, |place| dc_cvac(place.word));
        Rule::CleanedOnly
    });
}

#[rstest]
fn the_image_is_invalidated_only(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        patch.replace_all(CLEAN, DC_CIVAC, |place| dc_ivac(place.word));
        Rule::DirtyDiscarded
    });
}

/// The first load may come before what it should find ([`Rule::MaintenanceIncomplete`]).
#[rstest]
fn what_is_cleaned_is_not_waited_for(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let place = patch.find(CLEAN, DSB_SY, 0);
        patch.replace(place, NOP);
        Rule::MaintenanceIncomplete
    });
}

/// Barriers for this CPU alone do not wait for memory ([`Rule::MaintenanceIncomplete`]).
#[rstest]
fn what_is_cleaned_is_waited_for_on_this_cpu(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let place = patch.find(CLEAN, DSB_SY, 0);
        patch.replace(place, DSB_NSH.word());
        Rule::MaintenanceIncomplete
    });
}

/// The I-cache has just gone on: what follows is the cleaning, and a load is too early.
#[rstest]
fn something_is_loaded_before(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let abi = patch.symbol("sha256_regions");
        let place = patch.find(START, ISB, 4);
        patch.insert_after(place, |at| vec![adr(9, at, abi), load(9, 9)]);
        Rule::DirtyRead
    });
}

#[rstest]
fn something_is_stored_before(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let stack = patch.symbol("stack_bottom");
        let place = patch.find(START, ISB, 4);
        patch.insert_after(place, |at| vec![adr(9, at, stack), store(9, 9)]);
        Rule::DirtyOverwritten
    });
}
