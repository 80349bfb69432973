// SPDX-License-Identifier: MIT OR Apache-2.0

//! The window: MMU and D-cache on, for just as long as the hash takes.
//!
//! What was stored with the MMU off went to memory, past the caches, where older copies of the same
//! lines may still lie. What is stored inside the window stays in the caches until it is written
//! back. So the way in throws all cached copies of the image away, and the way out writes all of it
//! back, each in assembly that keeps everything in registers meanwhile.

use core::arch::global_asm;
use core::mem::offset_of;

use purgatory::control::{self, MAIR, SCTLR_C, SCTLR_I, SCTLR_M, sctlr_off};
use purgatory::cpu::Cpu;
use purgatory::paging::AddressMap;
use purgatory::region::Region;
use purgatory::translation::Regime;

use super::registers::Translation;

/// All that the assembly needs, read before it changes anything.
#[repr(C)]
pub struct Window {
    /// Into the window: MAIR, TCR, TTBR0 for our tables, SCTLR with MMU and caches on.
    inside: Translation,
    sctlr_inside: u64,
    /// Out of it: what was found, SCTLR with MMU and D-cache off.
    outside: Translation,
    sctlr_outside: u64,
    /// The image, which is invalidated on the way in and written back on the way out.
    image_start: u64,
    image_end: u64,
    /// The smallest cache line, bytes.
    line: u64,
    routines: &'static Routines,
}

/// The two routines for one exception level.
#[repr(C)]
struct Routines {
    open: unsafe extern "C" fn(*const Window),
    close: unsafe extern "C" fn(*const Window),
}

static EL1: Routines = Routines {
    open: window_open_el1,
    close: window_close_el1,
};
static EL2: Routines = Routines {
    open: window_open_el2,
    close: window_close_el2,
};

unsafe extern "C" {
    fn window_open_el1(window: *const Window);
    fn window_open_el2(window: *const Window);
    fn window_close_el1(window: *const Window);
    fn window_close_el2(window: *const Window);
    fn clean_and_invalidate(start: u64, end: u64, line: u64);
}

impl Window {
    /// Prepares a window through `map`.
    pub fn new(cpu: &Cpu, map: &AddressMap) -> Self {
        let sctlr_outside = sctlr_off(cpu.regime) | SCTLR_I;
        Self {
            inside: Translation {
                mair: MAIR,
                tcr: control::tcr(cpu, map.granule()),
                ttbr0: map.root(),
            },
            sctlr_inside: sctlr_outside | SCTLR_M | SCTLR_C,
            outside: Translation::read(cpu.regime),
            sctlr_outside,
            image_start: map.image().text,
            image_end: map.image().end,
            line: cpu.dcache_line,
            routines: match cpu.regime {
                Regime::El1And0 => &EL1,
                Regime::El2 | Regime::El2And0 => &EL2,
            },
        }
    }

    /// Runs `work` inside the window. An access of its to what is not in the tables, the console
    /// for one, ends in an exception.
    pub fn with<T>(&self, work: impl FnOnce() -> T) -> T {
        // SAFETY: an AddressMap maps the image to itself, so code, stack and `self` stay where they
        // are when the MMU goes on; both routines keep to the procedure call standard.
        unsafe { (self.routines.open)(self) };
        let result = work();
        // SAFETY: as above, when it goes off.
        unsafe { (self.routines.close)(self) };
        result
    }
}

/// Makes memory hold what the caches hold of `region`, and the caches nothing of it, as the kernel
/// expects it (booting.rst: cleaned to the Point of Coherency). To be called with the MMU off.
pub fn flush(cpu: &Cpu, region: &Region) {
    // SAFETY: cleaning and invalidating loses no data.
    unsafe { clean_and_invalidate(region.start(), region.end(), cpu.dcache_line) };
}

// window_open, register use:
//   x0       Window, then nothing
//   x1..x3   MAIR, TCR, TTBR0
//   x4       SCTLR
//   x5, x6   the image from, up to
//   x7       cache line
//
// Loads come first: they are the last accesses with the MMU off. Between the invalidation and the
// MMU there is no store, so nothing goes stale again.
//
// window_close, register use: the same for the values outside.
//
// From the MSR that clears C to the end of the loop there is no load and no store: memory does not
// hold yet what the caches do. The ISB stands right before that MSR, so that nothing older is still
// being fetched or translated when the MMU goes.
global_asm!(
    ".macro window_open el, tlbi",
    ".pushsection .text.window_open_\\el, \"ax\", %progbits",
    ".globl window_open_\\el",
    ".type window_open_\\el, %function",
    "window_open_\\el:",
    "    ldp     x1, x2, [x0, {inside}]",
    "    ldp     x3, x4, [x0, {inside} + 16]",
    "    ldp     x5, x6, [x0, {image}]",
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
    "    ldp     x5, x6, [x0, {image}]",
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
    "",
    // x0 from, x1 up to, x2 cache line. Two lines per iteration, then the odd one: most of the time
    // outside of the hash is spent here.
    ".pushsection .text.clean_and_invalidate, \"ax\", %progbits",
    ".globl clean_and_invalidate",
    ".type clean_and_invalidate, %function",
    "clean_and_invalidate:",
    "    sub     x3, x2, #1",
    "    bic     x0, x0, x3",
    "    add     x3, x0, x2",
    "    b       2f",
    "1:  dc      civac, x0",
    "    dc      civac, x3",
    "    add     x0, x3, x2",
    "    add     x3, x0, x2",
    "2:  cmp     x3, x1",
    "    b.lo    1b",
    "    cmp     x0, x1",
    "    b.hs    3f",
    "    dc      civac, x0",
    "3:  dsb     sy",
    "    ret",
    ".size clean_and_invalidate, . - clean_and_invalidate",
    ".popsection",
    "",
    // With the MMU off, before the first access to memory: no stack. x4..x6 scratch.
    ".pushsection .text.clean_and_invalidate_image, \"ax\", %progbits",
    ".globl clean_and_invalidate_image",
    ".type clean_and_invalidate_image, %function",
    "clean_and_invalidate_image:",
    // CTR_EL0.DminLine: log2 of the number of 4-byte words.
    "    mrs     x4, ctr_el0",
    "    ubfx    x4, x4, #16, #4",
    "    mov     x5, #4",
    "    lsl     x4, x5, x4",
    "    adrp    x5, image_start",
    "    adrp    x6, image_end",
    "    add     x6, x6, :lo12:image_end",
    "1:  dc      civac, x5",
    "    add     x5, x5, x4",
    "    cmp     x5, x6",
    "    b.lo    1b",
    "    dsb     sy",
    "    ret",
    ".size clean_and_invalidate_image, . - clean_and_invalidate_image",
    ".popsection",
    inside = const offset_of!(Window, inside),
    outside = const offset_of!(Window, outside),
    image = const offset_of!(Window, image_start),
    line = const offset_of!(Window, line),
);

// The pairs that the assembly loads.
const _: () = {
    assert!(offset_of!(Translation, mair) == 0 && offset_of!(Translation, tcr) == 8);
    assert!(offset_of!(Translation, ttbr0) == 16 && size_of::<Translation>() == 24);
    assert!(offset_of!(Window, sctlr_inside) == offset_of!(Window, inside) + 24);
    assert!(offset_of!(Window, sctlr_outside) == offset_of!(Window, outside) + 24);
    assert!(offset_of!(Window, image_end) == offset_of!(Window, image_start) + 8);
};
