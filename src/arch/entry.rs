// SPDX-License-Identifier: MIT OR Apache-2.0

//! The image's first instructions.
//!
//! The old kernel has left the MMU and the D-cache off and everything else as it was: `SCTLR` may
//! hold WXN or big-endian data; the stack pointer and all registers hold garbage; the I-cache holds
//! instructions of other code that ran at our addresses before.

use core::arch::global_asm;
use core::mem::offset_of;

use purgatory::control::{SCTLR_I, sctlr_off};
use purgatory::translation::Regime;

use super::memory::PoolToken;

/// The values that the first instructions pass to `main`, once.
#[repr(C)]
pub struct Entry {
    /// The registers that they have changed.
    pub registers: Found,
    /// The generic timer's count then (`CNTVCT_EL0`).
    pub started: u64,
    /// Proof that the pool has not been used yet.
    pub pool: PoolToken,
}

/// The values that the first instructions found in the registers that they had to change.
#[repr(C)]
pub struct Found {
    /// `SCTLR_ELx`.
    pub sctlr: u64,
    /// `VBAR_ELx`.
    pub vbar: u64,
}

/// Names the function that the first instructions call: once, with the MMU off and on a stack of
/// our own.
macro_rules! entry {
    ($main:path) => {
        #[allow(unsafe_code)]
        #[unsafe(export_name = "purgatory_main")]
        extern "C" fn purgatory_main(entry: $crate::arch::Entry) -> ! {
            $main(entry)
        }
    };
}
pub(crate) use entry;

const SCTLR_EL1: u64 = sctlr_off(Regime::El1And0);
const SCTLR_EL2: u64 = sctlr_off(Regime::El2);

// Register use:
//   x19  SCTLR_ELx as found
//   x20  VBAR_ELx as found
//   x21  CurrentEL
//   x22  CNTVCT_EL0
//   x30  return address of the one call
//
// The order:
//   1. No interrupt, SP_ELx as stack pointer, SCTLR known and off. Nothing is loaded or stored
//      before that: data may be big-endian until then.
//   2. I-cache emptied and on, which is legal with the MMU off: fetches are Normal memory (Arm ARM
//      D8.2, "The effects of disabling an address translation stage"). It turns every fetch from a
//      bus access into a cache hit.
//   3. Vectors, so that from here on nothing fails silently.
//   4. The image cleaned to memory: the loader's last writes, or those of a resume from
//      hibernation, may still be in the caches. We would read older memory, and lose them when the
//      window drops its stale lines.
//   5. Stack, and our own relocations: link.ld keeps only R_AARCH64_RELATIVE, the build checks it.
global_asm!(
    ".pushsection .text.entry, \"ax\", %progbits",
    ".globl purgatory_start",
    ".type purgatory_start, %function",
    "purgatory_start:",
    "    msr     daifset, #0xf",
    "    msr     spsel, #1",
    "    mrs     x21, CurrentEL",
    "    cmp     x21, {el2}",
    "    b.eq    1f",
    "    mrs     x19, sctlr_el1",
    "    mrs     x20, vbar_el1",
    "    movz    x1, #({sctlr_el1} & 0xffff)",
    "    movk    x1, #({sctlr_el1} >> 16), lsl #16",
    "    isb",
    "    msr     sctlr_el1, x1",
    "    b       2f",
    "1:  mrs     x19, sctlr_el2",
    "    mrs     x20, vbar_el2",
    // With E2H = 1 the bits that differ between the layouts are RES1 or EL0's.
    "    movz    x1, #({sctlr_el2} & 0xffff)",
    "    movk    x1, #({sctlr_el2} >> 16), lsl #16",
    "    isb",
    "    msr     sctlr_el2, x1",
    "2:  isb",
    "    ic      iallu",
    "    dsb     nsh",
    "    isb",
    "    orr     x1, x1, {i}",
    "    adr     x2, vectors",
    "    cmp     x21, {el2}",
    "    b.eq    3f",
    "    msr     sctlr_el1, x1",
    "    msr     vbar_el1, x2",
    "    b       4f",
    "3:  msr     sctlr_el2, x1",
    "    msr     vbar_el2, x2",
    "4:  isb",
    "    mrs     x22, cntvct_el0",
    "    bl      clean_and_invalidate_image",
    "    adr     x1, stack_top",
    "    mov     sp, x1",
    "    adr     x1, image_start",
    "    adr     x2, rela_start",
    "    adr     x3, rela_end",
    "    b       6f",
    "5:  ldp     x4, xzr, [x2], #16", // r_offset, r_info
    "    ldr     x6, [x2], #8",       // r_addend
    "    add     x6, x6, x1",
    "    str     x6, [x1, x4]",
    "6:  cmp     x2, x3",
    "    b.lo    5b",
    // Anything larger than two registers is passed by its address.
    "    stp     x19, x20, [sp, #-{entry}]!",
    "    str     x22, [sp, #{started}]",
    "    mov     x0, sp",
    "    mov     x29, xzr",
    "    mov     x30, xzr",
    "    b       purgatory_main",
    ".size purgatory_start, . - purgatory_start",
    ".popsection",
    el2 = const 2 << 2,
    entry = const size_of::<Entry>().next_multiple_of(16),
    started = const offset_of!(Entry, started),
    sctlr_el1 = const SCTLR_EL1,
    sctlr_el2 = const SCTLR_EL2,
    i = const SCTLR_I,
);

// The pair that the assembly stores.
const _: () = {
    assert!(offset_of!(Entry, registers) == 0 && size_of::<Found>() == 16);
    assert!(offset_of!(Found, sctlr) == 0 && offset_of!(Found, vbar) == 8);
};
