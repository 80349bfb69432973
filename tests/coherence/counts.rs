// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the image costs, counted: exact, and the same in each run.

use std::path::Path;

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::boot::{Boot, Place, usual_cpu};
use purgatory_test_harness::each_regime;
use purgatory_test_harness::patch::{Lie, Patch};
use purgatory_test_harness::{sctlr, this_test};
use purgatory_test_tracer::Event;
use purgatory_test_tracer::phases::{Name, Phases};
use purgatory_test_tracer::recording::{Detail, Recording};
use purgatory_test_tracer::system::{Register, System};
use rstest::rstest;

use crate::harness::Judged;
use crate::harness::Through::{self, Loaders, Nothing, Own, Software};
use crate::harness::{boot, call};
use crate::maintained::{Difference, Maintained, ROUTINE};

/// Instructions of a loop over cache lines, for each of them.
const EACH_LINE: u64 = 4;
/// Regions are cleaned in pieces that end at multiples of this, in bytes.
const PIECE: u64 = 4096;
/// More tables than there are.
const TABLES: usize = 8;

/// What is looked at.
type Claim = fn(&Boot, &Recording, &Phases);

/// Without a console, because the wait for a UART cannot be counted.
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

/// The console waits for the counter 2^24 turns in all, of which none takes more than 20
/// instructions: less than a second. With that many for each byte that a FIFO has no room for, it
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
    assert!(instructions < 20 << 24, "{instructions}");
}

each_regime! {
    run;
    every_run_costs_the_same: |boot, _, phases| {
        let (_, again) = record(boot.regime);
        assert_eq!(Ok(phases), again.phases().as_ref());
    };
    nothing_goes_past_the_cache_while_hashing: |_, _, phases| {
        let hash = phases.get(Name::Hash);
        assert_eq!(hash.device.total(), 0, "{hash:?}");
        assert_ne!(hash.normal.total(), 0, "{hash:?}");
    };
    /// The MMU goes on once and off once, where it should.
    everything_else_goes_past_it: |boot, recording, _| {
        let symbols = recording.symbols().expect("it is our image");
        let (mut mmu, mut switches) = (false, Vec::new());
        for event in &recording.trace.events {
            if let Event::System {
                pc,
                what: System::Msr(Register::Sctlr(_)),
                value,
                ..
            } = *event
            {
                if mmu != (value & sctlr::M != 0) {
                    mmu = !mmu;
                    let place = symbols.at(pc - boot.load.purgatory_at);
                    switches.push(place.split('+').next().unwrap_or_default().to_string());
                }
            }
        }
        let el = boot.regime.el();
        let expected = [
            format!("window_open_el{el}"),
            format!("window_close_el{el}"),
        ];
        assert_eq!(switches, expected);
    };
}

/// Returns a boot in which the image is changed, recorded with each load and store.
fn maintenance(regime: Regime, through: Through, change: fn(&mut Patch)) -> (Judged, Differences) {
    let mut boot = through.boot(regime, |_| ());
    through.patch(&mut boot, change);
    let judged = Judged::new(&boot);
    judged.said(through.says());
    let line = judged.line;
    let expected = Maintained::expected(&boot, &judged.recording, line);
    let found = Maintained::of(&boot, &judged.recording, line);
    let differences = found.difference(&expected);
    (judged, differences)
}

/// What is maintained, and should not be; and the other way round.
type Differences = Vec<Difference>;

#[rstest]
fn each_line_is_maintained_once_by_each_routine(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(Own, Software, Loaders, Nothing)] through: Through,
) {
    let (judged, differences) = maintenance(regime, through, |_| ());
    if let Some(first) = differences.first() {
        judged.fail(&format!("{} lines, {first}", differences.len()));
    }
}

/// What the model has nothing against, since nothing is lost: it costs.
#[rstest]
fn a_line_that_is_maintained_twice_is_seen(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let (_, differences) = maintenance(regime, Own, |patch| {
        let routine = patch.routine("clean_and_invalidate_image").start;
        let place = call(patch, "purgatory_start");
        patch.insert(place, |at| vec![call_to(at, routine)]);
    });
    let twice = |difference: &Difference| (difference.times, difference.expected) == (2, 1);
    assert!(
        !differences.is_empty() && differences.iter().all(twice),
        "{differences:?}"
    );
}

#[rstest]
fn code_that_is_invalidated_is_seen(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let (_, differences) = maintenance(regime, Own, |patch| {
        let lines = patch.lines("window_open", DC_IVAC);
        let (place, start) = (
            patch.find("window_open", DSB_SY, 0),
            patch.symbol("image_start"),
        );
        patch.insert(place, |at| vec![adr(lines.at, at, start)]);
    });
    let unneeded = |difference: &Difference| (difference.times, difference.expected) == (1, 0);
    assert!(
        !differences.is_empty() && differences.iter().all(unneeded),
        "{differences:?}"
    );
}

/// Nobody has stored to the first constants, so they are what memory holds.
#[rstest]
fn a_line_that_is_not_invalidated_is_seen(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let (judged, differences) = maintenance(regime, Own, |patch| {
        let lines = patch.lines("window_open", DC_IVAC);
        let place = patch.find("window_open", DSB_SY, 0);
        patch.insert(place, |_| vec![add(lines.at, lines.line)]);
    });
    judged.clean();
    let [Difference { times: 0, .. }] = &differences[..] else {
        panic!("{differences:?}");
    };
}

each_regime! {
    run;
    /// From one line of a loop to the next.
    maintenance_costs_next_to_nothing_besides: |boot, recording, _| {
        let symbols = recording.symbols().expect("it is our image");
        let steps = |name: &str| {
            let routine = symbols.get(name).expect("a routine");
            let lines = recording
                .trace
                .events
                .iter()
                .filter_map(|event| match *event {
                    Event::System {
                        pc,
                        count,
                        what: System::Dc(_),
                        ..
                    } => routine
                        .contains(&(pc - boot.load.purgatory_at))
                        .then_some(count),
                    _ => None,
                });
            let lines: Vec<_> = lines.collect();
            let steps = lines.windows(2).map(|pair| pair[1] - pair[0]);
            steps.collect::<Vec<_>>()
        };
        let el = boot.regime.el();
        let (open, close) = (
            format!("window_open_el{el}"),
            format!("window_close_el{el}"),
        );
        for name in ["clean_and_invalidate_image", &open, &close] {
            let steps = steps(name);
            assert!(!steps.is_empty(), "{name}");
            assert!(steps.iter().all(|step| *step <= EACH_LINE), "{steps:?}");
        }
        // Two lines go at once. Between two pieces there is the hash, and between two tables what
        // is in them.
        let slow = steps(ROUTINE).into_iter();
        let slow = slow.filter(|step| *step > 2 * EACH_LINE).count();
        let pieces = recording.loaded.regions.iter();
        let pieces = pieces.map(|&(start, len)| (start + len).div_ceil(PIECE) - start / PIECE);
        let most = pieces.sum::<u64>() as usize + TABLES;
        assert!((1..=most).contains(&slow), "{slow} of at most {most}");
    };
}
