// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the purgatory hands over to: it compares what it finds with what a kernel may expect
//! (Linux, `Documentation/arch/arm64/booting.rst`), reports item by item, and ends the machine.

#![no_std]
#![no_main]

use core::arch::global_asm;
use core::fmt::{Display, Write};

use purgatory_test_guest::machine::{self, Exit, Uart, exit};
use purgatory_test_guest::sctlr::{C, M};
use purgatory_test_guest::{Briefing, Regime, Register, checksum};

/// `ISR_EL1.A`.
const SERROR: u64 = 1 << 8;

/// What was in the registers at our first instruction.
#[repr(C)]
struct Arrival {
    x: [u64; 4],
    daif: u64,
    sctlr: u64,
    vbar: u64,
    pc: u64,
    /// All of `x4` to `x30` joined, but `x16`.
    others: u64,
    _padding: u64,
}

// Nothing touches memory before SCTLR_ELx is what we know: the old kernel's may say big-endian.
global_asm!(
    ".pushsection .text.entry, \"ax\"",
    ".globl guest_start",
    ".type guest_start, %function",
    "guest_start:",
    ".irp n, 5,6,7,8,9,10,11,12,13,14,15,17,18,19,20,21,22,23,24,25,26,27,28,29,30",
    "orr x4, x4, x\\n",
    ".endr",
    "mrs x8, daif",
    "msr daifset, #0xf",
    "adr x11, guest_start",
    "adrp x12, guest_vectors",
    "add x12, x12, :lo12:guest_vectors",
    "mrs x13, CurrentEL",
    "cmp x13, #8",
    "b.eq 1f",
    "mrs x9, sctlr_el1",
    "mrs x10, vbar_el1",
    "msr vbar_el1, x12",
    "movz x12, #0x30d0, lsl #16",
    "movk x12, #0x0800",
    "msr sctlr_el1, x12",
    "b 2f",
    "1:",
    "mrs x9, sctlr_el2",
    "mrs x10, vbar_el2",
    "msr vbar_el2, x12",
    "movz x12, #0x30c5, lsl #16",
    "movk x12, #0x0830",
    "msr sctlr_el2, x12",
    "2:",
    "isb",
    "adrp x12, guest_briefing",
    "ldr x12, [x12, :lo12:guest_briefing]",
    "mov x13, {stack}",
    "add x12, x12, x13",
    "sub sp, x12, #{size}",
    "stp x0, x1, [sp]",
    "stp x2, x3, [sp, #16]",
    "stp x8, x9, [sp, #32]",
    "stp x10, x11, [sp, #48]",
    "str x4, [sp, #64]",
    "mov x0, sp",
    "b {main}",
    ".size guest_start, . - guest_start",
    ".popsection",
    stack = const Briefing::STACK_TOP,
    size = const size_of::<Arrival>(),
    main = sym main,
);

extern "C" fn main(arrival: &Arrival) -> ! {
    let briefing = machine::briefing();
    let mut report = Report {
        uart: Uart::new(briefing.uart),
        checks: 0,
        failed: 0,
    };
    let _ = writeln!(report.uart, "new kernel: reached");

    arguments(&mut report, briefing, arrival);
    let el = machine::current_el();
    match Regime::from_number(briefing.regime) {
        Some(regime) if regime.el() == el => {
            report.equal("CurrentEL as entered", regime.el(), el);
            registers(&mut report, regime, arrival);
        }
        // Without the right level not one register can be compared.
        _ => report.equal("CurrentEL as entered", briefing.regime.min(2), el),
    }
    memory(&mut report, briefing);
    report.finish()
}

/// What the kernel is told, and that it is where it should be.
fn arguments(report: &mut Report, briefing: &Briefing, arrival: &Arrival) {
    report.equal("pc=arm64_kernel_entry", briefing.kernel_entry, arrival.pc);
    report.equal("x0=dtb", briefing.dtb, arrival.x[0]);
    report.equal("x1=0", 0, arrival.x[1]);
    report.equal("x2=0", 0, arrival.x[2]);
    report.equal("x3=0", 0, arrival.x[3]);
    report.equal("x4 to x30=0, but x16", 0, arrival.others);
    report.equal("DAIF masked", 0x3c0, arrival.daif);
    report.equal("no SError pending", 0, machine::pending() & SERROR);
}

/// That the system registers are as the old kernel left them.
fn registers(report: &mut Report, regime: Regime, arrival: &Arrival) {
    // SAFETY: the old kernel has written it; all bits are valid for all its fields.
    let logbook = unsafe { &*machine::logbook() };
    let el = regime.el();
    report.equal(format_args!("SCTLR_EL{el}.M=0"), 0, arrival.sctlr & M);
    report.equal(format_args!("SCTLR_EL{el}.C=0"), 0, arrival.sctlr & C);
    let others = |sctlr| sctlr & !(M | C);
    report.equal(
        format_args!("SCTLR_EL{el} otherwise as found"),
        others(logbook.sctlr),
        others(arrival.sctlr),
    );
    for &register in Register::ALL {
        let Some(now) = machine::read(register, regime) else {
            continue;
        };
        let name = register.name(regime);
        match register {
            // Our own vectors are in it by now.
            Register::Vbar => {
                let left = logbook.left[register as usize];
                report.equal(format_args!("{name} as found"), left, arrival.vbar);
            }
            // A kernel that enables its MMU expects the plain descriptors.
            Register::Tcr2 => report.equal(format_args!("{name}=0"), 0, now),
            _ => {
                let left = logbook.left[register as usize];
                report.equal(format_args!("{name} as found"), left, now);
            }
        }
    }
}

/// Checks that nothing has written where the loader had put something.
fn memory(report: &mut Report, briefing: &Briefing) {
    for piece in briefing.pieces.iter().take_while(|piece| piece.len != 0) {
        // SAFETY: the loader has put this piece there, and nothing writes to it now.
        let bytes =
            unsafe { core::slice::from_raw_parts(piece.start as *const u8, piece.len as usize) };
        let sum = checksum(bytes, piece.len);
        report.equal(format_args!("{} intact", piece.name()), piece.checksum, sum);
    }
}

/// One line for each check, and the count.
struct Report {
    uart: Uart,
    checks: u32,
    failed: u32,
}

impl Report {
    fn equal(&mut self, what: impl Display, expected: u64, got: u64) {
        self.checks += 1;
        let _ = if expected == got {
            writeln!(self.uart, "state: {what} ok")
        } else {
            self.failed += 1;
            writeln!(
                self.uart,
                "state: {what} FAIL: expected {expected:#018x}, got {got:#018x}"
            )
        };
    }

    fn finish(mut self) -> ! {
        if self.failed == 0 {
            let _ = writeln!(self.uart, "new kernel: all {} checks passed", self.checks);
            exit(Exit::Passed);
        }
        let _ = writeln!(
            self.uart,
            "new kernel: {} of {} checks failed",
            self.failed, self.checks
        );
        exit(Exit::Failed)
    }
}
