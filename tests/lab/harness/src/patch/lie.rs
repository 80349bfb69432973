// SPDX-License-Identifier: MIT OR Apache-2.0

//! An image that takes the CPU for another, or for a slower one.

use super::Patch;
use crate::a64::{
    MOVZ_1_GIB, MRS_CNTFRQ, MRS_CNTVCT, MRS_CTR, MRS_HCR, MRS_ISAR0, MRS_MMFR0, MRS_MMFR3, Pattern,
    movk, movz,
};

/// What the image is made to believe of the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// `ID_AA64ISAR0_EL1`: neither SHA2 instructions nor anything else.
    NoSha2,
    /// `ID_AA64MMFR0_EL1`: no granule of 4 KiB, but others.
    NoGranule,
    /// `ID_AA64MMFR3_EL1`: `TCR2_ELx` is there.
    HasTcr2,
    /// `CNTFRQ_EL0`: 4 GHz, whatever the counter does.
    FrequencyOfAllOnes,
    /// `CNTFRQ_EL0`: firmware has not set it.
    NoFrequency,
    /// `CNTVCT_EL0`: always the same.
    CounterStopped,
    /// `HCR_EL2`: reads as 0, whatever is in effect.
    HcrReadsZero,
    /// `CTR_EL0`: the smallest D-cache line has this many bytes.
    Lines(u32),
    /// It hashes so few bytes in a second, with SHA2 instructions.
    PartsOf16KiB,
}

impl Patch {
    /// Puts another value where the image reads it in a register, or has it as a constant.
    pub fn lie(&mut self, lie: Lie) {
        // ID_AA64MMFR0_EL1 has 48 bits of address.
        let (read, value): (Pattern, u32) = match lie {
            Lie::NoSha2 => (MRS_ISAR0, 0),
            Lie::HasTcr2 => (MRS_MMFR3, 1),
            Lie::FrequencyOfAllOnes => (MRS_CNTFRQ, u32::MAX),
            Lie::NoFrequency => (MRS_CNTFRQ, 0),
            Lie::CounterStopped => (MRS_CNTVCT, 0x1234_5678),
            Lie::HcrReadsZero => (MRS_HCR, 0),
            Lie::NoGranule => (MRS_MMFR0, 0xf010_0005),
            // The field beside is odd.
            Lie::Lines(bytes) => (MRS_CTR, 0x8450_c004 | (bytes.ilog2() - 2) << 16),
            Lie::PartsOf16KiB => (MOVZ_1_GIB, 16 << 10),
        };
        let text = 0..self.symbol("rodata_start");
        let all: Vec<_> = self
            .places(text)
            .filter(|place| read.is(place.word))
            .collect();
        assert!(!all.is_empty(), "the image has no {read:x?}");
        for place in all {
            let to = place.register();
            // It is read all the same, which whoever watches may want to see.
            self.insert_after(place, |_| {
                vec![movz(to, value as u16), movk(to, (value >> 16) as u16)]
            });
        }
    }
}
