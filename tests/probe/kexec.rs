// SPDX-License-Identifier: MIT OR Apache-2.0

//! The probe as a user starts it: by Debian's kernel and kexec-tools, with our image in it.

use purgatory_test_harness::artifact;
use purgatory_test_harness::linux::{Cycle, Leave};
use rstest::rstest;

use crate::run::{END, Run, STOPPED};

#[rstest]
fn a_real_kexec_starts_it(#[values(Leave::Execute, Leave::Crash)] leave: Leave) {
    let probe = artifact("probe.Image").unwrap_or_else(|error| panic!("{error}"));
    let cycle = Cycle::new("neoverse-n1").el2().leave(leave);
    let outcome = cycle.loads(&probe, STOPPED).run();
    let run = Run(outcome.unwrap_or_else(|error| panic!("{error}")));
    run.says(&[
        "probe:   all 11 kept",
        "probe:   level    EL2 VHE",
        "probe:   RAM      0x",
        "probe: speed",
        "probe:   the purgatory has started this",
        END,
    ]);
    let verified = run.0.console.contains(" verified in ");
    run.equal("what the purgatory has said", &true, &verified);
}
