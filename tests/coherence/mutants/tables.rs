// SPDX-License-Identifier: MIT OR Apache-2.0

//! The loader's tables, dirty at entry: they are looked at with the MMU off, and walked through the
//! cache. Without maintenance of what is looked at, that is what was in memory before
//! ([`Rule::DirtyRead`]); with no wait for it, it may be ([`Rule::MaintenanceIncomplete`]).

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::patch::{self, Patch};
use rstest::rstest;

use super::catch_through;
use crate::harness::Through::Loaders;
use crate::maintained::ENTRIES;

/// Has the image look at the loader's tables, and spoils what it does before.
fn run(regime: Regime, rule: Rule, spoil: fn(&mut Patch)) {
    catch_through(Loaders, Loaders.boot(regime, |_| ()), None, |patch| {
        spoil(patch);
        rule
    });
}

/// Returns the call of the routine that maintains lines.
fn call(patch: &Patch) -> patch::Place {
    crate::harness::call(patch, ENTRIES)
}

fn dsb(patch: &Patch) -> patch::Place {
    patch.find(ENTRIES, DSB_SY, 0)
}

#[rstest]
fn nothing_is_cleaned(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, Rule::DirtyRead, |patch| {
        patch.replace(call(patch), NOP);
    });
}

#[rstest]
fn nobody_waits_for_it(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, Rule::MaintenanceIncomplete, |patch| {
        patch.replace(dsb(patch), NOP);
    });
}

#[rstest]
fn nobody_waits_for_memory(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, Rule::MaintenanceIncomplete, |patch| {
        patch.replace(dsb(patch), DSB_NSH.word());
    });
}

/// The rest of a table is read entry by entry, and no line of it may be left out.
#[rstest]
fn one_line_too_few_is_cleaned(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, Rule::DirtyRead, |patch| {
        let call = call(patch);
        // X1 is the end, X2 the line.
        patch.insert(call, |_| vec![sub(1, 2)]);
    });
}
