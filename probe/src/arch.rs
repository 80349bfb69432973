// SPDX-License-Identifier: MIT OR Apache-2.0

//! The machine: the probe's first instructions, exceptions, registers and the UART. All of the probe's
//! `unsafe` code and assembly stands below here, and in the image's own files.

#![allow(unsafe_code)]

pub mod console;
mod entry;
mod exception;
pub mod machine;
pub mod memory;

use core::arch::global_asm;

unsafe extern "C" {
    fn probe_park() -> !;
}

/// Stops for ever.
pub fn park() -> ! {
    // SAFETY: two instructions that change nothing.
    unsafe { probe_park() }
}

// By a name that whoever watches the machine finds.
global_asm!(
    ".pushsection .text.probe_park, \"ax\", %progbits",
    ".globl probe_park",
    ".type probe_park, %function",
    "probe_park:",
    "    wfe",
    "    b       probe_park",
    ".size probe_park, . - probe_park",
    ".popsection",
);
