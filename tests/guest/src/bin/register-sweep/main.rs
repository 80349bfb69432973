// SPDX-License-Identifier: MIT OR Apache-2.0

//! Calls the image again and again, each time with another value in a system register, or with
//! random ones in many: every register that this CPU lets be written at this level. Plays the old
//! kernel and the new one: what it left, it must find again, but for what
//! `purgatory_test_guest::sweep::rule` says.

#![no_std]
#![no_main]

mod baseline;
mod call;
mod image;
mod probe;
mod random;
mod snapshot;
mod sweep;
mod table;

use core::fmt::Write;

use purgatory_test_guest::machine::{self, Exit, Uart, exit};
use purgatory_test_guest::sweep::{ORDERS, Orders};
use purgatory_test_guest::{Briefing, Regime, Register};

use self::sweep::Sweep;

/// `CPACR_EL1`, and `CPTR_EL2` with E2H = 1: `ZEN`, `FPEN` and `SMEN` trap nothing.
const CPACR_OPEN: u64 = 3 << 16 | 3 << 20 | 3 << 24;
/// `CPTR_EL2` with E2H = 0: `TZ`, `TFP` and `TSM` trap nothing; the rest is RES1.
const CPTR_OPEN: u64 = 0x22ff;

extern "C" fn main() -> ! {
    let briefing = machine::briefing();
    let mut uart = Uart::new(briefing.uart);
    uart.enable();
    let regime = regime(briefing);
    let settings = briefing.settings.iter();
    for setting in settings.take_while(|setting| setting.register != 0) {
        if let Some(register) = Register::from_number(setting.register) {
            // The vectors are this program's own until it branches.
            if register != Register::Vbar {
                machine::write(register, regime, setting.value);
            }
        }
    }
    let open = match regime {
        Regime::El2 => CPTR_OPEN,
        Regime::El1And0 | Regime::El2And0 => CPACR_OPEN,
    };
    machine::write(Register::Cpacr, regime, open);

    let mut sweep = Sweep::new(regime, orders(briefing), uart);
    sweep.each_alone();
    sweep.combinations();
    let passed = sweep.report();
    let _ = writeln!(uart, "sweep: {}", if passed { "passed" } else { "failed" });
    exit(if passed { Exit::Passed } else { Exit::Failed })
}

/// The regime that is asked for, if this machine can do it.
fn regime(briefing: &Briefing) -> Regime {
    let el = machine::current_el();
    let possible =
        |regime: &Regime| regime.el() == el && (*regime != Regime::El2And0 || machine::has_vhe());
    let regime = Regime::from_number(briefing.regime).filter(possible);
    regime.unwrap_or_else(|| exit(Exit::WrongMachine))
}

fn orders(briefing: &Briefing) -> &'static Orders {
    let mut pieces = briefing.pieces.iter();
    let piece = pieces.find(|piece| piece.len != 0 && piece.name() == ORDERS);
    let at = piece.unwrap_or_else(|| exit(Exit::NoBriefing)).start;
    // SAFETY: the host has put them there, aligned, and nobody writes to them.
    unsafe { &*(at as *const Orders) }
}
