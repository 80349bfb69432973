// SPDX-License-Identifier: MIT OR Apache-2.0

//! Exceptions that no report can be made of, and those inside the report.

use std::fs;
use std::time::Duration;

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::qemu::Stopped;
use purgatory_test_harness::{console, root, this_test};
use rstest::rstest;

use super::INSIDE;
use super::report::{address, length, patch};
use crate::harness::{symbol, usual_boot};
use crate::run::Run;

/// The report needs no table and no stack, but the first instruction of the vector does need to be
/// fetched: with all of the tables gone there is silence, and still no kernel.
fn silence(regime: Regime, change: impl FnOnce(&mut Boot) -> Vec<u32>) {
    let boot = &mut usual_boot(regime);
    let words = change(boot);
    let start = symbol(boot, INSIDE);
    patch(boot, start, &words);
    let run = Run::new(boot, Duration::from_secs(3));
    let lines = console::purgatory(&run.outcome.console).len();
    run.equal("lines before the window, and after", &3, &lines);
    let kernel = console::new_kernel(&run.outcome.console);
    run.equal("the new kernel", &None, &kernel);
    run.equal("what ended it", &Stopped::Timeout, &run.outcome.stopped_by);
    run.passed();
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
    let name = this_test::file_name();
    let folder = root().join("target/qemu");
    let [log, elf] = ["log", "elf"].map(|kind| folder.join(format!("{name}.{kind}")));
    boot.build_at(&elf)
        .unwrap_or_else(|error| panic!("{error}"));
    let qemu = boot.qemu(&elf);
    let qemu = qemu.args(["-d", "int", "-D", &log.display().to_string()]);
    let outcome = qemu
        .run(&[], Duration::from_secs(3))
        .unwrap_or_else(|error| panic!("{error}"));
    let taken = fs::read_to_string(&log).unwrap_or_default();
    let taken = taken.matches("Taking exception").count();
    assert_eq!(taken, 2, "exceptions\n{outcome}");
    assert_eq!(outcome.stopped_by, Stopped::Timeout, "{outcome}");
    assert_eq!(console::new_kernel(&outcome.console), None, "{outcome}");
    for file in [log, elf] {
        let _ = fs::remove_file(file);
    }
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
    let run = Run::new(boot, Duration::from_secs(60));
    run.ended(0);
    run.equal(
        "the purgatory's last words",
        &3,
        &console::purgatory(&run.outcome.console).len(),
    );
    run.passed();
}
