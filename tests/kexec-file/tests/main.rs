// SPDX-License-Identifier: MIT OR Apache-2.0

//! `kexec_file_load` by a kernel that has the image for its purgatory: it is verified at the switch
//! what was loaded, and what is not as it was loaded does not start.
//!
//! ```text
//! make test-kexec-file ARGS="--exact executes::level_1_Level__El1::memory_1_2048"
//! ```

use purgatory_test_harness::qemu::{Outcome, Stopped};
use purgatory_test_harness::this_test;
use purgatory_test_kexec_file::{Boot, Kernel, Level};
use rstest::rstest;

const HALTED: &str = "purgatory: halted";

/// Fails if these lines do not come in this order, with others between them.
#[track_caller]
fn says(outcome: &Outcome, expected: &[&[&str]]) {
    let mut lines = outcome.console.lines();
    for parts in expected {
        let found = lines.any(|line| parts.iter().all(|part| line.contains(part)));
        let alone = this_test::alone();
        assert!(found, "\nexpected: {parts:?}\n{alone}\n{outcome}");
    }
}

#[track_caller]
fn never_says(outcome: &Outcome, unwanted: &str) {
    let alone = this_test::alone();
    let found = outcome.console.contains(unwanted);
    assert!(!found, "\nnot expected: {unwanted}\n{alone}\n{outcome}");
}

/// Returns the number after these words.
#[track_caller]
fn number_after(outcome: &Outcome, words: &str) -> u64 {
    let rest = outcome.console.split(words).nth(1).unwrap_or_default();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let number = digits.parse();
    number.unwrap_or_else(|_| panic!("\nexpected: {words}<number>\n{outcome}"))
}

#[rstest]
fn executes(
    #[values(Level::El1, Level::El2, Level::Vhe)] level: Level,
    #[values(2048, 6144)] memory: u32,
) {
    let boot = Boot {
        level,
        memory,
        cpus: 4,
        ..Boot::new("execute")
    };
    let outcome = boot.run(&[]);
    says(
        &outcome,
        &[
            &["init: stage first", "4 CPUs"],
            &["I'm in purgatory"],
            &["purgatory: entry=0x"],
            &["in 3 regions verified in ", level.says()],
            &["purgatory: booting kernel now"],
            &["init: stage last", "4 CPUs"],
        ],
    );
}

/// As `systemctl kexec` does.
#[rstest]
fn executes_by_the_system_call_alone(#[values(Level::El1, Level::El2, Level::Vhe)] level: Level) {
    let boot = Boot {
        level,
        load: "call",
        ..Boot::new("execute")
    };
    let outcome = boot.run(&[]);
    let verified: &[&str] = &["in 3 regions verified in ", level.says()];
    says(&outcome, &[verified, &["init: stage last"]]);
}

#[rstest]
fn starts_a_crash_kernel(
    #[values(Level::El1, Level::El2, Level::Vhe)] level: Level,
    #[values(2048, 6144)] memory: u32,
) {
    let boot = Boot {
        level,
        memory,
        cpus: 4,
        ..Boot::new("crash")
    };
    let outcome = boot.run(&[]);
    says(
        &outcome,
        &[
            &["init: load: done"],
            // One more than without a crash: the core file's header.
            &["in 4 regions verified in ", level.says()],
            &["init: stage crash"],
            &["init: vmcore of ", "magic 7f454c46"],
            &["init: vmcore notes", "OSRELEASE=", "CRASHTIME="],
        ],
    );
    let mebibytes = number_after(&outcome, "init: vmcore of ") >> 20;
    let all = u64::from(memory);
    assert!(
        (all - 257..all).contains(&mebibytes),
        "{mebibytes}\n{outcome}"
    );
}

const PARTS: [&str; 5] = ["kernel", "bss", "initrd", "dtb", "elfcorehdr"];

fn damaged(part: &str, kernel: Kernel) -> Boot {
    Boot {
        kernel,
        load: "call",
        ..Boot::new(&format!("damage={part}"))
    }
}

