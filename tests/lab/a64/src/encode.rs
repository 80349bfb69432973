// SPDX-License-Identifier: MIT OR Apache-2.0

//! Makes the instructions that tests write into the image, and into guests (Arm ARM C6.2).

/// The stack pointer as a base register.
pub const SP: u32 = 31;

/// `NOP`.
pub const NOP: u32 = 0xd503_201f;

/// `TLBI VMALLE1`.
pub const TLBI_VMALLE1: u32 = 0xd508_871f;
/// `TLBI VMALLE1IS`.
pub const TLBI_VMALLE1IS: u32 = 0xd508_831f;
/// `TLBI ALLE1`.
pub const TLBI_ALLE1: u32 = 0xd50c_879f;
/// `TLBI ALLE2IS`.
pub const TLBI_ALLE2IS: u32 = 0xd50c_831f;
/// `DC CISW, XZR`.
pub const DC_CISW: u32 = 0xd508_7e5f;

/// `DC IVAC, Xt` with the register of another `DC`.
pub const fn dc_ivac(of: u32) -> u32 {
    0xd508_7620 | of & 0x1f
}

/// `DC CVAC, Xt` with the register of another `DC`.
pub const fn dc_cvac(of: u32) -> u32 {
    0xd50b_7a20 | of & 0x1f
}

/// `DC CIVAC, Xt`.
pub const fn dc_civac(register: u32) -> u32 {
    0xd50b_7e20 | register
}

/// `ADD Xd, Xd, Xm`.
pub const fn add(to: u32, what: u32) -> u32 {
    0x8b00_0000 | what << 16 | to << 5 | to
}

/// `SUB Xd, Xd, Xm`.
pub const fn sub(from: u32, what: u32) -> u32 {
    0xcb00_0000 | what << 16 | from << 5 | from
}

/// `ORR Xd, Xd, #(1 << bit)`.
pub const fn set_bit(register: u32, bit: u32) -> u32 {
    0xb240_0000 | ((64 - bit) % 64) << 16 | register << 5 | register
}

/// `AND Xd, Xd, #!(1 << bit)`.
pub const fn clear_bit(register: u32, bit: u32) -> u32 {
    0x9240_0000 | ((63 - bit) << 16) | 62 << 10 | register << 5 | register
}

/// `LDR Xt, [Xn]`; 31 is `SP`.
pub const fn load(to: u32, base: u32) -> u32 {
    load_index(to, base, 0)
}

/// `STR Xt, [Xn]`.
pub const fn store(what: u32, base: u32) -> u32 {
    0xf900_0000 | base << 5 | what
}

/// `LDUR Xt, [Xn, #-8]`.
pub const fn load_below(to: u32, base: u32) -> u32 {
    0xf85f_8000 | base << 5 | to
}

/// `STUR Xt, [Xn, #-8]`.
pub const fn store_below(what: u32, base: u32) -> u32 {
    0xf81f_8000 | base << 5 | what
}

/// `ADR Xd, target`, at an offset into the same image.
pub fn adr(to: u32, at: u64, target: u64) -> u32 {
    let distance = target.wrapping_sub(at) as i64;
    assert!(distance.abs() < 1 << 20, "ADR reaches 1 MiB");
    let distance = distance as u32;
    0x1000_0000 | (distance & 3) << 29 | (distance >> 2 & 0x7_ffff) << 5 | to
}

/// `B target`.
pub const fn branch(at: u64, target: u64) -> u32 {
    0x1400_0000 | (target.wrapping_sub(at) >> 2) as u32 & 0x3ff_ffff
}

/// `BL target`.
pub const fn call_to(at: u64, target: u64) -> u32 {
    branch(at, target) | 1 << 31
}

/// `STP Xt1, Xt2, [Xn]`.
pub const fn store_pair(first: u32, second: u32, base: u32) -> u32 {
    0xa900_0000 | second << 10 | base << 5 | first
}

/// `MOVZ Xd, #value`.
pub const fn movz(to: u32, value: u16) -> u32 {
    0xd280_0000 | (value as u32) << 5 | to
}

/// `MOVZ Xd, #value, LSL #16`.
pub const fn movz_16(to: u32, value: u16) -> u32 {
    movz(to, value) | 1 << 21
}

/// `MOVK Xd, #value, LSL #16`.
pub const fn movk(to: u32, value: u16) -> u32 {
    0xf2a0_0000 | (value as u32) << 5 | to
}

/// `LDR Xt, [Xn, #index * 8]`.
pub const fn load_index(to: u32, base: u32, index: u64) -> u32 {
    0xf940_0000 | (index as u32) << 10 | base << 5 | to
}

/// `LDUR Xt, [Xn, #1]`.
pub const fn load_unaligned(to: u32, base: u32) -> u32 {
    0xf840_1000 | base << 5 | to
}

/// `STR Wt, [Xn]`.
pub const fn store_word(what: u32, base: u32) -> u32 {
    0xb900_0000 | base << 5 | what
}

/// `STR XZR, [Xn, #index * 8]`.
pub const fn store_zero_index(base: u32, index: u64) -> u32 {
    0xf900_001f | (index as u32) << 10 | base << 5
}

