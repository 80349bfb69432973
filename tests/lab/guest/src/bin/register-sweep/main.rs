// SPDX-License-Identifier: MIT OR Apache-2.0

//! Calls the image again and again, each time with another value in a system register, or with
//! random ones in many: every register that this CPU lets be written at this level. Plays the old
//! kernel and the new one: what it left, it must find again, except what
//! `purgatory_test_guest::sweep::rule` says.

#![no_std]
#![no_main]

mod baseline;
mod call;
mod image;
mod probe;
mod snapshot;
mod sweep;
mod table;

use core::fmt::Write;

use purgatory_test_guest::machine::{self, Exit, Uart, exit};
use purgatory_test_guest::sweep::{ORDERS, Orders};
use purgatory_test_guest::{Regime, Register};

use self::sweep::Sweep;

/// `CPACR_EL1`, and `CPTR_EL2` with E2H = 1: `ZEN`, `FPEN` and `SMEN` trap nothing.
const CPACR_OPEN: u64 = 3 << 16 | 3 << 20 | 3 << 24;
/// `CPTR_EL2` with E2H = 0: `TZ`, `TFP` and `TSM` trap nothing; the rest is RES1.
const CPTR_OPEN: u64 = 0x22ff;

extern "C" fn main() -> ! {
    let briefing = machine::briefing();
    let mut uart = Uart::new(briefing.uart);
    uart.enable();
    let regime = machine::enter(briefing);
    let open = match regime {
        Regime::El2 => CPTR_OPEN,
        Regime::El1And0 | Regime::El2And0 => CPACR_OPEN,
    };
    machine::write(Register::Cpacr, regime, open);

    // SAFETY: the host has put them there.
    let orders: &Orders = unsafe { machine::piece(briefing, ORDERS) };
    let mut sweep = Sweep::new(regime, orders, uart);
    sweep.each_alone();
    sweep.combinations();
    let passed = sweep.report();
    let _ = writeln!(uart, "sweep: {}", if passed { "passed" } else { "failed" });
    exit(if passed { Exit::Passed } else { Exit::Failed })
}
