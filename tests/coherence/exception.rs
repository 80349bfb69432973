// SPDX-License-Identifier: MIT OR Apache-2.0

//! An exception in the window is reported from a stack that is stored past the cache: what of it is
//! in the cache has to be out of it first.

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::{DC_CIVAC, DSB_SY, NOP, adr, load};
use purgatory_test_harness::boot::{Place, usual_cpu};
use purgatory_test_harness::each_regime;
use purgatory_test_harness::patch::Patch;
use rstest::rstest;

use crate::harness::{Judged, boot};

const IMAGE: &str = "clean_and_invalidate_image";

/// The additional change, and the rule that it breaks.
type Case = fn(&mut Patch) -> Option<Rule>;

fn run(regime: Regime, change: Case) {
    let mut boot = boot(usual_cpu(regime), regime, Place::Low);
    let mut patch = Patch::new(&boot).unwrap_or_else(|error| panic!("{error}"));
    // After the hash something loads from the one page of the image that is not mapped.
    let place = patch.first("window_close");
    let guard = patch.symbol("stack_guard");
    patch.insert(place, |at| vec![adr(9, at, guard), load(9, 9)]);
    let expected = change(&mut patch);
    boot.load.image = patch.finish();
    let judged = Judged::halted(&boot);
    // Nobody waits for stores before the MMU goes off, nor need they: a store through the cache and
    // maintenance of its line keep their order (Arm ARM D7, on the ordering of cache maintenance).
    // Nor for the regions' lines: no kernel comes, and the image's own barrier is theirs as well.
    let harmless = [Rule::StorePending, Rule::MaintenancePending];
    let harmless = |rules: &[Rule]| rules.iter().all(|rule| harmless.contains(rule));
    match expected {
        None if !harmless(&judged.violations.rules()) => {
            judged.fail("expected no rule broken, got")
        }
        None => {}
        Some(rule) if judged.violations.get(rule).is_none() => {
            judged.fail(&format!("the mutant survives {rule:?}"));
        }
        Some(_) => {}
    }
}

each_regime! {
    run;
    is_reported_from_clean_memory: |_| None;
    and_nothing_is_written_back: |patch| {
        let entry = patch.routine("exception_entry");
        let calls = patch.calls(IMAGE).into_iter();
        let mut calls = calls.filter(|call| entry.contains(&call.at));
        patch.replace(calls.next().expect("it is called there"), NOP);
        Some(Rule::AccessBeforeFlush)
    };
    and_no_line_is_written_back: |patch| {
        patch.replace_all(IMAGE, DC_CIVAC, |_| NOP);
        Some(Rule::AccessBeforeFlush)
    };
    and_what_is_written_back_is_not_waited_for: |patch| {
        patch.replace_all(IMAGE, DSB_SY, |_| NOP);
        Some(Rule::AccessBeforeFlush)
    };
}
