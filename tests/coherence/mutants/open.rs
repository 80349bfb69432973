// SPDX-License-Identifier: MIT OR Apache-2.0

//! The way into the window.

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::sctlr;
use purgatory_test_tracer::Event;
use purgatory_test_tracer::system::{Register, System};
use rstest::rstest;

use super::{catch, run_in_many_windows as run};
use crate::harness::Judged;
use crate::harness::Through::{Loaders, Own};

const OPEN: &str = "window_open";

/// Later windows do not reach it: the first attempt, tables for all regions, has used up the pool.
#[rstest]
fn the_last_line_is_not_invalidated(#[values(El1And0, El2, El2And0)] regime: Regime) {
    super::run(regime, Rule::ImageNotInvalidated, |patch| {
        let lines = patch.lines(OPEN, DC_IVAC);
        patch.insert(patch.find(OPEN, DSB_SY, 0), |_| {
            vec![sub(lines.end, lines.line)]
        });
    });
}

/// Before a later window the way out of the one before has done it (`windows`).
#[rstest]
fn the_tlb_is_not_invalidated(#[values(El1And0, El2, El2And0)] regime: Regime) {
    super::run(regime, Rule::TlbNotInvalidated, |patch| {
        patch.leave_out(OPEN, TLBI, 0)
    });
}

mutants! {
    nothing_is_invalidated => StaleRead: |patch| patch.replace_all(OPEN, DC_IVAC, |_| NOP);
    tables_are_not_invalidated => StaleWalk: |patch| patch.replace_all(OPEN, DC_IVAC, |_| NOP);
    what_should_be_invalidated_is_cleaned => StaleRead:
        |patch| patch.replace_all(OPEN, DC_IVAC, |place| dc_cvac(place.word));
    every_other_line_is_invalidated => StaleRead: |patch| {
        let lines = patch.lines(OPEN, DC_IVAC);
        patch.insert(patch.after(OPEN, DC_IVAC), |_| vec![add(lines.at, lines.line)]);
    };
    no_barrier_before_the_invalidation => MaintenanceUnordered:
        |patch| patch.leave_out(OPEN, DSB_SY, 0);
    the_invalidation_is_not_completed => MaintenanceIncomplete:
        |patch| patch.leave_out(OPEN, DSB_SY, 1);
    a_store_comes_after_the_last_barrier => StorePending:
        |patch| patch.insert(patch.find(OPEN, IC_IALLU, 0), |_| vec![store_below(9, SP)]);
    the_i_cache_is_not_invalidated => InstructionCacheStale:
        |patch| patch.leave_out(OPEN, IC_IALLU, 0);
    the_tlbs_of_all_cpus_are_invalidated => TlbBroadcast: |patch| {
        let broadcast = match patch.regime {
            El1And0 => TLBI_VMALLE1IS,
            El2 | El2And0 => TLBI_ALLE2IS,
        };
        patch.replace(patch.find(OPEN, TLBI, 0), broadcast);
    };
    neither_tlb_nor_i_cache_is_waited_for => MaintenanceIncomplete:
        |patch| patch.leave_out(OPEN, DSB_NSH, 0);
    no_isb_before_the_mmu_goes_on => NoIsbBeforeEnabling:
        |patch| patch.replace(patch.before(OPEN, MSR_SCTLR), NOP);
    no_isb_at_all_before_the_mmu_goes_on => NoIsbAfterMaintenance: |patch| {
        patch.leave_out(OPEN, ISB, 0);
        patch.leave_out(OPEN, ISB, 0);
    };
    no_isb_after_the_mmu_went_on => NoIsbAfterSctlr:
        |patch| patch.replace(patch.after(OPEN, MSR_SCTLR), NOP);
    the_mmu_writes_to_the_tables => HardwareUpdates: |patch| {
        let bit = if patch.regime == El2 { 21 } else { 39 };
        let place = patch.find(OPEN, MSR_TCR, 0);
        patch.insert(place, |_| vec![set_bit(place.register(), bit)]);
    };
    the_translations_are_shared => CommonNotPrivate: |patch| {
        let place = patch.find(OPEN, MSR_TTBR0, 0);
        patch.insert(place, |_| vec![set_bit(place.register(), 0)]);
    };
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
    run(regime, Rule::ImageNotInvalidated, |patch| {
        let lines = patch.lines(OPEN, DC_IVAC);
        patch.insert(patch.find(OPEN, DSB_SY, 0), |at| {
            vec![adr(lines.at, at, first), add(lines.at, lines.line)]
        });
    });
}

/// The loader's lie in a region and may be written there; our own are not mapped.
#[rstest]
fn a_table_is_written_in_the_window(#[values(El1And0, El2, El2And0)] regime: Regime) {
    catch(Loaders, regime, Rule::TableWritten, |patch| {
        // The table stays what it is.
        let root = patch.find(OPEN, MSR_TTBR0, 0).register();
        let words = vec![load(9, root), store(9, root)];
        patch.insert(patch.find(OPEN, RET, 0), |_| words);
    });
}

/// At EL1 there is no other TLBI.
#[rstest]
fn the_tlb_of_another_regime_is_invalidated(#[values(El2, El2And0)] regime: Regime) {
    run(regime, Rule::TlbWrongRegime, |patch| {
        // With E2H and TGE = 1 VMALLE1 would be the EL2&0 regime's (Arm ARM, TLBI VMALLE1).
        let other = match patch.regime {
            Regime::El2And0 => TLBI_ALLE1,
            Regime::El1And0 | Regime::El2 => TLBI_VMALLE1,
        };
        patch.replace(patch.find(OPEN, TLBI, 0), other);
    });
}

/// At EL1 there is no `HCR_EL2`.
#[rstest]
fn hcr_is_written(#[values(El2, El2And0)] regime: Regime) {
    run(regime, Rule::HcrWritten, |patch| {
        patch.insert(patch.find(OPEN, MSR_MAIR, 0), |_| HCR_TO_ITSELF.to_vec());
    });
}

/// The regime EL2 has no upper half.
#[rstest]
fn the_old_kernels_upper_half_is_walked(#[values(El1And0, El2And0)] regime: Regime) {
    run(regime, Rule::UpperHalfWalks, |patch| {
        let place = patch.find(OPEN, MSR_TCR, 0);
        patch.insert(place, |_| vec![clear_bit(place.register(), 23)]);
    });
}
