// SPDX-License-Identifier: MIT OR Apache-2.0

//! The loader's tables, which map the regions as Non-shareable memory: in the window neither a load nor
//! a `DC` looks into the caches of other CPUs, so what is dirty there has to be written back before.

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::patch::Patch;
use rstest::rstest;

use super::catch;
use crate::harness::Judged;
use crate::harness::Through::{Loaders, Own};
use crate::maintained::ROUTINE;

/// Takes away the call that is followed by a look at a byte of what was flushed.
pub fn without_the_flush(patch: &mut Patch) {
    let calls = patch.calls(ROUTINE).into_iter();
    let flushes: Vec<_> = calls
        .filter(|&call| {
            let dsb = patch.next(call, DSB_SY);
            dsb.is_some_and(|dsb| patch.next(dsb, LOOK).is_some())
        })
        .collect();
    let [flush] = flushes[..] else {
        panic!("{} calls", flushes.len());
    };
    patch.replace(flush, NOP);
}

/// The hash reads memory that is older, and the kernel finds the newer.
#[rstest]
fn the_regions_are_not_flushed_before_the_window(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(Rule::ElsewhereUnseen, Rule::ElsewhereAtKernel)] rule: Rule,
) {
    catch(Loaders, regime, rule, without_the_flush);
}

/// Inner Shareable ones need none, and get none.
#[rstest]
fn inner_shareable_tables_need_no_flush(#[values(El1And0, El2, El2And0)] regime: Regime) {
    const INNER_SHAREABLE: u64 = 3 << 8;
    let mut boot = Own.boot(regime, |_| ());
    boot.make_tables(|tables| {
        for entry in tables.entries().iter_mut().filter(|entry| **entry & 3 == 1) {
            *entry |= INNER_SHAREABLE;
        }
    });
    Own.patch(&mut boot, without_the_flush);
    let judged = Judged::new(&boot);
    judged.said(Loaders.says());
    judged.clean();
}
