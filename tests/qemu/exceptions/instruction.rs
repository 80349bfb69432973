//! Instructions that provoke exceptions (Arm ARM C6.2).

use purgatory_test_harness::Regime;

pub const SP: u32 = 31;
pub const UDF: u32 = 0;
pub const ISB: u32 = 0xd503_3fdf;
pub const DSB_SY: u32 = 0xd503_3f9f;
/// `MOVI V0.2D, #0`.
pub const MOVI_V0: u32 = 0x6f00_e400;

/// `MOVZ` and `MOVK`s: any address into a register.
pub fn load_address(to: u32, address: u64) -> Vec<u32> {
    let part = |shift: u32| ((address >> (16 * shift)) as u32 & 0xffff) << 5 | shift << 21 | to;
    let rest = (1..4).map(|shift| 0xf280_0000 | part(shift));
    std::iter::once(0xd280_0000 | part(0)).chain(rest).collect()
}

/// `LDR Xt, [Xn]`.
pub const fn load(to: u32, base: u32) -> u32 {
    load_index(to, base, 0)
}

/// `LDR Xt, [Xn, #index * 8]`.
pub const fn load_index(to: u32, base: u32, index: u64) -> u32 {
    0xf940_0000 | (index as u32) << 10 | base << 5 | to
}

/// `LDUR Xt, [Xn, #-8]`.
pub const fn load_below(to: u32, base: u32) -> u32 {
    0xf85f_8000 | base << 5 | to
}

/// `LDUR Xt, [Xn, #1]`.
pub const fn load_unaligned(to: u32, base: u32) -> u32 {
    0xf840_1000 | base << 5 | to
}

/// `STR Wt, [Xn]`.
pub const fn store(what: u32, base: u32) -> u32 {
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

/// `B target`.
pub const fn branch(at: u64, target: u64) -> u32 {
    0x1400_0000 | (target.wrapping_sub(at) >> 2) as u32 & 0x3ff_ffff
}

/// `B` so many instructions back.
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

/// `TLBI VMALLE1` or `ALLE2`.
pub const fn tlbi(el: u64) -> u32 {
    if el == 1 { 0xd508_871f } else { 0xd50c_871f }
}

/// Makes FP/SIMD trap.
pub fn trap_fp(regime: Regime) -> Vec<u32> {
    match regime {
        // MSR CPACR_EL1, XZR.
        Regime::El1And0 => vec![0xd518_105f],
        // MSR CPTR_EL2, X3: TFP, and what is RES1.
        Regime::El2 => [load_address(3, 0x37ff), vec![0xd51c_1143]].concat(),
        // MSR CPTR_EL2, XZR: FPEN = 0.
        Regime::El2And0 => vec![0xd51c_115f],
    }
}

/// A return to the instruction behind it, with `SPSR.IL` set.
pub fn illegal_return(el: u64) -> Vec<u32> {
    let (spsr, elr) = if el == 1 {
        (0xd518_4003, 0xd518_4024)
    } else {
        (0xd51c_4003, 0xd51c_4024)
    };
    let mode = if el == 1 { 0x3c5 } else { 0x3c9 };
    let mut words = load_address(3, 1 << 20 | mode);
    // MSR SPSR_ELx, X3; ADR X4, #12; MSR ELR_ELx, X4; ERET.
    words.extend([spsr, 0x1000_0064, elr, 0xd69f_03e0]);
    words
}

/// As the assembler makes them.
#[test]
fn instructions_are_made_right() {
    let cases = [
        ("ldr x4, [x3]", load(4, 3), 0xf940_0064),
        ("ldr x4, [sp]", load(4, SP), 0xf940_03e4),
        ("ldr x3, [x3, #16]", load_index(3, 3, 2), 0xf940_0863),
        ("ldur x4, [x1, #-8]", load_below(4, 1), 0xf85f_8024),
        ("ldur x3, [x0, #1]", load_unaligned(3, 0), 0xf840_1003),
        ("str w4, [x3]", store(4, 3), 0xb900_0064),
        ("str xzr, [x3, #8]", store_zero_index(3, 1), 0xf900_047f),
        ("str x3, [sp, #-16]!", push(3), 0xf81f_0fe3),
        ("and x3, x3, #0xfffffffff000", page_of(3), 0x9274_8c63),
        ("br x3", branch_to(3), 0xd61f_0060),
        ("b . - 4", branch_back(1), 0x17ff_ffff),
    ];
    for (text, made, expected) in cases {
        assert_eq!(made, expected, "{text}: {made:#010x}");
    }
    let address = [0xd282_0003, 0xf2a8_2003, 0xf2c0_0003, 0xf2e0_0003];
    assert_eq!(load_address(3, 0x4100_1000), address);
}
