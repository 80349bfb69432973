// SPDX-License-Identifier: MIT OR Apache-2.0

//! Cache lines of all lengths that `CTR_EL0` can name, 16 to 2048 bytes: the image keeps to what
//! it says, and what it says counts.

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::boot::{Boot, Place, usual_cpu};
use purgatory_test_harness::patch::{Lie, Patch};
use rstest::rstest;

use crate::harness::{Judged, boot};

/// Returns a boot of an image that believes cache lines to have this length.
fn told(regime: Regime, bytes: u32) -> Boot {
    let mut boot = boot(usual_cpu(regime), regime, Place::Low);
    let mut patch = Patch::new(&boot).unwrap_or_else(|error| panic!("{error}"));
    patch.lie(Lie::Lines(bytes));
    boot.load.image = patch.finish();
    boot
}

#[rstest]
fn as_told(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(16, 32, 64, 128, 256, 512, 1024, 2048)] bytes: u32,
) {
    let boot = told(regime, bytes);
    Judged::with_lines(&boot, Some(bytes.into())).clean();
}

#[rstest]
fn shorter_than_told(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(64, 128, 2048)] bytes: u32,
) {
    let boot = told(regime, bytes);
    let judged = Judged::with_lines(&boot, Some(u64::from(bytes) / 2));
    for rule in [
        Rule::DirtyRead,
        Rule::DirtyOverwritten,
        Rule::CodeNotCleaned,
        Rule::ImageNotFlushed,
        Rule::RegionNotCleaned,
        Rule::RegionResident,
    ] {
        if judged.violations.get(rule).is_none() {
            judged.fail(&format!("lines of {} bytes survive {rule:?}", bytes / 2));
        }
    }
}
