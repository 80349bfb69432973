// SPDX-License-Identifier: MIT OR Apache-2.0

//! The translation regimes that a purgatory can be entered in, and the system registers that it
//! must give back as it found them.

/// The translation regime of the exception level that Linux runs its kernel at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Regime {
    /// EL1.
    El1And0 = 1,
    /// EL2 with `HCR_EL2.E2H` = 0: the kernel leaves EL2 after boot and comes back for kexec.
    El2 = 2,
    /// EL2 with `HCR_EL2.E2H` = 1: the kernel lives there (VHE).
    El2And0 = 3,
}

impl Regime {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::El1And0, Self::El2, Self::El2And0];

    /// Returns the regime with this number in a briefing.
    pub fn from_number(number: u64) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|&regime| regime as u64 == number)
    }

    /// Returns how people call it, and the purgatory on its console.
    pub const fn name(self) -> &'static str {
        match self {
            Self::El1And0 => "EL1",
            Self::El2 => "EL2",
            Self::El2And0 => "EL2 VHE",
        }
    }

    /// Returns its exception level.
    pub const fn el(self) -> u64 {
        match self {
            Self::El1And0 => 1,
            Self::El2 | Self::El2And0 => 2,
        }
    }
}

/// Makes [`Register`] and its names out of one table.
macro_rules! registers {
    ($($(#[$doc:meta])* $register:ident = $number:literal, $el1:literal, $el2:literal;)*) => {
        /// A system register by its duty; which one that is depends on the regime.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u64)]
        pub enum Register {
            $($(#[$doc])* $register = $number,)*
        }

        impl Register {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$register),*];

            /// Returns its name in the Arm ARM.
            pub const fn name(self, regime: Regime) -> &'static str {
                match (self, regime) {
                    $((Self::$register, Regime::El1And0) => $el1,
                      (Self::$register, _) => $el2,)*
                }
            }
        }
    };
}

// The order is that in which the old kernel sets them: HCR_EL2 first, since it decides what the
// others mean.
registers! {
    /// `HCR_EL2`.
    Hcr = 1, "HCR_EL2", "HCR_EL2";
    /// What is trapped, floating point among it.
    Cpacr = 2, "CPACR_EL1", "CPTR_EL2";
    /// Memory attributes.
    Mair = 3, "MAIR_EL1", "MAIR_EL2";
    /// The control of translation.
    Tcr = 4, "TCR_EL1", "TCR_EL2";
    /// More of it, where `ID_AA64MMFR3_EL1.TCRX` says so.
    Tcr2 = 5, "TCR2_EL1", "TCR2_EL2";
    /// The tables of the lower half.
    Ttbr0 = 6, "TTBR0_EL1", "TTBR0_EL2";
    /// The tables of the upper half, where the regime has one.
    Ttbr1 = 7, "TTBR1_EL1", "TTBR1_EL2";
    /// The exception vectors.
    Vbar = 8, "VBAR_EL1", "VBAR_EL2";
    /// The thread pointer: only the kernel's business.
    Tpidr = 9, "TPIDR_EL1", "TPIDR_EL2";
    /// At EL2: `SCTLR_EL1`, which is another regime's.
    LowerSctlr = 10, "", "SCTLR_EL1";
    /// At EL2: `CPACR_EL1`, which is another regime's.
    LowerCpacr = 11, "", "CPACR_EL1";
    /// At EL2: `MAIR_EL1`, which is another regime's.
    LowerMair = 12, "", "MAIR_EL1";
    /// At EL2: `TCR_EL1`, which is another regime's.
    LowerTcr = 13, "", "TCR_EL1";
    /// At EL2: `TTBR0_EL1`, which is another regime's.
    LowerTtbr0 = 14, "", "TTBR0_EL1";
    /// At EL2: `TTBR1_EL1`, which is another regime's.
    LowerTtbr1 = 15, "", "TTBR1_EL1";
    /// At EL2: `VBAR_EL1`, which is another regime's.
    LowerVbar = 16, "", "VBAR_EL1";
}

impl Register {
    /// Returns the register with this number in a briefing.
    pub fn from_number(number: u64) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|&register| register as u64 == number)
    }
}
