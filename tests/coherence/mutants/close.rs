//! The way out of the window.

use super::{NOP, SP, run};
use crate::harness::in_each_regime;
use purgatory_test_cache_model::Rule;
use purgatory_test_harness::instruction::*;

const CLOSE: &str = "window_close";

in_each_regime! {
    stores_are_not_waited_for: |patch| {
        let place = patch.find(CLOSE, DSB_SY, 0);
        patch.replace(place, NOP);
        Rule::StorePending
    };
    mair_is_given_back_too_early: |patch| {
        let mair = patch.find(CLOSE, MSR_MAIR, 0).word;
        let place = patch.before(CLOSE, MSR_SCTLR);
        patch.insert(place, |_| vec![mair]);
        Rule::TranslationChanged
    };
    no_isb_right_before_the_mmu_goes_off: |patch| {
        let place = patch.before(CLOSE, MSR_SCTLR);
        patch.replace(place, NOP);
        Rule::NoIsbBeforeDisabling
    };
    an_isb_just_not_right_before_the_mmu_goes_off: |patch| {
        let place = patch.find(CLOSE, MSR_SCTLR, 0);
        patch.insert(place, |_| vec![NOP]);
        Rule::NoIsbBeforeDisabling
    };
    no_isb_after_the_mmu_went_off: |patch| {
        let place = patch.after(CLOSE, MSR_SCTLR);
        patch.replace(place, NOP);
        Rule::NoIsbAfterSctlr
    };
    the_stack_is_loaded_from_after_the_mmu_went_off: |patch| {
        let place = patch.after(CLOSE, MSR_SCTLR);
        patch.insert_after(place, |_| vec![load(9, SP)]);
        Rule::AccessBeforeFlush
    };
    the_stack_is_loaded_from_and_gives_what_was_there_before: |patch| {
        let place = patch.after(CLOSE, MSR_SCTLR);
        patch.insert_after(place, |_| vec![load_below(9, SP)]);
        Rule::DirtyRead
    };
    the_stack_is_stored_to_after_the_mmu_went_off: |patch| {
        let place = patch.after(CLOSE, MSR_SCTLR);
        patch.insert_after(place, |_| vec![store_below(9, SP)]);
        Rule::AccessBeforeFlush
    };
    the_stack_is_stored_to_and_written_over_later: |patch| {
        let place = patch.after(CLOSE, MSR_SCTLR);
        patch.insert_after(place, |_| vec![store_below(9, SP)]);
        Rule::DirtyOverwritten
    };
    nothing_is_written_back: |patch| {
        patch.replace_all(CLOSE, DC_CIVAC, |_| NOP);
        Rule::DirtyAtKernel
    };
    the_image_is_cleaned_only: |patch| {
        patch.replace_all(CLOSE, DC_CIVAC, |place| dc_cvac(place.word));
        Rule::CleanedOnly
    };
    the_image_is_invalidated_only: |patch| {
        patch.replace_all(CLOSE, DC_CIVAC, |place| dc_ivac(place.word));
        Rule::DirtyDiscarded
    };
    the_last_line_is_not_written_back: |patch| {
        let lines = patch.lines(CLOSE, DC_CIVAC);
        let place = patch.after(CLOSE, MSR_SCTLR);
        patch.insert(place, |_| vec![sub(lines.end, lines.line)]);
        Rule::ImageNotFlushed
    };
    the_first_line_is_not_written_back: |patch| {
        let lines = patch.lines(CLOSE, DC_CIVAC);
        let place = patch.after(CLOSE, MSR_SCTLR);
        patch.insert(place, |_| vec![add(lines.at, lines.line)]);
        Rule::ImageNotFlushed
    };
    every_other_line_is_written_back: |patch| {
        let lines = patch.lines(CLOSE, DC_CIVAC);
        let place = patch.after(CLOSE, DC_CIVAC);
        patch.insert(place, |_| vec![add(lines.at, lines.line)]);
        Rule::DirtyAtKernel
    };
    set_and_way_are_tried_as_well: |patch| {
        let place = patch.after(CLOSE, MSR_SCTLR);
        patch.insert_after(place, |_| vec![DC_CISW]);
        Rule::SetWay
    };
    what_is_written_back_is_not_waited_for: |patch| {
        let place = patch.find(CLOSE, DSB_SY, 1);
        patch.replace(place, NOP);
        Rule::AccessBeforeFlush
    };
    our_translations_stay_in_the_tlb: |patch| {
        let place = patch.find(CLOSE, TLBI, 0);
        patch.replace(place, NOP);
        Rule::TlbLeft
    };
}
