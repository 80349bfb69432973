// SPDX-License-Identifier: MIT OR Apache-2.0

//! The functions that a compiler may call by itself, as C declares them: to copy, fill and compare
//! memory. Those that are not called are not linked.
//!
//! In assembly, because a compiler may recognise a copying loop and make it call itself. Byte by
//! byte, because with the MMU off no access may be unaligned; the lengths are small.

use core::arch::global_asm;

global_asm!(
    // x0 to, x1 from, x2 bytes; x0 stays. If the end would be overwritten before it is read, it
    // copies downwards from there.
    ".pushsection .text.memmove, \"ax\", %progbits",
    ".globl memcpy, memmove",
    ".type memcpy, %function",
    ".type memmove, %function",
    "memcpy:",
    "memmove:",
    "    sub     x3, x0, x1",
    "    cmp     x3, x2",
    "    b.lo    3f",
    "    mov     x3, #0",
    "1:  cmp     x3, x2",
    "    b.eq    2f",
    "    ldrb    w4, [x1, x3]",
    "    strb    w4, [x0, x3]",
    "    add     x3, x3, #1",
    "    b       1b",
    "2:  ret",
    "3:  sub     x2, x2, #1",
    "    ldrb    w4, [x1, x2]",
    "    strb    w4, [x0, x2]",
    "    cbnz    x2, 3b",
    "    ret",
    ".size memcpy, . - memcpy",
    ".size memmove, . - memmove",
    ".popsection",
    "",
    // x0 to, w1 byte, x2 bytes; x0 stays.
    ".pushsection .text.memset, \"ax\", %progbits",
    ".globl memset",
    ".type memset, %function",
    "memset:",
    "    cbz     x2, 2f",
    "1:  sub     x2, x2, #1",
    "    strb    w1, [x0, x2]",
    "    cbnz    x2, 1b",
    "2:  ret",
    ".size memset, . - memset",
    ".popsection",
    "",
    // x0 one, x1 the other, x2 bytes; w0 the difference of the first two bytes that differ.
    ".pushsection .text.memcmp, \"ax\", %progbits",
    ".globl memcmp, bcmp",
    ".type memcmp, %function",
    ".type bcmp, %function",
    "memcmp:",
    "bcmp:",
    "    mov     x3, x0",
    "    mov     w0, #0",
    "1:  cbz     x2, 2f",
    "    ldrb    w4, [x3], #1",
    "    ldrb    w5, [x1], #1",
    "    sub     x2, x2, #1",
    "    subs    w0, w4, w5",
    "    b.eq    1b",
    "2:  ret",
    ".size memcmp, . - memcmp",
    ".size bcmp, . - bcmp",
    ".popsection",
);
