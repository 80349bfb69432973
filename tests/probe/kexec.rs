// SPDX-License-Identifier: MIT OR Apache-2.0

//! The probe as a user starts it: by Debian's kernel and kexec-tools, with our image in it. That kernel has no
//! `kexec_file_load` (tests/kexec-file has one that does).

use purgatory_test_harness::artifact;
use purgatory_test_harness::linux::{Cycle, Leave};
use rstest::rstest;

use crate::run::{END, Run, STOPPED};

/// What every way comes to. The option is for `kexec`.
#[track_caller]
fn run(leave: Leave, option: &str) -> Run {
    let probe = artifact("probe.Image").unwrap_or_else(|error| panic!("{error}"));
    let cycle = Cycle::new("neoverse-n1").el2().leave(leave);
    let outcome = cycle.option(option).loads(&probe, STOPPED).run();
    let run = Run(outcome.unwrap_or_else(|error| panic!("{error}")));
    run.says(&[
        "probe:   all 11 kept",
        "probe:   level    EL2 VHE",
        "probe:   RAM      0x",
        "probe: speed",
        END,
    ]);
    run
}

#[rstest]
fn a_real_kexec_starts_it(#[values(Leave::Execute, Leave::Crash)] leave: Leave) {
    let run = run(leave, "");
    run.says(&["probe:   the purgatory has started this"]);
    let verified = run.0.console.contains(" regions verified in ");
    run.equal("what the purgatory has said", &true, &verified);
}

#[rstest]
fn without_checks_the_purgatory_has_said_so(#[values(Leave::Execute, Leave::Crash)] leave: Leave) {
    let run = run(leave, "--no-checks");
    run.says(&["probe:   the purgatory has started this"]);
    run.never_says("verified in ");
    let unchecked = run.0.console.contains("purgatory: sha256 not checked");
    run.equal("what the purgatory has said", &true, &unchecked);
}
