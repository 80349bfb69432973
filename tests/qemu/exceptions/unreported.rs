// SPDX-License-Identifier: MIT OR Apache-2.0

//! Exceptions that no report can be made of, and those inside the report.

use std::fs;

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::qemu::{Outcome, Stopped};
use purgatory_test_harness::{console, root, this_test};
use rstest::rstest;

use super::INSIDE;
use super::report::{address, length, patch};
use crate::harness::{symbol, usual_boot};

/// Where an exception goes that is taken from where it arrives, with `SP_ELx`.
const SYNCHRONOUS: u64 = 0x200;

/// The report needs no table and no stack, but the first instruction of the vector does need to be
/// fetched: with all of the tables gone that raises another exception, for ever: silence, and still no
/// kernel.
fn silence(regime: Regime, change: impl FnOnce(&mut Boot) -> Vec<u32>) {
    let boot = &mut usual_boot(regime);
    let vectors = address(boot, "vectors");
    let words = change(boot);
    let start = symbol(boot, INSIDE);
    patch(boot, start, &words);
    // Wherever it arrives, for nothing else ends this.
    let all = (0..16).map(|entry| vectors + entry * 0x80);
    let (outcome, log) = logged(boot, all);
    assert_eq!(outcome.stopped_by, Stopped::Parked, "{outcome}");
    let again = format!("...with ELR {:#x}\n", vectors + SYNCHRONOUS);
    assert!(
        log.contains(&again),
        "no exception at the vector\n{outcome}"
    );
    let lines = console::purgatory(&outcome.console).len();
    assert_eq!(lines, 3, "lines before the window, and after: {outcome}");
}

#[rstest]
fn all_tables_gone(#[values(El1And0, El2, El2And0)] regime: Regime) {
    silence(regime, |boot| {
        let el = boot.regime.el();
        // A page of zeros.
        let mut words = load_address(3, address(boot, "stack_guard"));
        words.extend([msr_ttbr0(3, el), tlbi(el), DSB_SY.word(), ISB.word()]);
        words
    });
}

/// QEMU's own count of exceptions: one, and one inside its report, and then nothing more.
fn two(regime: Regime, change: impl FnOnce(&mut Boot)) {
    let boot = &mut usual_boot(regime);
    change(boot);
    let (outcome, log) = logged(boot, []);
    assert_eq!(outcome.stopped_by, Stopped::Parked, "{outcome}");
    let taken = log.matches("Taking exception").count();
    assert_eq!(taken, 2, "exceptions\n{outcome}");
}

/// Runs it until the CPU stays where the image halts, or at one of these addresses, or the machine is
/// reset, and returns QEMU's log of exceptions.
fn logged(boot: &Boot, addresses: impl IntoIterator<Item = u64>) -> (Outcome, String) {
    /// A boot has a fraction of that, a minute on this clock as many. The log must not fill the disk.
    const INSTRUCTIONS: u64 = 1 << 26;
    let name = this_test::file_name();
    let folder = root().join("target/qemu");
    let [log, elf] = ["log", "elf"].map(|kind| folder.join(format!("{name}.{kind}")));
    boot.build_at(&elf)
        .unwrap_or_else(|error| panic!("{error}"));
    let qemu = boot.qemu(&elf);
    let qemu = qemu.args(["-d", "int", "-D", &log.display().to_string()]);
    let outcome = qemu.at_most(INSTRUCTIONS).parks_at(addresses).run(&[]);
    let outcome = outcome.unwrap_or_else(|error| panic!("{error}"));
    let taken = fs::read_to_string(&log).unwrap_or_default();
    assert_eq!(console::new_kernel(&outcome.console), None, "{outcome}");
    for file in [log, elf] {
        let _ = fs::remove_file(file);
    }
    (outcome, taken)
}

/// One exception, and one instead of the call of its report.
fn undefined_twice(boot: &mut Boot) {
    let first = symbol(boot, INSIDE);
    let second = symbol(boot, "exception_entry") + length(boot, "exception_entry") - 4;
    patch(boot, first, &[UDF]);
    patch(boot, second, &[UDF]);
}

#[rstest]
fn a_report_that_is_undefined(#[values(El1And0, El2, El2And0)] regime: Regime) {
    two(regime, undefined_twice);
}

/// Where `on_failure` asks for a reset it comes without a report, by HVC or SMC, and at once.
#[rstest]
#[case::hvc(El1And0, false)]
#[case::smc(El1And0, true)]
#[case::smc(El2, false)]
#[case::smc(El2And0, false)]
fn a_report_that_is_undefined_resets_if_that_is_asked_for(
    #[case] regime: Regime,
    #[case] hvc_is_undefined: bool,
) {
    let boot = &mut usual_boot(regime);
    let calls = ["psci_hvc", "psci_smc"].map(|routine| symbol(boot, routine));
    undefined_twice(boot);
    if hvc_is_undefined {
        patch(boot, calls[0], &[UDF]);
        // QEMU's PSCI answers to one of the two.
        patch(boot, calls[1], &[HVC]);
    }
    let pokes = &mut boot.load.pokes;
    pokes.push(("on_failure".into(), 600_u32.to_le_bytes().into()));
    let (outcome, _) = logged(boot, []);
    let reset = matches!(outcome.stopped_by, Stopped::Exit(status) if status.success());
    let lines = console::purgatory(&outcome.console).len();
    assert!(reset && lines == 3, "{outcome}\n{}", this_test::alone());
}
