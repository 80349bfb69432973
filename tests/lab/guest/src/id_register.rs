// SPDX-License-Identifier: MIT OR Apache-2.0

//! The registers by which a CPU says what it can do, and what a shim says in its stead.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What the purgatory is made to read in an ID register: other bits than there are.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct IdOverride {
    /// The [`IdRegister`] by its [`IdRegister::trap`]; 0 ends the list.
    pub register: u64,
    /// The bits that are overridden.
    pub mask: u64,
    /// What they are overridden with.
    pub value: u64,
}

/// Returns a system register as a trap reports it (Arm ARM, ESR_EL2, "ISS encoding for an exception
/// from MSR, MRS, or System instruction execution"): without the general register and the
/// direction.
pub const fn trap(op0: u64, op1: u64, crn: u64, crm: u64, op2: u64) -> u64 {
    op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | crm << 1
}

/// An ID register that is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdRegister {
    /// `ID_AA64PFR0_EL1`.
    Pfr0,
    /// `ID_AA64PFR1_EL1`.
    Pfr1,
    /// `ID_AA64ISAR0_EL1`.
    Isar0,
    /// `ID_AA64MMFR0_EL1`.
    Mmfr0,
    /// `ID_AA64MMFR1_EL1`.
    Mmfr1,
    /// `ID_AA64MMFR3_EL1`.
    Mmfr3,
    /// `CTR_EL0`.
    Ctr,
}

impl IdRegister {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Pfr0,
        Self::Pfr1,
        Self::Isar0,
        Self::Mmfr0,
        Self::Mmfr1,
        Self::Mmfr3,
        Self::Ctr,
    ];

    /// Returns how a trap names it.
    pub const fn trap(self) -> u64 {
        match self {
            Self::Pfr0 => trap(3, 0, 0, 4, 0),
            Self::Pfr1 => trap(3, 0, 0, 4, 1),
            Self::Isar0 => trap(3, 0, 0, 6, 0),
            Self::Mmfr0 => trap(3, 0, 0, 7, 0),
            Self::Mmfr1 => trap(3, 0, 0, 7, 1),
            Self::Mmfr3 => trap(3, 0, 0, 7, 3),
            Self::Ctr => trap(3, 3, 0, 0, 1),
        }
    }
}
