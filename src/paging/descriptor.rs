// SPDX-License-Identifier: MIT OR Apache-2.0

//! Stage 1 descriptors (Arm ARM DDI 0487 D8.3).

use crate::translation::{LAST_LEVEL, Regime};

pub(super) use bits::STAGE1;

/// The fields by name.
mod bits {
    // The macro writes items of its own, without docs.
    #![allow(missing_docs)]

    use tock_registers::register_bitfields;

    register_bitfields! {u64,
        /// A stage 1 block or page descriptor, or a table descriptor (Arm ARM D8.3).
        pub STAGE1 [
            /// The entry translates.
            VALID OFFSET(0) NUMBITS(1) [],
            /// At levels 0 to 2: a block (0) or a table (1). At level 3: 1, a page.
            TABLE_OR_PAGE OFFSET(1) NUMBITS(1) [],
            /// Index into `MAIR_ELx`.
            ATTR_INDX OFFSET(2) NUMBITS(3) [],
            /// Data access permissions, `AP[2:1]` (Arm ARM D8.4).
            AP OFFSET(6) NUMBITS(2) [
                /// Read and write, privileged only.
                ReadWrite = 0b00,
                /// Read, privileged only.
                ReadOnly = 0b10
            ],
            /// AP[1] alone: access from EL0; RES1 in a regime of one exception level.
            AP1 OFFSET(6) NUMBITS(1) [],
            /// Shareability.
            SH OFFSET(8) NUMBITS(2) [
                /// Inner Shareable.
                Inner = 0b11
            ],
            /// Access flag; a clear one faults.
            AF OFFSET(10) NUMBITS(1) [],
            /// Not global: the TLB entry is for one ASID.
            NG OFFSET(11) NUMBITS(1) [],
            /// Not executable when privileged, in a regime of two exception levels.
            PXN OFFSET(53) NUMBITS(1) [],
            /// Not executable at EL0; XN in a regime of one exception level.
            UXN OFFSET(54) NUMBITS(1) []
        ]
    }
}

/// Bits 47 to 12: the next table's or the output address; the lowest bits are 0 in blocks.
pub const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

/// The accesses that a page permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Our code.
    ReadExecute,
    /// What is hashed, and our constants.
    Read,
    /// Our stack.
    ReadWrite,
}

/// Returns a table descriptor: the entry's range is translated by the table at `table` (physical
/// address).
#[must_use]
pub fn table(table: u64) -> u64 {
    (STAGE1::VALID::SET + STAGE1::TABLE_OR_PAGE::SET).value | (table & ADDRESS)
}

/// Returns a block (`level` below 3) or page descriptor for the memory at `address` (physical).
#[must_use]
pub fn leaf(regime: Regime, level: u32, address: u64, access: Access) -> u64 {
    let kind = if level == LAST_LEVEL {
        STAGE1::TABLE_OR_PAGE::SET
    } else {
        STAGE1::TABLE_OR_PAGE::CLEAR
    };
    let ap = match access {
        Access::ReadWrite => STAGE1::AP::ReadWrite,
        Access::ReadExecute | Access::Read => STAGE1::AP::ReadOnly,
    };
    let executable = access == Access::ReadExecute;
    let never = match regime {
        // EL0 never runs on these tables; its rights are still denied.
        Regime::El1And0 | Regime::El2And0 if executable => STAGE1::UXN::SET.value,
        Regime::El1And0 | Regime::El2And0 => (STAGE1::UXN::SET + STAGE1::PXN::SET).value,
        Regime::El2 if executable => STAGE1::AP1::SET.value,
        Regime::El2 => (STAGE1::UXN::SET + STAGE1::AP1::SET).value,
    };
    let attributes = STAGE1::VALID::SET
        + kind
        + STAGE1::ATTR_INDX.val(0)
        + ap
        + STAGE1::SH::Inner
        + STAGE1::AF::SET;
    attributes.value | never | (address & ADDRESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_its_address_and_3() {
        assert_eq!(table(0x4001_2000), 0x4001_2003);
    }

    #[test]
    fn pages_at_el1_and_at_el2_with_e2h() {
        for regime in [Regime::El1And0, Regime::El2And0] {
            let page = |access| leaf(regime, 3, 0x4001_2000, access);
            // AF | SH inner | AttrIndx 0 | page.
            assert_eq!(page(Access::ReadWrite), 0x0060_0000_4001_2703);
            assert_eq!(page(Access::Read), 0x0060_0000_4001_2783);
            assert_eq!(page(Access::ReadExecute), 0x0040_0000_4001_2783);
        }
    }

    #[test]
    fn pages_at_el2_have_one_xn_and_ap1_res1() {
        let page = |access| leaf(Regime::El2, 3, 0x4001_2000, access);
        assert_eq!(page(Access::ReadWrite), 0x0040_0000_4001_2743);
        assert_eq!(page(Access::Read), 0x0040_0000_4001_27c3);
        assert_eq!(page(Access::ReadExecute), 0x0000_0000_4001_27c3);
    }

    #[test]
    fn blocks_have_bit_1_clear() {
        for level in [1, 2] {
            let block = leaf(Regime::El1And0, level, 0xffff_c000_0000, Access::Read);
            assert_eq!(block, 0x0060_ffff_c000_0781);
        }
    }
}
