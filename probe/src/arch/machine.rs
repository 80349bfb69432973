// SPDX-License-Identifier: MIT OR Apache-2.0

//! Reads the registers that tell what machine this is.

use core::arch::asm;

use aarch64_cpu::registers::{
    CLIDR_EL1, CSSELR_EL1, CurrentEL, ID_AA64MMFR0_EL1, ID_AA64MMFR1_EL1, ID_AA64MMFR2_EL1,
    MIDR_EL1, Readable, Writeable,
};
use purgatory::cpu::Cpu;
use purgatory::translation::Regime;
use purgatory_probe::cache::{self, Kind};
use purgatory_probe::machine::{CACHES, Machine};

use crate::image::attempt::{psci_hvc, psci_smc};
use crate::image::timer;

/// `PSCI_VERSION` (Arm DEN 0022, 5.1): the function's number. Its second half is the minor version, so
/// that no answer is 1, which the attempt returns where nobody answers, but that of PSCI 0.1, which does
/// not have it.
const PSCI_VERSION: u32 = 0x8400_0000;

/// What a call of PSCI returns that firmware does not know: all negative numbers are errors.
const ERRORS: u32 = 1 << 31;

/// Returns the exception level.
pub fn current_el() -> u64 {
    CurrentEL.get() >> 2 & 3
}

/// Returns `ISR_EL1`.
pub fn isr() -> u64 {
    let isr;
    // SAFETY: reading the register has no effect.
    unsafe { asm!("mrs {}, isr_el1", out(reg) isr, options(nomem, nostack, preserves_flags)) };
    isr
}

/// Returns what is told of this machine.
pub fn machine(cpu: Cpu, may_have_psci: bool) -> Machine {
    let ctr;
    // SAFETY: reading an ID register has no effect.
    unsafe { asm!("mrs {}, ctr_el0", out(reg) ctr, options(nomem, nostack, preserves_flags)) };
    Machine {
        cpu,
        midr: MIDR_EL1.get(),
        mmfr0: ID_AA64MMFR0_EL1.get(),
        mmfr1: ID_AA64MMFR1_EL1.get(),
        ctr,
        frequency: timer::frequency(),
        caches: caches(),
        psci: may_have_psci.then(|| psci(cpu.regime)).flatten(),
    }
}

fn caches() -> [Option<(u32, Kind, u64)>; CACHES] {
    // ID_AA64MMFR2_EL1.CCIDX.
    let has_ccidx = ID_AA64MMFR2_EL1.get() >> 20 & 0xf != 0;
    let mut all = [None; CACHES];
    for (place, (level, kind)) in all.iter_mut().zip(cache::caches(CLIDR_EL1.get())) {
        CSSELR_EL1.set(kind.select(level));
        let ccsidr;
        // SAFETY: the ISB has CCSIDR_EL1 show the cache that was selected; both registers have no other
        // effect.
        unsafe { asm!("isb", "mrs {}, ccsidr_el1", out(reg) ccsidr, options(nomem, nostack)) };
        *place = Some((level, kind, cache::bytes(ccsidr, has_ccidx)));
    }
    all
}

/// Asks for the version of PSCI, as the image would ask for a reset.
fn psci(regime: Regime) -> Option<(u32, &'static str)> {
    let answer =
        |version: u32, how| (version != 1 && version & ERRORS == 0).then_some((version, how));
    // SAFETY: returns as a function does (SMC Calling Convention, Arm DEN 0028); at EL2 an HVC would be
    // taken by ourselves.
    unsafe {
        let by_hvc = match regime {
            Regime::El1And0 => answer(psci_hvc(PSCI_VERSION), "HVC"),
            Regime::El2 | Regime::El2And0 => None,
        };
        by_hvc.or_else(|| answer(psci_smc(PSCI_VERSION), "SMC"))
    }
}
