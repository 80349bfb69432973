// SPDX-License-Identifier: MIT OR Apache-2.0

//! A stage 2 that maps all of the first 512 GiB to itself but one 2 MiB block (Arm ARM D8.3):
//! accesses there come to EL2.

use core::arch::asm;

const ENTRIES: usize = 512;

#[repr(C, align(4096))]
struct Table([u64; ENTRIES]);

/// 1 GiB and, for the first of these, 2 MiB an entry.
static mut LEVEL_1: Table = Table([0; ENTRIES]);
static mut LEVEL_2: Table = Table([0; ENTRIES]);

/// A block: valid, AF, inner shareable, read and write, Normal write-back. What stage 1 says of a
/// device counts anyway.
const BLOCK: u64 = 1 | 1 << 10 | 3 << 8 | 3 << 6 | 0xf << 2;
const TABLE: u64 = 3;
/// 39 bits of address, start at level 1, 4 KiB granule, 40 bits of physical address, RES1.
const VTCR: u64 = 25 | 1 << 6 | 2 << 16 | 1 << 31;

/// Sets it up; `HCR_EL2.VM` turns it on.
///
/// # Safety
///
/// At EL2, and once. `hole` lies in the first GiB.
pub unsafe fn set_up(hole: u64) {
    let (level_1, level_2) = (&raw mut LEVEL_1, &raw mut LEVEL_2);
    // SAFETY: there is one CPU, and no other code knows of these. Names of registers that concern
    // EL1 only.
    unsafe {
        for (index, entry) in (0..).zip(&mut (*level_1).0) {
            *entry = index << 30 | BLOCK;
        }
        for (index, entry) in (0..).zip(&mut (*level_2).0) {
            *entry = if index == hole >> 21 {
                0
            } else {
                index << 21 | BLOCK
            };
        }
        (*level_1).0[0] = level_2 as u64 | TABLE;
        asm!(
            "msr vtcr_el2, {vtcr}",
            "msr vttbr_el2, {level_1}",
            "dsb sy",
            "isb",
            vtcr = in(reg) VTCR,
            level_1 = in(reg) level_1,
            options(nostack),
        );
    }
}
