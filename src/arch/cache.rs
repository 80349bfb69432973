// SPDX-License-Identifier: MIT OR Apache-2.0

//! Cache maintenance by address: memory and the caches made to agree.

use core::arch::{asm, global_asm};
use core::ptr;

use purgatory::cpu::Cpu;
use purgatory::digest::PIECE;
use purgatory::region::Region;

unsafe extern "C" {
    #[link_name = "clean_and_invalidate"]
    fn clean_and_invalidate_lines(start: u64, end: u64, line: u64);
}

/// Cleans and invalidates the lines from `start` up to `end`, physical addresses, to the Point of
/// Coherency, as the kernel expects (booting.rst). With the MMU on they must be mapped. Finished
/// only after [`complete`].
pub fn clean_and_invalidate(start: u64, end: u64, line: u64) {
    // SAFETY: loses no data.
    unsafe { clean_and_invalidate_lines(start, end, line) };
}

/// Does the same for all regions, before they are read with the MMU off. Cache maintenance does not
/// fault on missing memory, so over a bogus region it would run for hours. So a byte of each piece
/// is loaded, which faults there.
pub fn flush(cpu: &Cpu, regions: impl Iterator<Item = Region>) {
    for region in regions {
        let mut at = region.start();
        while at < region.end() {
            let end = region.end().min((at | (PIECE - 1)) + 1);
            clean_and_invalidate(at, end, cpu.dcache_line);
            complete();
            // SAFETY: in a region, which is only read. Volatile, because it may lie at address 0.
            unsafe { ptr::with_exposed_provenance::<u8>(at as usize).read_volatile() };
            at = end;
        }
    }
}

/// Waits until all maintenance so far is done, as are all stores.
pub fn complete() {
    // SAFETY: a barrier changes nothing.
    unsafe { asm!("dsb sy", options(nostack, preserves_flags)) };
}

global_asm!(
    // x0 from, x1 up to, x2 cache line. Two lines per iteration, then the odd one.
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
    "3:  ret",
    ".size clean_and_invalidate, . - clean_and_invalidate",
    ".popsection",
    "",
    // With the MMU off, before the first access to memory: no stack. x4..x6 scratch. Everything
    // except the pool, which is cleaned before it is used.
    ".pushsection .text.clean_and_invalidate_image, \"ax\", %progbits",
    ".globl clean_and_invalidate_image",
    ".type clean_and_invalidate_image, %function",
    "clean_and_invalidate_image:",
    // CTR_EL0.DminLine: log2 of the number of 4-byte words.
    "    mrs     x4, ctr_el0",
    "    ubfx    x4, x4, #16, #4",
    "    mov     x5, #4",
    "    lsl     x4, x5, x4",
    "    adr     x5, image_start",
    "    adr     x6, pool",
    "1:  dc      civac, x5",
    "    add     x5, x5, x4",
    "    cmp     x5, x6",
    "    b.lo    1b",
    "    dsb     sy",
    "    ret",
    ".size clean_and_invalidate_image, . - clean_and_invalidate_image",
    ".popsection",
);
