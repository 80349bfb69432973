// SPDX-License-Identifier: MIT OR Apache-2.0

//! Instructions that may fault without ending the boot: it is unknown whether anything answers at
//! the console's address or to PSCI, and whether firmware or a hypervisor permits access to a
//! register that is newer than itself.

use core::arch::global_asm;

unsafe extern "C" {
    /// Stores `byte` at the physical address `data`; with `unmask_serror` not 0 takes the SError
    /// that this causes. Returns 0, or 1 after an exception of any kind.
    pub fn sink_store(data: u64, byte: u8, unmask_serror: u32) -> u32;

    /// Calls `function` of PSCI by HVC; returns its result, or 1 if nothing answers.
    pub fn psci_hvc(function: u32) -> u32;

    /// Does the same by SMC.
    pub fn psci_smc(function: u32) -> u32;

    /// Executes SMSTOP: `PSTATE.SM` and `PSTATE.ZA` off. Returns 0, or 1 if that trapped.
    pub fn smstop() -> u32;

    /// Sets `TCR2_EL1` to 0; with E2H = 1 the name means `TCR2_EL2`. Returns 0, or 1 if that
    /// trapped.
    pub fn clear_tcr2_el1() -> u32;

    /// Sets `TCR2_EL2` to 0. Returns the same.
    pub fn clear_tcr2_el2() -> u32;

    /// Sets `TCR2_EL1` to 0 by its name with E2H = 1. Returns the same.
    pub fn clear_tcr2_el12() -> u32;
}

// sink_store: x0 data, w1 byte, w2 unmask_serror. psci_hvc, psci_smc: w0 function. The registers
// are named by their encodings, because older assemblers do not know them.
//
// From `attempts` up to `attempt_failed` only the return address is needed afterwards, so any
// exception may end there: `exception_entry` returns to `attempt_failed`.
global_asm!(
    ".pushsection .text.attempts, \"ax\", %progbits",
    ".globl attempts",
    "attempts:",
    ".globl sink_store",
    ".type sink_store, %function",
    "sink_store:",
    // A byte, because in UARTs with registers one byte apart a wider store would hit the next ones.
    "    strb    w1, [x0]",
    "    dsb     sy",
    "    cbz     w2, 1f",
    // Otherwise an asynchronous abort would wait for the next kernel, which panics then.
    "    msr     daifclr, #4",
    "    isb",
    "    msr     daifset, #4",
    "1:  mov     w0, wzr",
    "    ret",
    ".size sink_store, . - sink_store",
    ".globl psci_hvc",
    ".type psci_hvc, %function",
    "psci_hvc:",
    "    hvc     #0",
    "    ret",
    ".size psci_hvc, . - psci_hvc",
    ".globl psci_smc",
    ".type psci_smc, %function",
    "psci_smc:",
    "    smc     #0",
    "    ret",
    ".size psci_smc, . - psci_smc",
    ".macro access name, instruction:vararg",
    ".globl \\name",
    ".type \\name, %function",
    "\\name:",
    "    \\instruction",
    "    isb",
    "    mov     w0, wzr",
    "    ret",
    ".size \\name, . - \\name",
    ".endm",
    "access smstop, .inst 0xd503467f",
    "access clear_tcr2_el1, msr S3_0_C2_C0_3, xzr",
    "access clear_tcr2_el2, msr S3_4_C2_C0_3, xzr",
    "access clear_tcr2_el12, msr S3_5_C2_C0_3, xzr",
    ".globl attempt_failed",
    ".type attempt_failed, %function",
    "attempt_failed:",
    "    mov     w0, #1",
    "    ret",
    ".size attempt_failed, . - attempt_failed",
    ".popsection",
);
