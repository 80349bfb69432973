// SPDX-License-Identifier: MIT OR Apache-2.0

//! Runs a sweep, and says what is wrong with it.

use std::env;
use std::fs;

use purgatory_test_harness::qemu::{Outcome, Stopped};
use purgatory_test_harness::rule::SVCR;
use purgatory_test_harness::sweep::Sweep;
use purgatory_test_harness::{Regime, root, this_test};

use crate::document;
use crate::report::Report;

/// What random combinations begin with, unless `REGISTERS_SEED` says otherwise.
const SEED: u64 = 0x0ddba11;
/// How many of them there are.
const COMBINATIONS: u64 = 500;
/// The same, where little depends on them.
const FEW_COMBINATIONS: u64 = 50;

/// With fewer registers to write than this at EL1 the guest has not found what there is, and EL2
/// has more.
const WRITTEN: [usize; 2] = [130, 190];
/// With fewer calls than this for each that is written it has not tried them.
const CALLS_EACH: usize = 2;

/// The registers that must be written, so that the guest does not skip those that matter most.
const ALWAYS: &[&str] = &[
    "SVCR",
    "DAIF",
    "SPSEL",
    "PAN",
    "FPCR",
    "FPSR",
    "SP_EL0",
    "CNTFRQ_EL0",
    "PMCR_EL0",
    "MDSCR_EL1",
    "TCR_EL1",
    "TTBR0_EL1",
    "TTBR1_EL1",
    "MAIR_EL1",
    "CPACR_EL1",
    "SMCR_EL1",
    "ZCR_EL1",
];
/// The same, at each level.
const AT_EL1: &[&str] = &[
    "SCTLR_EL1",
    "VBAR_EL1",
    "ESR_EL1",
    "ELR_EL1",
    "SPSR_EL1",
    "FAR_EL1",
];
const AT_EL2: &[&str] = &[
    "SCTLR_EL2",
    "VBAR_EL2",
    "ESR_EL2",
    "ELR_EL2",
    "SPSR_EL2",
    "FAR_EL2",
    "HCR_EL2",
    "CPTR_EL2",
    "TCR_EL2",
    "TTBR0_EL2",
    "MAIR_EL2",
    "MDCR_EL2",
    "CNTHCTL_EL2",
    "CNTVOFF_EL2",
    "HCRX_EL2",
    "HFGRTR_EL2",
    "SMCR_EL2",
    "ZCR_EL2",
];

/// Runs it. The file for QEMU is kept only after a failure.
pub fn run(sweep: &Sweep) -> Outcome {
    let file = root().join(format!("target/qemu/{}.elf", this_test::file_name()));
    let outcome = sweep.run(&file);
    let outcome = outcome.unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()));
    if matches!(outcome.stopped_by, Stopped::Exit(status) if status.code() == Some(0)) {
        // It is overwritten by the next run otherwise.
        let _ = fs::remove_file(&file);
    }
    outcome
}

/// Every register alone, and combinations: each call is verified, and hands over the right state.
pub fn all_is_well(cpu: &str, regime: Regime) {
    let sweep = Sweep::new(cpu, regime, seed(cpu, regime), COMBINATIONS);
    let outcome = run(&sweep.unwrap_or_else(|error| panic!("{error}")));
    let report = Report::new(&outcome.console);
    let check = checks(&outcome, &report);
    let calls = report.calls.len();
    check("each call is verified", report.verified == calls);
    let combinations = calls - report.alone;
    check("combinations", combinations == COMBINATIONS as usize);
    let written = report.written.len();
    let enough = WRITTEN[usize::from(regime != Regime::El1And0)];
    check("registers are found", written >= enough);
    let enough = CALLS_EACH * written;
    check("each register alone", report.alone >= enough);
    let level = match regime {
        Regime::El1And0 => AT_EL1,
        Regime::El2 | Regime::El2And0 => AT_EL2,
    };
    for name in ALWAYS.iter().chain(level) {
        check(&format!("{name} is written"), report.writes(name));
    }
    for name in document::to_be_found(regime) {
        check(&format!("{name} is looked at"), report.has(&name));
    }
}

/// What the kernel must find even if nothing is verified: streaming mode alone, and combinations.
pub fn all_is_well_without_checks(cpu: &str, regime: Regime) {
    let sweep = Sweep::new(cpu, regime, seed(cpu, regime), FEW_COMBINATIONS);
    let mut sweep = sweep.unwrap_or_else(|error| panic!("{error}"));
    sweep.only = Some(SVCR);
    sweep.skip_checks = true;
    let outcome = run(&sweep);
    let report = Report::new(&outcome.console);
    let check = checks(&outcome, &report);
    check("nothing is verified", report.verified == 0);
    check("streaming mode alone", report.alone > 0);
    let combinations = report.calls.len() - report.alone;
    check("combinations", combinations == FEW_COMBINATIONS as usize);
}

/// Returns what random combinations begin with.
fn seed(cpu: &str, regime: Regime) -> u64 {
    let seed = match env::var("REGISTERS_SEED") {
        Ok(text) => {
            let digits = text.trim_start_matches("0x");
            u64::from_str_radix(digits, 16).expect("REGISTERS_SEED is a hexadecimal number")
        }
        // Other combinations for each.
        Err(_) => SEED + 0x1000_0000 * regime as u64 + 0x1_0000 * cpu.len() as u64,
    };
    println!("seed: REGISTERS_SEED={seed:#x}");
    seed
}

/// Says how much there was, checks what every sweep must come to, and returns the check for the
/// rest.
fn checks<'a>(outcome: &'a Outcome, report: &'a Report<'_>) -> impl Fn(&str, bool) + 'a {
    let lines = outcome.console.lines();
    for line in lines.filter(|line| line.starts_with("left out: ")) {
        println!("{line}");
    }
    println!(
        "{} registers, {} written, {} calls in {:.1} s",
        report.registers.len(),
        report.written.len(),
        report.calls.len(),
        outcome.took.as_secs_f32()
    );
    let check = move |what: &str, right: bool| {
        assert!(right, "not so: {}", told(what, outcome, report));
    };
    check("all is as it should be", report.failures.is_empty());
    check("the guest comes to its end", report.passed);
    check("all could be put back", report.stays.is_empty());
    check(
        "each call starts the kernel",
        report.booted == report.calls.len(),
    );
    check
}

/// Returns what is wrong, with the calls that showed it.
pub fn told(what: &str, outcome: &Outcome, report: &Report<'_>) -> String {
    let mut text = format!(
        "{what}\n{}\nrun:     {}\nstopped: {:?} after {:.1} s, {} calls, {} verified, {} booted\n",
        this_test::alone(),
        outcome.command_line,
        outcome.stopped_by,
        outcome.took.as_secs_f32(),
        report.calls.len(),
        report.verified,
        report.booted,
    );
    for (call, failure) in &report.failures {
        text += &format!("call {call}\n  {failure}\n");
    }
    for register in &report.stays {
        text += &format!("stays: {register}\n");
    }
    for line in &report.last {
        text += &format!("  | {line}\n");
    }
    text
}
