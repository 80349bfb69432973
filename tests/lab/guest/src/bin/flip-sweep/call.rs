// SPDX-License-Identifier: MIT OR Apache-2.0

//! The call of the image, which comes back as the start of a kernel, or where it halts.

use core::arch::global_asm;

use purgatory_test_guest::Briefing;

/// How it came back.
#[derive(Clone, Copy, Debug)]
pub enum Return {
    /// A kernel was started with these in `x0`, and `x1` to `x3`.
    Started { x0: u64, rest: [u64; 3] },
    /// It stopped for ever.
    Halted,
}

unsafe extern "C" {
    /// Returns 1 from a kernel, 2 from a halt.
    fn leave(start: u64, arguments: *mut [u64; 4]) -> u64;
}

/// Calls the image.
pub fn call(start: u64) -> Return {
    let mut arguments = [0; 4];
    // SAFETY: the image is there; it comes back through `arrive` or `halted`, if at all. What it
    // does to memory is what is tested.
    let how = unsafe { leave(start, &raw mut arguments) };
    let [x0, rest @ ..] = arguments;
    match how {
        1 => Return::Started { x0, rest },
        _ => Return::Halted,
    }
}

/// `SCTLR_ELx` of this program: MMU and caches off, what is RES1.
const SCTLR: [u64; 2] = [0x30d0_0800, 0x30c5_0830];

// own_state: x10, x11 scratch. No access to memory before it: the image may have come to its halt
// from anywhere.
global_asm!(
    ".macro own_state",
    "msr daifset, #0xf",
    "msr spsel, #1",
    "adrp x11, guest_vectors",
    "add x11, x11, :lo12:guest_vectors",
    "mrs x10, CurrentEL",
    "cmp x10, #8",
    "b.eq 8f",
    "movz x10, #({sctlr_el1} & 0xffff)",
    "movk x10, #({sctlr_el1} >> 16), lsl #16",
    "msr sctlr_el1, x10",
    "msr vbar_el1, x11",
    "b 9f",
    "8:",
    "movz x10, #({sctlr_el2} & 0xffff)",
    "movk x10, #({sctlr_el2} >> 16), lsl #16",
    "msr sctlr_el2, x10",
    "msr vbar_el2, x11",
    "9:",
    "isb",
    ".endm",
    "",
    ".pushsection .text.entry, \"ax\"",
    ".globl guest_start",
    ".type guest_start, %function",
    "guest_start:",
    "b 1f",
    // STARTED and HALTED.
    "b arrive",
    "b halted",
    "1:",
    "own_state",
    "adrp x0, guest_briefing",
    "ldr x0, [x0, :lo12:guest_briefing]",
    "mov x1, {stack}",
    "add x0, x0, x1",
    "mov sp, x0",
    "b {main}",
    ".size guest_start, . - guest_start",
    "",
    ".type leave, %function",
    "leave:",
    "stp x19, x20, [sp, #-112]!",
    "stp x21, x22, [sp, #16]",
    "stp x23, x24, [sp, #32]",
    "stp x25, x26, [sp, #48]",
    "stp x27, x28, [sp, #64]",
    "stp x29, x30, [sp, #80]",
    "str x1, [sp, #96]",
    "adrp x9, resume",
    "mov x10, sp",
    "str x10, [x9, :lo12:resume]",
    "dsb sy",
    "br x0",
    ".size leave, . - leave",
    "",
    ".type arrive, %function",
    "arrive:",
    "own_state",
    "adrp x10, resume",
    "ldr x10, [x10, :lo12:resume]",
    "mov sp, x10",
    "ldr x9, [sp, #96]",
    "stp x0, x1, [x9]",
    "stp x2, x3, [x9, #16]",
    "mov x0, #1",
    "b 2f",
    "halted:",
    "own_state",
    "adrp x10, resume",
    "ldr x10, [x10, :lo12:resume]",
    "mov sp, x10",
    "mov x0, #2",
    "2:",
    "ldp x21, x22, [sp, #16]",
    "ldp x23, x24, [sp, #32]",
    "ldp x25, x26, [sp, #48]",
    "ldp x27, x28, [sp, #64]",
    "ldp x29, x30, [sp, #80]",
    "ldp x19, x20, [sp], #112",
    "ret",
    ".size arrive, . - arrive",
    ".popsection",
    "",
    ".pushsection .bss.resume, \"aw\", %nobits",
    ".balign 8",
    "resume: .zero 8",
    ".popsection",
    sctlr_el1 = const SCTLR[0],
    sctlr_el2 = const SCTLR[1],
    stack = const Briefing::STACK_TOP,
    main = sym crate::main,
);
