// SPDX-License-Identifier: MIT OR Apache-2.0

//! What comes here from EL1.

use core::fmt::Write;

use purgatory_test_guest::Briefing;
use purgatory_test_guest::briefing::{SERROR_PENDING, SINK_ABORTS};
use purgatory_test_guest::machine::{self, Exit, Uart, exit};

use crate::access::{get, set};
use crate::registers::{TCR2, read, write};
use crate::{SPSR, SYNCHRONOUS, VSE};

/// Something at EL1 has come here.
pub extern "C" fn trapped(x: &mut [u64; 32]) {
    const SYSTEM: u64 = 0x18;
    const DATA_ABORT: u64 = 0x24;
    const BREAKPOINT: u64 = 0x30;
    let esr = get!("esr_el2");
    match esr >> 26 {
        SYSTEM => {
            let rt = (esr >> 5 & 0x1f) as usize;
            let register = esr & 0x003f_fc1e;
            x[31] = 0;
            if esr & 1 != 0 {
                x[rt] = read(register);
            } else {
                write(register, x[rt]);
            }
            set!("elr_el2", get!("elr_el2") + 4);
        }
        DATA_ABORT => sink(x, esr),
        BREAKPOINT => undefined(x),
        _ => broken(),
    }
}

/// An access to the UART. For who is not the purgatory it is done.
fn sink(x: &mut [u64; 32], esr: u64) {
    // `ISS.WnR`, `ISS.SRT`.
    const WRITE: u64 = 1 << 6;
    // Data abort from the same level, synchronous external abort.
    const EXTERNAL_ABORT: u64 = 0x25 << 26 | 1 << 25 | 0x10;
    let briefing = machine::briefing();
    if !by_the_purgatory(briefing) || briefing.sink == SERROR_PENDING {
        let rt = (esr >> 16 & 0x1f) as usize;
        let register = get!("far_el2") as *mut u32;
        x[31] = 0;
        // SAFETY: a register of the UART, which EL1 wanted to access. What it is told to be is 32
        // bits wide.
        unsafe {
            if esr & WRITE == 0 {
                x[rt] = register.read_volatile().into();
            } else {
                register.write_volatile(x[rt] as u32);
            }
        }
        set!("elr_el2", get!("elr_el2") + 4);
    } else if briefing.sink == SINK_ABORTS {
        set!("esr_el1", EXTERNAL_ABORT);
        set!("far_el1", get!("far_el2"));
        set!("elr_el1", get!("elr_el2"));
        set!("spsr_el1", get!("spsr_el2"));
        set!("elr_el2", get!("vbar_el1") + SYNCHRONOUS);
        set!("spsr_el2", SPSR);
    } else {
        set!("hcr_el2", get!("hcr_el2") | VSE);
        set!("elr_el2", get!("elr_el2") + 4);
    }
}

/// The purgatory's instruction is undefined: TCR2_EL1 on a CPU that has none?
fn undefined(x: &mut [u64; 32]) {
    const MSR_TCR2: u32 = 0xd518_2060;
    let at = get!("elr_el1");
    // SAFETY: it has just been fetched from there, and everything is mapped to itself.
    let instruction = unsafe { (at as *const u32).read() };
    if get!("esr_el1") >> 26 != 0 || instruction & !0x1f != MSR_TCR2 {
        broken();
    }
    x[31] = 0;
    write(TCR2, x[instruction as usize & 0x1f]);
    set!("elr_el2", at + 4);
    set!("spsr_el2", get!("spsr_el1"));
}

/// Returns whether it is the purgatory that has come here.
pub fn by_the_purgatory(briefing: &Briefing) -> bool {
    (briefing.purgatory[0]..briefing.purgatory[1]).contains(&get!("elr_el2"))
}

/// An unexpected trap.
pub extern "C" fn broken() -> ! {
    let mut uart = Uart::new(machine::briefing().uart);
    let _ = writeln!(
        uart,
        "shim: exception: ESR_EL2={:#x} ELR_EL2={:#x} ESR_EL1={:#x} ELR_EL1={:#x}",
        get!("esr_el2"),
        get!("elr_el2"),
        get!("esr_el1"),
        get!("elr_el1"),
    );
    exit(Exit::Broken)
}
