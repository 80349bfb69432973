// SPDX-License-Identifier: MIT OR Apache-2.0

// A program that crashes the kernel in streaming mode (FEAT_SME): it runs as the init process, enters
// the mode, which is free to use in user space, and dies of a fault. No system call ends the mode
// before, and no other program runs: this one has a real-time priority above them all.
    .global _start
_start:
    mov     x0, #0              // this process
    mov     x1, #1              // SCHED_FIFO
    adr     x2, priority
    mov     x8, #119            // sched_setscheduler
    svc     #0
    cbnz    x0, give_up

    mov     x0, #1              // standard output
    adr     x1, words
    mov     x2, #(words_end - words)
    mov     x8, #64             // write
    svc     #0

    .inst   0xd503437f          // smstart sm, for an assembler that does not know it
    mrs     x0, s3_3_c4_c2_2    // SVCR
    tbz     x0, #0, give_up
    mov     x0, #0
    str     x0, [x0]            // SIGSEGV

give_up:
    mov     x0, #1
    mov     x8, #94             // exit_group
    svc     #0

priority:
    .word   99
words:
    .ascii  "init: on to streaming mode\n"
words_end:
