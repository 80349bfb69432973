// SPDX-License-Identifier: MIT OR Apache-2.0

//! System registers by their encoding, so that one needs no name to be found.

use core::fmt;

use super::rule::NAMES;

/// A system register: `op0` (2 or 3), `op1`, `CRn`, `CRm` and `op2` as they stand in MRS and MSR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Encoding(u16);

impl Encoding {
    /// Returns the register with these fields.
    pub const fn new(op0: u16, op1: u16, crn: u16, crm: u16, op2: u16) -> Self {
        Self(op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2)
    }

    /// Returns all that there may be: encodings with `op0` 0 and 1 are instructions.
    pub fn all() -> impl Iterator<Item = Self> {
        (2 << 14..=u16::MAX).map(Self)
    }

    /// Returns the fields as one number, which is not 0.
    pub const fn number(self) -> u64 {
        self.0 as u64
    }

    /// Returns `MRS X0, <register>`.
    pub const fn mrs(self) -> u32 {
        0xd520_0000 | (self.0 as u32) << 5
    }

    /// Returns `MSR <register>, X0`.
    pub const fn msr(self) -> u32 {
        0xd500_0000 | (self.0 as u32) << 5
    }

    /// Returns its name in the Arm ARM, if it is among those that are known here.
    pub fn name(self) -> Option<&'static str> {
        let mut all = NAMES.iter();
        all.find(|known| known.1 == self).map(|known| known.0)
    }

    /// Returns whether `op1`, `CRn` and the range of `CRm` fit, with any `op2`, and `op0` = 3.
    pub(super) fn among(self, op1: u16, crn: u16, crm: core::ops::RangeInclusive<u16>) -> bool {
        let fields = (self.0 >> 14, self.0 >> 11 & 7, self.0 >> 7 & 0xf);
        fields == (3, op1, crn) && crm.contains(&(self.0 >> 3 & 0xf))
    }
}

/// `S3_0_C1_C0_0`, as assemblers accept it, and the name after it.
impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0;
        write!(
            f,
            "S{}_{}_C{}_C{}_{}",
            bits >> 14,
            bits >> 11 & 7,
            bits >> 7 & 0xf,
            bits >> 3 & 0xf,
            bits & 7
        )?;
        match self.name() {
            Some(name) => write!(f, " {name}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;
    use crate::sweep::rule::{SCTLR_EL1, TPIDR_EL0};

    /// As the assembler makes them.
    #[test]
    fn instructions_are_made_right() {
        assert_eq!(SCTLR_EL1.mrs(), 0xd538_1000);
        assert_eq!(TPIDR_EL0.msr(), 0xd51b_d040);
        // MDSCR_EL1: op0 = 2.
        assert_eq!(Encoding::new(2, 0, 0, 2, 2).mrs(), 0xd530_0240);
    }

    #[test]
    fn all_registers_that_there_may_be_are_among_all() {
        assert_eq!(Encoding::all().count(), 1 << 15);
        assert_eq!(Encoding::all().next(), Some(Encoding::new(2, 0, 0, 0, 0)));
        assert_eq!(Encoding::all().last(), Some(Encoding::new(3, 7, 15, 15, 7)));
    }

    #[test]
    fn a_register_is_shown_as_assemblers_take_it() {
        assert_eq!(Encoding::new(3, 1, 15, 2, 3).to_string(), "S3_1_C15_C2_3");
        assert_eq!(SCTLR_EL1.to_string(), "S3_0_C1_C0_0 SCTLR_EL1");
    }
}
