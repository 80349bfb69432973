//! The way into the window.

use super::{NOP, SP, run};
use crate::harness::in_each_regime;
use crate::instruction::*;
use purgatory_test_support::Regime;
use purgatory_test_support::cache_model::Rule;

const OPEN: &str = "window_open";

in_each_regime! {
    nothing_is_invalidated: |patch| {
        let place = patch.find(OPEN, DC_IVAC, 0);
        patch.replace(place, NOP);
        Some(Rule::StaleRead)
    };
    tables_are_not_invalidated: |patch| {
        let place = patch.find(OPEN, DC_IVAC, 0);
        patch.replace(place, NOP);
        Some(Rule::StaleWalk)
    };
    what_should_be_invalidated_is_cleaned: |patch| {
        let place = patch.find(OPEN, DC_IVAC, 0);
        patch.replace(place, dc_cvac(place.word));
        Some(Rule::StaleRead)
    };
    the_last_line_is_not_invalidated: |patch| {
        // x6 is the end of the loop, x7 the line.
        let place = patch.find(OPEN, DSB_SY, 0);
        patch.insert(place, |_| vec![sub(6, 7)]);
        Some(Rule::ImageNotInvalidated)
    };
    the_first_line_is_not_invalidated: |patch| {
        let place = patch.find(OPEN, DSB_SY, 0);
        patch.insert(place, |_| vec![add(5, 7)]);
        Some(Rule::ImageNotInvalidated)
    };
    every_other_line_is_invalidated: |patch| {
        let place = patch.after(OPEN, DC_IVAC);
        patch.insert(place, |_| vec![add(5, 7)]);
        Some(Rule::StaleRead)
    };
    no_barrier_before_the_invalidation: |patch| {
        let place = patch.find(OPEN, DSB_SY, 0);
        patch.replace(place, NOP);
        Some(Rule::MaintenanceUnordered)
    };
    the_invalidation_is_not_completed: |patch| {
        let place = patch.find(OPEN, DSB_SY, 1);
        patch.replace(place, NOP);
        Some(Rule::MaintenanceIncomplete)
    };
    a_store_comes_after_the_last_barrier: |patch| {
        let place = patch.find(OPEN, IC_IALLU, 0);
        patch.insert(place, |_| vec![store_below(9, SP)]);
        Some(Rule::StorePending)
    };
    the_i_cache_is_not_invalidated: |patch| {
        let place = patch.find(OPEN, IC_IALLU, 0);
        patch.replace(place, NOP);
        Some(Rule::InstructionCacheStale)
    };
    the_tlb_is_not_invalidated: |patch| {
        let place = patch.find(OPEN, TLBI, 0);
        patch.replace(place, NOP);
        Some(Rule::TlbNotInvalidated)
    };
    the_tlb_of_another_regime_is_invalidated: |patch| {
        // At EL1 there is no other.
        let other = match patch.regime {
            Regime::El1And0 => return None,
            Regime::El2 => TLBI_VMALLE1,
            Regime::El2And0 => TLBI_ALLE1,
        };
        let place = patch.find(OPEN, TLBI, 0);
        patch.replace(place, other);
        Some(Rule::TlbWrongRegime)
    };
    the_tlbs_of_all_cpus_are_invalidated: |patch| {
        let broadcast = match patch.regime {
            Regime::El1And0 => TLBI_VMALLE1IS,
            Regime::El2 | Regime::El2And0 => TLBI_ALLE2IS,
        };
        let place = patch.find(OPEN, TLBI, 0);
        patch.replace(place, broadcast);
        Some(Rule::TlbBroadcast)
    };
    neither_tlb_nor_i_cache_is_waited_for: |patch| {
        let place = patch.find(OPEN, DSB_NSH, 0);
        patch.replace(place, NOP);
        Some(Rule::MaintenanceIncomplete)
    };
    no_isb_before_the_mmu_goes_on: |patch| {
        let place = patch.before(OPEN, MSR_SCTLR);
        patch.replace(place, NOP);
        Some(Rule::NoIsbBeforeEnabling)
    };
    no_isb_at_all_before_the_mmu_goes_on: |patch| {
        for number in [0, 0] {
            let place = patch.find(OPEN, ISB, number);
            patch.replace(place, NOP);
        }
        Some(Rule::NoIsbAfterMaintenance)
    };
    no_isb_after_the_mmu_went_on: |patch| {
        let place = patch.after(OPEN, MSR_SCTLR);
        patch.replace(place, NOP);
        Some(Rule::NoIsbAfterSctlr)
    };
    a_table_is_written_in_the_window: |patch| {
        // x3 is TTBR0; the table stays what it is.
        let place = patch.find(OPEN, RET, 0);
        patch.insert(place, |_| vec![load(9, 3), store(9, 3)]);
        Some(Rule::TableWritten)
    };
    the_mmu_writes_to_the_tables: |patch| {
        let bit = if patch.regime == Regime::El2 { 21 } else { 39 };
        let place = patch.find(OPEN, MSR_TCR, 0);
        patch.insert(place, |_| vec![set_bit(place.register(), bit)]);
        Some(Rule::HardwareUpdates)
    };
    the_translations_are_shared: |patch| {
        let place = patch.find(OPEN, MSR_TTBR0, 0);
        patch.insert(place, |_| vec![set_bit(place.register(), 0)]);
        Some(Rule::CommonNotPrivate)
    };
    the_old_kernels_upper_half_is_walked: |patch| {
        if patch.regime == Regime::El2 {
            return None;
        }
        let place = patch.find(OPEN, MSR_TCR, 0);
        patch.insert(place, |_| vec![clear_bit(place.register(), 23)]);
        Some(Rule::UpperHalfWalks)
    };
    hcr_is_written: |patch| {
        if patch.regime == Regime::El1And0 {
            return None;
        }
        let place = patch.find(OPEN, MSR_MAIR, 0);
        patch.insert(place, |_| HCR_TO_ITSELF.to_vec());
        Some(Rule::HcrWritten)
    };
}
