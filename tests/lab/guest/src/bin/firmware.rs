// SPDX-License-Identifier: MIT OR Apache-2.0

//! Firmware at EL3 that is older than some of the CPU's features: SME (`CPTR_EL3.ESM` = 0) and
//! `TCR2_ELx` (`SCR_EL3.TCR2En` = 0). It starts the old kernel, and what is trapped to it afterwards
//! it reports, or gives back to where it came from as an undefined instruction, as newer releases of
//! TF-A do.

#![no_std]
#![no_main]

use core::arch::{asm, global_asm};
use core::fmt::Write;

use purgatory_test_guest::briefing::FIRMWARE_GIVES_BACK;
use purgatory_test_guest::machine::{self, Exit, Uart, exit};
use purgatory_test_guest::{Regime, guest_entry};

guest_entry!(main);

/// `NS`, RES1 bits 4 and 5, `SMD` (nothing answers an SMC), `HCE`, `RW`, `APK`, `API`, `FGTEn`,
/// `EnTP2`, `HXEn`.
const SCR: u64 =
    1 | 3 << 4 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 16 | 1 << 17 | 1 << 27 | 1 << 38 | 1 << 41;
/// `EZ`: SVE is not trapped. SME is.
const CPTR: u64 = 1 << 8;
/// EL1 or EL2 with its own stack, all exceptions masked.
const SPSR_EL1: u64 = 0x3c5;
const SPSR_EL2: u64 = 0x3c9;

extern "C" fn main() -> ! {
    let briefing = machine::briefing();
    if machine::current_el() != 3 {
        exit(Exit::WrongMachine);
    }
    let el1 = Regime::from_number(briefing.regime) == Some(Regime::El1And0);
    // SAFETY: at EL3, and once; all of it is about lower levels.
    unsafe {
        asm!(
            "msr scr_el3, {scr}",
            "msr cptr_el3, {cptr}",
            "msr vbar_el3, {vectors}",
            "msr spsr_el3, {spsr}",
            "msr elr_el3, {old_kernel}",
            "isb",
            "eret",
            scr = in(reg) SCR,
            cptr = in(reg) CPTR,
            vectors = in(reg) &raw const firmware_vectors,
            spsr = in(reg) if el1 { SPSR_EL1 } else { SPSR_EL2 },
            old_kernel = in(reg) briefing.old_kernel,
            options(noreturn)
        );
    }
}

unsafe extern "C" {
    static firmware_vectors: u8;
}

// A trap ends the machine or goes back as an exception: of the registers that were there x0 to x3
// alone are kept.
global_asm!(
    ".pushsection .text.firmware_vectors, \"ax\"",
    ".balign 2048",
    "firmware_vectors:",
    ".rept 16",
    ".balign 128",
    "b 1f",
    ".endr",
    "1:",
    "sub sp, sp, #512",
    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30",
    "str x\\n, [sp, #(\\n * 8)]",
    ".endr",
    "bl {trapped}",
    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30",
    "ldr x\\n, [sp, #(\\n * 8)]",
    ".endr",
    "add sp, sp, #512",
    "eret",
    ".popsection",
    trapped = sym trapped,
);

/// Reads a system register.
macro_rules! get {
    ($name:literal) => {{
        let value: u64;
        // SAFETY: reading has no effect.
        unsafe { asm!(concat!("mrs {}, ", $name), out(reg) value, options(nostack)) };
        value
    }};
}

/// Writes a system register.
macro_rules! set {
    ($name:literal, $value:expr) => {{
        let value: u64 = $value;
        // SAFETY: about a lower level; nothing of ours depends on it.
        unsafe { asm!(concat!("msr ", $name, ", {}"), in(reg) value, options(nostack)) }
    }};
}

extern "C" fn trapped() {
    /// Class 0, a 32-bit instruction.
    const UNDEFINED: u64 = 1 << 25;
    /// From the same level with its own stack, synchronous.
    const VECTOR: u64 = 0x200;
    let briefing = machine::briefing();
    let (spsr, elr) = (get!("spsr_el3"), get!("elr_el3"));
    if briefing.firmware != FIRMWARE_GIVES_BACK {
        let mut uart = Uart::new(briefing.uart);
        let _ = writeln!(uart, "firmware: trapped: ESR={:#x}", get!("esr_el3"));
        exit(Exit::Broken);
    }
    if spsr & 0xc == 8 {
        set!("esr_el2", UNDEFINED);
        set!("elr_el2", elr);
        set!("spsr_el2", spsr);
        set!("elr_el3", get!("vbar_el2") + VECTOR);
    } else {
        set!("esr_el1", UNDEFINED);
        set!("elr_el1", elr);
        set!("spsr_el1", spsr);
        set!("elr_el3", get!("vbar_el1") + VECTOR);
    }
}
