// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the image costs, counted: exact, and the same in each run.

use std::collections::BTreeMap;
use std::path::Path;

use purgatory_test_cache_model::smallest_line;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::boot::{Boot, Place, usual_cpu};
use purgatory_test_harness::patch::{Lie, Patch};
use purgatory_test_harness::this_test;
use purgatory_test_tracer::Event;
use purgatory_test_tracer::phases::{Name, Phases};
use purgatory_test_tracer::recording::{Detail, Recording};
use purgatory_test_tracer::system::System;
use rstest::rstest;

use crate::harness::boot;

/// Instructions besides the loop, of the routine and of the compiled code that calls it: that
/// differs with the compiler.
const AROUND: u64 = 100;
/// Instructions of a loop over cache lines, for each of them.
const EACH_LINE: u64 = 4;

/// What is looked at.
type Claim = fn(&Boot, &Recording, &Phases);

/// Without a console: how long one waits for a UART, nobody can count.
fn record(regime: Regime) -> (Boot, Recording) {
    record_with(regime, |boot| boot.load.sink = 0)
}

fn record_with(regime: Regime, change: impl FnOnce(&mut Boot)) -> (Boot, Recording) {
    let mut boot = boot(usual_cpu(regime), regime, Place::Low);
    change(&mut boot);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("coherence")
        .join(this_test::file_name());
    let recording = Recording::new(&boot, &path, Detail::Counts);
    let recording = recording.unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()));
    assert!(
        recording.trace.complete(),
        "{}\n{}",
        recording.outcome,
        this_test::alone()
    );
    for extension in ["elf", "trace"] {
        // What cannot be removed is overwritten by the next run.
        let _ = std::fs::remove_file(path.with_extension(extension));
    }
    (boot, recording)
}

fn run(regime: Regime, claim: Claim) {
    let (boot, recording) = record(regime);
    let phases = recording
        .phases()
        .unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()));
    claim(&boot, &recording, &phases);
}

/// Cache lines of the image and of all regions.
fn lines(boot: &Boot, recording: &Recording) -> (u64, u64) {
    let line = recording
        .trace
        .cache_type()
        .map(smallest_line)
        .expect("CTR_EL0 is read");
    let regions = recording.loaded.regions.iter();
    let regions = regions
        .map(|&(start, len)| (start + len).div_ceil(line) - start / line)
        .sum();
    (boot.load.image.memsz.div_ceil(line), regions)
}

/// How often each kind of maintenance was done, by routine.
fn maintained(boot: &Boot, recording: &Recording) -> BTreeMap<(String, String), u64> {
    let symbols = recording.symbols().expect("it is our image");
    let mut found = BTreeMap::new();
    for event in &recording.trace.events {
        if let Event::System {
            pc,
            what: System::Dc(dc),
            ..
        } = *event
        {
            let place = symbols.at(pc - boot.load.purgatory_at);
            let routine = place.split('+').next().unwrap_or_default();
            *found
                .entry((routine.into(), format!("{dc:?}")))
                .or_default() += 1;
        }
    }
    found
}

/// The console waits for the counter 2^24 turns in all, of which none takes more than 16
/// instructions: less than a second. With so many for each byte that a FIFO has no room for it
/// would be minutes.
#[test]
fn a_stopped_counter_is_waited_for_once() {
    let (_, recording) = record_with(El1And0, |boot| {
        let mut patch = Patch::new(boot).unwrap_or_else(|error| panic!("{error}"));
        patch.lie(Lie::CounterStopped);
        boot.load.image = patch.finish();
    });
    let phases = recording.phases().unwrap_or_else(|error| panic!("{error}"));
    let instructions = phases.total().instructions;
    assert!(
        instructions > 1 << 24,
        "{instructions}: nothing is waited for"
    );
    assert!(instructions < 16 << 24, "{instructions}");
}

#[rstest]
fn every_run_costs_the_same(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |boot, _, phases| {
        let (_, again) = record(boot.regime);
        assert_eq!(Ok(phases), again.phases().as_ref());
    });
}

#[rstest]
fn nothing_goes_past_the_cache_while_hashing(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |_, _, phases| {
        let hash = phases.get(Name::Hash);
        assert_eq!(hash.device.total(), 0, "{hash:?}");
        assert_ne!(hash.normal.total(), 0, "{hash:?}");
    });
}

#[rstest]
fn everything_else_goes_past_it(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |_, _, phases| {
        for name in [
            Name::Before,
            Name::Tables,
            Name::Open,
            Name::Flush,
            Name::After,
        ] {
            let phase = phases.get(name);
            assert_ne!(phase.instructions, 0, "{phase:?}");
            assert_eq!(phase.normal.total(), 0, "{phase:?}");
        }
    });
}

#[rstest]
fn each_line_is_maintained_once_by_each_routine(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |boot, recording, _| {
        let (image, regions) = lines(boot, recording);
        let el = boot.regime.el();
        let expected = [
            ("clean_and_invalidate_image".into(), "Civac", image),
            (format!("window_open_el{el}"), "Ivac", image),
            (format!("window_close_el{el}"), "Civac", image),
            ("clean_and_invalidate".into(), "Civac", regions),
        ];
        let expected = expected.map(|(routine, dc, lines)| ((routine, dc.into()), lines));
        assert_eq!(maintained(boot, recording), expected.into());
    });
}

#[rstest]
fn maintenance_costs_next_to_nothing_besides(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |boot, recording, phases| {
        let (image, regions) = lines(boot, recording);
        let routines = recording.loaded.regions.len() as u64;
        let bounds = [
            (Name::Open, image * EACH_LINE + AROUND),
            (Name::Close, image * EACH_LINE + AROUND),
            (Name::Flush, regions * EACH_LINE + routines * AROUND),
        ];
        for (name, bound) in bounds {
            let phase = phases.get(name);
            assert!(phase.instructions <= bound, "at most {bound}: {phase:?}");
        }
    });
}
