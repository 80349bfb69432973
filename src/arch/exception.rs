// SPDX-License-Identifier: MIT OR Apache-2.0

//! Every exception ends the boot, except in `attempt`; no other code here can cause one on purpose.
//! MMU off, one report, halt or reset; the kernel is never started from here.

use core::arch::global_asm;

use purgatory::control::{SCTLR_I, sctlr_off};
use purgatory::report;
use purgatory::translation::Regime;

use super::console::Uart;
use super::reset::SYSTEM_RESET;
use super::{handover, image, registers, symbols};

/// Reports the exception with a fresh stack and the MMU off.
extern "C" fn exception(esr: u64, elr: u64, far: u64) -> ! {
    let cpu = registers::cpu();
    let parts = image::parts();
    let Ok(own) = parts.region(cpu.pa_range) else {
        handover::park()
    };
    let mut console = Uart::new(symbols::raw(), &own, cpu.pa_range);
    report::exception(
        &mut console,
        &report::Exception {
            esr,
            elr,
            far,
            offset: elr.wrapping_sub(own.start()),
            regime: cpu.regime,
        },
    );
    handover::halt(&mut console, cpu.regime)
}

// Register use: x0 ESR, x1 ELR, x2 FAR; x3 CurrentEL, x4..x6 scratch. All others are lost.
//
// The tables or the stack may be what broke, so until the MMU is off nothing is loaded or stored;
// and our dirty lines go to memory before the report uses that memory as its stack, so that they
// cannot overwrite it later. The word `reporting` is 0 in memory until then: a second exception,
// during the report, finds it set. It prints nothing, because it would only happen again. It resets
// the machine at once if `on_failure` asks for a reset, with neither stack nor stores, and
// otherwise stops for ever.
global_asm!(
    // The four of our own level with SP_ELx, the only ones that can be taken: PSTATE.SP is 1 from
    // the entry on, and nothing runs at a lower level. link.ld puts them 0x200 after `vectors`.
    ".pushsection .text.vectors, \"ax\", %progbits",
    "    b       exception_entry", // 0x200, synchronous
    ".balign 128",
    "    b       exception_entry", // 0x280, IRQ
    ".balign 128",
    "    b       exception_entry", // 0x300, FIQ
    ".balign 128",
    "    b       exception_entry", // 0x380, SError
    ".popsection",
    ".pushsection .text.exception_entry, \"ax\", %progbits",
    ".type exception_entry, %function",
    "exception_entry:",
    "    mrs     x3, CurrentEL",
    "    cmp     x3, {el2}",
    "    b.eq    1f",
    "    mrs     x0, esr_el1",
    "    mrs     x1, elr_el1",
    "    mrs     x2, far_el1",
    "    b       2f",
    "1:  mrs     x0, esr_el2",
    "    mrs     x1, elr_el2",
    "    mrs     x2, far_el2",
    // A console or firmware does not answer: the attempt has failed, and nothing else.
    "2:  adr     x4, attempts",
    "    sub     x4, x1, x4",
    "    cmp     x4, #(attempt_failed - attempts)",
    "    b.lo    attempt_failed",
    "    cmp     x3, {el2}",
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
    "    adr     x4, reporting",
    "    ldr     w5, [x4]",
    "    mov     w6, #1",
    "    str     w6, [x4]",
    "    cbz     w5, 7f",
    "    adr     x4, on_failure",
    "    ldr     w4, [x4]",
    "    cbz     w4, 6f",
    "    movz    w0, #({system_reset} & 0xffff)",
    "    movk    w0, #({system_reset} >> 16), lsl #16",
    "    cmp     x3, {el2}",
    "    b.eq    5f",
    "    bl      psci_hvc",
    // Its result in w0 is not needed, and no other register can be relied on.
    "    movz    w0, #({system_reset} & 0xffff)",
    "    movk    w0, #({system_reset} >> 16), lsl #16",
    "5:  bl      psci_smc",
    "6:  wfe",
    "    b       6b",
    "7:  adr     x4, stack_top",
    "    mov     sp, x4",
    "    b       {exception}",
    ".size exception_entry, . - exception_entry",
    ".popsection",
    ".pushsection .bss.reporting, \"aw\", %nobits",
    ".balign 4",
    "reporting: .zero 4",
    ".popsection",
    el2 = const 2 << 2,
    sctlr_el1 = const sctlr_off(Regime::El1And0) | SCTLR_I,
    sctlr_el2 = const sctlr_off(Regime::El2) | SCTLR_I,
    exception = sym exception,
    system_reset = const SYSTEM_RESET,
);
