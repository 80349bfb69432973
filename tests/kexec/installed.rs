// SPDX-License-Identifier: MIT OR Apache-2.0

//! Debian's kexec as it is installed, with its libraries, and our image patched into it.

use purgatory_test_harness::linux::{Cycle, Kexec, Leave, Suite};
use purgatory_test_harness::this_test::waived;
use rstest::rstest;

use crate::run::{GREETING, VERIFIED_AT_EL2_VHE, boots, run};
use crate::{NO_VHE, VHE};

#[rstest]
fn boots_verified_once_it_is_patched(
    #[values(Suite::Bookworm, Suite::Trixie, Suite::Sid)] suite: Suite,
) {
    if suite == Suite::Sid && waived(suite.name()) {
        return;
    }
    let on_failure = 0;
    let kexec = Kexec::Installed { suite, on_failure };
    boots(Cycle::new(VHE).el2().kexec(kexec), VERIFIED_AT_EL2_VHE);
}

#[rstest]
fn resets_the_machine_after_a_refusal_if_that_was_set(#[values(0, 2)] on_failure: u32) {
    let suite = Suite::Bookworm;
    let kexec = Kexec::Installed { suite, on_failure };
    let cycle = Cycle::new(NO_VHE).el2().kexec(kexec);
    let run = run(cycle.leave(Leave::DamagedCrash));
    run.says(&[GREETING, &["purgatory: ", "sha256 digests do not match"]]);
    if on_failure == 0 {
        run.says(&[&["purgatory: halted"]]);
        run.never_says("purgatory: reset");
    } else {
        run.says(&[&["purgatory: reset in 2 seconds"]]);
        run.never_says("purgatory: halted");
        run.ended_by_itself();
    }
    run.never_says("purgatory: booting kernel now");
}
