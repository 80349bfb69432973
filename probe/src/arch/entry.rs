// SPDX-License-Identifier: MIT OR Apache-2.0

//! The probe's first instructions: those that any kernel begins with here, and those that it owes to
//! where it lies. What the loader left in the caches goes to memory before the first store, the I-cache
//! goes on as in the image, relocations are applied, `.bss` becomes zero: not every loader does that.

use core::arch::global_asm;

use purgatory_probe::Arrival;

use crate::image::memory::PoolToken;

/// What the first instructions hand to `main`, once.
#[repr(C)]
pub struct Start {
    /// What was in the registers.
    pub arrival: Arrival,
    /// Nobody has used the pool yet.
    pub pool: PoolToken,
}

// The first two words of an arm64 kernel's header; link.ld has the others.
global_asm!(
    ".pushsection .text.head, \"ax\", %progbits",
    "    b       probe_start",
    "    .word   0",
    ".popsection",
);

purgatory_probe::arrival! {
    start: "probe_start",
    pc: "image_start",
    vectors: "probe_vectors",
    stack: [
        "ic iallu",
        "dsb nsh",
        "isb",
        "mrs x13, CurrentEL",
        "cmp x13, #8",
        "b.eq 3f",
        "mrs x12, sctlr_el1",
        "orr x12, x12, #(1 << 12)",
        "msr sctlr_el1, x12",
        "b 4f",
        "3: mrs x12, sctlr_el2",
        "orr x12, x12, #(1 << 12)",
        "msr sctlr_el2, x12",
        "4: isb",
        "bl clean_and_invalidate_image",
        "adr x12, stack_top",
    ],
    last: [
        "adr x1, image_start",
        "adr x2, rela_start",
        "adr x3, rela_end",
        "b 6f",
        "5: ldp x4, xzr, [x2], #16",
        "ldr x6, [x2], #8",
        "add x6, x6, x1",
        "str x6, [x1, x4]",
        "6: cmp x2, x3",
        "b.lo 5b",
        "adr x2, bss_start",
        "adr x3, bss_end",
        "b 8f",
        "7: stp xzr, xzr, [x2], #16",
        "8: cmp x2, x3",
        "b.lo 7b",
        "mov x29, xzr",
        "mov x30, xzr",
    ],
    main = sym start,
}

// What is larger than two registers is passed by its address.
extern "C" fn start(start: Start) -> ! {
    crate::main(&start.arrival, start.pool)
}

const _: () = assert!(size_of::<Start>() == size_of::<Arrival>());
