// SPDX-License-Identifier: MIT OR Apache-2.0

//! The way into the window.

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::sctlr;
use purgatory_test_tracer::Event;
use purgatory_test_tracer::system::{Register, System};
use rstest::rstest;

use super::{catch_through, run, run_in_many_windows};
use crate::harness::Judged;
use crate::harness::Through::{Loaders, Own};

const OPEN: &str = "window_open";

#[rstest]
fn nothing_is_invalidated(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        patch.replace_all(OPEN, DC_IVAC, |_| NOP);
        Rule::StaleRead
    });
}

#[rstest]
fn tables_are_not_invalidated(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        patch.replace_all(OPEN, DC_IVAC, |_| NOP);
        Rule::StaleWalk
    });
}

#[rstest]
fn what_should_be_invalidated_is_cleaned(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        patch.replace_all(OPEN, DC_IVAC, |place| dc_cvac(place.word));
        Rule::StaleRead
    });
}

/// Later windows do not reach it: the first attempt, tables for all regions, has used up the pool.
#[rstest]
fn the_last_line_is_not_invalidated(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let lines = patch.lines(OPEN, DC_IVAC);
        let place = patch.find(OPEN, DSB_SY, 0);
        patch.insert(place, |_| vec![sub(lines.end, lines.line)]);
        Rule::ImageNotInvalidated
    });
}

/// Returns whether this turns the MMU on.
fn turns_on(event: &Event) -> bool {
    matches!(*event, Event::System { what: System::Msr(Register::Sctlr(_)), value, .. }
        if value & sctlr::M != 0)
}

/// Of those that were stored to until then: what comes before them is what memory holds.
#[rstest]
fn the_first_line_is_not_invalidated(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let boot = Own.boot(regime, |_| ());
    let judged = Judged::new(&boot);
    let image = boot.load.purgatory_at;
    let events = judged.recording.trace.events.iter();
    let before = events.take_while(|event| !turns_on(event));
    let stores = before.filter_map(|event| match *event {
        Event::Access {
            address,
            store: true,
            ..
        } => address.checked_sub(image),
        _ => None,
    });
    let first = stores.min().expect("the stack is used") & !(judged.line - 1);
    run_in_many_windows(regime, |patch| {
        let lines = patch.lines(OPEN, DC_IVAC);
        let place = patch.find(OPEN, DSB_SY, 0);
        patch.insert(place, |at| {
            vec![adr(lines.at, at, first), add(lines.at, lines.line)]
        });
        Rule::ImageNotInvalidated
    });
}

#[rstest]
fn every_other_line_is_invalidated(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let lines = patch.lines(OPEN, DC_IVAC);
        let place = patch.after(OPEN, DC_IVAC);
        patch.insert(place, |_| vec![add(lines.at, lines.line)]);
        Rule::StaleRead
    });
}

#[rstest]
fn no_barrier_before_the_invalidation(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let place = patch.find(OPEN, DSB_SY, 0);
        patch.replace(place, NOP);
        Rule::MaintenanceUnordered
    });
}

#[rstest]
fn the_invalidation_is_not_completed(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let place = patch.find(OPEN, DSB_SY, 1);
        patch.replace(place, NOP);
        Rule::MaintenanceIncomplete
    });
}

#[rstest]
fn a_store_comes_after_the_last_barrier(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let place = patch.find(OPEN, IC_IALLU, 0);
        patch.insert(place, |_| vec![store_below(9, SP)]);
        Rule::StorePending
    });
}

#[rstest]
fn the_i_cache_is_not_invalidated(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let place = patch.find(OPEN, IC_IALLU, 0);
        patch.replace(place, NOP);
        Rule::InstructionCacheStale
    });
}

/// Before a later window the way out of the one before has done it (`windows`).
#[rstest]
fn the_tlb_is_not_invalidated(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let place = patch.find(OPEN, TLBI, 0);
        patch.replace(place, NOP);
        Rule::TlbNotInvalidated
    });
}

#[rstest]
fn the_tlbs_of_all_cpus_are_invalidated(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let broadcast = match patch.regime {
            Regime::El1And0 => TLBI_VMALLE1IS,
            Regime::El2 | Regime::El2And0 => TLBI_ALLE2IS,
        };
        let place = patch.find(OPEN, TLBI, 0);
        patch.replace(place, broadcast);
        Rule::TlbBroadcast
    });
}

#[rstest]
fn neither_tlb_nor_i_cache_is_waited_for(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let place = patch.find(OPEN, DSB_NSH, 0);
        patch.replace(place, NOP);
        Rule::MaintenanceIncomplete
    });
}

#[rstest]
fn no_isb_before_the_mmu_goes_on(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let place = patch.before(OPEN, MSR_SCTLR);
        patch.replace(place, NOP);
        Rule::NoIsbBeforeEnabling
    });
}

#[rstest]
fn no_isb_at_all_before_the_mmu_goes_on(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        for number in [0, 0] {
            let place = patch.find(OPEN, ISB, number);
            patch.replace(place, NOP);
        }
        Rule::NoIsbAfterMaintenance
    });
}

#[rstest]
fn no_isb_after_the_mmu_went_on(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let place = patch.after(OPEN, MSR_SCTLR);
        patch.replace(place, NOP);
        Rule::NoIsbAfterSctlr
    });
}

#[rstest]
fn a_table_is_written_in_the_window(#[values(El1And0, El2, El2And0)] regime: Regime) {
    // The loader's lie in a region and may be written there; our own are not mapped.
    catch_through(Loaders, Loaders.boot(regime, |_| ()), None, |patch| {
        // The table stays what it is.
        let root = patch.find(OPEN, MSR_TTBR0, 0).register();
        let place = patch.find(OPEN, RET, 0);
        patch.insert(place, |_| vec![load(9, root), store(9, root)]);
        Rule::TableWritten
    });
}

#[rstest]
fn the_mmu_writes_to_the_tables(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let bit = if patch.regime == Regime::El2 { 21 } else { 39 };
        let place = patch.find(OPEN, MSR_TCR, 0);
        patch.insert(place, |_| vec![set_bit(place.register(), bit)]);
        Rule::HardwareUpdates
    });
}

#[rstest]
fn the_translations_are_shared(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let place = patch.find(OPEN, MSR_TTBR0, 0);
        patch.insert(place, |_| vec![set_bit(place.register(), 0)]);
        Rule::CommonNotPrivate
    });
}

/// At EL1 there is neither another TLBI nor `HCR_EL2`.

#[rstest]
fn the_tlb_of_another_regime_is_invalidated(#[values(El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        // With E2H and TGE = 1 VMALLE1 would be the EL2&0 regime's (Arm ARM, TLBI VMALLE1).
        let other = match patch.regime {
            Regime::El2And0 => TLBI_ALLE1,
            Regime::El1And0 | Regime::El2 => TLBI_VMALLE1,
        };
        let place = patch.find(OPEN, TLBI, 0);
        patch.replace(place, other);
        Rule::TlbWrongRegime
    });
}

#[rstest]
fn hcr_is_written(#[values(El2, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let place = patch.find(OPEN, MSR_MAIR, 0);
        patch.insert(place, |_| HCR_TO_ITSELF.to_vec());
        Rule::HcrWritten
    });
}

/// The regime EL2 has no upper half.

#[rstest]
fn the_old_kernels_upper_half_is_walked(#[values(El1And0, El2And0)] regime: Regime) {
    run_in_many_windows(regime, |patch| {
        let place = patch.find(OPEN, MSR_TCR, 0);
        patch.insert(place, |_| vec![clear_bit(place.register(), 23)]);
        Rule::UpperHalfWalks
    });
}