/// `STR Xt, [SP, #-16]!`.
pub const fn push(what: u32) -> u32 {
    0xf81f_0fe0 | what
}

/// `AND Xd, Xd, #0xfffffffff000`: the address in a table descriptor.
pub const fn page_of(register: u32) -> u32 {
    0x9274_8c00 | register << 5 | register
}

/// `B` this many instructions back.
pub const fn branch_back(words: u64) -> u32 {
    branch(words * 4, 0)
}

/// `BR Xn`.
pub const fn branch_to(register: u32) -> u32 {
    0xd61f_0000 | register << 5
}

/// `MRS Xt, TTBR0_ELx`.
pub const fn mrs_ttbr0(to: u32, el: u64) -> u32 {
    if el == 1 {
        0xd538_2000 | to
    } else {
        0xd53c_2000 | to
    }
}

/// `MSR TTBR0_ELx, Xt`.
pub const fn msr_ttbr0(from: u32, el: u64) -> u32 {
    if el == 1 {
        0xd518_2000 | from
    } else {
        0xd51c_2000 | from
    }
}

/// `MRS Xt, SCTLR_ELx`.
pub const fn mrs_sctlr(to: u32, el: u64) -> u32 {
    msr_sctlr(to, el) | 1 << 21
}

/// `MSR SCTLR_ELx, Xt`.
pub const fn msr_sctlr(from: u32, el: u64) -> u32 {
    if el == 1 {
        0xd518_1000 | from
    } else {
        0xd51c_1000 | from
    }
}

/// `TLBI VMALLE1` or `ALLE2`.
pub const fn tlbi(el: u64) -> u32 {
    if el == 1 { 0xd508_871f } else { 0xd50c_871f }
}

/// `HVC #0`.
pub const HVC: u32 = 0xd400_0002;

/// `UDF #0`.
pub const UDF: u32 = 0;

/// `MOVI V0.2D, #0`.
pub const MOVI_V0: u32 = 0x6f00_e400;

/// As the assembler makes them.
#[cfg(test)]
#[test]
fn instructions_are_made_right() {
    let cases = [
        ("sub x6, x6, x7", sub(6, 7), 0xcb07_00c6),
        ("add x5, x5, x7", add(5, 7), 0x8b07_00a5),
        ("orr x2, x2, #(1 << 39)", set_bit(2, 39), 0xb259_0042),
        ("orr x2, x2, #(1 << 21)", set_bit(2, 21), 0xb26b_0042),
        ("orr x3, x3, #1", set_bit(3, 0), 0xb240_0063),
        ("and x2, x2, #~(1 << 23)", clear_bit(2, 23), 0x9268_f842),
        ("ldr x9, [sp]", load(9, SP), 0xf940_03e9),
        ("str x9, [x3]", store(9, 3), 0xf900_0069),
        ("ldur x9, [sp, #-8]", load_below(9, SP), 0xf85f_83e9),
        ("stur x9, [sp, #-8]", store_below(9, SP), 0xf81f_83e9),
        ("adr x9, . + 0x1234", adr(9, 0x34, 0x1268), 0x1000_91a9),
        ("b . - 0x38", branch(0x38, 0), 0x17ff_fff2),
        ("bl . + 16", call_to(0x1000, 0x1010), 0x9400_0004),
        ("bl . - 8", call_to(0x1000, 0xff8), 0x97ff_fffe),
        ("movz x3, #0x5", movz(3, 5), 0xd280_00a3),
        ("movk x3, #0xff00, lsl #16", movk(3, 0xff00), 0xf2bf_e003),
        ("dc ivac, x5", dc_ivac(0xd50b_7e25), 0xd508_7625),
        ("dc cvac, x5", dc_cvac(0xd50b_7e25), 0xd50b_7a25),
        ("dc civac, x5", dc_civac(5), 0xd50b_7e25),
        ("movz x3, #0xff00, lsl #16", movz_16(3, 0xff00), 0xd2bf_e003),
        ("ldr x4, [x3]", load(4, 3), 0xf940_0064),
        ("ldr x4, [sp]", load(4, SP), 0xf940_03e4),
        ("ldr x3, [x3, #16]", load_index(3, 3, 2), 0xf940_0863),
        ("ldur x4, [x1, #-8]", load_below(4, 1), 0xf85f_8024),
        ("ldur x3, [x0, #1]", load_unaligned(3, 0), 0xf840_1003),
        ("str w4, [x3]", store_word(4, 3), 0xb900_0064),
        ("str xzr, [x3, #8]", store_zero_index(3, 1), 0xf900_047f),
        ("str x3, [sp, #-16]!", push(3), 0xf81f_0fe3),
        ("mrs x5, sctlr_el1", mrs_sctlr(5, 1), 0xd538_1005),
        ("msr sctlr_el2, x6", msr_sctlr(6, 2), 0xd51c_1006),
        ("and x3, x3, #0xfffffffff000", page_of(3), 0x9274_8c63),
        ("br x3", branch_to(3), 0xd61f_0060),
        ("b . - 4", branch_back(1), 0x17ff_ffff),
    ];
    for (text, made, expected) in cases {
        assert_eq!(made, expected, "{text}: {made:#010x}");
    }
}
