// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the machine is, as its registers tell.

use purgatory::cpu::Cpu;
use purgatory::translation::Regime;

use crate::cache::Kind;

/// The most caches that are told: data and instructions at seven levels.
pub const CACHES: usize = 14;

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// What the image makes of the CPU.
    pub cpu: Cpu,
    /// `MIDR_EL1`.
    pub midr: u64,
    /// `ID_AA64MMFR0_EL1`.
    pub mmfr0: u64,
    /// `ID_AA64MMFR1_EL1`.
    pub mmfr1: u64,
    /// `CTR_EL0`.
    pub ctr: u64,
    /// `CNTFRQ_EL0`.
    pub frequency: u64,
    /// Level, kind and bytes of each cache.
    pub caches: [Option<(u32, Kind, u64)>; CACHES],
    /// The version of PSCI, and how it is called.
    pub psci: Option<(u32, &'static str)>,
}

/// Returns what a regime is called, as the image calls it.
#[must_use]
pub const fn regime(regime: Regime) -> &'static str {
    match regime {
        Regime::El1And0 => "EL1",
        Regime::El2 => "EL2",
        Regime::El2And0 => "EL2 VHE",
    }
}

impl Machine {
    /// Returns the granules that tables may have, KiB each (Arm ARM, ID_AA64MMFR0_EL1): `TGran4` and
    /// `TGran64` are signed, `TGran16` is not.
    pub fn granules(&self) -> impl Iterator<Item = u32> + use<> {
        let field = |shift: u32| self.mmfr0 >> shift & 0xf;
        let has = [
            (4, field(28) < 8),
            (16, field(20) != 0),
            (64, field(24) < 8),
        ];
        has.into_iter()
            .filter_map(|(size, has)| has.then_some(size))
    }

    /// Returns whether the CPU has the Virtualization Host Extensions (`VH`), used or not.
    #[must_use]
    pub const fn has_vhe(&self) -> bool {
        self.mmfr1 >> 8 & 0xf != 0
    }

    /// Returns `CTR_EL0.IDC`: whether a data cache need not be cleaned for fetches.
    #[must_use]
    pub const fn idc(&self) -> u64 {
        self.ctr >> 28 & 1
    }

    /// Returns `CTR_EL0.DIC`: whether an instruction cache need not be invalidated.
    #[must_use]
    pub const fn dic(&self) -> u64 {
        self.ctr >> 29 & 1
    }
}
