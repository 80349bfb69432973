// SPDX-License-Identifier: MIT OR Apache-2.0

//! Exceptions and panics of the guests: reported, never silent.

use core::arch::global_asm;
use core::fmt::Write;
use core::panic::PanicInfo;

use super::{Exit, Uart, briefing, exit};
use crate::Briefing;

// All 16 entries end in one report. It starts on a fresh stack: the old one may be what broke.
global_asm!(
    ".pushsection .text.guest_vectors, \"ax\"",
    ".balign 2048",
    ".globl guest_vectors",
    "guest_vectors:",
    ".rept 16",
    ".balign 128",
    "b 1f",
    ".endr",
    "1:",
    "adrp x3, guest_briefing",
    "ldr x3, [x3, :lo12:guest_briefing]",
    "mov x4, {stack}",
    "add x3, x3, x4",
    "mov sp, x3",
    "mrs x3, CurrentEL",
    "cmp x3, #8",
    "b.eq 2f",
    "mrs x0, esr_el1",
    "mrs x1, elr_el1",
    "mrs x2, far_el1",
    "b {report}",
    "2:",
    "mrs x0, esr_el2",
    "mrs x1, elr_el2",
    "mrs x2, far_el2",
    "b {report}",
    ".popsection",
    stack = const Briefing::STACK_TOP,
    report = sym report,
);

extern "C" fn report(esr: u64, elr: u64, far: u64) -> ! {
    let mut uart = Uart::new(briefing().uart);
    let _ = writeln!(
        uart,
        "guest: exception: ESR={esr:#018x} ELR={elr:#018x} FAR={far:#018x}"
    );
    exit(Exit::Broken)
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let mut uart = Uart::new(briefing().uart);
    let _ = writeln!(uart, "guest: {info}");
    exit(Exit::Broken)
}
