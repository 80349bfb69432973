// SPDX-License-Identifier: MIT OR Apache-2.0

//! A shim at EL2 below the two kernels and the purgatory, which run at EL1: it lies to the
//! purgatory about the CPU, and says what it has seen of it when its MMU goes on, and when the
//! kernel runs.
//!
//! Registers and instructions that it traps: reads of ID registers (`HCR_EL2.TID2`, `TID3`), writes
//! to registers that control translation (`TVM`), TLB and I-cache maintenance (`TTLB`, `TPU`).
//! `TCR2_EL1` is played, on a CPU that has it as on one that has not: both kernels are told that there
//! is none. Where there is, `HCRX_EL2.TCR2En` = 0 brings the purgatory's write here; where not, it is
//! undefined at EL1, and a breakpoint at the purgatory's vector for that does.

#![no_std]
#![no_main]

mod access;
mod registers;
mod traps;

use core::arch::{asm, global_asm};

use purgatory_test_guest::briefing::{HASH_RAISES_SERROR, SERROR_PENDING, SINK_WORKS};
use purgatory_test_guest::guest_entry;
use purgatory_test_guest::machine::{self, Exit, exit, stage2};

use self::traps::{broken, trapped};

guest_entry!(main);

/// `HCR_EL2`: a stage 2 is there, virtual SErrors and interrupts may be taken, one of them is pending.
const VM: u64 = 1 << 0;
const IMO: u64 = 1 << 4;
const AMO: u64 = 1 << 5;
const VI: u64 = 1 << 7;
const VSE: u64 = 1 << 8;
/// `RW`, `TVM`, `TTLB`, `TPU`, `TID3`, `TID2`.
const HCR: u64 = 1 << 31 | 1 << 26 | 1 << 25 | 1 << 24 | 1 << 18 | 1 << 17;
/// MMU and caches off, and what is RES1.
const SCTLR: u64 = 0x30d0_0800;
/// EL1 with its own stack, all exceptions masked.
const SPSR: u64 = 0x3c5;
/// Enabled, at EL1 only, all four bytes.
const BREAKPOINT: u64 = 1 | 1 << 1 | 0xf << 5;
/// Where an exception at EL1 goes that is taken from there.
const SYNCHRONOUS: u64 = 0x200;

extern "C" fn main() -> ! {
    let briefing = machine::briefing();
    if machine::current_el() != 2 {
        exit(Exit::WrongMachine);
    }
    let (mut hcr, mut breakpoint) = (HCR, BREAKPOINT);
    if briefing.sink == HASH_RAISES_SERROR {
        hcr |= AMO;
    } else if briefing.sink != SINK_WORKS {
        // SAFETY: at EL2, and once.
        unsafe { stage2::set_up(briefing.uart) };
        // An interrupt waits all the time: it is not to be taken for an SError.
        hcr |= VM | AMO | IMO | VI;
        if briefing.sink == SERROR_PENDING {
            hcr |= VSE;
        }
        // The abort goes to that vector, and no further.
        breakpoint = 0;
    }
    // SAFETY: all of this is about EL1, or about what is trapped from there. Names that not every
    // assembler knows are not used.
    unsafe {
        asm!(
            "msr hcr_el2, {hcr}",
            "msr cptr_el2, {cptr}",
            "msr cntvoff_el2, xzr",
            "msr cnthctl_el2, {timer}",
            "msr sctlr_el1, {sctlr}",
            "msr vbar_el2, {vectors}",
            // Breakpoints of EL1 come here: MDCR_EL2.TDE, MDSCR_EL1.MDE.
            "msr oslar_el1, xzr",
            "mrs {scratch}, mdcr_el2",
            "orr {scratch}, {scratch}, #(1 << 8)",
            "msr mdcr_el2, {scratch}",
            "mrs {scratch}, mdscr_el1",
            "orr {scratch}, {scratch}, #(1 << 15)",
            "msr mdscr_el1, {scratch}",
            "msr dbgbvr0_el1, {undefined}",
            "msr dbgbcr0_el1, {breakpoint}",
            "msr spsr_el2, {spsr}",
            "msr elr_el2, {old_kernel}",
            "mov sp, {stack}",
            "isb",
            "eret",
            hcr = in(reg) hcr,
            cptr = in(reg) 0x33ff_u64,
            timer = in(reg) 3_u64,
            sctlr = in(reg) SCTLR,
            vectors = in(reg) &raw const shim_vectors,
            scratch = in(reg) 0_u64,
            undefined = in(reg) briefing.purgatory[0] + SYNCHRONOUS,
            breakpoint = in(reg) breakpoint,
            spsr = in(reg) SPSR,
            old_kernel = in(reg) briefing.old_kernel,
            stack = in(reg) (&raw mut STACK).add(1),
            options(noreturn)
        );
    }
}

#[repr(align(16))]
struct Stack {
    _bytes: [u8; 0x4000],
}
static mut STACK: Stack = Stack {
    _bytes: [0; 0x4000],
};

unsafe extern "C" {
    static shim_vectors: u8;
}

// What comes from EL1 is handled; all else is the shim's own fault. Registers are saved as x0 to
// x30.
global_asm!(
    ".pushsection .text.shim_vectors, \"ax\"",
    ".balign 2048",
    "shim_vectors:",
    ".rept 8",
    ".balign 128",
    "b {broken}",
    ".endr",
    ".balign 128",
    "sub sp, sp, #256",
    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29",
    "str x\\n, [sp, #(\\n * 8)]",
    ".endr",
    "b 1f",
    ".rept 7",
    ".balign 128",
    "b {broken}",
    ".endr",
    "1:",
    "str x30, [sp, #240]",
    "mov x0, sp",
    "bl {trapped}",
    "ldr x30, [sp, #240]",
    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29",
    "ldr x\\n, [sp, #(\\n * 8)]",
    ".endr",
    "add sp, sp, #256",
    "eret",
    ".popsection",
    broken = sym broken,
    trapped = sym trapped,
);
