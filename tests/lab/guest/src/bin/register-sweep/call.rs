// SPDX-License-Identifier: MIT OR Apache-2.0

//! The call of the image, which comes back as the start of a kernel.
//!
//! Some registers cannot hold just anything while compiled code runs: they are written last, with
//! right before the branch, and read first at the kernel's entry.

use core::arch::global_asm;

use purgatory_test_guest::sweep::Encoding;
use purgatory_test_guest::sweep::rule::*;
use purgatory_test_guest::{Briefing, Regime};

/// The registers that are written last, as values.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct Last(pub [u64; 8]);

impl Last {
    /// Returns which they are, in order.
    pub const fn registers(regime: Regime) -> [Encoding; 8] {
        match regime {
            Regime::El1And0 => [
                SCTLR_EL1, VBAR_EL1, ESR_EL1, ELR_EL1, SPSR_EL1, FAR_EL1, SPSEL, DAIF,
            ],
            Regime::El2 | Regime::El2And0 => [
                SCTLR_EL2, VBAR_EL2, ESR_EL2, ELR_EL2, SPSR_EL2, FAR_EL2, SPSEL, DAIF,
            ],
        }
    }

    /// Returns what a kernel leaves in them that leaves nothing odd.
    pub const fn usual(regime: Regime) -> Self {
        let sctlr = match regime {
            Regime::El1And0 => SCTLR[0],
            Regime::El2 | Regime::El2And0 => SCTLR[1],
        };
        Self([
            sctlr,
            0x0bad_f00d_b800,
            0x5600_0000,
            0x0bad_c0de_1230,
            0x0000_0345,
            0x0bad_f00d_cafe,
            1,
            0x3c0,
        ])
    }
}

/// What was in the registers at the kernel's first instruction.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct Arrival {
    pub last: Last,
    pub x: [u64; 4],
    pub el: u64,
}

unsafe extern "C" {
    fn leave(last: *mut Last, start: u64, arrival: *mut Arrival);
}

/// Returns what these values become when they are written.
pub fn settle(mut last: Last) -> Last {
    // SAFETY: without an address to go to it only tries the registers, and puts its own back.
    unsafe { leave(&raw mut last, 0, core::ptr::null_mut()) };
    last
}

/// Calls the image, with these values in the registers that are written last.
pub fn call(mut last: Last, start: u64) -> Arrival {
    let mut arrival = Arrival::default();
    // SAFETY: the image is there. It comes back through `arrival`, if at all, and has no business
    // with memory of ours: the host looks at each piece of it that it was told of.
    unsafe { leave(&raw mut last, start, &raw mut arrival) };
    arrival
}

/// `SCTLR_ELx` of this program: MMU and caches off, what is RES1.
const SCTLR: [u64; 2] = [0x30d0_0800, 0x30c5_0830];

// leave, register use:
//   x0        the values; then what the old kernel would have had there: garbage
//   x16       where to branch; 0: nowhere, the registers are only tried
//   x10, x11  SCTLR and VBAR of this program
//   x19..x26  the values
//
// From the write of SCTLR on there is no access to memory: it may say big-endian.
global_asm!(
    ".macro own_state",
    "adrp x11, probe_vectors",
    "add x11, x11, :lo12:probe_vectors",
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
    ".macro write_last el",
    "msr esr_\\el, x21",
    "msr elr_\\el, x22",
    "msr spsr_\\el, x23",
    "msr far_\\el, x24",
    "msr vbar_\\el, x20",
    "msr sctlr_\\el, x19",
    "isb",
    ".endm",
    "",
    ".macro read_last el",
    "mrs x19, sctlr_\\el",
    "mrs x20, vbar_\\el",
    "mrs x21, esr_\\el",
    "mrs x22, elr_\\el",
    "mrs x23, spsr_\\el",
    "mrs x24, far_\\el",
    ".endm",
    "",
    ".macro store_last",
    "stp x19, x20, [x0]",
    "stp x21, x22, [x0, #16]",
    "stp x23, x24, [x0, #32]",
    "stp x25, x26, [x0, #48]",
    ".endm",
    "",
    ".pushsection .text.entry, \"ax\"",
    ".globl guest_start",
    ".type guest_start, %function",
    "guest_start:",
    "b 1f",
    // ARRIVAL: where the kernel's page branches to.
    "b arrive",
    "1:",
    "msr daifset, #0xf",
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
    "str x2, [sp, #96]",
    "adrp x9, resume",
    "mov x10, sp",
    "str x10, [x9, :lo12:resume]",
    "mov x16, x1",
    "ldp x19, x20, [x0]",
    "ldp x21, x22, [x0, #16]",
    "ldp x23, x24, [x0, #32]",
    "ldp x25, x26, [x0, #48]",
    "dsb sy",
    "mrs x9, CurrentEL",
    "cmp x9, #8",
    "b.eq 2f",
    "write_last el1",
    "b 3f",
    "2:",
    "write_last el2",
    "3:",
    "cbz x16, 4f",
    "movz x30, #0xdead, lsl #48",
    "movk x30, #0xbeef, lsl #32",
    "movk x30, #0xf00d, lsl #16",
    "movk x30, #0xbad1",
    "mov sp, x30",
    "msr daif, x26",
    "msr spsel, x25",
    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,17,18,19,20,21,22,23,24,25,26,27,28,29",
    "eor x\\n, x30, #(1 << (\\n + 1))",
    ".endr",
    "br x16",
    "4:",
    "msr daif, x26",
    "mrs x26, daif",
    "msr daifset, #0xf",
    "msr spsel, x25",
    "mrs x25, spsel",
    "msr spsel, #1",
    "cmp x9, #8",
    "b.eq 5f",
    "read_last el1",
    "b 6f",
    "5:",
    "read_last el2",
    "6:",
    "own_state",
    "store_last",
    "b 7f",
    ".size leave, . - leave",
    "",
    ".type arrive, %function",
    "arrive:",
    "mrs x26, daif",
    "msr daifset, #0xf",
    "mrs x25, spsel",
    "msr spsel, #1",
    "mrs x9, CurrentEL",
    "cmp x9, #8",
    "b.eq 1f",
    "read_last el1",
    "b 2f",
    "1:",
    "read_last el2",
    "2:",
    "own_state",
    "adrp x10, resume",
    "ldr x10, [x10, :lo12:resume]",
    "mov sp, x10",
    "mov x4, x0",
    "ldr x0, [sp, #96]",
    "store_last",
    "stp x4, x1, [x0, #64]",
    "stp x2, x3, [x0, #80]",
    "str x9, [x0, #96]",
    "7:",
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
