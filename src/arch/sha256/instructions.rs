// SPDX-License-Identifier: MIT OR Apache-2.0

//! The block function with the CPU's SHA2 instructions (Arm ARM C7.2, SHA256H and the like).

use core::arch::global_asm;

unsafe extern "C" {
    /// Compresses the blocks from the physical address `at` up to `end`, at least one, into
    /// `state`. Prefetches memory further on, up to `ahead`.
    ///
    /// # Safety
    ///
    /// The CPU must have the instructions, with FP/SIMD not trapped; `state` and `at` must be
    /// 4-byte aligned unless memory is Normal, the blocks readable memory. All vector registers are
    /// lost.
    pub fn sha256_instructions(state: *mut [u32; 8], at: u64, end: u64, ahead: u64);

    /// Clears all vector registers.
    ///
    /// # Safety
    ///
    /// FP/SIMD must not be trapped.
    pub fn clear_vectors();
}

/// How far beyond the next block the message is prefetched, in bytes.
const AHEAD: usize = 256 - 64;

// Register use:
//   x0        state
//   x1, x2    blocks from, up to
//   x3        the end of what may be prefetched
//   x4, x5    the block to load ahead; the prefetch address
//   v0, v1    a to d, e to h; v2, v3 the same before this block
//   v4..v7    the last 16 words of the message schedule
//   v8, v9    words plus constants; a to d before this round
//   v10..v13  the next block, as it lies in memory
//   v16..v31  the 64 constants
//
// The next block is loaded while this one is compressed. After the last one no other is read: it is
// loaded a second time. Memory some blocks ahead is prefetched, as data that is used once. If the
// region ends before that, this block is prefetched again, so that nothing outside the region gets
// into the cache that way.
global_asm!(
    ".arch_extension fp",
    ".arch_extension simd",
    ".arch_extension sha2",
    "",
    ".macro sha256_4_rounds w, k",
    "    add     v8.4s, \\w\\().4s, \\k\\().4s",
    "    mov     v9.16b, v0.16b",
    "    sha256h q0, q1, v8.4s",
    "    sha256h2 q1, q9, v8.4s",
    ".endm",
    "",
    // Four rounds, and the four words that are needed 16 rounds later, in the place of theirs. The
    // copy of a to d stays in register number `old`.
    ".macro sha256_4_rounds_and_schedule w0, w4, w8, w12, k, old=9",
    "    add     v8.4s, \\w0\\().4s, \\k\\().4s",
    "    sha256su0 \\w0\\().4s, \\w4\\().4s",
    "    mov     v\\old\\().16b, v0.16b",
    "    sha256h q0, q1, v8.4s",
    "    sha256h2 q1, q\\old, v8.4s",
    "    sha256su1 \\w0\\().4s, \\w8\\().4s, \\w12\\().4s",
    ".endm",
    "",
    ".pushsection .text.sha256_instructions, \"ax\", %progbits",
    ".globl sha256_instructions",
    ".type sha256_instructions, %function",
    "sha256_instructions:",
    "    adr     x4, sha256_constants",
    "    ld1     {{v16.4s-v19.4s}}, [x4], #64",
    "    ld1     {{v20.4s-v23.4s}}, [x4], #64",
    "    ld1     {{v24.4s-v27.4s}}, [x4], #64",
    "    ld1     {{v28.4s-v31.4s}}, [x4]",
    "    ld1     {{v0.4s, v1.4s}}, [x0]",
    "    mov     x4, x1",
    "    ld1     {{v10.4s-v13.4s}}, [x1]",
    "1:  add     x1, x1, #64",
    "    rev32   v4.16b, v10.16b",
    "    add     x5, x1, #{ahead}",
    "    cmp     x5, x3",
    "    rev32   v5.16b, v11.16b",
    "    csel    x5, x5, x4, lo",
    "    cmp     x1, x2",
    "    rev32   v6.16b, v12.16b",
    "    csel    x4, x1, x4, lo",
    "    mov     v3.16b, v1.16b",
    "    rev32   v7.16b, v13.16b",
    "    ld1     {{v10.4s-v13.4s}}, [x4]",
    "    prfm    pldl1strm, [x5]",
    // The copy that these rounds need is the one that is added at the end.
    "    sha256_4_rounds_and_schedule v4, v5, v6, v7, v16, 2",
    "    sha256_4_rounds_and_schedule v5, v6, v7, v4, v17",
    "    sha256_4_rounds_and_schedule v6, v7, v4, v5, v18",
    "    sha256_4_rounds_and_schedule v7, v4, v5, v6, v19",
    "    sha256_4_rounds_and_schedule v4, v5, v6, v7, v20",
    "    sha256_4_rounds_and_schedule v5, v6, v7, v4, v21",
    "    sha256_4_rounds_and_schedule v6, v7, v4, v5, v22",
    "    sha256_4_rounds_and_schedule v7, v4, v5, v6, v23",
    "    sha256_4_rounds_and_schedule v4, v5, v6, v7, v24",
    "    sha256_4_rounds_and_schedule v5, v6, v7, v4, v25",
    "    sha256_4_rounds_and_schedule v6, v7, v4, v5, v26",
    "    sha256_4_rounds_and_schedule v7, v4, v5, v6, v27",
    "    sha256_4_rounds v4, v28",
    "    sha256_4_rounds v5, v29",
    "    sha256_4_rounds v6, v30",
    "    sha256_4_rounds v7, v31",
    "    add     v0.4s, v0.4s, v2.4s",
    "    add     v1.4s, v1.4s, v3.4s",
    "    b.lo    1b",
    "    st1     {{v0.4s, v1.4s}}, [x0]",
    "    ret",
    ".size sha256_instructions, . - sha256_instructions",
    ".popsection",
    "",
    // The registers' earlier contents may have been a secret, and ours must not leak to the next
    // kernel. Called once, when the hash is done.
    ".pushsection .text.clear_vectors, \"ax\", %progbits",
    ".globl clear_vectors",
    ".type clear_vectors, %function",
    "clear_vectors:",
    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
    "    movi    v\\n\\().2d, #0",
    ".endr",
    "    ret",
    ".size clear_vectors, . - clear_vectors",
    ".popsection",
    "",
    // FIPS 180-4, 4.2.2.
    ".pushsection .text.sha256_constants, \"ax\", %progbits",
    ".balign 16",
    "sha256_constants:",
    "    .word 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5",
    "    .word 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174",
    "    .word 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da",
    "    .word 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967",
    "    .word 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85",
    "    .word 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070",
    "    .word 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3",
    "    .word 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2",
    ".popsection",
    ".arch_extension nosha2",
    ".arch_extension nosimd",
    ".arch_extension nofp",
    ahead = const AHEAD,
);
