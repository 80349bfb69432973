// SPDX-License-Identifier: MIT OR Apache-2.0

//! Firmware and hypervisors that are older than the CPU trap what they do not know. Where the trap
//! comes back to the image it costs nothing; where firmware keeps it, not before the first line.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::boot::{Boot, Place};
use purgatory_test_harness::briefing::{FIRMWARE_GIVES_BACK, FIRMWARE_KEEPS};
use purgatory_test_harness::patch::{Lie, Patch};
use purgatory_test_harness::{Register, console};
use rstest::rstest;

use crate::expect::Expect;
use crate::harness::{INITRD, case, usual};
use crate::run::Run;

/// Leaves SME untrapped at the image's own level: `SMEN` of `CPACR_EL1` and of `CPTR_EL2` with E2H =
/// 1, `TSM` of `CPTR_EL2` without.
fn with_sme(boot: &mut Boot) {
    let untrapped = match boot.regime {
        Regime::El1And0 | Regime::El2And0 => 3 << 24 | 3 << 20,
        Regime::El2 => 0x23ff,
    };
    boot.leave(Register::Cpacr, untrapped);
}

#[rstest]
fn a_trap_that_comes_back_costs_nothing(#[values(El1And0, El2, El2And0)] regime: Regime) {
    case("max", regime, Place::Low, |boot| {
        with_sme(boot);
        boot.put_firmware(FIRMWARE_GIVES_BACK);
        Expect::Boots
    });
}

#[rstest]
fn a_trap_that_firmware_keeps_comes_after_the_first_line(
    #[values(El1And0, El2, El2And0)] regime: Regime,
) {
    let boot = Boot::new("max", regime, Place::Low, INITRD);
    let mut boot = boot.unwrap_or_else(|error| panic!("{error}"));
    with_sme(&mut boot);
    boot.put_firmware(FIRMWARE_KEEPS);
    let run = Run::new(&boot);
    run.purgatory_says(&["I'm in purgatory".into()]);
    let kept = run.outcome.console.contains("firmware: trapped: ESR=");
    run.equal("the trap is seen", &true, &kept);
    run.equal(
        "the new kernel",
        &None,
        &console::new_kernel(&run.outcome.console),
    );
    run.passed();
}

/// A hypervisor's answer to a register that it does not know, on CPUs that have none.
#[rstest]
fn a_tcr2_that_is_undefined_costs_nothing(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        let mut patch = Patch::new(boot).unwrap_or_else(|error| panic!("{error}"));
        patch.lie(Lie::HasTcr2);
        boot.load.image = patch.finish();
        Expect::Boots
    });
}
