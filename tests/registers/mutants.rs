// SPDX-License-Identifier: MIT OR Apache-2.0

//! The sweep itself: an image that gives a register back changed, or minds what is in it, must be
//! seen.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::patch::Patch;
use purgatory_test_harness::rule::*;
use purgatory_test_harness::sweep::Sweep;
use purgatory_test_harness::{Encoding, this_test};
use rstest::rstest;

use crate::report::Report;
use crate::run::{run, told};

/// Spoils the image, sweeps over one register, and expects these words in the first failure or,
/// where the image halts, in its last lines.
fn seen(
    cpu: &str,
    regime: Regime,
    only: Encoding,
    words: &str,
    spoil: impl FnOnce(&mut Sweep, &mut Patch),
) {
    let mut sweep = Sweep::new(cpu, regime, 1, 0).unwrap_or_else(|error| panic!("{error}"));
    let mut patch = Patch::of(&sweep.image, regime).unwrap_or_else(|error| panic!("{error}"));
    spoil(&mut sweep, &mut patch);
    sweep.image = patch.finish();
    sweep.only = Some(only);
    let outcome = run(&sweep);
    let report = Report::new(&outcome.console);
    let failures = report.failures.iter().map(|failure| failure.1);
    let mut lines = failures.chain(report.last.iter().copied());
    let seen = !report.passed && lines.any(|line| line.contains(words));
    let what = format!("{}: no line with `{words}`", this_test::name());
    assert!(seen, "{}", told(&what, &outcome, &report));
}

fn nop(patch: &mut Patch, routine: &str, what: Pattern) {
    let place = patch.find(routine, what, 0);
    patch.replace(place, NOP);
}

/// Returns the encoding at EL1, or that at EL2.
fn of(regime: Regime, el1: Encoding, el2: Encoding) -> Encoding {
    if regime == Regime::El1And0 { el1 } else { el2 }
}

/// The registers that the way out of the window gives back.
fn not_given_back(regime: Regime, what: Pattern, register: Encoding) {
    let words = format!("{register}: expected");
    seen("max", regime, register, &words, |_, patch| {
        nop(patch, "window_close", what)
    });
}

#[rstest]
fn mair_is_not_given_back(#[values(El1And0, El2, El2And0)] regime: Regime) {
    not_given_back(regime, MSR_MAIR, of(regime, MAIR_EL1, MAIR_EL2));
}

#[rstest]
fn tcr_is_not_given_back(#[values(El1And0, El2, El2And0)] regime: Regime) {
    not_given_back(regime, MSR_TCR, of(regime, TCR_EL1, TCR_EL2));
}

#[rstest]
fn ttbr0_is_not_given_back(#[values(El1And0, El2, El2And0)] regime: Regime) {
    not_given_back(regime, MSR_TTBR0, of(regime, TTBR0_EL1, TTBR0_EL2));
}

#[rstest]
fn vbar_is_not_given_back(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let register = of(regime, VBAR_EL1, VBAR_EL2);
    let words = format!("{register}: expected");
    seen("max", regime, register, &words, |_, patch| {
        nop(patch, "hand_over", MSR_VBAR)
    });
}

#[rstest]
fn sctlr_is_not_given_back(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let register = of(regime, SCTLR_EL1, SCTLR_EL2);
    let words = format!("{register}: expected");
    seen("max", regime, register, &words, |_, patch| {
        nop(patch, "hand_over", MSR_SCTLR)
    });
}

/// An instruction that streaming mode forbids is an exception of class 0x1d.
#[rstest]
fn streaming_mode_stays_on(
    #[values("max", "max,sme_fa64=off")] cpu: &str,
    #[values(El1And0, El2, El2And0)] regime: Regime,
) {
    seen(cpu, regime, SVCR, "ESR=0x0000000076000001", |_, patch| {
        patch.replace_everywhere(SMSTOP, NOP);
    });
}

/// Then there is no such instruction, and the next kernel is the first to fail.
#[rstest]
fn streaming_mode_stays_on_without_checks(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let words = format!("{SVCR}: expected");
    seen("max,sme_fa64=off", regime, SVCR, &words, |sweep, patch| {
        sweep.skip_checks = true;
        patch.replace_everywhere(SMSTOP, NOP);
    });
}

#[rstest]
fn interrupts_stay_unmasked(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let words = format!("{DAIF}: expected");
    seen("max", regime, DAIF, &words, |_, patch| {
        nop(patch, "purgatory_start", MSR_DAIFSET)
    });
}

/// Then the image's stack is SP_EL0, and its exception goes where there is no vector.
#[rstest]
fn the_stack_pointer_stays_sp_el0(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let words = format!("{SPSEL}: expected");
    seen("max", regime, SPSEL, &words, |_, patch| {
        nop(patch, "purgatory_start", MSR_SPSEL_1)
    });
}

/// What traps FP/SIMD is changed for the hash.
#[rstest]
fn fp_traps_are_not_given_back(#[values(El1And0, El2, El2And0)] regime: Regime) {
    is_changed(regime, of(regime, CPACR_EL1, CPTR_EL2));
}

/// One that the image never uses.
#[rstest]
fn a_thread_pointer_is_changed(#[values(El1And0, El2, El2And0)] regime: Regime) {
    is_changed(regime, TPIDR_EL0);
}

fn is_changed(regime: Regime, register: Encoding) {
    let words = format!("{register}: expected");
    seen("max", regime, register, &words, |_, patch| {
        let place = patch.find("hand_over", MSR_VBAR, 0);
        // XZR into it.
        patch.insert(place, |_| vec![register.msr() | 31]);
    });
}

/// x0 of the kernel.
#[rstest]
fn the_kernel_gets_no_dtb(#[values(El1And0, El2, El2And0)] regime: Regime) {
    seen("max", regime, TPIDR_EL0, "x0: expected", |_, patch| {
        let place = patch.first("zero_registers_and_branch");
        patch.replace(place, movz(0, 0));
    });
}
