// SPDX-License-Identifier: MIT OR Apache-2.0

//! The way in which mutants are made is not what is caught; and mutants that cannot be caught here.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::{ISB, MSR_SCTLR, NOP};
use purgatory_test_harness::patch::Patch;
use rstest::rstest;

use crate::harness::Through::{self, Loaders, Nothing, Own, Software};
use crate::harness::{Judged, instructions};

fn run(regime: Regime, change: fn(&mut Patch)) {
    let mut boot = Own.boot(regime, |_| ());
    Own.patch(&mut boot, change);
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

/// A prefetch asks the cache for what may be needed soon. QEMU does nothing then and reports no
/// access; and the model would not mind, for a CPU may fetch at any time what is mapped. That the
/// image prefetches nothing beyond a region is only in its source, and so is the gain.
#[rstest]
fn prefetches(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(Own, Software, Loaders, Nothing)] through: Through,
) {
    let none: fn(u32) -> u32 = |_| NOP;
    // 4095 times 8 bytes further on.
    let far: fn(u32) -> u32 = |word| word | 0xfff << 10;
    for instead in [none, far] {
        let mut boot = through.boot(regime, |_| ());
        let all = instructions(&boot).into_iter();
        // PRFM of any kind, of an address in a register.
        let all: Vec<_> = all
            .filter(|place| place.word & 0xffff_fc00 == 0xf980_0000)
            .collect();
        assert_eq!(all.len(), 2, "each block function has one");
        through.patch(&mut boot, |patch| {
            for &place in &all {
                patch.replace(place, instead(place.word));
            }
        });
        Judged::new(&boot).clean();
    }
}
