// SPDX-License-Identifier: MIT OR Apache-2.0

//! Reads the registers that decisions depend on.

use core::arch::asm;

use aarch64_cpu::registers::{
    CPACR_EL1, CPTR_EL2, CurrentEL, HCR_EL2, ID_AA64ISAR0_EL1, ID_AA64MMFR0_EL1, ID_AA64PFR0_EL1,
    ID_AA64PFR1_EL1, MAIR_EL1, MAIR_EL2, Readable, TCR_EL1, TCR_EL2, TTBR0_EL1, TTBR0_EL2,
};
use purgatory::cpu::{Cpu, IdRegisters};
use purgatory::translation::Regime;

use super::attempt::{clear_tcr2_el1, clear_tcr2_el2, clear_tcr2_el12, smstop};

/// Returns what the CPU can do and where we run.
pub fn cpu() -> Cpu {
    let current_el = CurrentEL.get();
    let hcr_el2 = if Regime::new(current_el, 0) == Regime::El1And0 {
        0
    } else {
        HCR_EL2.get() | e2h_in_effect()
    };
    Cpu::new(&IdRegisters {
        current_el,
        hcr_el2,
        mmfr0: ID_AA64MMFR0_EL1.get(),
        mmfr3: id_aa64mmfr3_el1(),
        isar0: ID_AA64ISAR0_EL1.get(),
        pfr0: ID_AA64PFR0_EL1.get(),
        pfr1: ID_AA64PFR1_EL1.get(),
        ctr: ctr_el0(),
    })
}

/// Turns off what the old kernel may have left on and neither this code nor the next kernel can run
/// with. Each access is one that firmware or a hypervisor older than the register may trap: if that
/// returns to us as an exception nothing is lost, because then the old kernel had no access either.
pub fn settle(cpu: &Cpu) {
    // SAFETY: changes PSTATE.SM and PSTATE.ZA, on which none of our code relies, vector registers,
    // which hold nothing yet, and TCR2_ELx, which has no effect with the MMU off.
    unsafe {
        // Streaming mode, in which the CPU may have neither FP/SIMD nor SHA2 instructions, and ZA
        // storage: Linux leaves both as the interrupted thread had them at a crash. If the old
        // kernel traps SME both are off, and we need not provoke an exception to find out.
        if cpu.has_sme && !sme_is_trapped(cpu.regime) {
            smstop();
        }
        // With the old kernel's `PIE` the permission bits of descriptors would mean something else,
        // for us and for a kernel that predates the register. EL1's register as well, because a
        // kernel that leaves EL2 runs with it.
        if cpu.has_tcr2 {
            match cpu.regime {
                Regime::El1And0 => clear_tcr2_el1(),
                Regime::El2 => clear_tcr2_el2() | clear_tcr2_el1(),
                Regime::El2And0 => clear_tcr2_el2() | clear_tcr2_el12(),
            };
        }
    }
}

/// Returns whether SME is trapped at our exception level (Arm ARM, CPACR_EL1 and CPTR_EL2).
fn sme_is_trapped(regime: Regime) -> bool {
    match regime {
        // CPTR_EL2.TSM.
        Regime::El2 => CPTR_EL2.get() & 1 << 12 != 0,
        // CPACR_EL1.SMEN. With E2H = 1 the name means CPTR_EL2, which has the same layout then.
        Regime::El1And0 | Regime::El2And0 => CPACR_EL1.get() & 1 << 24 == 0,
    }
}

/// The translation registers as the old kernel left them.
#[repr(C)]
pub struct Translation {
    /// `MAIR_ELx`.
    pub mair: u64,
    /// `TCR_ELx`.
    pub tcr: u64,
    /// `TTBR0_ELx`.
    pub ttbr0: u64,
}

impl Translation {
    /// Reads the registers of our exception level.
    pub fn read(regime: Regime) -> Self {
        match regime {
            Regime::El1And0 => Self {
                mair: MAIR_EL1.get(),
                tcr: TCR_EL1.get(),
                ttbr0: TTBR0_EL1.get(),
            },
            Regime::El2 | Regime::El2And0 => Self {
                mair: MAIR_EL2.get(),
                tcr: TCR_EL2.get(),
                ttbr0: TTBR0_EL2.get(),
            },
        }
    }
}

/// Reads `ID_AA64MMFR3_EL1`, by its encoding: older assemblers do not know its name, and on CPUs
/// that predate it the encoding reads as 0 (Arm ARM, the ID space op0 = 3, op1 = 0, CRn = 0).
fn id_aa64mmfr3_el1() -> u64 {
    let value;
    // SAFETY: reading an ID register has no effect.
    unsafe {
        asm!("mrs {}, S3_0_C0_C7_3", out(reg) value, options(pure, nomem, nostack, preserves_flags));
    }
    value
}

/// Returns `HCR_EL2.E2H` if it is 1 in effect, whatever it reads as: without FEAT_E2H0, and in a
/// guest hypervisor, it may read as 0. The meaning of `FAR_EL1` at EL2 shows it: with E2H = 1 it is
/// `FAR_EL2`.
fn e2h_in_effect() -> u64 {
    const E2H: u64 = 1 << 34;
    let is_far_el2: u64;
    // SAFETY: at EL2, the only caller's case. Nothing depends on fault addresses before our own
    // first exception, and both are restored.
    unsafe {
        asm!(
            "mrs {far1}, far_el1",
            "mrs {far2}, far_el2",
            "mov {probe}, #1",
            "msr far_el1, {probe}",
            "mov {probe}, #2",
            "msr far_el2, {probe}",
            "isb",
            "mrs {probe}, far_el1",
            "msr far_el1, {far1}",
            "msr far_el2, {far2}",
            "isb",
            far1 = out(reg) _,
            far2 = out(reg) _,
            probe = out(reg) is_far_el2,
            options(nostack),
        );
    }
    if is_far_el2 == 2 { E2H } else { 0 }
}

/// Reads `CTR_EL0`, which `aarch64-cpu` does not have.
fn ctr_el0() -> u64 {
    let value;
    // SAFETY: reading an ID register has no effect.
    unsafe {
        asm!("mrs {}, ctr_el0", out(reg) value, options(pure, nomem, nostack, preserves_flags));
    }
    value
}

/// Returns whether an SError is pending (`ISR_EL1.A`, which `aarch64-cpu` does not have).
pub fn serror_is_pending() -> bool {
    let isr: u64;
    // SAFETY: reading the register has no effect. Not `pure`: it changes by itself.
    unsafe {
        asm!("mrs {}, isr_el1", out(reg) isr, options(nomem, nostack, preserves_flags));
    }
    isr & 1 << 8 != 0
}
