//! What the CPU can do and where we run on it, decoded from the ID registers.
//!
//! Read once at the start; every decision after it is a function of this plain struct. The
//! translation *regime*, not the exception level, is what the layout of `TCR`, the permission bits
//! of a descriptor and the TLB invalidation depend on (Arm ARM DDI 0487 D8.1).

use aarch64_cpu::registers::{HCR_EL2, ID_AA64MMFR0_EL1, TCR_EL1, TCR_EL2};
use tock_registers::{LocalRegisterCopy, fields::FieldValue};

use crate::paging::Granule;

/// The translation regime that our own accesses go through (Arm ARM D8.1.2). `report` has a word for
/// each, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// EL1 with EL0: what a kernel in a virtual machine, or on a machine without EL2, runs in.
    El1And0,
    /// EL2 alone (`HCR_EL2.E2H` = 0): a kernel that booted at EL2 without the Virtualization Host
    /// Extensions.
    El2,
    /// EL2 with EL0 (`HCR_EL2.E2H` = 1): a kernel that uses the Virtualization Host Extensions. The
    /// registers at EL2 have the layout of those at EL1.
    El2And0,
}

impl Regime {
    /// The regime of `CurrentEL` and `HCR_EL2` (any value at EL1, where it cannot be read). Linux
    /// runs at EL1 or EL2 (booting.rst), so what is not EL2 counts as EL1.
    #[must_use]
    pub fn new(current_el: u64, hcr_el2: u64) -> Self {
        // CurrentEL.EL, bits [3:2].
        let el2 = (current_el >> 2) & 0b11 == 2;
        let hcr = LocalRegisterCopy::<u64, HCR_EL2::Register>::new(hcr_el2);
        match (el2, hcr.is_set(HCR_EL2::E2H)) {
            (false, _) => Self::El1And0,
            (true, false) => Self::El2,
            (true, true) => Self::El2And0,
        }
    }
}

/// The ID registers that decisions hang on, as read.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdRegisters {
    /// `CurrentEL`.
    pub current_el: u64,
    /// `HCR_EL2`; 0 at EL1, where it cannot be read.
    pub hcr_el2: u64,
    /// `ID_AA64MMFR0_EL1`: physical address range, granules.
    pub mmfr0: u64,
    /// `ID_AA64MMFR3_EL1`: `TCRX`. Reads as 0 on CPUs that are older than it.
    pub mmfr3: u64,
    /// `ID_AA64ISAR0_EL1`: `SHA2`.
    pub isar0: u64,
    /// `ID_AA64PFR0_EL1`: `AdvSIMD`.
    pub pfr0: u64,
    /// `CTR_EL0`: cache line sizes.
    pub ctr: u64,
}

/// What the CPU can do, decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu {
    /// Where we run.
    pub regime: Regime,
    /// Width of a physical address in bits, 32 to 52.
    pub pa_bits: u32,
    /// The smallest data or unified cache line, in bytes, 16 to 2048: the step of every loop over
    /// addresses. 4 where `CTR_EL0` says so, which is slow and still right.
    pub dcache_line: u64,
    /// `TCR2_ELx` exists. Linux may have left its `PIE` set, with which our permission bits would
    /// mean something else (Arm ARM D8.4, permission indirection).
    pub has_tcr2: bool,
    /// The SHA256 instructions exist, and the vector registers that they need.
    pub has_sha2: bool,
    /// `TCR_ELx.IPS` or `PS`: `PARange`, or 48 bits where that is more. 52 bits would be another
    /// layout of descriptor.
    ips: u64,
    /// The granule for our own tables, `None` where there is none.
    pub granule: Option<Granule>,
}

/// The most bits of physical address that our tables can name: identity in a 48-bit address space.
pub const TABLE_PA_BITS: u32 = 48;

/// `PARange` and `IPS` for 48 bits.
const PARANGE_48: u64 = 5;

/// `MAIR_ELx` with attribute 0 = Normal, Inner and Outer Write-Back, Read- and Write-Allocate; the
/// only attribute used. Also what the loader's tables want (Arm ARM, MAIR_EL1).
pub const MAIR: u64 = 0xff;

impl Cpu {
    /// Decodes `id`.
    #[must_use]
    pub fn new(id: &IdRegisters) -> Self {
        let mmfr0 = LocalRegisterCopy::<u64, ID_AA64MMFR0_EL1::Register>::new(id.mmfr0);
        let parange = mmfr0.read(ID_AA64MMFR0_EL1::PARange);
        Self {
            regime: Regime::new(id.current_el, id.hcr_el2),
            pa_bits: pa_bits(parange),
            ips: parange.min(PARANGE_48),
            // CTR_EL0.DminLine, bits [19:16]: log2 of the number of 4-byte words.
            dcache_line: 4 << ((id.ctr >> 16) & 0xf),
            // ID_AA64MMFR3_EL1.TCRX, bits [3:0].
            has_tcr2: id.mmfr3 & 0xf != 0,
            // ID_AA64ISAR0_EL1.SHA2, bits [15:12]; ID_AA64PFR0_EL1.AdvSIMD, bits [23:20]: 0b1111 is no.
            has_sha2: (id.isar0 >> 12) & 0xf != 0 && (id.pfr0 >> 20) & 0xf != 0xf,
            granule: granule(mmfr0),
        }
    }

