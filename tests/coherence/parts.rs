// SPDX-License-Identifier: MIT OR Apache-2.0

//! More bytes than are hashed in a second: several windows through one set of tables. Here a part
//! has some pages only.

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::patch::{Lie, Patch};
use rstest::rstest;

use crate::harness::Judged;
use crate::harness::Through::{self, Loaders, Own};
use crate::mutants::shareability::without_the_flush;

/// Returns a boot in several parts, in which the image is changed.
fn parts(regime: Regime, through: Through, change: fn(&mut Patch)) -> (Boot, Judged) {
    let mut boot = through.boot(regime, |_| ());
    through.patch(&mut boot, |patch| {
        patch.lie(Lie::PartsOf16KiB);
        change(patch);
    });
    let judged = Judged::new(&boot);
    judged.said("purgatory: hashed ");
    judged.said(through.says());
    (boot, judged)
}

#[rstest]
fn as_built(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(Own, Loaders)] through: Through,
) {
    let (boot, judged) = parts(regime, through, |_| ());
    judged.clean();
    let bytes: u64 = boot.load.segments.iter().map(|segment| segment.len).sum();
    assert_eq!(judged.closed().len() as u64, bytes.div_ceil(16 << 10));
}

/// The loader's tables are Non-shareable here, so what other CPUs' caches hold of a part is to be
/// flushed before its window, not before the first one alone.
#[rstest]
fn a_later_part_is_not_flushed_before_its_window(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(Rule::ElsewhereUnseen, Rule::ElsewhereAtKernel)] rule: Rule,
) {
    let (boot, judged) = parts(regime, Loaders, without_the_flush);
    judged.caught_later(&boot, rule);
}
