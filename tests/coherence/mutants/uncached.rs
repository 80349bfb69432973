// SPDX-License-Identifier: MIT OR Apache-2.0

//! The regions, dirty at entry, on a CPU with no granule that tables could be made of: then they
//! are hashed past the cache. Without maintenance before that, what is hashed is what was in memory
//! before the loader came ([`Rule::DirtyRead`]).

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::patch::{self, Patch};
use purgatory_test_tracer::Event;
use purgatory_test_tracer::system::System;
use rstest::rstest;

use super::catch;
use crate::harness::Through::Nothing;
use crate::harness::{Judged, instructions, symbols};
use crate::maintained::ROUTINE as FLUSH;

/// What `clean_and_invalidate` is called with, by register.
const START: u32 = 0;
const END: u32 = 1;
const LINE: u32 = 2;

/// Spoils an image that goes without a window.
fn run(regime: Regime, rule: Rule, spoil: impl FnOnce(&mut Patch)) {
    catch(Nothing, regime, rule, spoil);
}

mutants! {
    the_regions_are_not_cleaned => DirtyRead: |patch| patch.replace_all(FLUSH, DC_CIVAC, |_| NOP);
    /// The kernel would find, later or never, what was not hashed ([`Rule::DirtyAtKernel`]).
    the_kernel_finds_something_else => DirtyAtKernel:
        |patch| patch.replace_all(FLUSH, DC_CIVAC, |_| NOP);
    /// What the loader wrote is lost ([`Rule::DirtyDiscarded`]).
    the_regions_are_invalidated_only => DirtyDiscarded:
        |patch| patch.replace_all(FLUSH, DC_CIVAC, |place| dc_ivac(place.word));
    the_first_line_of_a_region_is_not_cleaned => DirtyRead:
        |patch| patch.insert(patch.first(FLUSH), |_| vec![add(START, LINE)]);
    the_last_line_of_a_region_is_not_cleaned => DirtyRead:
        |patch| patch.insert(patch.first(FLUSH), |_| vec![sub(END, LINE)]);
}

/// The hash may be done before memory holds what was cleaned ([`Rule::MaintenanceIncomplete`]).
#[rstest]
fn nobody_waits_for_the_regions(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(NOP, DSB_NSH.word())] instead: u32,
) {
    let boot = Nothing.boot(regime, |_| ());
    let dsb = barrier_behind_maintenance(&boot);
    run(regime, Rule::MaintenanceIncomplete, |patch| {
        patch.replace(dsb, instead);
    });
}

/// Returns the barrier after the last line of the regions. The compiler may put that anywhere, so
/// it is found by what is done.
fn barrier_behind_maintenance(boot: &Boot) -> patch::Place {
    let mut as_built = boot.clone();
    Nothing.patch(&mut as_built, |_| ());
    let judged = Judged::new(&as_built);
    let flush = symbols(boot).get(FLUSH).expect("the routine");
    let events = judged.recording.trace.events.iter();
    let systems = events.filter_map(|event| match *event {
        Event::System { pc, what, .. } => Some((pc - boot.load.purgatory_at, what)),
        _ => None,
    });
    let systems: Vec<_> = systems.collect();
    let is_line = |(at, what): &(u64, System)| matches!(what, System::Dc(_)) && flush.contains(at);
    let last = systems
        .iter()
        .rposition(is_line)
        .expect("lines are cleaned");
    let mut behind = systems[last..].iter();
    let dsb = behind.find(|(_, what)| matches!(what, System::Dsb(_)));
    let (dsb, _) = *dsb.expect("a barrier");
    let all = instructions(boot);
    *all.iter()
        .find(|place| place.at == dsb)
        .expect("in the image")
}
