// SPDX-License-Identifier: MIT OR Apache-2.0

//! `on_failure`: where no kernel is started, the machine comes back by itself, if its user asks for
//! that and its firmware can do it.

use std::fs;
use std::os::unix::fs::FileExt;

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::{HVC, NOP, UDF, movz_16, store_pair};
use purgatory_test_harness::boot::{Boot, HALTED, RAM};
use purgatory_test_harness::patch::{Lie, Patch};
use purgatory_test_harness::qemu::{Outcome, Stopped};
use purgatory_test_harness::rule::{CNTFRQ_EL0, CNTVCT_EL0};
use purgatory_test_harness::{root, this_test};
use rstest::rstest;

use crate::exceptions::patch;
use crate::harness::{symbol, usual_boot};

/// Instructions that are more than enough for any wait, on a clock that goes by them.
const ENOUGH: u64 = 1 << 32;

/// The end of a line, and the first words of a machine that starts.
const AGAIN: &str = "\r\nold kernel: ";

/// The machine starts again after a reset, and QEMU does not end.
const STARTS_AGAIN: &[&str] = &["-action", "reboot=reset"];

fn on_failure(boot: &mut Boot, seconds: u32) {
    let bytes = seconds.to_le_bytes().into();
    boot.load.pokes.push(("on_failure".into(), bytes));
}

/// Runs it, until the machine starts again or comes to its end.
fn run(boot: &Boot, options: &[&str]) -> Outcome {
    let file = root().join(format!("target/qemu/{}.elf", this_test::file_name()));
    let run = boot.build_at(&file).and_then(|()| {
        let qemu = boot.qemu(&file).args(options.iter().copied());
        let outcome = qemu.at_most(ENOUGH).run(&[AGAIN]);
        outcome.map_err(|error| error.to_string())
    });
    let outcome = run.unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()));
    let _ = fs::remove_file(&file);
    outcome
}

#[track_caller]
fn comes_back(boot: &Boot) {
    let outcome = run(boot, STARTS_AGAIN);
    let came_back = outcome.stopped_by == Stopped::Pattern(0);
    let before = outcome.console.split("\nold kernel: ").next();
    let said = before.and_then(|before| before.lines().last());
    let said = said == Some("purgatory: reset in 1 second");
    assert!(came_back && said, "{outcome}\n{}", this_test::alone());
}

#[track_caller]
fn halts_in_the_end(boot: &Boot) {
    let outcome = run(boot, STARTS_AGAIN);
    let parked = outcome.stopped_by == Stopped::Parked;
    let lines: Vec<_> = outcome.console.lines().collect();
    let last = [
        "purgatory: reset in 1 second",
        "purgatory: PSCI reset failed",
        HALTED,
    ];
    let said = lines.ends_with(&last);
    assert!(parked && said, "{outcome}\n{}", this_test::alone());
}

fn mismatch(boot: &mut Boot) {
    boot.load.digest_flips.push(0);
}

fn refusal(boot: &mut Boot) {
    let bad = 2_u32.to_le_bytes().into();
    boot.load.pokes.push(("skip_checks".into(), bad));
}

fn exception(boot: &mut Boot) {
    let hash = symbol(boot, "sha256_instructions");
    patch(boot, hash, &[UDF]);
}

type Failure = fn(&mut Boot);

#[rstest]
#[case::mismatch(mismatch)]
#[case::refusal(refusal)]
#[case::exception(exception)]
fn the_machine_comes_back(#[case] fail: Failure, #[values(El1And0, El2, El2And0)] regime: Regime) {
    let mut boot = usual_boot(regime);
    fail(&mut boot);
    on_failure(&mut boot, 1);
    comes_back(&boot);
}

/// PSCI that does not know the function, and an instruction that is undefined.
#[rstest]
#[case::it_returns(NOP)]
#[case::it_is_undefined(UDF)]
fn without_psci_it_halts(
    #[case] call: u32,
    #[values(mismatch, exception)] fail: Failure,
    #[values(El1And0, El2, El2And0)] regime: Regime,
) {
    let mut boot = usual_boot(regime);
    let routines = ["psci_hvc", "psci_smc"].map(|routine| symbol(&boot, routine));
    fail(&mut boot);
    for routine in routines {
        patch(&mut boot, routine, &[call]);
    }
    on_failure(&mut boot, 1);
    halts_in_the_end(&boot);
}

/// At EL1 the second attempt is made where the first one fails: here it is the right one.
#[rstest]
fn an_undefined_hvc_is_followed_by_an_smc(#[values(NOP, UDF)] first: u32) {
    let mut boot = usual_boot(El1And0);
    mismatch(&mut boot);
    let [hvc, smc] = ["psci_hvc", "psci_smc"].map(|routine| symbol(&boot, routine));
    patch(&mut boot, hvc, &[first]);
    patch(&mut boot, smc, &[HVC]);
    on_failure(&mut boot, 1);
    comes_back(&boot);
}

/// Returns the machine's own clock when an image that waits for this many seconds calls PSCI.
fn seconds_at_the_call(seconds: u32) -> f64 {
    /// In the machine's memory, in an unused place.
    const AT: u64 = 0x5f00_0000;
    let mut boot = usual_boot(El2);
    mismatch(&mut boot);
    on_failure(&mut boot, seconds);
    let mut patch = Patch::new(&boot).unwrap_or_else(|error| panic!("{error}"));
    let call = patch.first("psci_smc");
    let note = vec![
        CNTVCT_EL0.mrs() | 9,
        CNTFRQ_EL0.mrs() | 10,
        movz_16(11, (AT >> 16) as u16),
        store_pair(9, 10, 11),
    ];
    patch.insert(call, |_| note);
    boot.load.image = patch.finish();
    let file = root().join(format!("target/qemu/{}.ram", this_test::file_name()));
    boot.memory_file = Some(file.clone());
    let outcome = run(&boot, &[]);
    let reset = matches!(outcome.stopped_by, Stopped::Exit(status) if status.success());
    assert!(reset, "{outcome}");
    let memory = fs::File::open(&file).unwrap_or_else(|error| panic!("{error}"));
    let [mut count, mut frequency] = [[0; 8]; 2];
    for (word, offset) in [(&mut count, 0), (&mut frequency, 8)] {
        let read = memory.read_exact_at(word, AT - RAM + offset);
        read.unwrap_or_else(|error| panic!("{error}"));
    }
    let _ = fs::remove_file(&file);
    u64::from_le_bytes(count) as f64 / u64::from_le_bytes(frequency) as f64
}

/// By the machine's own clock, which goes by instructions, a microsecond each: not at once, and not much
/// later.
#[test]
fn it_takes_the_seconds_that_are_asked_for() {
    let [one, three] = [1, 3].map(seconds_at_the_call);
    let each = (three - one) / 2.0;
    assert!((each - 1.0).abs() < 0.001, "{each} s for each second");
    let before = one - each;
    assert!((0.0..2.0).contains(&before), "{before} s before it waits");
}

#[test]
fn a_stopped_counter_does_not_stop_it() {
    let mut boot = usual_boot(El2);
    mismatch(&mut boot);
    on_failure(&mut boot, 1);
    let mut patch = Patch::new(&boot).unwrap_or_else(|error| panic!("{error}"));
    patch.lie(Lie::CounterStopped);
    boot.load.image = patch.finish();
    comes_back(&boot);
}
