// SPDX-License-Identifier: MIT OR Apache-2.0

//! The pool's memory, which tables are made of: what the loader left dirty there is cleaned before
//! the allocator or the builder stores to it, up to the mark. Without that it may be written over a
//! table later ([`Rule::DirtyOverwritten`]).

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::patch::{Patch, Place};
use rstest::rstest;

use super::run;
use crate::maintained::{ENTRIES, ROUTINE as CLEAN};

/// What `clean_and_invalidate` is called with, by register.
const START: u32 = 0;
const END: u32 = 1;
const LINE: u32 = 2;

const OPEN: &str = "window_open";
const CLOSE: &str = "window_close";

/// Calls for the pool's memory: for the allocator's own first words, and for each table.
const CALLS: usize = 2;

/// A call for the pool's memory, and the barrier after it.
struct Call {
    call: Place,
    dsb: Place,
}

fn calls(patch: &Patch) -> Vec<Call> {
    let calls = patch.calls(CLEAN).into_iter();
    let calls = calls.filter_map(|call| {
        let dsb = patch.next(call, DSB_SY)?;
        // After the one for regions that are not hashed in the window comes a load of a byte.
        let for_regions = patch.next(dsb, LOOK).is_some();
        let for_tables = patch.routine(ENTRIES).contains(&call.at);
        (!for_regions && !for_tables).then_some(Call { call, dsb })
    });
    let calls: Vec<_> = calls.collect();
    assert_eq!(
        calls.len(),
        CALLS,
        "other calls for the pool than were known"
    );
    calls
}

/// Spoils the image, one call for the pool's memory at a time.
fn each(regime: Regime, rule: Rule, spoil: fn(&mut Patch, &Call)) {
    for number in 0..CALLS {
        run(regime, |patch| {
            let calls = calls(patch);
            spoil(patch, &calls[number]);
            rule
        });
    }
}

#[rstest]
fn nothing_is_cleaned(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(Rule::DirtyOverwritten, Rule::DirtyDiscarded)] rule: Rule,
) {
    each(regime, rule, |patch, call| {
        patch.replace(call.call, NOP);
    });
}

#[rstest]
fn the_first_line_is_not_cleaned(#[values(El1And0, El2, El2And0)] regime: Regime) {
    each(regime, Rule::DirtyOverwritten, |patch, call| {
        patch.insert(call.call, |_| vec![add(START, LINE)]);
    });
}

#[rstest]
fn the_last_line_is_not_cleaned(#[values(El1And0, El2, El2And0)] regime: Regime) {
    each(regime, Rule::DirtyOverwritten, |patch, call| {
        patch.insert(call.call, |_| vec![sub(END, LINE)]);
    });
}

#[rstest]
fn nobody_waits(#[values(El1And0, El2, El2And0)] regime: Regime) {
    each(regime, Rule::MaintenanceIncomplete, |patch, call| {
        patch.replace(call.dsb, NOP);
    });
}

#[rstest]
fn nobody_waits_for_memory(#[values(El1And0, El2, El2And0)] regime: Regime) {
    each(regime, Rule::MaintenanceIncomplete, |patch, call| {
        patch.replace(call.dsb, DSB_NSH.word());
    });
}

/// The last table, and what the allocator has stored after it, may be stale in the caches.
#[rstest]
fn the_mark_is_one_table_short_on_the_way_in(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(Rule::ImageNotInvalidated, Rule::StaleWalk)] rule: Rule,
) {
    run_with(regime, OPEN, DC_IVAC, rule);
}

#[rstest]
fn the_mark_is_one_table_short_on_the_way_out(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run_with(regime, CLOSE, DC_CIVAC, Rule::ImageNotFlushed);
}

/// Ends the loop of a routine 4 KiB earlier.
fn run_with(regime: Regime, routine: &str, dc: Pattern, rule: Rule) {
    run(regime, |patch| {
        let end = patch.lines(routine, dc).end;
        let place = patch.find(routine, DSB_SY, 0);
        patch.insert(place, |_| vec![movz(9, 0x1000), sub(end, 9)]);
        rule
    });
}

/// Uncleaned lines must not be discarded ([`Rule::DirtyDiscarded`]).
#[rstest]
fn all_of_the_pool_is_invalidated(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let (end, image_end) = (patch.lines(OPEN, DC_IVAC).end, patch.symbol("image_end"));
        let place = patch.find(OPEN, DSB_SY, 0);
        patch.insert(place, |at| vec![adr(end, at, image_end)]);
        Rule::DirtyDiscarded
    });
}

#[rstest]
fn what_is_not_used_of_the_pool_is_read(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(Rule::DirtyRead, Rule::DirtyAtKernel)] rule: Rule,
) {
    run_at_the_end(regime, load(9, 9), rule);
}

#[rstest]
fn what_is_not_used_of_the_pool_is_written(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(Rule::DirtyOverwritten, Rule::DirtyAtKernel)] rule: Rule,
) {
    run_at_the_end(regime, store(9, 9), rule);
}

/// Touches the last bytes of the pool, when the window is closed.
fn run_at_the_end(regime: Regime, word: u32, rule: Rule) {
    run(regime, |patch| {
        let (place, end) = (patch.first("hand_over"), patch.symbol("image_end"));
        patch.insert(place, |at| vec![adr(9, at, end - 8), word]);
        rule
    });
}
