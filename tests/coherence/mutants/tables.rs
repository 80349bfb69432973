// SPDX-License-Identifier: MIT OR Apache-2.0

//! The loader's tables, dirty at entry: they are looked at with the MMU off, and walked through the
//! cache. Without maintenance of what is looked at, that is what was in memory before
//! ([`Rule::DirtyRead`]); with no wait for it, it may be ([`Rule::MaintenanceIncomplete`]).

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::patch::Patch;
use rstest::rstest;

use super::catch;
use crate::harness::Through::Loaders;
use crate::harness::call;
use crate::maintained::ENTRIES;

/// Has the image look at the loader's tables, and spoils what it does before.
fn run(regime: Regime, rule: Rule, spoil: fn(&mut Patch)) {
    catch(Loaders, regime, rule, spoil);
}

mutants! {
    nothing_is_cleaned => DirtyRead: |patch| patch.replace(call(patch, ENTRIES), NOP);
    nobody_waits_for_it => MaintenanceIncomplete: |patch| patch.leave_out(ENTRIES, DSB_SY, 0);
    nobody_waits_for_memory => MaintenanceIncomplete:
        |patch| patch.replace(patch.find(ENTRIES, DSB_SY, 0), DSB_NSH.word());
    /// The rest of a table is read entry by entry, and no line of it may be left out. X1 is the end,
    /// X2 the line.
    one_line_too_few_is_cleaned => DirtyRead:
        |patch| patch.insert(call(patch, ENTRIES), |_| vec![sub(1, 2)]);
}