    /// `TCR_ELx` for a walk of our tables: 48-bit addresses from TTBR0, Inner Shareable Write-Back
    /// table walks, TTBR1 never walked; hardware updates of descriptors and all else off.
    #[must_use]
    pub fn tcr(&self, granule: Granule) -> u64 {
        let offset = u64::from(64 - TABLE_PA_BITS);
        match self.regime {
            // With E2H = 1, TCR_EL2 has TCR_EL1's layout (Arm ARM, TCR_EL2).
            Regime::El1And0 | Regime::El2And0 => {
                let granule = match granule {
                    Granule::Size4K => TCR_EL1::TG0::KiB_4 + TCR_EL1::TG1::KiB_4,
                    Granule::Size16K => TCR_EL1::TG0::KiB_16 + TCR_EL1::TG1::KiB_16,
                    Granule::Size64K => TCR_EL1::TG0::KiB_64 + TCR_EL1::TG1::KiB_64,
                };
                (TCR_EL1::T0SZ.val(offset)
                    + TCR_EL1::IRGN0::WriteBack_ReadAlloc_WriteAlloc_Cacheable
                    + TCR_EL1::ORGN0::WriteBack_ReadAlloc_WriteAlloc_Cacheable
                    + TCR_EL1::SH0::Inner
                    + granule
                    + TCR_EL1::EPD1::DisableTTBR1Walks
                    + TCR_EL1::T1SZ.val(offset)
                    + TCR_EL1::IPS.val(self.ips))
                .value
            }
            Regime::El2 => {
                let granule = match granule {
                    Granule::Size4K => TCR_EL2::TG0::KiB_4,
                    Granule::Size16K => TCR_EL2::TG0::KiB_16,
                    Granule::Size64K => TCR_EL2::TG0::KiB_64,
                };
                let fields: FieldValue<u64, TCR_EL2::Register> = TCR_EL2::T0SZ.val(offset)
                    + TCR_EL2::IRGN0::WriteBack_ReadAlloc_WriteAlloc_Cacheable
                    + TCR_EL2::ORGN0::WriteBack_ReadAlloc_WriteAlloc_Cacheable
                    + TCR_EL2::SH0::Inner
                    + granule
                    + TCR_EL2::PS.val(self.ips);
                // Bits 31 and 23 are RES1 in this layout.
                fields.value | 1 << 31 | 1 << 23
            }
        }
    }
}

/// `SCTLR_ELx` with MMU, alignment check and caches off: the bits that are RES1 in some
/// architecture version set, everything that later versions hang on a bit off (Arm ARM, SCTLR_EL1
/// and SCTLR_EL2). Little-endian data, no WXN, no pointer authentication, no memory tagging.
///
/// EL2's value serves EL2&0 too as long as it is not known which of them it is: the bits in which they
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

/// The granule that there is, 4 KiB first: it maps exactly what is asked. `TGran4` and `TGran64` are
/// signed fields: 0 and up are yes, 0b1111 is no. `TGran16` is unsigned: 0 is no (Arm ARM,
/// ID_AA64MMFR0_EL1, and "Principles of the ID scheme").
fn granule(mmfr0: LocalRegisterCopy<u64, ID_AA64MMFR0_EL1::Register>) -> Option<Granule> {
    const NEGATIVE: u64 = 0b1000;
    if mmfr0.read(ID_AA64MMFR0_EL1::TGran4) < NEGATIVE {
        Some(Granule::Size4K)
    } else if mmfr0.read(ID_AA64MMFR0_EL1::TGran64) < NEGATIVE {
        Some(Granule::Size64K)
    } else if mmfr0.read(ID_AA64MMFR0_EL1::TGran16) != 0 {
        Some(Granule::Size16K)
    } else {
        None
    }
}

/// Bits of physical address for a value of `PARange` (Arm ARM, ID_AA64MMFR0_EL1). A value from the future
/// counts as 52, the most that this layout of the ID register can mean.
const fn pa_bits(parange: u64) -> u32 {
    match parange {
        0 => 32,
        1 => 36,
        2 => 40,
        3 => 42,
        4 => 44,
        5 => 48,
        _ => 52,
    }
}

#[cfg(test)]
mod tests;
