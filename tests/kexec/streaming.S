// SPDX-License-Identifier: MIT OR Apache-2.0

// A program that leaves the CPU in streaming mode (FEAT_SME): says so, enters it, and stays. It is in
// user space, where the mode is free to use, and makes no system call, which would end it.
    .global _start
_start:
    mov     x0, #1              // standard output
    adr     x1, words
    mov     x2, #(words_end - words)
    mov     x8, #64             // write
    svc     #0
    .inst   0xd503437f          // smstart sm, for an assembler that does not know it
stay:
    b       stay

words:
    .ascii  "init: in streaming mode\n"
words_end:
