// SPDX-License-Identifier: MIT OR Apache-2.0

//! `on_failure`: where no kernel is started, the machine comes back by itself, if its user asks for
//! that and its firmware can do it.

use std::fs;
use std::time::Duration;

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::{HVC, NOP, UDF};
use purgatory_test_harness::boot::{Boot, HALTED};
use purgatory_test_harness::patch::{Lie, Patch};
use purgatory_test_harness::{root, this_test};
use rstest::rstest;

use crate::exceptions::patch;
use crate::harness::{symbol, usual_boot};

/// So long after the line that announces the reset the machine is looked at, on a clock that is a
/// thousand times too fast, so that nobody waits for the seconds.
const LINGER: Duration = Duration::from_secs(1);
const FAST: [&str; 2] = ["-icount", "shift=10,sleep=off"];

fn on_failure(boot: &mut Boot, seconds: u32) {
    let bytes = seconds.to_le_bytes().into();
    boot.load.pokes.push(("on_failure".into(), bytes));
}

/// The console of a machine that is not kept from starting again.
fn console(boot: &Boot, until: &str, linger: Duration, clock: &[&str]) -> String {
    let file = root().join(format!("target/qemu/{}.elf", this_test::file_name()));
    let run = boot.build_at(&file).and_then(|()| {
        let qemu = boot.qemu(&file).args(["-action", "reboot=reset"]);
        let qemu = qemu.args(clock.iter().copied()).linger(linger);
        let outcome = qemu.run(&[until], Duration::from_secs(60));
        outcome.map_err(|error| error.to_string())
    });
    let outcome = run.unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()));
    let _ = fs::remove_file(&file);
    outcome.console
}

fn starts(console: &str) -> usize {
    console.matches("I'm in purgatory").count()
}

#[track_caller]
fn comes_back(boot: &Boot) {
    let console = console(boot, "purgatory: reset in 1 second", LINGER, &FAST);
    assert!(starts(&console) > 1, "{console}\n{}", this_test::alone());
    assert!(!console.contains("halted"), "{console}");
}

#[track_caller]
fn halts_in_the_end(boot: &Boot) {
    let console = console(boot, HALTED, LINGER, &FAST);
    assert_eq!(starts(&console), 1, "{console}\n{}", this_test::alone());
    let lines: Vec<_> = console.lines().collect();
    let last = [
        "purgatory: reset in 1 second",
        "purgatory: no reset by PSCI here",
        HALTED,
    ];
    assert!(lines.ends_with(&last), "{console}\n{}", this_test::alone());
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

/// By the machine's own clock: not at once, and not much later.
#[test]
fn it_takes_the_seconds_that_are_asked_for() {
    let mut boot = usual_boot(El2);
    mismatch(&mut boot);
    on_failure(&mut boot, 3);
    let line = "purgatory: reset in 3 seconds";
    for (linger, restarted) in [(1, false), (8, true)] {
        let console = console(&boot, line, Duration::from_secs(linger), &[]);
        assert_eq!(
            starts(&console) > 1,
            restarted,
            "after {linger} s: {console}"
        );
    }
}

#[test]
fn a_stopped_counter_does_not_stop_it() {
    let mut boot = usual_boot(El2);
    mismatch(&mut boot);
    on_failure(&mut boot, 1);
    let mut patch = Patch::new(&boot).unwrap_or_else(|error| panic!("{error}"));
    patch.lie(Lie::CounterStopped);
    boot.load.image = patch.finish();
    let console = console(&boot, "reset in 1 second", Duration::from_secs(8), &[]);
    assert!(starts(&console) > 1, "{console}");
}
