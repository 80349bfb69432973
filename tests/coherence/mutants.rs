// SPDX-License-Identifier: MIT OR Apache-2.0

//! Mutants: the image with one thing spoilt, each caught by the rule that is there for it. One that
//! is not caught fails the test.
//!
//! Not here, since QEMU's CPU stops such an image by itself: what touches the UART in the window,
//! what the tables do not map, `DC ZVA` with the MMU off. The model's own tests have these.

mod close;
mod dirty;
mod each_step;
mod entry;
mod harmless;
mod leave;
mod memory;
mod open;
mod tables;
mod uncached;

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime;
use purgatory_test_harness::boot::{Boot, Place, usual_cpu};
use purgatory_test_harness::patch::Patch;

use crate::harness::{Judged, boot};

/// Spoils the image, and says which rule has to catch that.
type Mutant = fn(&mut Patch) -> Rule;

fn run(regime: Regime, spoil: Mutant) {
    catch(boot(usual_cpu(regime), regime, Place::Low), spoil);
}

/// The same in a boot that is not the usual one.
fn catch(mut boot: Boot, spoil: impl FnOnce(&mut Patch) -> Rule) {
    let mut patch = Patch::new(&boot).unwrap_or_else(|error| panic!("{error}"));
    let rule = spoil(&mut patch);
    boot.load.image = patch.finish();
    let judged = Judged::new(&boot);
    if judged.violations.get(rule).is_none() {
        judged.fail(&format!("the mutant survives {rule:?}"));
    }
    println!("caught by {rule:?}; all: {:?}", judged.violations.rules());
}
