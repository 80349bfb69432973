// SPDX-License-Identifier: MIT OR Apache-2.0

//! Instructions, and what they are changed into, as the assembler writes them.

/// An instruction, and all that it is changed into.
pub type Case = (&'static str, u32, &'static [(&'static str, u32)]);

/// All of them.
pub const CASES: &[Case] = &[
    (
        "cmp x12, #1",
        0xf100_059f,
        &[("cmp x12, #2", 0xf100_099f), ("cmp x12, #0", 0xf100_019f)],
    ),
    (
        "sub sp, sp, #0x30",
        0xd100_c3ff,
        &[
            ("sub sp, sp, #0x38", 0xd100_e3ff),
            ("sub sp, sp, #0x28", 0xd100_a3ff),
        ],
    ),
    (
        "movz w0, #0x2710",
        0x5284_e200,
        &[
            ("movz w0, #0x2711", 0x5284_e220),
            ("movz w0, #0x0710", 0x5280_e200),
        ],
    ),
    (
        "movk x1, #9, lsl #16",
        0xf2a0_0121,
        &[
            ("movk x1, #8, lsl #16", 0xf2a0_0101),
            ("movk x1, #1, lsl #16", 0xf2a0_0021),
        ],
    ),
    ("mov w2, wzr", 0x2a1f_03e2, &[("movz w2, #1", 0x5280_0022)]),
    (
        "adr x3, .+16",
        0x1000_0083,
        &[("adr x3, .+20", 0x1000_00a3), ("adr x3, .+12", 0x1000_0063)],
    ),
    (
        "tst x8, #0x100",
        0xf278_011f,
        &[
            ("tst x8, #0x200", 0xf277_011f),
            ("tst x8, #0x80", 0xf279_011f),
            ("tst x8, #0x300", 0xf278_051f),
        ],
    ),
    (
        "and x9, x9, #~15",
        0x927c_ed29,
        &[
            ("and x9, x9, #0xffffffffffffffe1", 0x927b_ed29),
            ("and x9, x9, #0x7ffffffffffffff8", 0x927d_ed29),
            ("and x9, x9, #0xfffffffffffffff1", 0x927c_f129),
        ],
    ),
    (
        "lsl x1, x2, #4",
        0xd37c_ec41,
        &[
            ("lsl x1, x2, #5", 0xd37b_e841),
            ("lsl x1, x2, #3", 0xd37d_f041),
        ],
    ),
    (
        "lsr w1, w2, #4",
        0x5304_7c41,
        &[
            ("lsr w1, w2, #5", 0x5305_7c41),
            ("lsr w1, w2, #3", 0x5303_7c41),
        ],
    ),
    (
        "ubfx x4, x4, #16, #4",
        0xd350_4c84,
        &[
            ("ubfx x4, x4, #17, #4", 0xd351_5084),
            ("ubfx x4, x4, #15, #4", 0xd34f_4884),
            ("ubfx x4, x4, #16, #5", 0xd350_5084),
            ("ubfx x4, x4, #16, #3", 0xd350_4884),
        ],
    ),
    (
        "bfi x4, x5, #8, #4",
        0xb378_0ca4,
        &[
            ("bfi x4, x5, #9, #4", 0xb377_0ca4),
            ("bfi x4, x5, #7, #4", 0xb379_0ca4),
            ("bfi x4, x5, #8, #5", 0xb378_10a4),
            ("bfi x4, x5, #8, #3", 0xb378_08a4),
        ],
    ),
    (
        "cmp x12, x10, lsl #4",
        0xeb0a_119f,
        &[
            ("cmp x12, x10, lsl #5", 0xeb0a_159f),
            ("cmp x12, x10, lsl #3", 0xeb0a_0d9f),
        ],
    ),
    (
        "b.lo .+8",
        0x5400_0043,
        &[("b.hs .+8", 0x5400_0042), ("b.ls .+8", 0x5400_0049)],
    ),
    ("b.eq .+8", 0x5400_0040, &[("b.ne .+8", 0x5400_0041)]),
    ("cbz w2, .+8", 0x3400_0042, &[("cbnz w2, .+8", 0x3500_0042)]),
    (
        "tbz x3, #32, .+8",
        0xb600_0043,
        &[
            ("tbz x3, #33, .+8", 0xb608_0043),
            ("tbz w3, #31, .+8", 0x36f8_0043),
            ("tbnz x3, #32, .+8", 0xb700_0043),
        ],
    ),
    (
        "csel x12, xzr, x12, hi",
        0x9a8c_83ec,
        &[
            ("csel x12, xzr, x12, ls", 0x9a8c_93ec),
            ("csel x12, xzr, x12, hs", 0x9a8c_23ec),
        ],
    ),
    (
        "ccmp w14, #0, #4, hi",
        0x7a40_89c4,
        &[
            ("ccmp w14, #0, #4, ls", 0x7a40_99c4),
            ("ccmp w14, #0, #4, hs", 0x7a40_29c4),
            ("ccmp w14, #0, #2, hi", 0x7a40_89c2),
            ("ccmp w14, #1, #4, hi", 0x7a41_89c4),
        ],
    ),
    (
        "ldr x0, [x1, #8]",
        0xf940_0420,
        &[
            ("ldr x0, [x1, #16]", 0xf940_0820),
            ("ldr x0, [x1, #0]", 0xf940_0020),
            ("ldr w0, [x1, #8]", 0xb940_0820),
        ],
    ),
    (
        "ldrb w9, [x19, #45]",
        0x3940_b669,
        &[
            ("ldrb w9, [x19, #46]", 0x3940_ba69),
            ("ldrb w9, [x19, #44]", 0x3940_b269),
            ("ldurh w9, [x19, #45]", 0x7842_d269),
        ],
    ),
    (
        "str w3, [x4, #4]",
        0xb900_0483,
        &[
            ("str w3, [x4, #8]", 0xb900_0883),
            ("str w3, [x4, #0]", 0xb900_0083),
            ("strh w3, [x4, #4]", 0x7900_0883),
            ("stur x3, [x4, #4]", 0xf800_4083),
        ],
    ),
    (
        "str x4, [x5], #8",
        0xf800_84a4,
        &[
            ("str x4, [x5], #16", 0xf801_04a4),
            ("str x4, [x5], #0", 0xf800_04a4),
            ("str w4, [x5], #8", 0xb800_84a4),
        ],
    ),
    (
        "ldr x4, [x5, x6, lsl #3]",
        0xf866_78a4,
        &[
            ("ldr x4, [x5, x6]", 0xf866_68a4),
            ("ldr w4, [x5, x6, lsl #2]", 0xb866_78a4),
        ],
    ),
    (
        "stp x1, x2, [sp, #-16]!",
        0xa9bf_0be1,
        &[
            ("stp x1, x2, [sp, #-8]!", 0xa9bf_8be1),
            ("stp x1, x2, [sp, #-24]!", 0xa9be_8be1),
        ],
    ),
    (
        "ldp w1, w2, [x3, #8]",
        0x2941_0861,
        &[
            ("ldp w1, w2, [x3, #12]", 0x2941_8861),
            ("ldp w1, w2, [x3, #4]", 0x2940_8861),
        ],
    ),
    (
        "msr daifset, #4",
        0xd503_44df,
        &[
            ("msr daifset, #5", 0xd503_45df),
            ("msr daifset, #6", 0xd503_46df),
            ("msr daifset, #0", 0xd503_40df),
            ("msr daifset, #12", 0xd503_4cdf),
        ],
    ),
    (
        "add x1, x2, w3, uxtw #2",
        0x8b23_4841,
        &[
            ("add x1, x2, w3, uxtw #3", 0x8b23_4c41),
            ("add x1, x2, w3, uxtw #1", 0x8b23_4441),
        ],
    ),
];
