// SPDX-License-Identifier: MIT OR Apache-2.0

//! Reads the registers that decisions depend on.

use core::arch::asm;

use aarch64_cpu::registers::{
    CurrentEL, HCR_EL2, ID_AA64ISAR0_EL1, ID_AA64MMFR0_EL1, ID_AA64PFR0_EL1, MAIR_EL1, MAIR_EL2,
    Readable, TCR_EL1, TCR_EL2, TTBR0_EL1, TTBR0_EL2,
};
use purgatory::cpu::{Cpu, IdRegisters};
use purgatory::translation::Regime;

/// Returns what the CPU can do and where we run.
pub fn cpu() -> Cpu {
    let current_el = CurrentEL.get();
    let hcr_el2 = if Regime::new(current_el, 0) == Regime::El1And0 {
        0
    } else {
        HCR_EL2.get()
    };
    Cpu::new(&IdRegisters {
        current_el,
        hcr_el2,
        mmfr0: ID_AA64MMFR0_EL1.get(),
        mmfr3: id_aa64mmfr3_el1(),
        isar0: ID_AA64ISAR0_EL1.get(),
        pfr0: ID_AA64PFR0_EL1.get(),
        ctr: ctr_el0(),
    })
}

/// What translation depends on, as the old kernel left it.
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

/// Reads `ID_AA64MMFR3_EL1`, by its encoding: assemblers older than the register do not know its name, and
/// on CPUs older than it the encoding reads as 0 (Arm ARM, the ID space op0 = 3, op1 = 0, CRn = 0).
fn id_aa64mmfr3_el1() -> u64 {
    let value;
    // SAFETY: reading an ID register has no effect.
    unsafe {
        asm!("mrs {}, S3_0_C0_C7_3", out(reg) value, options(pure, nomem, nostack, preserves_flags));
    }
    value
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
