// SPDX-License-Identifier: MIT OR Apache-2.0

//! The ends of the story: the kernel, or a halt.

use core::arch::{asm, global_asm};

use aarch64_cpu::asm::wfe;
use purgatory::control::{SCTLR_C, SCTLR_M};
use purgatory::report;
use purgatory::request::{Cleared, Request};
use purgatory::translation::Regime;

use super::console::Uart;
use super::entry::Found;
use super::{reset, symbols};

unsafe extern "C" {
    fn hand_over_el1(kernel: u64, dtb: u64, sctlr: u64, vbar: u64) -> !;
    fn hand_over_el2(kernel: u64, dtb: u64, sctlr: u64, vbar: u64) -> !;
}

/// Gives the CPU to the kernel of `request` with its device tree, as booting.rst requires: MMU and
/// D-cache off, x0 = dtb, x1 to x3 = 0.
pub fn hand_over(_: Cleared, regime: Regime, found: &Found, request: &Request<'_>) -> ! {
    let (kernel, dtb) = (request.kernel_entry, request.dtb);
    let sctlr = found.sctlr & !(SCTLR_M | SCTLR_C);
    // SAFETY: the memory at `kernel` was verified, or the user has waived that: otherwise there is
    // no `Cleared`. The MMU is off, and the values restored are those that were there.
    unsafe {
        match regime {
            Regime::El1And0 => hand_over_el1(kernel, dtb, sctlr, found.vbar),
            Regime::El2 | Regime::El2And0 => hand_over_el2(kernel, dtb, sctlr, found.vbar),
        }
    }
}

/// Starts nothing: resets the machine if `on_failure` asks for it, otherwise says what to do, and
/// stops for ever.
pub fn halt(console: &mut Uart, regime: Regime) -> ! {
    let seconds = symbols::raw().on_failure;
    if seconds != 0 {
        report::resetting(console, seconds);
        reset::wait(seconds);
        reset::system(regime);
        report::not_reset(console);
    }
    report::halted(console);
    park()
}

/// Ends in an exception: MMU off, a report, a halt.
pub fn undefined() -> ! {
    // SAFETY: permanently undefined; our own vector takes it and does not return.
    unsafe { asm!("udf #0", options(noreturn)) }
}

/// Stops for ever.
pub fn park() -> ! {
    loop {
        wfe();
    }
}

// Register use: x0 kernel, x1 dtb, x2 SCTLR, x3 VBAR; x16 the way out.
//
// The I-cache may still hold older instructions for the kernel's addresses; it is invalidated while
// our own code runs from it. SCTLR is last: once big-endian data or WXN is restored our code can
// load and store nothing more.
global_asm!(
    ".macro hand_over el",
    ".pushsection .text.hand_over, \"ax\", %progbits",
    ".globl hand_over_\\el",
    ".type hand_over_\\el, %function",
    "hand_over_\\el:",
    "    mov     x16, x0",
    "    dsb     sy",
    "    ic      iallu",
    "    dsb     nsh",
    "    isb",
    "    msr     vbar_\\el, x3",
    "    isb",
    "    msr     sctlr_\\el, x2",
    "    isb",
    "    b       zero_registers_and_branch",
    ".size hand_over_\\el, . - hand_over_\\el",
    ".popsection",
    ".endm",
    "hand_over el1",
    "hand_over el2",
    ".pushsection .text.hand_over, \"ax\", %progbits",
    ".type zero_registers_and_branch, %function",
    "zero_registers_and_branch:",
    "    mov     x0, x1",
    ".irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,17,18,19,20,21,22,23,24,25,26,27,28,29,30",
    "    mov     x\\n, xzr",
    ".endr",
    "    br      x16",
    ".size zero_registers_and_branch, . - zero_registers_and_branch",
    ".popsection",
);
