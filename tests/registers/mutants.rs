// SPDX-License-Identifier: MIT OR Apache-2.0

//! The sweep itself: an image that gives a register back changed, or minds what is in it, must be
//! seen.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::patch::Patch;
use purgatory_test_harness::rule::*;
use purgatory_test_harness::sweep::Sweep;
use purgatory_test_harness::{Encoding, each_regime, this_test};
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

/// The register that shows it, at EL1 and at EL2, and what is spoilt.
type Case = ([Encoding; 2], fn(&mut Patch));

const fn case(el1: Encoding, el2: Encoding, spoil: fn(&mut Patch)) -> Case {
    ([el1, el2], spoil)
}

/// Returns that of the regime.
const fn of(regime: Regime, registers: [Encoding; 2]) -> Encoding {
    registers[regime.el() as usize - 1]
}

/// Spoils the image, and expects that the kernel finds something else in the register.
fn is_not_as_found(regime: Regime, (registers, spoil): Case) {
    let register = of(regime, registers);
    let words = format!("{register}: expected");
    seen("max", regime, register, &words, |_, patch| spoil(patch));
}

/// Clears a register before the hand-over.
fn clear(patch: &mut Patch, registers: [Encoding; 2]) {
    let register = of(patch.regime, registers);
    // XZR into it.
    let word = register.msr() | 31;
    patch.insert(patch.find("hand_over", MSR_VBAR, 0), |_| vec![word]);
}

each_regime! {
    is_not_as_found;
    mair_is_not_given_back:
        case(MAIR_EL1, MAIR_EL2, |patch| patch.leave_out("window_close", MSR_MAIR, 0));
    tcr_is_not_given_back:
        case(TCR_EL1, TCR_EL2, |patch| patch.leave_out("window_close", MSR_TCR, 0));
    ttbr0_is_not_given_back:
        case(TTBR0_EL1, TTBR0_EL2, |patch| patch.leave_out("window_close", MSR_TTBR0, 0));
    vbar_is_not_given_back:
        case(VBAR_EL1, VBAR_EL2, |patch| patch.leave_out("hand_over", MSR_VBAR, 0));
    sctlr_is_not_given_back:
        case(SCTLR_EL1, SCTLR_EL2, |patch| patch.leave_out("hand_over", MSR_SCTLR, 0));
    interrupts_stay_unmasked:
        case(DAIF, DAIF, |patch| patch.leave_out("purgatory_start", MSR_DAIFSET, 0));
    /// Then the image's stack is SP_EL0, and its exception goes where there is no vector.
    the_stack_pointer_stays_sp_el0:
        case(SPSEL, SPSEL, |patch| patch.leave_out("purgatory_start", MSR_SPSEL_1, 0));
    /// What traps FP/SIMD is changed for the hash.
    fp_traps_are_not_given_back:
        case(CPACR_EL1, CPTR_EL2, |patch| clear(patch, [CPACR_EL1, CPTR_EL2]));
    /// One that the image never uses.
    a_thread_pointer_is_changed: case(TPIDR_EL0, TPIDR_EL0, |patch| clear(patch, [TPIDR_EL0; 2]));
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

/// x0 of the kernel.
#[rstest]
fn the_kernel_gets_no_dtb(#[values(El1And0, El2, El2And0)] regime: Regime) {
    seen("max", regime, TPIDR_EL0, "x0: expected", |_, patch| {
        let place = patch.first("zero_registers_and_branch");
        patch.replace(place, movz(0, 0));
    });
}
