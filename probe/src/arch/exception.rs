// SPDX-License-Identifier: MIT OR Apache-2.0

//! Exceptions and panics: MMU off, a report, a reset.

use core::arch::{asm, global_asm};
use core::fmt::Write;
use core::panic::PanicInfo;

use purgatory::control::{SCTLR_I, sctlr_off};
use purgatory::translation::Regime;
use purgatory_probe::report;

use super::console::{Choice, Console, settled};
use crate::image::image;

// As the image does it (src/arch/exception.rs), but for all levels and stack pointers: a kernel may have
// been entered at any. An exception in an attempt of the image's only makes that one fail; a second one,
// of the report's own, says nothing any more.
global_asm!(
    ".pushsection .text.probe_vectors, \"ax\", %progbits",
    ".balign 2048",
    "probe_vectors:",
    ".rept 16",
    ".balign 128",
    "    b       probe_exception",
    ".endr",
    ".balign 128",
    "probe_exception:",
    "    mrs     x3, CurrentEL",
    "    cmp     x3, #8",
    "    b.eq    1f",
    "    mrs     x0, esr_el1",
    "    mrs     x1, elr_el1",
    "    mrs     x2, far_el1",
    "    b       2f",
    "1:  mrs     x0, esr_el2",
    "    mrs     x1, elr_el2",
    "    mrs     x2, far_el2",
    "2:  adr     x4, attempts",
    "    sub     x4, x1, x4",
    "    cmp     x4, #(attempt_failed - attempts)",
    "    b.lo    attempt_failed",
    "    cmp     x3, #8",
    "    b.eq    3f",
    "    movz    x4, #({sctlr_el1} & 0xffff)",
    "    movk    x4, #({sctlr_el1} >> 16), lsl #16",
    "    isb",
    "    msr     sctlr_el1, x4",
    "    b       4f",
    "3:  movz    x4, #({sctlr_el2} & 0xffff)",
    "    movk    x4, #({sctlr_el2} >> 16), lsl #16",
    "    isb",
    "    msr     sctlr_el2, x4",
    "4:  isb",
    "    bl      clean_and_invalidate_image",
    "    adr     x4, stack_top",
    "    mov     sp, x4",
    "    adr     x4, probe_reporting",
    "    ldr     w3, [x4]",
    "    mov     w5, #1",
    "    str     w5, [x4]",
    "    b       {exception}",
    ".popsection",
    ".pushsection .bss.probe_reporting, \"aw\", %nobits",
    ".balign 4",
    "probe_reporting: .zero 4",
    ".popsection",
    sctlr_el1 = const sctlr_off(Regime::El1And0) | SCTLR_I,
    sctlr_el2 = const sctlr_off(Regime::El2) | SCTLR_I,
    exception = sym exception,
);

extern "C" fn exception(esr: u64, elr: u64, far: u64, is_second: u32) -> ! {
    let settled = settled();
    let choice = if is_second == 0 {
        settled.console
    } else {
        Choice::Silent
    };
    let console = &mut Console::open(choice);
    let offset = elr.wrapping_sub(image::parts().text);
    let _ = report::exception(console, esr, elr, far, offset);
    let _ = report::last_words(console, Some(1));
    crate::reset(console, settled.may_have_psci, 1)
}

/// A panic is reported, and then as any exception.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let _ = writeln!(Console::open(settled().console), "probe: {info}");
    // SAFETY: permanently undefined; our own vector takes it, and does not come back.
    unsafe { asm!("udf #0", options(noreturn)) }
}
