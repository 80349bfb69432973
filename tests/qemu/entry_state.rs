// SPDX-License-Identifier: MIT OR Apache-2.0

//! Whatever the old kernel leaves in the CPU, the boot is the same, and the new kernel finds it
//! again.
//!
//! Every boot of these tests finds garbage in the registers that control translation; here is more.
//! All run on `max`, which has the most features to be left in an odd state.

use std::io::{Write, stderr};

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::boot::{Boot, Place};
use purgatory_test_harness::briefing::FLAG_PAN;
use purgatory_test_harness::console::new_kernel;
use purgatory_test_harness::each_regime;
use purgatory_test_harness::patch::{Lie, Patch};
use purgatory_test_harness::sctlr::{A, E0E, EE, EN_POINTER_AUTH, I, N_TWE, N_TWI, SA, SPAN, WXN};
use purgatory_test_harness::{Register, this_test};
use rstest::rstest;

use crate::expect::Expect;
use crate::harness::{case, usual};

/// Bits of SCTLR_ELx are set and cleared.
fn sctlr(boot: &mut Boot, set: u64, clear: u64) -> Expect {
    boot.cpu = "max".into();
    boot.briefing.sctlr_set |= set;
    boot.briefing.sctlr_clear |= clear;
    Expect::Boots
}

/// As without FEAT_E2H0, and in a guest hypervisor: E2H is in effect, and reads as 0. The other
/// regime's tables would not reach so far.
#[rstest]
fn e2h_that_reads_as_0(#[values(El2, El2And0)] regime: Regime) {
    case("max", regime, Place::Above512GiB, |boot| {
        let mut patch = Patch::new(boot).unwrap_or_else(|error| panic!("{error}"));
        patch.lie(Lie::HcrReadsZero);
        boot.load.image = patch.finish();
        Expect::Boots
    });
}

/// `PSTATE.PAN` is set, and stays so in exceptions.
fn pan(boot: &mut Boot) -> Expect {
    boot.briefing.flags |= FLAG_PAN;
    sctlr(boot, 0, SPAN)
}

/// Floating point and SIMD are trapped.
fn fp_trapped(boot: &mut Boot) -> Expect {
    let value = match boot.regime {
        // FPEN = 0.
        Regime::El1And0 | Regime::El2And0 => 0,
        // TFP = 1, and what is RES1.
        Regime::El2 => 0x37ff,
    };
    boot.leave(Register::Cpacr, value);
    sctlr(boot, 0, 0)
}

each_regime! {
    usual;
    write_implies_execute_never: |boot| sctlr(boot, WXN, 0);
    alignment_checks: |boot| sctlr(boot, A | SA, 0);
    big_endian_data: |boot| sctlr(boot, EE | E0E, 0);
    wait_instructions_trapped: |boot| sctlr(boot, 0, N_TWI | N_TWE);
    wait_instructions_not_trapped: |boot| sctlr(boot, N_TWI | N_TWE, 0);
    pointer_authentication_enabled: |boot| sctlr(boot, EN_POINTER_AUTH, 0);
    instruction_cache_on: |boot| sctlr(boot, I, 0);
    privileged_access_never: pan;
    floating_point_trapped: fp_trapped;
    all_of_that_at_once: |boot| {
        pan(boot);
        fp_trapped(boot);
        sctlr(
            boot,
            A | SA | I | WXN | EE | E0E | EN_POINTER_AUTH,
            N_TWI | N_TWE,
        )
    };
    all_of_that_at_once_above_512_gib: |boot| {
        *boot = Boot::new("max", boot.regime, Place::Above512GiB, 5000)
            .unwrap_or_else(|error| panic!("{error}"));
        pan(boot);
        fp_trapped(boot);
        sctlr(
            boot,
            A | SA | I | WXN | EE | E0E | EN_POINTER_AUTH,
            N_TWI | N_TWE,
        )
    };
    translation_registers_of_all_ones: |boot| {
        for register in [
            Register::Mair,
            Register::Tcr,
            Register::Ttbr0,
            Register::Ttbr1,
        ] {
            boot.leave(register, u64::MAX);
        }
        sctlr(boot, 0, 0)
    };
    translation_registers_of_all_zeros: |boot| {
        for register in [
            Register::Mair,
            Register::Tcr,
            Register::Ttbr0,
            Register::Ttbr1,
        ] {
            boot.leave(register, 0);
        }
        sctlr(boot, 0, 0)
    };
}

/// `TCR2_ELx.PIE`, with which permission bits are an index into `PIR_ELx`. Only a CPU that has the
/// register can have it set, as `max` of a QEMU newer than 10.0; `cpu_shim` proves the write on
/// all.
#[rstest]
fn permission_indirection(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let outcome = case("max", regime, Place::Low, |boot| {
        boot.leave(Register::Tcr2, 1 << 1);
        Expect::Boots
    });
    let el = regime.el();
    let check = format!("TCR2_EL{el}=0");
    let checks = new_kernel(&outcome.console).unwrap_or_default();
    if !checks.passed.contains(&&*check) {
        // Past the capture of what a passing test says.
        let _ = writeln!(
            stderr(),
            "{}: not tried: this QEMU's `max` has no TCR2_EL{el}; one newer than 10.0 has",
            this_test::name()
        );
    }
}