#[rstest]
fn a_stray_write_is_refused(#[values(0, 1, 2, 3, 4)] part: usize) {
    let outcome = damaged(PARTS[part], Kernel::Patched).run(&[]);
    says(
        &outcome,
        &[
            &["init: load: done"],
            &["init: stray write into", PARTS[part]],
            &["purgatory: sha256 digests do not match"],
            &["purgatory: ", " digest: "],
            &["purgatory: sha256_digest: "],
            &[HALTED],
        ],
    );
    never_says(&outcome, "init: stage crash");
}

#[test]
fn after_a_stray_write_the_machine_resets_where_on_failure_says_so() {
    let outcome = damaged("initrd", Kernel::Resets).run(&[]);
    says(
        &outcome,
        &[
            &["purgatory: sha256 digests do not match"],
            &["purgatory: reset in 3 seconds"],
        ],
    );
    never_says(&outcome, HALTED);
    // QEMU ends where the machine would start again.
    let ended = matches!(outcome.stopped_by, Stopped::Exit(status) if status.success());
    assert!(ended, "{outcome}");
}

/// A control: there it goes unnoticed.
#[test]
fn the_stock_kernel_starts_what_a_stray_write_has_changed() {
    let outcome = damaged("bss", Kernel::Stock).run(&[]);
    says(
        &outcome,
        &[&["init: stray write into bss"], &["init: stage crash"]],
    );
    never_says(&outcome, "purgatory");
}

#[test]
fn under_lockdown_a_signed_kernel_is_verified_at_the_switch_too() {
    let boot = Boot {
        options: "lockdown=integrity",
        ..Boot::new("lockdown")
    };
    let outcome = boot.run(&[]);
    says(
        &outcome,
        &[
            &["init: lockdown", "[integrity]"],
            &["init: kexec_load is refused"],
            &["init: load: "],
            &["init: an unsigned kernel is refused"],
            &["init: load: done"],
            &["in 3 regions verified in "],
            &["init: stage last"],
        ],
    );
}

/// The probe knows whether a purgatory has started it: `kexec -s` has none but that of the patch.
#[rstest]
fn the_probe_says_whether_anything_was_verified(
    #[values(Kernel::Stock, Kernel::Patched)] kernel: Kernel,
    #[values(Level::El1, Level::El2, Level::Vhe)] level: Level,
    #[values("execute", "crash")] then: &str,
) {
    let boot = Boot {
        kernel,
        level,
        loads: Some("probe.Image"),
        ..Boot::new(then)
    };
    let outcome = boot.run(&["probe: stopped; probe-wait=10 would reset the machine\r\n"]);
    let verified: &[&str] = &[" regions verified in ", level.says()];
    let kept: &[&str] = &["probe:   all 11 kept"];
    let end: &[&str] = &["probe: end of the report"];
    match kernel {
        Kernel::Stock => {
            let nothing: &[&str] = &["probe:   nothing: this purgatory has not started this"];
            says(&outcome, &[kept, nothing, end]);
            never_says(&outcome, "I'm in purgatory");
        }
        Kernel::Patched | Kernel::Resets => {
            let by_purgatory: &[&str] = &["probe:   the purgatory has started this"];
            says(&outcome, &[verified, kept, by_purgatory, end]);
        }
    }
}

/// What a load takes is given back by the next one.
#[test]
fn a_hundred_loads_leave_as_much_memory_as_one() {
    let outcome = Boot::new("repeat").run(&[]);
    keeps_memory(&outcome);
}

/// Each allocation of a load in turn.
#[test]
fn an_allocation_that_fails_is_the_error_of_the_call() {
    let outcome = Boot::new("fail").run(&[]);
    let (all, refused) = (
        number_after(&outcome, "init: of "),
        number_after(&outcome, "allocations that failed "),
    );
    assert!(all > 50 && refused > 20, "{outcome}");
    println!("of {all} allocations that failed {refused} were refused");
    keeps_memory(&outcome);
}

#[track_caller]
fn keeps_memory(outcome: &Outcome) {
    let before = number_after(outcome, "init: free before ");
    let after = number_after(outcome, " kB, after ");
    // Page tables and slabs come and go; an image that stays would be 30 MiB, a purgatory 20 KiB for
    // each call.
    assert!(
        after + 1024 > before,
        "\n{before} kB, then {after} kB\n{outcome}"
    );
}
