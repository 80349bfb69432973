// SPDX-License-Identifier: MIT OR Apache-2.0

//! The way out of QEMU, with a status that the test sees.

use core::arch::asm;

/// The status that QEMU ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Exit {
    /// All checks passed.
    Passed = 0,
    /// A check failed.
    Failed = 10,
    /// An unexpected exception, or a panic.
    Broken = 11,
    /// The loader has placed no briefing.
    NoBriefing = 12,
    /// The machine did not start in the state that the briefing asks for.
    WrongMachine = 13,
}

/// Ends the machine (Arm semihosting, `SYS_EXIT`; QEMU's `-semihosting`).
pub fn exit(status: Exit) -> ! {
    const SYS_EXIT: u64 = 0x18;
    const APPLICATION_EXIT: u64 = 0x2_0026;
    let block = [APPLICATION_EXIT, status as u64];
    loop {
        // SAFETY: the call only reads the two words at x1.
        unsafe {
            asm!("hlt #0xf000", in("x0") SYS_EXIT, in("x1") block.as_ptr(), options(nostack));
        }
    }
}
