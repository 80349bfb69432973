// SPDX-License-Identifier: MIT OR Apache-2.0

//! Recognises instructions (Arm ARM C4.1).

/// What an instruction looks like: the bits that count, and their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern(u32, u32);

const fn system(word: u32) -> Pattern {
    // Any register may be the operand.
    Pattern(!0x1f, word & !0x1f)
}

/// `DC IVAC`.
pub const DC_IVAC: Pattern = system(0xd508_7620);
/// `DC CIVAC`.
pub const DC_CIVAC: Pattern = system(0xd50b_7e20);
/// `IC IALLU`.
pub const IC_IALLU: Pattern = system(0xd508_751f);
/// `TLBI` of any kind.
pub const TLBI: Pattern = Pattern(0xfff8_f000, 0xd508_8000);
/// `ISB`.
pub const ISB: Pattern = Pattern(u32::MAX, 0xd503_3fdf);
/// `DSB SY`.
pub const DSB_SY: Pattern = Pattern(u32::MAX, 0xd503_3f9f);
/// `LDRB WZR, [Xn]`: a load of a byte that is not used.
pub const LOOK: Pattern = Pattern(!0x3e0, 0x3940_001f);
/// `DSB NSH`.
pub const DSB_NSH: Pattern = Pattern(u32::MAX, 0xd503_379f);
/// `MSR` to `SCTLR_EL1` or `SCTLR_EL2`.
pub const MSR_SCTLR: Pattern = Pattern(!0x4_001f, 0xd518_1000);
/// `MSR` to `MAIR_EL1` or `MAIR_EL2`.
pub const MSR_MAIR: Pattern = Pattern(!0x4_001f, 0xd518_a200);
/// `MSR` to `TCR_EL1` or `TCR_EL2`.
pub const MSR_TCR: Pattern = Pattern(!0x4_001f, 0xd518_2040);
/// `MSR` to `TTBR0_EL1` or `TTBR0_EL2`.
pub const MSR_TTBR0: Pattern = Pattern(!0x4_001f, 0xd518_2000);
/// `MSR` to `VBAR_EL1` or `VBAR_EL2`.
pub const MSR_VBAR: Pattern = Pattern(!0x4_001f, 0xd518_c000);
/// `MSR DAIFSet` of any kind.
pub const MSR_DAIFSET: Pattern = Pattern(!0xf00, 0xd503_40df);
/// `MSR SPSel, #1`.
pub const MSR_SPSEL_1: Pattern = Pattern(u32::MAX, 0xd500_41bf);
/// `SMSTOP`.
pub const SMSTOP: Pattern = Pattern(u32::MAX, 0xd503_467f);
/// `MRS Xt, HCR_EL2`.
pub const MRS_HCR: Pattern = system(0xd53c_1100);
/// `MRS Xt, ID_AA64ISAR0_EL1`.
pub const MRS_ISAR0: Pattern = system(0xd538_0600);
/// `MRS Xt, ID_AA64MMFR0_EL1`.
pub const MRS_MMFR0: Pattern = system(0xd538_0700);
/// `MRS Xt, ID_AA64MMFR3_EL1`.
pub const MRS_MMFR3: Pattern = system(0xd538_0760);
/// `MRS Xt, CTR_EL0`.
pub const MRS_CTR: Pattern = system(0xd53b_0020);
/// `MRS Xt, CNTFRQ_EL0`.
pub const MRS_CNTFRQ: Pattern = system(0xd53b_e000);
/// `MRS Xt, CNTVCT_EL0`.
pub const MRS_CNTVCT: Pattern = system(0xd53b_e040);
/// `ADD Xd, Xn, Xm`.
pub const ADD: Pattern = Pattern(0xffe0_fc00, 0x8b00_0000);
/// `CMP Xn, Xm`.
pub const CMP: Pattern = Pattern(0xffe0_fc1f, 0xeb00_001f);
/// `MOVZ Wd, #0x4000, LSL #16`, or with `Xd`.
pub const MOVZ_1_GIB: Pattern = Pattern(!0x8000_001f, 0x52a8_0000);
/// `RET`.
pub const RET: Pattern = Pattern(u32::MAX, 0xd65f_03c0);

impl Pattern {
    /// Returns whether it matches.
    pub const fn is(self, word: u32) -> bool {
        word & self.0 == self.1
    }

    /// Returns the one instruction that is meant.
    ///
    /// # Panics
    /// Where several look like this.
    pub const fn word(self) -> u32 {
        assert!(self.0 == u32::MAX, "one instruction has no operands");
        self.1
    }
}

/// Depends on where it lies: branches, `ADR`, loads of literals.
pub const fn is_relative(word: u32) -> bool {
    let branch = word & 0x7c00_0000 == 0x1400_0000;
    let conditional = word >> 24 == 0x54 || matches!(word >> 24 & 0x7e, 0x34 | 0x36);
    let adr = word & 0x1f00_0000 == 0x1000_0000;
    let literal = word & 0x3b00_0000 == 0x1800_0000;
    branch || conditional || adr || literal
}

#[cfg(test)]
#[test]
fn instructions_are_recognised() {
    use super::encode::{DC_CISW, NOP, TLBI_ALLE2IS, TLBI_VMALLE1, add};

    assert!(ADD.is(add(5, 7)) && CMP.is(0xeb06_00bf) && !CMP.is(0xeb06_00a5));
    assert!(TLBI.is(TLBI_VMALLE1) && TLBI.is(TLBI_ALLE2IS) && !TLBI.is(DC_CISW));
    assert!(MSR_SCTLR.is(0xd518_1004) && MSR_SCTLR.is(0xd51c_1002));
    assert!(is_relative(0x54ff_ffa3) && is_relative(0xb400_0048) && !is_relative(NOP));
    assert!(!is_relative(0xd503_3fdf) && is_relative(0x10ff_e342));
    assert_eq!(ISB.word(), 0xd503_3fdf);
}
