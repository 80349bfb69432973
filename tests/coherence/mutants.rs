//! Mutants: the image with one thing spoilt, each caught by the rule that is there for it. One that is
//! not caught fails the test.
//!
//! Not here, since QEMU's CPU stops such an image by itself: what touches the UART in the window, what
//! the tables do not map, `DC ZVA` with the MMU off. The model's own tests have these.

mod close;
mod each_step;
mod entry;
mod leave;
mod memory;
mod open;

use crate::harness::{Judged, boot, usual_cpu};
use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime;
use purgatory_test_harness::boot::Place;
use purgatory_test_harness::instruction::NOP;
use purgatory_test_harness::patch::Patch;

/// The stack pointer as a base register.
const SP: u32 = 31;

/// Spoils the image, and says which rule has to catch that.
type Mutant = fn(&mut Patch) -> Rule;

fn run(name: &str, regime: Regime, spoil: Mutant) {
    let mut boot = boot(usual_cpu(regime), regime, Place::Low);
    let mut patch = Patch::new(&boot).unwrap_or_else(|error| panic!("{error}"));
    let rule = spoil(&mut patch);
    boot.load.image = patch.finish();
    let judged = Judged::new(name, &boot);
    if judged.violations.get(rule).is_none() {
        judged.fail(&format!("the mutant survives {rule:?}"));
    }
    println!("caught by {rule:?}; all: {:?}", judged.violations.rules());
}

/// What the mutants are made with is not what is caught.
mod harmless {
    use super::*;
    use crate::harness::in_each_regime;
    use purgatory_test_harness::instruction::{ISB, MSR_SCTLR};

    fn run(name: &str, regime: Regime, change: fn(&mut Patch)) {
        let mut boot = boot(usual_cpu(regime), regime, Place::Low);
        let mut patch = Patch::new(&boot).unwrap_or_else(|error| panic!("{error}"));
        change(&mut patch);
        boot.load.image = patch.finish();
        Judged::new(name, &boot).clean();
    }

    in_each_regime! {
        instructions_before_others: |patch| {
            for routine in ["window_open", "window_close", "hand_over", "clean_and_invalidate"] {
                let place = patch.first(routine);
                patch.insert(place, |_| vec![NOP; 2]);
            }
        };
        instructions_after_others: |patch| {
            let place = patch.find("window_close", ISB, 1);
            patch.insert_after(place, |_| vec![NOP; 2]);
            let place = patch.find("window_open", MSR_SCTLR, 0);
            patch.insert(place, |_| vec![0xd503_3fdf]);
        };
    }
}
