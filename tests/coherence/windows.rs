// SPDX-License-Identifier: MIT OR Apache-2.0

//! Regions whose tables do not fit the pool at once: several windows, each with tables in frames that
//! were used before. What is wrong with the way in or out is seen in the second window as well as in
//! the first.

use purgatory_test_cache_model::{Model, Rule, Setup};
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::boot::{Boot, Place, noise, usual_cpu};
use purgatory_test_harness::loader::Segment;
use purgatory_test_harness::patch::Patch;
use purgatory_test_harness::sctlr;
use purgatory_test_harness::this_test;
use purgatory_test_tracer::Event;
use purgatory_test_tracer::system::{Register, System};
use rstest::rstest;

use crate::harness::{Judged, boot};

const OPEN: &str = "window_open";
const CLOSE: &str = "window_close";

/// Twelve more regions, each over a border of 1 GiB.
fn scattered(regime: Regime) -> Boot {
    let mut boot = boot(usual_cpu(regime), regime, Place::Low);
    for number in 2..14 {
        let border = number << 30;
        let bytes = noise(8192 + number % 3);
        let segment = Segment::ragged(&format!("far {number}"), border - 4095, bytes);
        boot.load.segments.insert(1, segment);
    }
    boot.memory = 14 << 10;
    boot
}

/// Returns where `SCTLR` turns the MMU on, or off.
fn turns(judged: &Judged, on: bool) -> Vec<usize> {
    let events = judged.recording.trace.events.iter().enumerate();
    let mut before = false;
    let turns = events.filter_map(|(number, event)| {
        let Event::System {
            what: System::Msr(Register::Sctlr(_)),
            value,
            ..
        } = *event
        else {
            return None;
        };
        let mmu = value & sctlr::M != 0;
        let turned = before != mmu && mmu == on;
        before = mmu;
        turned.then_some(number)
    });
    turns.collect()
}

#[rstest]
fn as_built(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let judged = Judged::new(&scattered(regime));
    judged.said("purgatory: hashed ");
    judged.said("D-cache on, ");
    judged.clean();
    let opened = turns(&judged, true).len();
    assert_eq!(opened, 15, "windows\n{}", this_test::alone());
}

/// What is wrong, and the rule that it breaks after the first window.
type Mutant = (&'static str, fn(&mut Patch), Rule);

fn nop(patch: &mut Patch, routine: &str, what: Pattern, number: usize) {
    let place = patch.find(routine, what, number);
    patch.replace(place, NOP);
}

/// Leaves the pool out of the lines from the last store on: its frames were tables of the window
/// before, whose lines may still be in the cache.
fn without_the_pool(patch: &mut Patch) {
    let lines = patch.lines(OPEN, DC_IVAC);
    let place = patch.find(OPEN, DSB_SY, 0);
    let pool = patch.symbol("pool");
    patch.insert(place, |at| vec![adr(lines.end, at, pool)]);
}

const MUTANTS: &[Mutant] = &[
    (
        "nothing is invalidated",
        |p| p.replace_all(OPEN, DC_IVAC, |_| NOP),
        Rule::ImageNotInvalidated,
    ),
    (
        "frames are written again and not invalidated",
        without_the_pool,
        Rule::StaleWalk,
    ),
    (
        "the invalidation is not completed",
        |p| nop(p, OPEN, DSB_SY, 1),
        Rule::MaintenanceIncomplete,
    ),
    (
        "the TLB has the tables of the window before",
        |p| {
            nop(p, OPEN, TLBI, 0);
            nop(p, CLOSE, TLBI, 0);
        },
        Rule::TlbNotInvalidated,
    ),
    (
        "the I-cache is not invalidated",
        |p| {
            nop(p, OPEN, IC_IALLU, 0);
            nop(p, CLOSE, IC_IALLU, 0);
        },
        Rule::InstructionCacheStale,
    ),
    (
        "no ISB before the MMU goes on",
        |p| {
            let place = p.before(OPEN, MSR_SCTLR);
            p.replace(place, NOP);
        },
        Rule::NoIsbBeforeEnabling,
    ),
    (
        "stores are not waited for",
        |p| nop(p, CLOSE, DSB_SY, 0),
        Rule::StorePending,
    ),
    (
        "nothing is written back",
        |p| p.replace_all(CLOSE, DC_CIVAC, |_| NOP),
        Rule::DirtyAtKernel,
    ),
    (
        "no ISB before the MMU goes off",
        |p| {
            let place = p.before(CLOSE, MSR_SCTLR);
            p.replace(place, NOP);
        },
        Rule::NoIsbBeforeDisabling,
    ),
];

#[rstest]
fn each_mutant_is_caught_in_the_second_window(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(0, 1, 2, 3, 4, 5, 6, 7, 8)] number: usize,
) {
    let (what, spoil, rule) = MUTANTS[number];
    let mut boot = scattered(regime);
    let mut patch = Patch::new(&boot).unwrap_or_else(|error| panic!("{error}"));
    spoil(&mut patch);
    boot.load.image = patch.finish();
    let judged = Judged::new(&boot);
    let closed = turns(&judged, false);
    let setup = Setup::of(&boot, &judged.recording).unwrap_or_else(|error| panic!("{error}"));
    let events = &judged.recording.trace.events;
    let later = Model::judge_since(closed[0] + 1, setup, events);
    if later.get(rule).is_none() {
        judged.fail(&format!(
            "{what}: the mutant survives {rule:?}, later: {:?}",
            later.rules()
        ));
    }
}

#[test]
fn all_mutants_are_tried() {
    assert_eq!(MUTANTS.len(), 9);
}
