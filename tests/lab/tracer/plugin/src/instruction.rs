// SPDX-License-Identifier: MIT OR Apache-2.0

//! The instructions that something is written down of.

/// Recognises barriers, writes to system registers, and what goes by the names `DC`, `IC`, `TLBI`
/// and `AT` (Arm ARM C4.1); neither hints nor what reads.
pub const fn is_system(word: u32) -> bool {
    let hint = word & 0xffff_f01f == 0xd503_201f;
    word & 0xffe0_0000 == 0xd500_0000 && !hint
}

/// Recognises `LD1` and `ST1` of one to four whole 16-byte registers. QEMU does each in two halves.
pub const fn is_vector_list(word: u32) -> bool {
    let one_after_another = matches!(word >> 12 & 0xf, 0b0111 | 0b1010 | 0b0110 | 0b0010);
    let plain = word & 0xffbf_0000 == 0x4c00_0000;
    let post_index = word & 0xffa0_0000 == 0x4c80_0000;
    (plain || post_index) && one_after_another
}

/// Recognises `MSR SCTLR_EL1` and `MSR SCTLR_EL2`.
pub const fn writes_sctlr(word: u32) -> bool {
    matches!(word & !0x1f, 0xd518_1000 | 0xd51c_1000)
}

/// Recognises data cache maintenance by address: `DC`, except `ZVA` and those by set and way (Arm
/// ARM C5.3, "DC" instructions).
pub const fn is_maintenance(word: u32) -> bool {
    let (op1, crm, op2) = (word >> 16 & 7, word >> 8 & 0xf, word >> 5 & 7);
    let by_address = match op1 {
        // IVAC.
        0 => crm == 6 && op2 == 1,
        // CVAC, CVAU, CVAP, CVADP, CIVAC.
        3 => matches!(crm, 10..=14) && op2 == 1,
        _ => false,
    };
    word & 0xfff8_f000 == 0xd508_7000 && by_address
}

/// Recognises `MRS Xt, CTR_EL0`.
pub const fn reads_ctr(word: u32) -> bool {
    word & !0x1f == 0xd53b_0020
}
