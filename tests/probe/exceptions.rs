// SPDX-License-Identifier: MIT OR Apache-2.0

//! An exception is reported, and the machine reset, wherever it comes.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::boot::{Place, usual_cpu};
use purgatory_test_harness::qemu::Stopped;
use rstest::rstest;

use crate::run::{END, Run, boot, offset};
use crate::tree::Tree;

/// Runs a probe whose routine of this name begins with an undefined instruction.
fn without(routine: &str, regime: Regime) -> (Run, u64) {
    let at = offset(routine);
    let mut boot = boot(usual_cpu(regime), regime, Place::Low, &Tree::new(""));
    boot.segment("kernel").bytes[at as usize..][..4].fill(0);
    (Run::new(&boot), boot.load.entry + at)
}

/// Of these the first runs in a window, the second with the MMU off before there is one.
#[rstest]
fn an_exception_is_reported_and_resets_the_machine(
    #[values("sha256_software", "memset")] routine: &str,
    #[values(El1And0, El2, El2And0)] regime: Regime,
) {
    let (run, elr) = without(routine, regime);
    let line = format!("probe: exception: ESR=0x0000000002000000 ELR={elr:#018x} ");
    run.says(&[&line, "probe: reset in 1 seconds"]);
    run.never_says(END);
    let reset = matches!(run.0.stopped_by, Stopped::Exit(status) if status.success());
    run.equal("the machine is reset", &true, &reset);
}

/// An attempt of the image's may fail.
#[rstest]
fn nobody_has_to_answer_to_psci(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let routine = if regime == El1And0 {
        "psci_hvc"
    } else {
        "psci_smc"
    };
    let (run, _) = without(routine, regime);
    run.never_says("probe: exception");
    run.says(&["probe:   PSCI     nobody answers", END]);
}
