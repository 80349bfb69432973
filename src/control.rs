// SPDX-License-Identifier: MIT OR Apache-2.0

//! The values of the registers that control translation and caches: `MAIR`, `TCR`, `SCTLR`.

use aarch64_cpu::registers::{TCR_EL1, TCR_EL2};
use tock_registers::fields::FieldValue;

use crate::cpu::Cpu;
use crate::translation::Regime;

/// `MAIR_ELx` with attribute 0 = Normal, Inner and Outer Write-Back, Read- and Write-Allocate; the
/// only attribute used. The loader's tables need the same (Arm ARM, MAIR_EL1).
pub const MAIR: u64 = 0xff;

/// Returns `TCR_ELx` for a walk of addresses of `va_bits` bits from TTBR0, in 4 KiB granules: Inner
/// Shareable Write-Back table walks, TTBR1 never walked; hardware updates of descriptors and
/// everything else off.
#[must_use]
pub fn tcr(cpu: &Cpu, va_bits: u32) -> u64 {
    let offset = u64::from(64 - va_bits);
    match cpu.regime {
        // With E2H = 1, TCR_EL2 has TCR_EL1's layout (Arm ARM, TCR_EL2).
        Regime::El1And0 | Regime::El2And0 => {
            (TCR_EL1::T0SZ.val(offset)
                + TCR_EL1::IRGN0::WriteBack_ReadAlloc_WriteAlloc_Cacheable
                + TCR_EL1::ORGN0::WriteBack_ReadAlloc_WriteAlloc_Cacheable
                + TCR_EL1::SH0::Inner
                + TCR_EL1::TG0::KiB_4
                + TCR_EL1::TG1::KiB_4
                + TCR_EL1::EPD1::DisableTTBR1Walks
                + TCR_EL1::T1SZ.val(offset)
                + TCR_EL1::IPS.val(cpu.ips))
            .value
        }
        Regime::El2 => {
            let fields: FieldValue<u64, TCR_EL2::Register> = TCR_EL2::T0SZ.val(offset)
                + TCR_EL2::IRGN0::WriteBack_ReadAlloc_WriteAlloc_Cacheable
                + TCR_EL2::ORGN0::WriteBack_ReadAlloc_WriteAlloc_Cacheable
                + TCR_EL2::SH0::Inner
                + TCR_EL2::TG0::KiB_4
                + TCR_EL2::PS.val(cpu.ips);
            // Bits 31 and 23 are RES1 in this layout.
            fields.value | 1 << 31 | 1 << 23
        }
    }
}

/// Returns `SCTLR_ELx` with MMU, alignment check and caches off: the bits that are RES1 in some
/// architecture version are set, every feature that later versions control here is disabled (Arm
/// ARM, SCTLR_EL1 and SCTLR_EL2). Little-endian data, no WXN, no pointer authentication, no memory
/// tagging.
///
/// EL2's value also serves EL2&0 while it is not known which of them it is: the bits in which they
/// differ concern EL0.
#[must_use]
pub const fn sctlr_off(regime: Regime) -> u64 {
    match regime {
        // LSMAOE, nTLSMD, SPAN, EIS, TSCXT, EOS.
        Regime::El1And0 | Regime::El2And0 => 0x30d0_0800,
        // RES1 bits 29, 28, 23, 22, 18, 16, 11, 5, 4.
        Regime::El2 => 0x30c5_0830,
    }
}

/// `SCTLR_ELx.M`: MMU on.
pub const SCTLR_M: u64 = 1 << 0;
/// `SCTLR_ELx.C`: data accesses may be cached.
pub const SCTLR_C: u64 = 1 << 2;
/// `SCTLR_ELx.I`: instruction fetches may be cached.
pub const SCTLR_I: u64 = 1 << 12;

#[cfg(test)]
mod tests;
