// SPDX-License-Identifier: MIT OR Apache-2.0

//! What runs before the purgatory: it brings the CPU into the state in which Linux branches to a
//! purgatory, or into a dirtier one, notes what it leaves, and branches.

#![no_std]
#![no_main]

use core::arch::asm;
use core::fmt::Write;

use purgatory_test_guest::briefing::FLAG_PAN;
use purgatory_test_guest::machine::{self, Exit, Uart, exit};
use purgatory_test_guest::{Briefing, Logbook, Regime, Register, guest_entry};

guest_entry!(main);

extern "C" fn main() -> ! {
    let briefing = machine::briefing();
    let mut uart = Uart::new(briefing.uart);
    uart.enable();
    let regime = regime(briefing, &mut uart);
    let _ = writeln!(
        uart,
        "old kernel: {}, on to the purgatory at {:#018x}",
        regime.name(),
        briefing.purgatory_start
    );

    for setting in briefing
        .settings
        .iter()
        .take_while(|setting| setting.register != 0)
    {
        if let Some(register) = Register::from_number(setting.register) {
            // One list serves all regimes and CPUs: what this one does not have stays out.
            machine::write(register, regime, setting.value);
        }
    }
    let logbook = machine::logbook();
    for &register in Register::ALL {
        let value = machine::read(register, regime).unwrap_or(0);
        // SAFETY: the logbook's page is ours, and every register has a place in it.
        unsafe { (*logbook).left[register as usize] = value };
    }
    if briefing.flags & FLAG_PAN != 0 && machine::has_pan() {
        // SAFETY: no translation, no effect yet. MSR PAN, #1.
        unsafe { asm!(".inst 0xd500419f", options(nomem, nostack)) };
    }
    match regime {
        Regime::El1And0 => leave_el1(briefing, logbook),
        Regime::El2 | Regime::El2And0 => leave_el2(briefing, logbook),
    }
}

/// Returns the requested regime, if this machine has it.
fn regime(briefing: &Briefing, uart: &mut Uart) -> Regime {
    let el = machine::current_el();
    let possible =
        |regime: &Regime| regime.el() == el && (*regime != Regime::El2And0 || machine::has_vhe());
    let Some(regime) = Regime::from_number(briefing.regime).filter(possible) else {
        let _ = writeln!(
            uart,
            "old kernel: cannot leave in regime {} from EL{el}",
            briefing.regime
        );
        exit(Exit::WrongMachine);
    };
    regime
}

/// The last steps, in registers only: `SCTLR_ELx`, garbage everywhere, the branch.
macro_rules! leave {
    ($name:ident, $sctlr:literal) => {
        fn $name(briefing: &Briefing, logbook: *mut Logbook) -> ! {
            // SAFETY: the MMU is off, so that no bit of SCTLR_ELx can take the code away from under
            // us. The logbook is written with the old value: with EE = 1 it would be big-endian.
            unsafe {
                asm!(
                    concat!("mrs x4, ", $sctlr),
                    "orr x5, x4, x1",
                    "bic x5, x5, x2",
                    concat!("msr ", $sctlr, ", x5"),
                    "isb",
                    concat!("mrs x6, ", $sctlr),
                    concat!("msr ", $sctlr, ", x4"),
                    "isb",
                    "str x6, [x3]",
                    "dsb sy",
                    concat!("msr ", $sctlr, ", x5"),
                    "isb",
                    "mov x16, x0",
                    "movz x30, #0xdead, lsl #48",
                    "movk x30, #0xbeef, lsl #32",
                    "movk x30, #0xf00d, lsl #16",
                    "movk x30, #0xbad1",
                    "mov sp, x30",
                    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,17,18,19,20,21,22,23,24,25,26,27,28,29",
                    "eor x\\n, x30, #(1 << (\\n + 1))",
                    ".endr",
                    "br x16",
                    in("x0") briefing.purgatory_start,
                    in("x1") briefing.sctlr_set,
                    in("x2") briefing.sctlr_clear,
                    in("x3") &raw mut (*logbook).sctlr,
                    options(noreturn)
                );
            }
        }
    };
}

leave!(leave_el1, "sctlr_el1");
leave!(leave_el2, "sctlr_el2");
