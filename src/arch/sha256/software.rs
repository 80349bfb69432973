// SPDX-License-Identifier: MIT OR Apache-2.0

//! The block function in integer registers (FIPS 180-4, 6.2.2).
//!
//! Written for the case that every access goes to the bus, with the MMU off: the message is loaded
//! once, in four pairs of 16 bytes, the constants in 16, the state once and stored once; the
//! message schedule never leaves its sixteen registers. There are too few registers for these, so
//! the three arguments are kept on the stack, for one store and two loads a block.
//!
//! Small, because the image must be: three quarters of the rounds are a loop, and the constants are
//! a table that the other block function also needs.

use core::arch::global_asm;

unsafe extern "C" {
    /// Compresses the blocks from the physical address `at` up to `end`, at least one, into
    /// `state`.
    ///
    /// # Safety
    ///
    /// `state` must be 8-byte aligned, and so must `at` unless memory is Normal; the blocks must be
    /// readable memory.
    pub fn sha256_software(state: *mut [u32; 8], at: u64, end: u64);
}

// Register use:
//   x0, x1    four constants, two to a register, the first in the lower half
//   x2        the constants to load next
//   w3..w10   a to h
//   w11..w26  the last 16 words of the message schedule
//   w27..w30  scratch; between the macros w30 is a ^ b of the last round
//
// At the start of a block x20 is up to, x22 state: the next block is prefetched, or after the last
// one the state.
//
// On the stack:
//   sp + 96         blocks from
//   sp + 112, 120   up to, state
//
// Maj(a, b, c) is ((a ^ b) & (b ^ c)) ^ b, and b ^ c is the last round's a ^ b. The state's names
// rotate with every round instead of its values: h becomes the new a, d the new e.
//
// The macros are two rounds, of two constants in one register, and take the numbers of registers.
// The second adds its constant as 64 bits; the next 32-bit addition clears what that leaves in the
// upper half of its h. The order lets an in-order core issue two at a time, with as few waits as
// four scratch registers allow. It was found by a search with llvm-mca.
global_asm!(
    ".macro sha256_2_rounds a, b, c, d, e, f, g, h, w0, w1, k",
    "    eor     w27, w\\f, w\\g",
    "    add     w\\h, w\\h, w\\w0",
    "    ror     w28, w\\e, #6",
    "    and     w27, w27, w\\e",
    "    eor     w29, w\\a, w\\b",
    "    eor     w27, w27, w\\g",
    "    add     w\\h, w\\h, w\\k",
    "    add     w\\h, w\\h, w27",
    "    eor     w28, w28, w\\e, ror #11",
    "    eor     w28, w28, w\\e, ror #25",
    "    ror     w27, w\\a, #2",
    "    add     w\\h, w\\h, w28",
    "    add     w\\g, w\\g, w\\w1",
    "    add     w\\d, w\\d, w\\h",
    "    eor     w28, w\\e, w\\f",
    "    and     w30, w30, w29",
    "    eor     w27, w27, w\\a, ror #13",
    "    eor     w30, w30, w\\b",
    "    eor     w27, w27, w\\a, ror #22",
    "    and     w28, w28, w\\d",
    "    add     w\\h, w\\h, w30",
    "    add     w\\h, w\\h, w27",
    "    ror     w27, w\\d, #6",
    "    eor     w28, w28, w\\f",
    "    add     x\\g, x\\g, x\\k, lsr #32",
    "    eor     w30, w\\h, w\\a",
    "    add     w\\g, w\\g, w28",
    "    ror     w28, w\\h, #2",
    "    eor     w27, w27, w\\d, ror #11",
    "    eor     w27, w27, w\\d, ror #25",
    "    and     w29, w29, w30",
    "    eor     w29, w29, w\\a",
    "    add     w\\g, w\\g, w27",
    "    eor     w28, w28, w\\h, ror #13",
    "    add     w\\c, w\\c, w\\g",
    "    add     w\\g, w\\g, w29",
    "    eor     w28, w28, w\\h, ror #22",
    "    add     w\\g, w\\g, w28",
    ".endm",
    "",
    // The same, and the words that are needed 16 rounds later in the place of these rounds'. The
    // words from which they are made are named by their distance from the first.
    ".macro sha256_2_rounds_and_schedule a, b, c, d, e, f, g, h, w0, w1, w2, w9, w10, w14, w15, k",
    "    eor     w27, w\\f, w\\g",
    "    add     w\\h, w\\h, w\\w0",
    "    and     w27, w27, w\\e",
    "    ror     w28, w\\e, #6",
    "    eor     w27, w27, w\\g",
    "    ror     w29, w\\w1, #7",
    "    add     w\\h, w\\h, w27",
    "    add     w\\h, w\\h, w\\k",
    "    ror     w27, w\\a, #2",
    "    eor     w28, w28, w\\e, ror #11",
    "    add     w\\w0, w\\w0, w\\w9",
    "    eor     w28, w28, w\\e, ror #25",
    "    eor     w29, w29, w\\w1, ror #18",
    "    add     w\\h, w\\h, w28",
    "    eor     w28, w\\a, w\\b",
    "    and     w30, w30, w28",
    "    eor     w27, w27, w\\a, ror #13",
    "    eor     w27, w27, w\\a, ror #22",
    "    eor     w30, w30, w\\b",
    "    add     w\\d, w\\d, w\\h",
    "    add     w\\h, w\\h, w27",
    "    eor     w29, w29, w\\w1, lsr #3",
    "    add     w\\h, w\\h, w30",
    "    eor     w27, w\\e, w\\f",
    "    ror     w30, w\\w14, #17",
    "    add     w\\w0, w\\w0, w29",
    "    ror     w29, w\\d, #6",
    "    add     w\\g, w\\g, w\\w1",
    "    and     w27, w27, w\\d",
    "    eor     w27, w27, w\\f",
    "    eor     w30, w30, w\\w14, ror #19",
    "    eor     w30, w30, w\\w14, lsr #10",
    "    eor     w29, w29, w\\d, ror #11",
    "    add     w\\g, w\\g, w27",
    "    add     w\\w0, w\\w0, w30",
    "    eor     w29, w29, w\\d, ror #25",
    "    add     x\\g, x\\g, x\\k, lsr #32",
    "    ror     w27, w\\w2, #7",
    "    eor     w30, w\\h, w\\a",
    "    add     w\\g, w\\g, w29",
    "    and     w28, w28, w30",
    "    add     w\\w1, w\\w1, w\\w10",
    "    ror     w29, w\\h, #2",
    "    add     w\\c, w\\c, w\\g",
    "    eor     w28, w28, w\\a",
    "    add     w\\g, w\\g, w28",
    "    ror     w28, w\\w15, #17",
    "    eor     w27, w27, w\\w2, ror #18",
    "    eor     w29, w29, w\\h, ror #13",
    "    eor     w29, w29, w\\h, ror #22",
    "    eor     w27, w27, w\\w2, lsr #3",
    "    add     w\\g, w\\g, w29",
    "    eor     w28, w28, w\\w15, ror #19",
    "    eor     w28, w28, w\\w15, lsr #10",
    "    add     w\\w1, w\\w1, w27",
    "    add     w\\w1, w\\w1, w28",
    ".endm",
    "",
    ".pushsection .text.sha256_software, \"ax\", %progbits",
    ".globl sha256_software",
    ".type sha256_software, %function",
    "sha256_software:",
    "    stp     x29, x30, [sp, #-128]!",
    "    stp     x19, x20, [sp, #16]",
    "    stp     x21, x22, [sp, #32]",
    "    stp     x23, x24, [sp, #48]",
    "    stp     x25, x26, [sp, #64]",
    "    stp     x27, x28, [sp, #80]",
    "    stp     x2, x0, [sp, #112]",
    "    mov     x20, x2",
    "    mov     x22, x0",
    "    adr     x2, sha256_constants",
    "    ldp     w3, w4, [x0]",
    "    ldp     w5, w6, [x0, #8]",
    "    ldp     w7, w8, [x0, #16]",
    "    ldp     w9, w10, [x0, #24]",
    // Big-endian words, two to a register.
    "1:  ldp     x11, x13, [x1], #64",
    "    ldp     x15, x17, [x1, #-48]",
    "    ldp     x19, x21, [x1, #-32]",
    "    ldp     x23, x25, [x1, #-16]",
    // No instruction until the end of the block changes the flags.
    "    cmp     x1, x20",
    "    csel    x27, x1, x22, lo",
    "    prfm    pldl1strm, [x27]",
    "    str     x1, [sp, #96]",
    "    ldp     x0, x1, [x2], #16",
    "    eor     w30, w4, w5",
    ".irp n, 11,13,15,17,19,21,23,25",
    "    rev32   x\\n, x\\n",
    ".endr",
    "    lsr     x12, x11, #32",
    "    lsr     x14, x13, #32",
    "    lsr     x16, x15, #32",
    "    lsr     x18, x17, #32",
    "    lsr     x20, x19, #32",
    "    lsr     x22, x21, #32",
    "    lsr     x24, x23, #32",
    "    lsr     x26, x25, #32",
    // 16 rounds, three times.
    "2:  sha256_2_rounds_and_schedule 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 20, 21, 25, 26, 0",
    "    sha256_2_rounds_and_schedule 9, 10, 3, 4, 5, 6, 7, 8, 13, 14, 15, 22, 23, 11, 12, 1",
    "    ldp     x0, x1, [x2], #16",
    "    sha256_2_rounds_and_schedule 7, 8, 9, 10, 3, 4, 5, 6, 15, 16, 17, 24, 25, 13, 14, 0",
    "    sha256_2_rounds_and_schedule 5, 6, 7, 8, 9, 10, 3, 4, 17, 18, 19, 26, 11, 15, 16, 1",
    "    ldp     x0, x1, [x2], #16",
    "    sha256_2_rounds_and_schedule 3, 4, 5, 6, 7, 8, 9, 10, 19, 20, 21, 12, 13, 17, 18, 0",
    "    sha256_2_rounds_and_schedule 9, 10, 3, 4, 5, 6, 7, 8, 21, 22, 23, 14, 15, 19, 20, 1",
    "    ldp     x0, x1, [x2], #16",
    "    sha256_2_rounds_and_schedule 7, 8, 9, 10, 3, 4, 5, 6, 23, 24, 25, 16, 17, 21, 22, 0",
    "    sha256_2_rounds_and_schedule 5, 6, 7, 8, 9, 10, 3, 4, 25, 26, 11, 18, 19, 23, 24, 1",
    "    ldp     x0, x1, [x2], #16",
    // The next constant shows whether that was the last time: numbers 16 and 32 are odd, 48 is
    // even.
    "    tbnz    w0, #0, 2b",
    "    sha256_2_rounds 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0",
    "    sha256_2_rounds 9, 10, 3, 4, 5, 6, 7, 8, 13, 14, 1",
    "    ldp     x0, x1, [x2], #16",
    "    sha256_2_rounds 7, 8, 9, 10, 3, 4, 5, 6, 15, 16, 0",
    "    sha256_2_rounds 5, 6, 7, 8, 9, 10, 3, 4, 17, 18, 1",
    "    ldp     x0, x1, [x2], #16",
    "    sha256_2_rounds 3, 4, 5, 6, 7, 8, 9, 10, 19, 20, 0",
    "    sha256_2_rounds 9, 10, 3, 4, 5, 6, 7, 8, 21, 22, 1",
    // The last four, and back to the first. After them the values for the end of the block, in
    // registers whose words are no longer needed.
    "    ldp     x0, x1, [x2], #-240",
    "    ldp     x20, x22, [sp, #112]",
    "    sha256_2_rounds 7, 8, 9, 10, 3, 4, 5, 6, 23, 24, 0",
    "    ldp     x11, x13, [x22]",
    "    ldp     x15, x17, [x22, #16]",
    "    sha256_2_rounds 5, 6, 7, 8, 9, 10, 3, 4, 25, 26, 1",
    "    ldr     x1, [sp, #96]",
    "    lsr     x12, x11, #32",
    "    lsr     x14, x13, #32",
    "    lsr     x16, x15, #32",
    "    lsr     x18, x17, #32",
    "    add     w3, w3, w11",
    "    add     w4, w4, w12",
    "    add     w5, w5, w13",
    "    add     w6, w6, w14",
    "    add     w7, w7, w15",
    "    add     w8, w8, w16",
    "    add     w9, w9, w17",
    "    add     w10, w10, w18",
    "    orr     x11, x3, x4, lsl #32",
    "    orr     x13, x5, x6, lsl #32",
    "    orr     x15, x7, x8, lsl #32",
    "    orr     x17, x9, x10, lsl #32",
    "    stp     x11, x13, [x22]",
    "    stp     x15, x17, [x22, #16]",
    "    b.lo    1b",
    "    ldp     x19, x20, [sp, #16]",
    "    ldp     x21, x22, [sp, #32]",
    "    ldp     x23, x24, [sp, #48]",
    "    ldp     x25, x26, [sp, #64]",
    "    ldp     x27, x28, [sp, #80]",
    "    ldp     x29, x30, [sp], #128",
    "    ret",
    ".size sha256_software, . - sha256_software",
    ".popsection",
);
