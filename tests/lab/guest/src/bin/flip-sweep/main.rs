// SPDX-License-Identifier: MIT OR Apache-2.0

//! Calls the image again and again, each time with something else in its symbols or in what was
//! loaded. Plays the old kernel and the new one, and the reset of the machine after a halt: a
//! kernel that is started leads back here, and so does the loop that an image halts in, of which
//! the host has made a branch. After each call nothing may have changed but the image's own memory.

#![no_std]
#![no_main]

mod call;
mod memory;

use core::arch::asm;
use core::fmt::Write;

use purgatory_test_guest::flips::{Case, ORDERS, Orders};
use purgatory_test_guest::machine::{self, Exit, Uart, exit};

use self::call::Return;
use self::memory::Memory;

extern "C" fn main() -> ! {
    let briefing = machine::briefing();
    let mut uart = Uart::new(briefing.uart);
    uart.enable();
    machine::enter(briefing);
    // SAFETY: at this frequency the console has nothing to wait for; this is the highest level that
    // the machine has, which may write it.
    unsafe { asm!("msr cntfrq_el0, {}", in(reg) 1_u64, options(nomem, nostack)) };
    // SAFETY: the host has put them there, as it has the cases, and nothing writes to them.
    let (orders, cases): (&Orders, &[Case]) = unsafe {
        let orders: &Orders = machine::piece(briefing, ORDERS);
        let cases = core::slice::from_raw_parts(orders.cases as *const Case, orders.count as usize);
        (orders, cases)
    };

    let memory = Memory::new(orders);
    let mut failures = 0;
    let rest = memory.rest();
    for case in cases {
        memory.prepare(case);
        let number = case.number;
        // A case may have had another register of it for a sink.
        uart.enable();
        let _ = writeln!(uart, "case {number}");
        let returned = call::call(orders.start);
        let _ = match returned {
            Return::Halted => writeln!(uart, "end {number}: halted"),
            Return::Started {
                x0,
                rest: [0, 0, 0],
            } => {
                writeln!(uart, "end {number}: started, x0={x0:#x}")
            }
            Return::Started { rest, .. } => {
                failures += 1;
                writeln!(uart, "FAIL: x1 to x3: {rest:x?}")
            }
        };
        memory.inspect(case, |at, expected, found| {
            failures += 1;
            let _ = writeln!(
                uart,
                "FAIL: at {at:#x}: {expected:#x} has become {found:#x}"
            );
        });
    }
    if memory.rest() != rest {
        failures += 1;
        let _ = writeln!(uart, "FAIL: other memory has changed");
    }
    let _ = writeln!(uart, "sweep: {} cases, {failures} failures", cases.len());
    exit(if failures == 0 {
        Exit::Passed
    } else {
        Exit::Failed
    })
}
