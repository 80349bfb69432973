//! The first instructions.

use super::{NOP, run};
use crate::harness::in_each_regime;
use purgatory_test_cache_model::Rule;
use purgatory_test_harness::instruction::{DSB_NSH, IC_IALLU, ISB};

in_each_regime! {
    the_i_cache_goes_on_as_it_was: |patch| {
        let place = patch.find("cache_fetches", IC_IALLU, 0);
        patch.replace(place, NOP);
        Rule::InstructionCacheStale
    };
    the_i_cache_goes_on_before_it_is_empty: |patch| {
        let place = patch.find("cache_fetches", DSB_NSH, 0);
        patch.replace(place, NOP);
        Rule::MaintenanceIncomplete
    };
    no_isb_after_the_i_cache_was_emptied: |patch| {
        let place = patch.find("cache_fetches", ISB, 0);
        patch.replace(place, NOP);
        Rule::NoIsbAfterMaintenance
    };
    no_isb_after_the_i_cache_went_on: |patch| {
        let place = patch.find("cache_fetches", ISB, 1);
        patch.replace(place, NOP);
        Rule::NoIsbAfterSctlr
    };
}
