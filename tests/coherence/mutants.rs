// SPDX-License-Identifier: MIT OR Apache-2.0

//! Mutants: the image with one thing spoilt, each caught by the rule that is there for it. One that
//! is not caught fails the test.
//!
//! Not here, since QEMU's CPU stops such an image by itself: what touches the UART in the window,
//! what the tables do not map, `DC ZVA` with the MMU off. The model's own tests have these. Nor
//! what cannot be seen there: a prefetch, which QEMU neither executes nor reports ([`harmless`]).

mod close;
mod dirty;
mod each_step;
mod entry;
mod frames;
mod harmless;
mod leave;
mod memory;
mod open;
mod regions;
pub mod shareability;
mod tables;
mod uncached;

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime;
use purgatory_test_harness::boot::{Boot, Place, usual_cpu};
use purgatory_test_harness::patch::{Lie, Patch};

use crate::harness::{Judged, Through, boot};
use crate::windows::catch_later;

/// Spoils the image in the usual boot, and says which rule has to catch that.
fn run(regime: Regime, spoil: impl FnOnce(&mut Patch) -> Rule) {
    catch(boot(usual_cpu(regime), regime, Place::Low), spoil);
}

/// Runs the same, and has it caught after the first of many windows as well.
fn run_in_many_windows(regime: Regime, spoil: impl Fn(&mut Patch) -> Rule) {
    run(regime, &spoil);
    catch_later(regime, spoil);
}

/// Runs the same in another boot than the usual one.
fn catch(boot: Boot, spoil: impl FnOnce(&mut Patch) -> Rule) {
    catch_through(Through::Own, boot, None, spoil);
}

/// Runs the same with the regions read in another way, and with cache lines of this many bytes.
fn catch_through(
    through: Through,
    mut boot: Boot,
    line: Option<u32>,
    spoil: impl FnOnce(&mut Patch) -> Rule,
) {
    let mut rule = None;
    through.patch(&mut boot, |patch| {
        line.into_iter()
            .for_each(|line| patch.lie(Lie::Lines(line)));
        rule = Some(spoil(patch));
    });
    let rule = rule.expect("it was spoilt");
    let judged = Judged::with_lines(&boot, line.map(u64::from));
    if judged.violations.get(rule).is_none() {
        judged.fail(&format!("the mutant survives {rule:?}"));
    }
    println!("caught by {rule:?}; all: {:?}", judged.violations.rules());
}
