// SPDX-License-Identifier: MIT OR Apache-2.0

//! The way out of the window.

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use rstest::rstest;

use super::{catch_through, run, run_in_many_windows};
use crate::harness::Through::{Loaders, Own};

const CLOSE: &str = "window_close";

#[rstest]
fn stores_are_not_waited_for(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let place = patch.find(CLOSE, DSB_SY, 0);
        patch.replace(place, NOP);
        Rule::StorePending
    });
}

/// They are cleaned inside of the window, and none of the calls waits.
#[rstest]
fn the_regions_are_not_waited_for(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(NOP, DSB_NSH.word())] instead: u32,
) {
    for through in [Own, Loaders] {
        catch_through(through, through.boot(regime, |_| ()), None, |patch| {
            let place = patch.find(CLOSE, DSB_SY, 0);
            patch.replace(place, instead);
            Rule::MaintenancePending
        });
    }
}

#[rstest]
fn mair_is_given_back_too_early(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let mair = patch.find(CLOSE, MSR_MAIR, 0).word;
        let place = patch.before(CLOSE, MSR_SCTLR);
        patch.insert(place, |_| vec![mair]);
        Rule::TranslationChanged
    });
}

#[rstest]
fn no_isb_right_before_the_mmu_goes_off(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let place = patch.before(CLOSE, MSR_SCTLR);
        patch.replace(place, NOP);
        Rule::NoIsbBeforeDisabling
    });
}

#[rstest]
fn an_isb_just_not_right_before_the_mmu_goes_off(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let place = patch.find(CLOSE, MSR_SCTLR, 0);
        patch.insert(place, |_| vec![NOP]);
        Rule::NoIsbBeforeDisabling
    });
}

#[rstest]
fn no_isb_after_the_mmu_went_off(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let place = patch.after(CLOSE, MSR_SCTLR);
        patch.replace(place, NOP);
        Rule::NoIsbAfterSctlr
    });
}

#[rstest]
fn the_stack_is_loaded_from_after_the_mmu_went_off(
    #[values(El1And0, El2, El2And0)] regime: Regime,
) {
    run_in_many_windows(regime, |patch| {
        let place = patch.after(CLOSE, MSR_SCTLR);
        patch.insert_after(place, |_| vec![load(9, SP)]);
        Rule::AccessBeforeFlush
    });
}

#[rstest]
fn the_stack_is_loaded_from_and_gives_what_was_there_before(
    #[values(El1And0, El2, El2And0)] regime: Regime,
) {
    run_in_many_windows(regime, |patch| {
        let place = patch.after(CLOSE, MSR_SCTLR);
        patch.insert_after(place, |_| vec![load_below(9, SP)]);
        Rule::DirtyRead
    });
}

#[rstest]
fn the_stack_is_stored_to_after_the_mmu_went_off(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let place = patch.after(CLOSE, MSR_SCTLR);
        patch.insert_after(place, |_| vec![store_below(9, SP)]);
        Rule::AccessBeforeFlush
    });
}

#[rstest]
fn the_stack_is_stored_to_and_written_over_later(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let place = patch.after(CLOSE, MSR_SCTLR);
        patch.insert_after(place, |_| vec![store_below(9, SP)]);
        Rule::DirtyOverwritten
    });
}

#[rstest]
fn nothing_is_written_back(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        patch.replace_all(CLOSE, DC_CIVAC, |_| NOP);
        Rule::DirtyAtKernel
    });
}

#[rstest]
fn the_image_is_cleaned_only(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        patch.replace_all(CLOSE, DC_CIVAC, |place| dc_cvac(place.word));
        Rule::CleanedOnly
    });
}

#[rstest]
fn the_image_is_invalidated_only(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        patch.replace_all(CLOSE, DC_CIVAC, |place| dc_ivac(place.word));
        Rule::DirtyDiscarded
    });
}

/// Later windows do not reach it: the first attempt, tables for all regions, has used up the pool.
#[rstest]
fn the_last_line_is_not_written_back(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let lines = patch.lines(CLOSE, DC_CIVAC);
        let place = patch.after(CLOSE, MSR_SCTLR);
        patch.insert(place, |_| vec![sub(lines.end, lines.line)]);
        Rule::ImageNotFlushed
    });
}

#[rstest]
fn the_first_line_is_not_written_back(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let lines = patch.lines(CLOSE, DC_CIVAC);
        let place = patch.after(CLOSE, MSR_SCTLR);
        patch.insert(place, |_| vec![add(lines.at, lines.line)]);
        Rule::ImageNotFlushed
    });
}

#[rstest]
fn every_other_line_is_written_back(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let lines = patch.lines(CLOSE, DC_CIVAC);
        let place = patch.after(CLOSE, DC_CIVAC);
        patch.insert(place, |_| vec![add(lines.at, lines.line)]);
        Rule::DirtyAtKernel
    });
}

#[rstest]
fn set_and_way_are_tried_as_well(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let place = patch.after(CLOSE, MSR_SCTLR);
        patch.insert_after(place, |_| vec![DC_CISW]);
        Rule::SetWay
    });
}

#[rstest]
fn what_is_written_back_is_not_waited_for(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let place = patch.find(CLOSE, DSB_SY, 1);
        patch.replace(place, NOP);
        Rule::AccessBeforeFlush
    });
}

#[rstest]
fn our_translations_stay_in_the_tlb(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let place = patch.find(CLOSE, TLBI, 0);
        patch.replace(place, NOP);
        Rule::TlbLeft
    });
}
