//! The block function in integer registers (FIPS 180-4, 6.2.2).
//!
//! Also for when every data access is a bus access, with the MMU off: the message is loaded once, in
//! four pairs of 16 bytes, the state once and stored once; the message schedule never leaves its
//! sixteen registers, and the constants are part of the instructions.

use core::arch::global_asm;

unsafe extern "C" {
    /// Compresses the blocks from the physical address `at` up to `end`, at least one, into `state`.
    ///
    /// # Safety
    ///
    /// `state` and `at` have to be 8-byte aligned, the blocks readable memory.
    pub fn sha256_software(state: *mut [u32; 8], at: u64, end: u64);
}

// Register use:
//   x0        state
//   x1, x2    blocks from, up to
//   w3..w10   a to h
//   w11..w26  the last 16 words of the message schedule
//   w27, w28  scratch
//   w29, w30  a ^ b of this round and of the last one, in turn
//
// Maj(a, b, c) is ((a ^ b) & (b ^ c)) ^ b, and b ^ c is the last round's a ^ b. The state's names
// rotate with every round instead of its values: h becomes the new a, d the new e.
global_asm!(
    ".macro sha256_round a, b, c, d, e, f, g, h, w, ab, bc, k",
    "    movz    w27, #(\\k & 0xffff)",
    "    movk    w27, #(\\k >> 16), lsl #16",
    "    ror     w28, \\e, #6",
    "    add     \\h, \\h, w27",
    "    eor     \\ab, \\a, \\b",
    "    eor     w27, \\f, \\g",
    "    eor     w28, w28, \\e, ror #11",
    "    add     \\h, \\h, \\w",
    "    eor     w28, w28, \\e, ror #25",
    "    and     w27, w27, \\e",
    "    add     \\h, \\h, w28",
    "    ror     w28, \\a, #2",
    "    and     \\bc, \\bc, \\ab",
    "    eor     w27, w27, \\g",
    "    add     \\h, \\h, w27",
    "    add     \\d, \\d, \\h",
    "    eor     w28, w28, \\a, ror #13",
    "    eor     w28, w28, \\a, ror #22",
    "    eor     \\bc, \\bc, \\b",
    "    add     \\h, \\h, w28",
    "    add     \\h, \\h, \\bc",
    ".endm",
    "",
    // The same, and the word that is needed 16 rounds later in the place of this round's. The words
    // that it is made of are 15, 7 and 2 older than itself. The order is what an in-order core can
    // issue two by two, with as few waits as two scratch registers allow.
    ".macro sha256_round_and_schedule a, b, c, d, e, f, g, h, w, w15, w7, w2, ab, bc, k",
    "    movz    w27, #(\\k & 0xffff)",
    "    ror     w28, \\e, #6",
    "    movk    w27, #(\\k >> 16), lsl #16",
    "    add     \\h, \\h, \\w",
    "    add     \\h, \\h, w27",
    "    eor     \\ab, \\a, \\b",
    "    eor     w27, \\f, \\g",
    "    eor     w28, w28, \\e, ror #11",
    "    and     w27, w27, \\e",
    "    eor     w28, w28, \\e, ror #25",
    "    add     \\h, \\h, w28",
    "    ror     w28, \\a, #2",
    "    and     \\bc, \\bc, \\ab",
    "    eor     w27, w27, \\g",
    "    add     \\w, \\w, \\w7",
    "    add     \\h, \\h, w27",
    "    eor     w28, w28, \\a, ror #13",
    "    eor     \\bc, \\bc, \\b",
    "    eor     w28, w28, \\a, ror #22",
    "    add     \\d, \\d, \\h",
    "    ror     w27, \\w15, #7",
    "    add     \\h, \\h, w28",
    "    add     \\h, \\h, \\bc",
    "    ror     w28, \\w2, #17",
    "    eor     w27, w27, \\w15, ror #18",
    "    eor     w27, w27, \\w15, lsr #3",
    "    eor     w28, w28, \\w2, ror #19",
    "    eor     w28, w28, \\w2, lsr #10",
    "    add     \\w, \\w, w27",
    "    add     \\w, \\w, w28",
    ".endm",
    "",
    // Eight rounds, after which the state's names are back where they were.
    ".macro sha256_8_rounds w0, w1, w2, w3, w4, w5, w6, w7, k0, k1, k2, k3, k4, k5, k6, k7",
    "    sha256_round w3, w4, w5, w6, w7, w8, w9, w10, \\w0, w29, w30, \\k0",
    "    sha256_round w10, w3, w4, w5, w6, w7, w8, w9, \\w1, w30, w29, \\k1",
    "    sha256_round w9, w10, w3, w4, w5, w6, w7, w8, \\w2, w29, w30, \\k2",
    "    sha256_round w8, w9, w10, w3, w4, w5, w6, w7, \\w3, w30, w29, \\k3",
    "    sha256_round w7, w8, w9, w10, w3, w4, w5, w6, \\w4, w29, w30, \\k4",
    "    sha256_round w6, w7, w8, w9, w10, w3, w4, w5, \\w5, w30, w29, \\k5",
    "    sha256_round w5, w6, w7, w8, w9, w10, w3, w4, \\w6, w29, w30, \\k6",
    "    sha256_round w4, w5, w6, w7, w8, w9, w10, w3, \\w7, w30, w29, \\k7",
    ".endm",
    "",
    // The same, and the eight words that are needed 16 rounds later. All 16 are named, this round's
    // first.
    ".macro sha256_8_rounds_and_schedule w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, w12, w13, w14, w15, k0, k1, k2, k3, k4, k5, k6, k7",
    "    sha256_round_and_schedule w3, w4, w5, w6, w7, w8, w9, w10, \\w0, \\w1, \\w9, \\w14, w29, w30, \\k0",
    "    sha256_round_and_schedule w10, w3, w4, w5, w6, w7, w8, w9, \\w1, \\w2, \\w10, \\w15, w30, w29, \\k1",
    "    sha256_round_and_schedule w9, w10, w3, w4, w5, w6, w7, w8, \\w2, \\w3, \\w11, \\w0, w29, w30, \\k2",
    "    sha256_round_and_schedule w8, w9, w10, w3, w4, w5, w6, w7, \\w3, \\w4, \\w12, \\w1, w30, w29, \\k3",
    "    sha256_round_and_schedule w7, w8, w9, w10, w3, w4, w5, w6, \\w4, \\w5, \\w13, \\w2, w29, w30, \\k4",
    "    sha256_round_and_schedule w6, w7, w8, w9, w10, w3, w4, w5, \\w5, \\w6, \\w14, \\w3, w30, w29, \\k5",
    "    sha256_round_and_schedule w5, w6, w7, w8, w9, w10, w3, w4, \\w6, \\w7, \\w15, \\w4, w29, w30, \\k6",
    "    sha256_round_and_schedule w4, w5, w6, w7, w8, w9, w10, w3, \\w7, \\w8, \\w0, \\w5, w30, w29, \\k7",
    ".endm",
    "",
    ".pushsection .text.sha256_software, \"ax\", %progbits",
    ".globl sha256_software",
    ".type sha256_software, %function",
    "sha256_software:",
    "    stp     x29, x30, [sp, #-96]!",
    "    stp     x19, x20, [sp, #16]",
    "    stp     x21, x22, [sp, #32]",
    "    stp     x23, x24, [sp, #48]",
    "    stp     x25, x26, [sp, #64]",
    "    stp     x27, x28, [sp, #80]",
    "    ldp     w3, w4, [x0]",
    "    ldp     w5, w6, [x0, #8]",
    "    ldp     w7, w8, [x0, #16]",
    "    ldp     w9, w10, [x0, #24]",
    // Big-endian words, two to a register.
    "1:  ldp     x11, x13, [x1], #64",
    "    ldp     x15, x17, [x1, #-48]",
    "    ldp     x19, x21, [x1, #-32]",
    "    ldp     x23, x25, [x1, #-16]",
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
    "    sha256_8_rounds_and_schedule w11, w12, w13, w14, w15, w16, w17, w18, w19, w20, w21, w22, w23, w24, w25, w26, 0x428a2f98,0x71374491,0xb5c0fbcf,0xe9b5dba5,0x3956c25b,0x59f111f1,0x923f82a4,0xab1c5ed5",
    "    sha256_8_rounds_and_schedule w19, w20, w21, w22, w23, w24, w25, w26, w11, w12, w13, w14, w15, w16, w17, w18, 0xd807aa98,0x12835b01,0x243185be,0x550c7dc3,0x72be5d74,0x80deb1fe,0x9bdc06a7,0xc19bf174",
    "    sha256_8_rounds_and_schedule w11, w12, w13, w14, w15, w16, w17, w18, w19, w20, w21, w22, w23, w24, w25, w26, 0xe49b69c1,0xefbe4786,0x0fc19dc6,0x240ca1cc,0x2de92c6f,0x4a7484aa,0x5cb0a9dc,0x76f988da",
    "    sha256_8_rounds_and_schedule w19, w20, w21, w22, w23, w24, w25, w26, w11, w12, w13, w14, w15, w16, w17, w18, 0x983e5152,0xa831c66d,0xb00327c8,0xbf597fc7,0xc6e00bf3,0xd5a79147,0x06ca6351,0x14292967",
    "    sha256_8_rounds_and_schedule w11, w12, w13, w14, w15, w16, w17, w18, w19, w20, w21, w22, w23, w24, w25, w26, 0x27b70a85,0x2e1b2138,0x4d2c6dfc,0x53380d13,0x650a7354,0x766a0abb,0x81c2c92e,0x92722c85",
    "    sha256_8_rounds_and_schedule w19, w20, w21, w22, w23, w24, w25, w26, w11, w12, w13, w14, w15, w16, w17, w18, 0xa2bfe8a1,0xa81a664b,0xc24b8b70,0xc76c51a3,0xd192e819,0xd6990624,0xf40e3585,0x106aa070",
    "    sha256_8_rounds w11, w12, w13, w14, w15, w16, w17, w18, 0x19a4c116,0x1e376c08,0x2748774c,0x34b0bcb5,0x391c0cb3,0x4ed8aa4a,0x5b9cca4f,0x682e6ff3",
    "    sha256_8_rounds w19, w20, w21, w22, w23, w24, w25, w26, 0x748f82ee,0x78a5636f,0x84c87814,0x8cc70208,0x90befffa,0xa4506ceb,0xbef9a3f7,0xc67178f2",
    "    ldp     x11, x13, [x0]",
    "    ldp     x15, x17, [x0, #16]",
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
    "    stp     x11, x13, [x0]",
    "    stp     x15, x17, [x0, #16]",
    "    cmp     x1, x2",
    "    b.lo    1b",
    "    ldp     x19, x20, [sp, #16]",
    "    ldp     x21, x22, [sp, #32]",
    "    ldp     x23, x24, [sp, #48]",
    "    ldp     x25, x26, [sp, #64]",
    "    ldp     x27, x28, [sp, #80]",
    "    ldp     x29, x30, [sp], #96",
    "    ret",
    ".size sha256_software, . - sha256_software",
    ".popsection",
);
