// SPDX-License-Identifier: MIT OR Apache-2.0

//! The machine below the guests: registers, the serial port, exceptions, and the way out.

use core::arch::{asm, global_asm};

use crate::{Briefing, Logbook};

mod enter;
mod exit;
// The image's own: where the compiler calls them, a guest needs them too.
#[path = "../../../../src/arch/libcalls.rs"]
mod libcalls;
mod registers;
pub mod stage2;
mod uart;
mod vectors;

pub use self::enter::{enter, piece};
pub use self::exit::{Exit, exit};
pub use self::registers::{
    current_el, has_pan, has_vhe, map, pending, read, sctlr, set_sctlr, write,
};
pub use self::uart::Uart;

// The symbols that the loader sets, alone in a section that must not be folded into a constant.
global_asm!(
    ".pushsection .data.guest, \"aw\"",
    ".balign 8",
    ".globl guest_briefing",
    ".type guest_briefing, %object",
    ".size guest_briefing, 8",
    "guest_briefing: .quad 0",
    ".popsection",
);

/// Returns the briefing. Ends the machine where there is none.
pub fn briefing() -> &'static Briefing {
    // SAFETY: the loader has put a briefing there, in memory that nothing writes. If it has not,
    // the magic tells so: all bits are valid for all its fields.
    let briefing = unsafe { &*(address() as *const Briefing) };
    if briefing.magic != Briefing::MAGIC {
        exit(Exit::NoBriefing);
    }
    briefing
}

/// Returns the logbook after the briefing.
pub fn logbook() -> *mut Logbook {
    (address() + Logbook::OFFSET) as *mut Logbook
}

fn address() -> u64 {
    let address: u64;
    // SAFETY: reads the word that is defined above.
    unsafe {
        asm!(
            "adrp {0}, guest_briefing",
            "ldr {0}, [{0}, :lo12:guest_briefing]",
            out(reg) address,
            options(readonly, nostack, preserves_flags)
        );
    }
    address
}

/// The first instructions of a guest that is entered as the machine starts, or as if: a stack, its
/// own exception vectors, and then the function.
#[macro_export]
macro_rules! guest_entry {
    ($main:ident) => {
        core::arch::global_asm!(
            ".pushsection .text.entry, \"ax\"",
            ".globl guest_start",
            ".type guest_start, %function",
            "guest_start:",
            "msr daifset, #0xf",
            "adrp x0, guest_briefing",
            "ldr x0, [x0, :lo12:guest_briefing]",
            "mov x1, {stack}",
            "add x0, x0, x1",
            "mov sp, x0",
            "adrp x0, guest_vectors",
            "add x0, x0, :lo12:guest_vectors",
            "mrs x1, CurrentEL",
            "cmp x1, #8",
            "b.eq 1f",
            "msr vbar_el1, x0",
            "b 2f",
            "1:",
            "msr vbar_el2, x0",
            "2:",
            "isb",
            "b {main}",
            ".size guest_start, . - guest_start",
            ".popsection",
            stack = const $crate::Briefing::STACK_TOP,
            main = sym $main,
        );
    };
}
