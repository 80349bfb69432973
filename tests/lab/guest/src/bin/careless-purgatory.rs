// SPDX-License-Identifier: MIT OR Apache-2.0

//! A purgatory that restores nothing and hands over the wrong things: what the new kernel must see. With page tables
//! of the loader's it leaves the MMU on as well.

#![no_std]
#![no_main]

use core::arch::asm;

use purgatory_test_guest::machine::{self, Exit, exit};
use purgatory_test_guest::{Briefing, Regime, Register, guest_entry};

guest_entry!(main);

extern "C" fn main() -> ! {
    let briefing = machine::briefing();
    let Some(regime) = Regime::from_number(briefing.regime) else {
        exit(Exit::WrongMachine);
    };
    for &register in Register::ALL {
        let Some(found) = machine::read(register, regime) else {
            continue;
        };
        let changed = match register {
            // AMO: not what decides about the regime.
            Register::Hcr => 1 << 5,
            // FPEN[0] and TFP.
            Register::Cpacr | Register::LowerCpacr => 1 << 20 | 1 << 10,
            // I.
            Register::LowerSctlr => 1 << 12,
            _ => 0x0000_7fff_ffff_f800,
        };
        machine::write(register, regime, found ^ changed);
    }
    let changed = machine::sctlr(regime) ^ (1 << 12 | 1 << 2);
    match tables(briefing) {
        Some(at) => machine::map(regime, at, changed),
        None => machine::set_sctlr(regime, changed),
    }
    // SAFETY: no exception is pending, and the new kernel masks them first.
    unsafe {
        asm!(
            "msr daifclr, #0xf",
            "br x4",
            in("x0") briefing.dtb + 8,
            in("x1") 1,
            in("x2") 2,
            in("x3") 3,
            in("x4") briefing.kernel_entry,
            options(noreturn)
        );
    }
}

/// Returns where the loader's page tables are, if there are any.
fn tables(briefing: &Briefing) -> Option<u64> {
    let mut pieces = briefing.pieces.iter().take_while(|piece| piece.len != 0);
    Some(pieces.find(|piece| piece.name() == "tables")?.start)
}
