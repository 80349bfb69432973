// SPDX-License-Identifier: MIT OR Apache-2.0

//! The way out of the window.

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use rstest::rstest;

use super::{catch, run_in_many_windows as run};
use crate::harness::Through::{Loaders, Own};

const CLOSE: &str = "window_close";

/// They are cleaned inside of the window, and none of the calls waits.
#[rstest]
fn the_regions_are_not_waited_for(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(NOP, DSB_NSH.word())] instead: u32,
) {
    for through in [Own, Loaders] {
        catch(through, regime, Rule::MaintenancePending, |patch| {
            patch.replace(patch.find(CLOSE, DSB_SY, 0), instead);
        });
    }
}

/// Later windows do not reach it: the first attempt, tables for all regions, has used up the pool.
#[rstest]
fn the_last_line_is_not_written_back(#[values(El1And0, El2, El2And0)] regime: Regime) {
    super::run(regime, Rule::ImageNotFlushed, |patch| {
        let lines = patch.lines(CLOSE, DC_CIVAC);
        patch.insert(patch.after(CLOSE, MSR_SCTLR), |_| {
            vec![sub(lines.end, lines.line)]
        });
    });
}

mutants! {
    stores_are_not_waited_for => StorePending: |patch| patch.leave_out(CLOSE, DSB_SY, 0);
    mair_is_given_back_too_early => TranslationChanged: |patch| {
        let mair = patch.find(CLOSE, MSR_MAIR, 0).word;
        patch.insert(patch.before(CLOSE, MSR_SCTLR), |_| vec![mair]);
    };
    no_isb_right_before_the_mmu_goes_off => NoIsbBeforeDisabling:
        |patch| patch.replace(patch.before(CLOSE, MSR_SCTLR), NOP);
    an_isb_just_not_right_before_the_mmu_goes_off => NoIsbBeforeDisabling:
        |patch| patch.insert(patch.find(CLOSE, MSR_SCTLR, 0), |_| vec![NOP]);
    no_isb_after_the_mmu_went_off => NoIsbAfterSctlr:
        |patch| patch.replace(patch.after(CLOSE, MSR_SCTLR), NOP);
    the_stack_is_loaded_from_after_the_mmu_went_off => AccessBeforeFlush:
        |patch| patch.insert_after(patch.after(CLOSE, MSR_SCTLR), |_| vec![load(9, SP)]);
    the_stack_is_loaded_from_and_gives_what_was_there_before => DirtyRead:
        |patch| patch.insert_after(patch.after(CLOSE, MSR_SCTLR), |_| vec![load_below(9, SP)]);
    the_stack_is_stored_to_after_the_mmu_went_off => AccessBeforeFlush:
        |patch| patch.insert_after(patch.after(CLOSE, MSR_SCTLR), |_| vec![store_below(9, SP)]);
    the_stack_is_stored_to_and_written_over_later => DirtyOverwritten:
        |patch| patch.insert_after(patch.after(CLOSE, MSR_SCTLR), |_| vec![store_below(9, SP)]);
    nothing_is_written_back => DirtyAtKernel:
        |patch| patch.replace_all(CLOSE, DC_CIVAC, |_| NOP);
    the_image_is_cleaned_only => CleanedOnly:
        |patch| patch.replace_all(CLOSE, DC_CIVAC, |place| dc_cvac(place.word));
    the_image_is_invalidated_only => DirtyDiscarded:
        |patch| patch.replace_all(CLOSE, DC_CIVAC, |place| dc_ivac(place.word));
    the_first_line_is_not_written_back => ImageNotFlushed: |patch| {
        let lines = patch.lines(CLOSE, DC_CIVAC);
        patch.insert(patch.after(CLOSE, MSR_SCTLR), |_| vec![add(lines.at, lines.line)]);
    };
    every_other_line_is_written_back => DirtyAtKernel: |patch| {
        let lines = patch.lines(CLOSE, DC_CIVAC);
        patch.insert(patch.after(CLOSE, DC_CIVAC), |_| vec![add(lines.at, lines.line)]);
    };
    set_and_way_are_tried_as_well => SetWay:
        |patch| patch.insert_after(patch.after(CLOSE, MSR_SCTLR), |_| vec![DC_CISW]);
    what_is_written_back_is_not_waited_for => AccessBeforeFlush:
        |patch| patch.leave_out(CLOSE, DSB_SY, 1);
    our_translations_stay_in_the_tlb => TlbLeft: |patch| patch.leave_out(CLOSE, TLBI, 0);
}
