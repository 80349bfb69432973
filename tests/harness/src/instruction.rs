//! Instructions: how they look, and how those are made that changes of the image need (Arm ARM C4.1, C6.2).

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
/// `DSB NSH`.
pub const DSB_NSH: Pattern = Pattern(u32::MAX, 0xd503_379f);
/// `MSR` to `SCTLR_EL1` or `SCTLR_EL2`.
pub const MSR_SCTLR: Pattern = Pattern(!0x4_001f, 0xd518_1000);
/// The same to `MAIR`.
pub const MSR_MAIR: Pattern = Pattern(!0x4_001f, 0xd518_a200);
/// To `TCR`.
pub const MSR_TCR: Pattern = Pattern(!0x4_001f, 0xd518_2040);
/// To `TTBR0`.
pub const MSR_TTBR0: Pattern = Pattern(!0x4_001f, 0xd518_2000);
/// `ADD Xd, Xn, Xm`.
pub const ADD: Pattern = Pattern(0xffe0_fc00, 0x8b00_0000);
/// `CMP Xn, Xm`.
pub const CMP: Pattern = Pattern(0xffe0_fc1f, 0xeb00_001f);
/// `RET`.
pub const RET: Pattern = Pattern(u32::MAX, 0xd65f_03c0);

impl Pattern {
    /// Whether this is one.
    pub const fn is(self, word: u32) -> bool {
        word & self.0 == self.1
    }
}

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

/// `DC IVAC, Xt` and its like out of another one of them.
pub const fn dc_ivac(of: u32) -> u32 {
    0xd508_7620 | of & 0x1f
}

/// `DC CVAC, Xt`, likewise.
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
    0xf940_0000 | base << 5 | to
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

/// `MRS X9, HCR_EL2` and `MSR HCR_EL2, X9`.
pub const HCR_TO_ITSELF: [u32; 2] = [0xd53c_1109, 0xd51c_1109];

/// `MOVZ Xd, #value`.
pub const fn movz(to: u32, value: u16) -> u32 {
    0xd280_0000 | (value as u32) << 5 | to
}

/// `MOVK Xd, #value, LSL #16`.
pub const fn movk(to: u32, value: u16) -> u32 {
    0xf2a0_0000 | (value as u32) << 5 | to
}

/// Depends on where it lies: branches, `ADR`, loads of literals.
pub const fn is_relative(word: u32) -> bool {
    let branch = word & 0x7c00_0000 == 0x1400_0000;
    let conditional = word >> 24 == 0x54 || matches!(word >> 24 & 0x7e, 0x34 | 0x36);
    let adr = word & 0x1f00_0000 == 0x1000_0000;
    let literal = word & 0x3b00_0000 == 0x1800_0000;
    branch || conditional || adr || literal
}

/// As the assembler makes them.
#[cfg(test)]
#[test]
fn instructions_are_made_right() {
    const SP: u32 = 31;
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
        ("movz x3, #0x5", movz(3, 5), 0xd280_00a3),
        ("movk x3, #0xff00, lsl #16", movk(3, 0xff00), 0xf2bf_e003),
        ("dc ivac, x5", dc_ivac(0xd50b_7e25), 0xd508_7625),
        ("dc cvac, x5", dc_cvac(0xd50b_7e25), 0xd50b_7a25),
        ("dc civac, x5", dc_civac(5), 0xd50b_7e25),
    ];
    for (text, made, expected) in cases {
        assert_eq!(made, expected, "{text}: {made:#010x}");
    }
    assert!(ADD.is(add(5, 7)) && CMP.is(0xeb06_00bf) && !CMP.is(0xeb06_00a5));
    assert!(TLBI.is(TLBI_VMALLE1) && TLBI.is(TLBI_ALLE2IS) && !TLBI.is(DC_CISW));
    assert!(MSR_SCTLR.is(0xd518_1004) && MSR_SCTLR.is(0xd51c_1002));
    assert!(is_relative(0x54ff_ffa3) && is_relative(0xb400_0048) && !is_relative(NOP));
    assert!(!is_relative(0xd503_3fdf) && is_relative(0x10ff_e342));
}
