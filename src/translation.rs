// SPDX-License-Identifier: MIT OR Apache-2.0

//! The basis of address translation: the regime, and the geometry of tables (Arm ARM DDI 0487
//! D8.1).
//!
//! The translation *regime*, not the exception level, decides the layout of `TCR`, the permission
//! bits of a descriptor and the TLB invalidation.

use aarch64_cpu::registers::HCR_EL2;
use tock_registers::LocalRegisterCopy;

worded! {
    /// The translation regime that our own accesses go through (Arm ARM D8.1.2).
    pub enum Regime, regime_words! {
        /// EL1 with EL0: what a kernel in a virtual machine, or on a machine without EL2, runs in.
        El1And0 = "EL1",
        /// EL2 alone (`HCR_EL2.E2H` = 0): a kernel that booted at EL2 without the Virtualization
        /// Host Extensions.
        El2 = "EL2",
        /// EL2 with EL0 (`HCR_EL2.E2H` = 1): a kernel that uses the Virtualization Host Extensions.
        /// The registers at EL2 have the layout of those at EL1.
        El2And0 = "EL2 VHE",
    }
}

impl Regime {
    /// Returns the regime of `CurrentEL` and `HCR_EL2` (any value at EL1, where it cannot be read).
    /// Linux runs at EL1 or EL2 (booting.rst), so anything else counts as EL1.
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

/// The most address bits that tables translate, and the most physical address bits that they can
/// hold without 52-bit descriptors. The loader's tables translate this many.
pub const MAX_VA_BITS: u32 = 48;

/// The fewest address bits that our tables translate. `TCR_ELx.T0SZ` has limits (Arm ARM D8.2,
/// "Input address size"), and fewer would not save a table.
pub const MIN_VA_BITS: u32 = 32;

/// The last level of a walk, whose entries are pages.
pub const LAST_LEVEL: u32 = 3;

/// Bytes in a page, and in a table: the granule is 4 KiB, with blocks of 2 MiB and 1 GiB (Arm ARM
/// D8.1.1). Linux's default needs it, so every CPU that runs such a kernel has it.
pub const PAGE: u64 = 1 << PAGE_BITS;
const PAGE_BITS: u32 = 12;

/// Entries of a table, each of 8 bytes.
pub const ENTRIES: u64 = 1 << INDEX_BITS;
const INDEX_BITS: u32 = PAGE_BITS - 3;

/// The first level whose entries may be blocks, without 52-bit addresses.
pub const FIRST_BLOCK_LEVEL: u32 = 1;

/// Returns log2 of what one entry at `level` (at most 3) covers, in bytes.
#[must_use]
pub const fn shift(level: u32) -> u32 {
    PAGE_BITS + LAST_LEVEL.saturating_sub(level) * INDEX_BITS
}

/// Returns which entry of a table at `level` translates `address`.
#[must_use]
pub const fn index(level: u32, address: u64) -> u64 {
    (address >> shift(level)) & (ENTRIES - 1)
}

/// Returns the level at which a walk of addresses of `va_bits` bits starts (Arm ARM D8.2,
/// "Translation table base address", on the initial lookup level).
#[must_use]
pub const fn first_level(va_bits: u32) -> u32 {
    let mut level = 0;
    while shift(level) >= va_bits {
        level += 1;
    }
    level
}

/// Returns the bytes in the first table, at most a page: it has only as many entries as addresses
/// of `va_bits` bits need.
#[must_use]
pub const fn first_table(va_bits: u32) -> u64 {
    8 << (va_bits - shift(first_level(va_bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EL1: u64 = 1 << 2;
    const EL2: u64 = 2 << 2;
    const E2H: u64 = 1 << 34;

    #[test]
    fn the_regime_is_told_by_level_and_e2h() {
        assert_eq!(Regime::new(EL1, 0), Regime::El1And0);
        assert_eq!(Regime::new(EL1, E2H), Regime::El1And0);
        assert_eq!(Regime::new(EL2, 0), Regime::El2);
        assert_eq!(Regime::new(EL2, !E2H), Regime::El2);
        assert_eq!(Regime::new(EL2, E2H | 1 << 27), Regime::El2And0);
    }
}
