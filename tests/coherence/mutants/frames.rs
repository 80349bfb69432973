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
        run(regime, rule, |patch| {
            let calls = calls(patch);
            spoil(patch, &calls[number]);
        });
    }
}

mod calls {
    use super::each as run;
    use super::*;

    mutants! {
        nothing_is_cleaned => [DirtyOverwritten, DirtyDiscarded]:
            |patch, call| patch.replace(call.call, NOP);
        the_first_line_is_not_cleaned => DirtyOverwritten:
            |patch, call| patch.insert(call.call, |_| vec![add(START, LINE)]);
        the_last_line_is_not_cleaned => DirtyOverwritten:
            |patch, call| patch.insert(call.call, |_| vec![sub(END, LINE)]);
        nobody_waits => MaintenanceIncomplete: |patch, call| patch.replace(call.dsb, NOP);
        nobody_waits_for_memory => MaintenanceIncomplete:
            |patch, call| patch.replace(call.dsb, DSB_NSH.word());
    }
}

/// Ends the loop of a routine 4 KiB earlier.
fn end_earlier(patch: &mut Patch, routine: &str, dc: Pattern) {
    let end = patch.lines(routine, dc).end;
    let words = vec![movz(9, 0x1000), sub(end, 9)];
    patch.insert(patch.find(routine, DSB_SY, 0), |_| words);
}

/// Touches the last bytes of the pool, when the window is closed.
fn touch_the_end(patch: &mut Patch, word: u32) {
    let end = patch.symbol("image_end");
    patch.insert(patch.first("hand_over"), |at| {
        vec![adr(9, at, end - 8), word]
    });
}

mutants! {
    /// The last table, and what the allocator has stored after it, may be stale in the caches.
    the_mark_is_one_table_short_on_the_way_in => [ImageNotInvalidated, StaleWalk]:
        |patch| end_earlier(patch, OPEN, DC_IVAC);
    the_mark_is_one_table_short_on_the_way_out => ImageNotFlushed:
        |patch| end_earlier(patch, CLOSE, DC_CIVAC);
    /// Uncleaned lines must not be discarded ([`Rule::DirtyDiscarded`]).
    all_of_the_pool_is_invalidated => DirtyDiscarded: |patch| {
        let (end, image_end) = (patch.lines(OPEN, DC_IVAC).end, patch.symbol("image_end"));
        patch.insert(patch.find(OPEN, DSB_SY, 0), |at| vec![adr(end, at, image_end)]);
    };
    what_is_not_used_of_the_pool_is_read => [DirtyRead, DirtyAtKernel]:
        |patch| touch_the_end(patch, load(9, 9));
    what_is_not_used_of_the_pool_is_written => [DirtyOverwritten, DirtyAtKernel]:
        |patch| touch_the_end(patch, store(9, 9));
}
