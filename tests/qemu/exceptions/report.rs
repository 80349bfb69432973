// SPDX-License-Identifier: MIT OR Apache-2.0

//! What an exception must be reported as, and whether it was.

use purgatory_test_harness::boot::{Boot, HALTED};
use purgatory_test_harness::qemu::Stopped;
use purgatory_test_harness::symbols::Symbols;
use purgatory_test_harness::{Regime, console};

use crate::harness::{symbol, usual_boot};
use crate::run::Run;

/// What is done, and what must be reported.
pub struct Fault {
    /// The routine whose start is overwritten.
    pub routine: String,
    pub words: Vec<u32>,
    /// Which of the words faults, where it is one of them.
    pub at: Elr,
    pub class: (u64, &'static str),
    /// The fault status of an abort (`ESR_ELx.ISS`), bits that count and their value.
    pub status: (u64, u64),
    pub far: Far,
}

pub enum Elr {
    Word(u64),
    Address(u64),
}

pub enum Far {
    Unspecified,
    Address(u64),
    Within(u64, u64),
}

pub const UNDEFINED: (u64, &str) = (0x00, "undefined instruction");
pub const FP: (u64, &str) = (0x07, "FP/SIMD access trapped");
pub const ILLEGAL: (u64, &str) = (0x0e, "illegal execution state");
pub const INSTRUCTION: (u64, &str) = (0x21, "instruction abort");
pub const PC: (u64, &str) = (0x22, "PC alignment");
pub const DATA: (u64, &str) = (0x25, "data abort");

// xFSC, without the level; WnR.
pub const TRANSLATION: (u64, u64) = (0x7c, 0x04);
pub const TRANSLATION_WRITE: (u64, u64) = (0x7c, 0x44);
pub const PERMISSION: (u64, u64) = (0x3c, 0x0c);
pub const PERMISSION_WRITE: (u64, u64) = (0x7c, 0x4c);
pub const ALIGNMENT: (u64, u64) = (0x3f, 0x21);
pub const ANY: (u64, u64) = (0, 0);

/// Returns bytes of a routine.
pub fn length(boot: &Boot, name: &str) -> u64 {
    let symbols = Symbols::read(&boot.load.image).unwrap_or_else(|error| panic!("{error}"));
    let found = symbols.get(name).unwrap_or_else(|error| panic!("{error}"));
    found.end - found.start
}

/// Returns the physical address of a symbol.
pub fn address(boot: &Boot, name: &str) -> u64 {
    boot.load.purgatory_at + symbol(boot, name)
}

/// Provokes it, and compares the report.
pub fn reports(regime: Regime, change: impl FnOnce(&mut Boot) -> Fault) {
    let boot = &mut usual_boot(regime);
    let fault = change(boot);
    let base = boot.load.purgatory_at;
    let start = symbol(boot, &fault.routine);
    patch(boot, start, &fault.words);
    let run = Run::new(boot);
    let lines = console::purgatory(&run.outcome.console);
    let all = run.outcome.console.matches("exception").count();
    run.equal("reports of exceptions", &1, &all);
    let start_of_report = format!(
        "purgatory: exception: {} at {}, ESR=",
        fault.class.1,
        boot.regime.name()
    );
    let Some((report, HALTED)) = lines
        .len()
        .checked_sub(2)
        .map(|at| (lines[at], lines[at + 1]))
    else {
        run.fail("the last words", HALTED, lines.join("\n"))
    };
    if !report.starts_with(&start_of_report) {
        run.fail("the report", start_of_report, report);
    }
    let number = |name: &str| {
        let found = report.split([' ', ',']).find_map(|w| w.strip_prefix(name));
        let found = found.and_then(|word| word.strip_prefix("=0x"));
        let found = found.and_then(|word| u64::from_str_radix(word, 16).ok());
        found.unwrap_or_else(|| run.fail(name, "a number", report))
    };
    let (esr, elr) = (number("ESR"), number("ELR"));
    run.equal("ESR.EC", &fault.class.0, &(esr >> 26));
    let (mask, status) = fault.status;
    run.equal("the fault status in ESR", &status, &(esr & mask));
    match fault.at {
        Elr::Word(word) => run.equal("ELR", &(base + start + word * 4), &elr),
        Elr::Address(address) => run.equal("ELR", &address, &elr),
    }
    run.equal("offset", &elr.wrapping_sub(base), &number("offset"));
    match fault.far {
        Far::Unspecified => {}
        Far::Address(address) => run.equal("FAR", &address, &number("FAR")),
        Far::Within(from, to) => {
            run.equal("FAR within", &true, &(from..to).contains(&number("FAR")));
        }
    }
    run.equal(
        "the new kernel",
        &None,
        &console::new_kernel(&run.outcome.console),
    );
    run.equal("what ended it", &Stopped::Parked, &run.outcome.stopped_by);
    run.passed();
}

/// Writes instructions into the image.
pub fn patch(boot: &mut Boot, start: u64, words: &[u32]) {
    let bytes = words.iter().flat_map(|word| word.to_le_bytes());
    for (at, byte) in (start as usize..).zip(bytes) {
        boot.load.image.bytes[at] = byte;
    }
}
