// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the CPU can do and where we run on it, decoded from the ID registers.
//!
//! They are read once at the start; every later decision is a function of this plain struct.

use aarch64_cpu::registers::ID_AA64MMFR0_EL1;
use tock_registers::LocalRegisterCopy;

use crate::region::PaRange;
use crate::translation::Regime;

/// The ID registers that decisions depend on, as read.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdRegisters {
    /// `CurrentEL`.
    pub current_el: u64,
    /// `HCR_EL2`, with `E2H` as it is in effect; 0 at EL1, where it cannot be read.
    pub hcr_el2: u64,
    /// `ID_AA64MMFR0_EL1`: physical address range, granule.
    pub mmfr0: u64,
    /// `ID_AA64MMFR3_EL1`: `TCRX`. Reads as 0 on CPUs that predate it.
    pub mmfr3: u64,
    /// `ID_AA64ISAR0_EL1`: `SHA2`.
    pub isar0: u64,
    /// `ID_AA64PFR0_EL1`: `AdvSIMD`.
    pub pfr0: u64,
    /// `ID_AA64PFR1_EL1`: `SME`.
    pub pfr1: u64,
    /// `CTR_EL0`: cache line sizes.
    pub ctr: u64,
}

/// What the CPU can do, decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu {
    /// Where we run.
    pub regime: Regime,
    /// The range of physical addresses.
    pub pa_range: PaRange,
    /// The smallest data or unified cache line, in bytes, 16 to 2048: the step of every loop over
    /// addresses. 4 if `CTR_EL0` says so, which is slow but correct.
    pub dcache_line: u64,
    /// `TCR2_ELx` exists. Linux may have left its `PIE` set, with which our permission bits would
    /// mean something else (Arm ARM D8.4, permission indirection).
    pub has_tcr2: bool,
    /// The SHA256 instructions exist, and the vector registers that they need.
    pub has_sha2: bool,
    /// Streaming mode exists (SME), and may be on.
    pub has_sme: bool,
    /// Tables may have 4 KiB granules.
    pub has_4k: bool,
    /// For `TCR_ELx.IPS` or `PS`: `PARange`, at most 48 bits. 52 bits would need another layout of
    /// descriptors.
    pub(crate) ips: u64,
}

/// `PARange` and `IPS` for 48 bits.
const PARANGE_48: u64 = 5;

impl Cpu {
    /// Decodes `id`.
    #[must_use]
    pub fn new(id: &IdRegisters) -> Self {
        let mmfr0 = LocalRegisterCopy::<u64, ID_AA64MMFR0_EL1::Register>::new(id.mmfr0);
        let parange = mmfr0.read(ID_AA64MMFR0_EL1::PARange);
        Self {
            regime: Regime::new(id.current_el, id.hcr_el2),
            pa_range: PaRange::new(parange),
            ips: parange.min(PARANGE_48),
            // CTR_EL0.DminLine, bits [19:16]: log2 of the number of 4-byte words.
            dcache_line: 4 << ((id.ctr >> 16) & 0xf),
            // ID_AA64MMFR3_EL1.TCRX, bits [3:0].
            has_tcr2: id.mmfr3 & 0xf != 0,
            // ID_AA64ISAR0_EL1.SHA2, bits [15:12]; ID_AA64PFR0_EL1.AdvSIMD, bits [23:20]: 0b1111
            // means absent.
            has_sha2: (id.isar0 >> 12) & 0xf != 0 && (id.pfr0 >> 20) & 0xf != 0xf,
            // ID_AA64PFR1_EL1.SME, bits [27:24].
            has_sme: (id.pfr1 >> 24) & 0xf != 0,
            // A signed field: 0 and up mean present, 0b1111 absent (Arm ARM, ID_AA64MMFR0_EL1, and
            // "Principles of the ID scheme").
            has_4k: mmfr0.read(ID_AA64MMFR0_EL1::TGran4) < 0b1000,
        }
    }
}

#[cfg(test)]
mod tests;
