// SPDX-License-Identifier: MIT OR Apache-2.0

//! What an instruction does to the stack pointer.

/// A change of `SP`, or an access that could not have been accounted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// None.
    None,
    /// So many bytes are added.
    By(i64),
    /// It becomes the value of a register.
    Set,
    /// It changes in any other way, by an amount that is not in the instruction for one.
    Unknown,
    /// It stays, and what is below it is loaded or stored: an exception's frame could be there.
    Below,
}

impl Change {
    /// Reads an instruction of Armv8.0-A (Arm ARM C4.1).
    pub fn of(word: u32) -> Self {
        let (to, from) = (word & 31, word >> 5 & 31);
        let signed =
            |low: u32, bits: u32| i64::from((word >> low << (32 - bits)) as i32 >> (32 - bits));
        match word {
            // ADD, SUB (immediate), of 64 bits and of 32.
            _ if word & 0x3f80_0000 == 0x1100_0000 && to == 31 => {
                let shift = 12 * (word >> 22 & 1);
                let bytes = i64::from((word >> 10 & 0xfff) << shift);
                match (word >> 30, from) {
                    (0b10, 31) => Self::By(bytes),
                    (0b11, 31) => Self::By(-bytes),
                    (0b10, _) if bytes == 0 => Self::Set,
                    _ => Self::Unknown,
                }
            }
            // ADD, SUB (extended register); AND, ORR, EOR (immediate).
            _ if word & 0x3fe0_0000 == 0x0b20_0000 && to == 31 => Self::Unknown,
            _ if word & 0x1f80_0000 == 0x1200_0000 && word >> 29 & 3 != 3 && to == 31 => {
                Self::Unknown
            }
            // What follows has it as its base register.
            _ if from != 31 => Self::None,
            // LDP, STP: X registers or others; with a change or without.
            _ if word & 0x3a00_0000 == 0x2800_0000 => {
                let (offset, changes) = (signed(15, 7), word >> 23 & 1 == 1);
                match (word >> 30, word >> 26 & 1) {
                    (0b10, 0) if changes => Self::By(offset * 8),
                    _ if changes => Self::Unknown,
                    _ if offset < 0 => Self::Below,
                    _ => Self::None,
                }
            }
            // LDR, STR, LDUR, STUR (9 signed bits).
            _ if word & 0x3b20_0000 == 0x3800_0000 => {
                let (offset, changes) = (signed(12, 9), word >> 10 & 1 == 1);
                match offset {
                    _ if changes => Self::By(offset),
                    ..0 => Self::Below,
                    _ => Self::None,
                }
            }
            // LDRAA, LDRAB.
            _ if word & 0x3b20_0c00 == 0x3820_0c00 => Self::Unknown,
            // LD1 to ST4 with a change.
            _ if word & 0xbe80_0000 == 0x0c80_0000 => Self::Unknown,
            _ => Self::None,
        }
    }
}

#[cfg(test)]
#[test]
fn what_changes_the_stack_pointer_is_known_or_refused() {
    use Change::{Below, By, None, Set, Unknown};
    for (word, change, text) in [
        (0xd101_03ff, By(-64), "sub sp, sp, #64"),
        (0x9101_03ff, By(64), "add sp, sp, #64"),
        (0xd140_07ff, By(-4096), "sub sp, sp, #1, lsl #12"),
        (0xa9bf_7bfd, By(-16), "stp x29, x30, [sp, #-16]!"),
        (0xa8c1_7bfd, By(16), "ldp x29, x30, [sp], #16"),
        (0xf81e_0ffe, By(-32), "str x30, [sp, #-32]!"),
        (0xf842_07fe, By(32), "ldr x30, [sp], #32"),
        (0x9100_003f, Set, "mov sp, x1"),
        (0x9100_009f, Set, "mov sp, x4"),
        (0x9100_43bf, Unknown, "add sp, x29, #16"),
        (0x1100_43ff, Unknown, "add wsp, wsp, #16"),
        (0xcb28_63ff, Unknown, "sub sp, sp, x8"),
        (0x8b28_63ff, Unknown, "add sp, sp, x8"),
        (0x927c_ed1f, Unknown, "and sp, x8, #-16"),
        (0xadbf_07e0, Unknown, "stp q0, q1, [sp, #-32]!"),
        (0x29bf_7bfd, Unknown, "stp w29, w30, [sp, #-8]!"),
        (0xf820_0fe0, Unknown, "ldraa x0, [sp, #0]!"),
        (0x4c9f_7fe0, Unknown, "st1 {v0.16b}, [sp], #16"),
        (0xa93f_7bfd, Below, "stp x29, x30, [sp, #-16]"),
        (0xf81f_03e0, Below, "stur x0, [sp, #-16]"),
        (0xa901_4ff4, None, "stp x20, x19, [sp, #16]"),
        (0xf900_03e8, None, "str x8, [sp]"),
        (0xf801_03e0, None, "stur x0, [sp, #16]"),
        (0xf828_6be0, None, "str x0, [sp, x8]"),
        (0x9100_03e0, None, "mov x0, sp"),
        (0xf100_03ff, None, "cmp sp, #0"),
        (0xeb28_63ff, None, "cmp sp, x8"),
        (0xf240_001f, None, "tst x0, #1"),
        (0xa8c1_7c44, None, "ldp x4, xzr, [x2], #16"),
        (0xf840_845f, None, "ldr xzr, [x2], #8"),
        (0x8b1f_001f, None, "add xzr, x0, xzr"),
    ] {
        assert_eq!(Change::of(word), change, "{text}");
    }
}
