// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the mutants are made with is not what is caught.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::{ISB, MSR_SCTLR, NOP};
use purgatory_test_harness::boot::{Place, usual_cpu};
use purgatory_test_harness::patch::Patch;
use rstest::rstest;

use crate::harness::{Judged, boot};

fn run(regime: Regime, change: fn(&mut Patch)) {
    let mut boot = boot(usual_cpu(regime), regime, Place::Low);
    let mut patch = Patch::new(&boot).unwrap_or_else(|error| panic!("{error}"));
    change(&mut patch);
    boot.load.image = patch.finish();
    Judged::new(&boot).clean();
}

#[rstest]
fn instructions_before_others(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        for routine in [
            "window_open",
            "window_close",
            "hand_over",
            "clean_and_invalidate",
            "clean_and_invalidate_image",
        ] {
            let place = patch.first(routine);
            patch.insert(place, |_| vec![NOP; 2]);
        }
    });
}

#[rstest]
fn instructions_after_others(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let place = patch.find("window_close", ISB, 1);
        patch.insert_after(place, |_| vec![NOP; 2]);
        let place = patch.find("window_open", MSR_SCTLR, 0);
        patch.insert(place, |_| vec![ISB.word()]);
    });
}
