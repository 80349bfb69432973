//! The regions' way out, and the hand-over.

use super::{NOP, run};
use crate::harness::in_each_regime;
use crate::instruction::*;
use purgatory_test_support::cache_model::Rule;

const FLUSH: &str = "clean_and_invalidate";
const LEAVE: &str = "hand_over";

in_each_regime! {
    the_regions_are_not_cleaned: |patch| {
        let place = patch.find(FLUSH, DC_CIVAC, 0);
        patch.replace(place, NOP);
        Some(Rule::RegionNotCleaned)
    };
    the_regions_are_invalidated_only: |patch| {
        let place = patch.find(FLUSH, DC_CIVAC, 0);
        patch.replace(place, dc_ivac(place.word));
        Some(Rule::RegionNotCleaned)
    };
    the_regions_are_cleaned_only: |patch| {
        let place = patch.find(FLUSH, DC_CIVAC, 0);
        patch.replace(place, dc_cvac(place.word));
        Some(Rule::CleanedOnly)
    };
    the_last_line_of_a_region_is_not_cleaned: |patch| {
        // x0 and x1 are the region from and up to, x2 the line.
        let place = patch.first(FLUSH);
        patch.insert(place, |_| vec![sub(1, 2)]);
        Some(Rule::RegionNotCleaned)
    };
    the_first_line_of_a_region_is_not_cleaned: |patch| {
        let place = patch.first(FLUSH);
        patch.insert(place, |_| vec![add(0, 2)]);
        Some(Rule::RegionNotCleaned)
    };
    one_line_too_many_is_cleaned: |patch| {
        let place = patch.first(FLUSH);
        patch.insert(place, |_| vec![add(1, 2)]);
        Some(Rule::MaintenanceOutside)
    };
    nobody_waits_for_the_regions: |patch| {
        let place = patch.find(FLUSH, DSB_SY, 0);
        patch.replace(place, NOP);
        let place = patch.find(LEAVE, DSB_SY, 0);
        patch.replace(place, NOP);
        Some(Rule::MaintenanceIncomplete)
    };
    the_i_cache_is_not_invalidated: |patch| {
        let place = patch.find(LEAVE, IC_IALLU, 0);
        patch.replace(place, NOP);
        Some(Rule::InstructionCacheStale)
    };
    the_i_cache_is_not_waited_for: |patch| {
        let place = patch.find(LEAVE, DSB_NSH, 0);
        patch.replace(place, NOP);
        Some(Rule::MaintenanceIncomplete)
    };
    no_isb_before_the_kernel: |patch| {
        let place = patch.after(LEAVE, MSR_SCTLR);
        patch.replace(place, NOP);
        Some(Rule::NoIsbAfterSctlr)
    };
    the_d_cache_bit_is_left: |patch| {
        let place = patch.find(LEAVE, MSR_SCTLR, 0);
        patch.insert(place, |_| vec![set_bit(place.register(), 2)]);
        Some(Rule::SctlrLeft)
    };
}
