// SPDX-License-Identifier: MIT OR Apache-2.0

//! The window: MMU and D-cache on, for just as long as the hash takes.
//!
//! Stores with the MMU off went to memory, past the caches, which may still hold older copies of
//! the same lines. Stores inside the window stay in the caches until they are written back. So the
//! way in discards every cached copy of what we have stored to, and the way out writes the image
//! back. Each is assembly that keeps everything in registers in the meantime. The regions are
//! written back inside the window, each piece while the next is hashed: there it takes almost no
//! time, with the MMU off some 20 to 100 ns a line.

use core::arch::global_asm;
use core::mem::offset_of;

use purgatory::control::{self, MAIR, SCTLR_C, SCTLR_I, SCTLR_M, sctlr_off};
use purgatory::cpu::Cpu;
use purgatory::paging::AddressMap;
use purgatory::translation::Regime;

use super::registers::Translation;

/// The values that the assembly needs, read before it changes anything.
#[repr(C)]
pub struct Window {
    /// Into the window: MAIR, TCR, TTBR0 for our tables, SCTLR with MMU and caches on.
    inside: Translation,
    sctlr_inside: u64,
    /// Out of it: the values found, SCTLR with MMU and D-cache off.
    outside: Translation,
    sctlr_outside: u64,
    /// The memory from `stored` up to `end` was stored to with the MMU off: it is invalidated on
    /// the way in. From `start` it is written back on the way out.
    start: u64,
    stored: u64,
    end: u64,
    /// The smallest cache line, bytes.
    line: u64,
    /// Our exception level.
    el2: bool,
}

unsafe extern "C" {
    fn window_open_el1(window: *const Window);
    fn window_open_el2(window: *const Window);
    fn window_close_el1(window: *const Window);
    fn window_close_el2(window: *const Window);
}

impl Window {
    /// Prepares a window through `map`. `end`: one past the image's last used byte, physical.
    pub fn new(cpu: &Cpu, map: &AddressMap<'_>, end: u64) -> Self {
        let sctlr_outside = sctlr_off(cpu.regime) | SCTLR_I;
        Self {
            inside: Translation {
                mair: MAIR,
                tcr: control::tcr(cpu, map.va_bits()),
                ttbr0: map.root(),
            },
            sctlr_inside: sctlr_outside | SCTLR_M | SCTLR_C,
            outside: Translation::read(cpu.regime),
            sctlr_outside,
            start: map.image().text,
            // Relocations, if a compiler leaves some, are applied to constants; code is never
            // stored to.
            stored: map.image().rodata,
            end,
            line: cpu.dcache_line,
            el2: cpu.regime != Regime::El1And0,
        }
    }

    /// Runs `work` inside the window. Accessing anything unmapped there, such as the console, ends
    /// in an exception.
    pub fn with<T>(&self, work: impl FnOnce() -> T) -> T {
        // Not by function pointers: each would be a relocation.
        // SAFETY: an AddressMap maps the image to itself, so code, stack and `self` stay where they
        // are when the MMU goes on; both routines keep to the procedure call standard.
        unsafe {
            if self.el2 {
                window_open_el2(self);
            } else {
                window_open_el1(self);
            }
        }
        let result = work();
        // SAFETY: as above, when it goes off.
        unsafe {
            if self.el2 {
                window_close_el2(self);
            } else {
                window_close_el1(self);
            }
        }
        result
    }
}

// window_open, register use:
//   x0       Window, then nothing
//   x1..x3   MAIR, TCR, TTBR0
//   x4       SCTLR
//   x5, x6   memory from, up to
//   x7       cache line
//
// Loads come first: they are the last accesses with the MMU off. Between the invalidation and the
// MMU there is no store, so nothing goes stale again.
//
// window_close, register use: the same for the values outside. Its first DSB completes the cleaning
// in the window.
//
// From the MSR that clears C to the end of the loop there is no load and no store: memory does not
// hold yet what the caches do. The ISB is right before that MSR, so that nothing older is still
// being fetched or translated when the MMU goes off.
global_asm!(
    ".macro window_open el, tlbi",
    ".pushsection .text.window_open_\\el, \"ax\", %progbits",
    ".globl window_open_\\el",
    ".type window_open_\\el, %function",
    "window_open_\\el:",
    "    ldp     x1, x2, [x0, {inside}]",
    "    ldp     x3, x4, [x0, {inside} + 16]",
    "    ldp     x5, x6, [x0, {stored}]",
    "    ldr     x7, [x0, {line}]",
    "    dsb     sy",
    "1:  dc      ivac, x5",
    "    add     x5, x5, x7",
    "    cmp     x5, x6",
    "    b.lo    1b",
    "    dsb     sy",
    "    ic      iallu",
    "    tlbi    \\tlbi",
    "    dsb     nsh",
    "    isb",
    "    msr     mair_\\el, x1",
    "    msr     tcr_\\el, x2",
    "    msr     ttbr0_\\el, x3",
    "    isb",
    "    msr     sctlr_\\el, x4",
    "    isb",
    "    ret",
    ".size window_open_\\el, . - window_open_\\el",
    ".popsection",
    ".endm",
    "",
    ".macro window_close el, tlbi",
    ".pushsection .text.window_close_\\el, \"ax\", %progbits",
    ".globl window_close_\\el",
    ".type window_close_\\el, %function",
    "window_close_\\el:",
    "    ldp     x1, x2, [x0, {outside}]",
    "    ldp     x3, x4, [x0, {outside} + 16]",
    "    ldr     x5, [x0, {start}]",
    "    ldr     x6, [x0, {end}]",
    "    ldr     x7, [x0, {line}]",
    "    dsb     sy",
    "    isb",
    "    msr     sctlr_\\el, x4",
    "    isb",
    "1:  dc      civac, x5",
    "    add     x5, x5, x7",
    "    cmp     x5, x6",
    "    b.lo    1b",
    "    dsb     sy",
    "    ic      iallu",
    "    tlbi    \\tlbi",
    "    dsb     nsh",
    "    isb",
    "    msr     mair_\\el, x1",
    "    msr     tcr_\\el, x2",
    "    msr     ttbr0_\\el, x3",
    "    isb",
    "    ret",
    ".size window_close_\\el, . - window_close_\\el",
    ".popsection",
    ".endm",
    "",
    "window_open el1, vmalle1",
    // ALLE2 is EL2's own regime or, with E2H = 1, EL2&0.
    "window_open el2, alle2",
    "window_close el1, vmalle1",
    "window_close el2, alle2",
    inside = const offset_of!(Window, inside),
    outside = const offset_of!(Window, outside),
    start = const offset_of!(Window, start),
    stored = const offset_of!(Window, stored),
    end = const offset_of!(Window, end),
    line = const offset_of!(Window, line),
);

// The pairs that the assembly loads.
const _: () = {
    assert!(offset_of!(Translation, mair) == 0 && offset_of!(Translation, tcr) == 8);
    assert!(offset_of!(Translation, ttbr0) == 16 && size_of::<Translation>() == 24);
    assert!(offset_of!(Window, sctlr_inside) == offset_of!(Window, inside) + 24);
    assert!(offset_of!(Window, sctlr_outside) == offset_of!(Window, outside) + 24);
    assert!(offset_of!(Window, end) == offset_of!(Window, stored) + 8);
};
