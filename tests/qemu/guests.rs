// SPDX-License-Identifier: MIT OR Apache-2.0

//! The guests themselves: a new kernel that sees nothing would let every boot pass.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::boot::{Boot, Place, usual_cpu};
use purgatory_test_harness::console::new_kernel;
use purgatory_test_harness::guest::Guest;
use rstest::rstest;

use crate::harness::INITRD;
use crate::run::Run;

/// Runs on the regime's usual CPU, or on another.
fn run(cpu: &str, regime: Regime, change: impl FnOnce(&mut Boot)) -> Run {
    let mut boot = Boot::new(cpu, regime, Place::Low, INITRD).unwrap_or_else(|e| panic!("{e}"));
    change(&mut boot);
    Run::new(&boot)
}

/// After a purgatory that leaves everything changed, these are all the checks that may pass.
#[rstest]
fn the_new_kernel_sees_whatever_is_wrong(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let run = run(usual_cpu(regime), regime, |boot| {
        boot.stand_in = Some(Guest::read("careless-purgatory").unwrap_or_else(|e| panic!("{e}")));
    });
    let checks = new_kernel(&run.outcome.console).unwrap_or_default();
    let el = regime.el();
    let expected: [String; 8] = [
        "pc=arm64_kernel_entry".into(),
        "no SError pending".into(),
        // It never had tables to switch on.
        format!("SCTLR_EL{el}.M=0"),
        "CurrentEL as entered".into(),
        "kernel intact".into(),
        "initrd intact".into(),
        "dtb intact".into(),
        "purgatory code intact".into(),
    ];
    run.equal("what passes", &expected.as_slice(), &checks.passed);
    run.equal("the report is complete", &true, &checks.complete);
    run.ended(10);
    run.passed();
}

#[test]
fn the_new_kernel_sees_a_byte_that_has_changed() {
    let run = run("max", Regime::El1And0, |boot| {
        boot.load.skip_checks = true;
        let last = boot.segment("initrd").len - 1;
        boot.load.corrupt = vec![("kernel".into(), 0x2000), ("initrd".into(), last)];
    });
    let checks = new_kernel(&run.outcome.console).unwrap_or_default();
    let failed: Vec<_> = checks
        .failed
        .iter()
        .filter_map(|check| check.split_once(" FAIL").map(|at| at.0))
        .collect();
    run.equal(
        "what fails",
        &vec!["kernel intact", "initrd intact"],
        &failed,
    );
    run.ended(10);
    run.passed();
}

#[test]
fn the_old_kernel_refuses_a_regime_that_the_machine_has_not() {
    let run = run("cortex-a72", Regime::El2And0, |_| ());
    run.equal("the new kernel", &None, &new_kernel(&run.outcome.console));
    run.ended(13);
    run.passed();
}
