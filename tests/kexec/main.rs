// SPDX-License-Identifier: MIT OR Apache-2.0

//! The real thing: Debian's arm64 kernel in QEMU, kexec-tools as released but for our
//! `purgatory.ro` in it, and a second kernel that reaches its userland. One alone, with a name from
//! below:
//!
//! ```text
//! cargo test --test kexec -- --exact boots_at_el1
//! ```

use std::env;
use std::io::{Write, stderr};

use purgatory_test_harness::linux::{Cycle, Kexec, Leave};
use purgatory_test_harness::qemu::{Outcome, Stopped};
use purgatory_test_harness::this_test;

/// One line of the console: it begins with the first text and contains the others.
type Line = &'static [&'static str];

const GREETING: Line = &["I'm in purgatory"];
const ENTRY: Line = &["purgatory: entry="];
const DTB: Line = &["purgatory: dtb="];
const VERIFIED_AT_EL1: Line = &["purgatory: ", " verified in ", "(EL1, D-cache on"];
const VERIFIED_AT_EL2: Line = &["purgatory: ", " verified in ", "(EL2, D-cache on"];
const VERIFIED_AT_EL2_VHE: Line = &["purgatory: ", " verified in ", "(EL2 VHE, D-cache on"];
const BOOTING: Line = &["purgatory: booting kernel now"];
const SECOND_USERLAND: Line = &["init: stage second, Linux 6."];

/// Cortex-A72 has no VHE, Neoverse N1 has.
const NO_VHE: &str = "cortex-a72";
const VHE: &str = "neoverse-n1";

#[test]
fn boots_at_el1() {
    boots(Cycle::new(NO_VHE), VERIFIED_AT_EL1);
}

#[test]
fn boots_at_el2() {
    boots(Cycle::new(NO_VHE).el2(), VERIFIED_AT_EL2);
}

#[test]
fn boots_at_el2_with_vhe() {
    boots(Cycle::new(VHE).el2(), VERIFIED_AT_EL2_VHE);
}

#[test]
fn boots_at_el2_with_vhe_from_above_4_gib() {
    let cycle = Cycle::new(VHE).el2().memory("6144");
    let run = boots(cycle.option("--mem-min=0x140000000"), VERIFIED_AT_EL2_VHE);
    run.says(&[
        &["purgatory: entry=", "0000000140000000"],
        &["purgatory: dtb=", "00000001"],
    ]);
}

#[test]
fn boots_with_the_newest_kexec_tools() {
    if waived("sid") {
        return;
    }
    boots(Cycle::new(VHE).el2().kexec(Kexec::Sid), VERIFIED_AT_EL2_VHE);
}

#[test]
fn boots_with_an_installed_kexec_that_was_patched() {
    boots(
        Cycle::new(VHE).el2().kexec(Kexec::Installed),
        VERIFIED_AT_EL2_VHE,
    );
}

#[test]
fn boots_unverified_where_the_user_asks_for_no_checks() {
    let cycle = Cycle::new(VHE).el2().option("--no-checks");
    let run = boots(cycle, &["purgatory: sha256 not checked"]);
    run.never_says(" verified in ");
}

#[test]
fn boots_a_crash_kernel_that_sees_the_crashed_one() {
    let run = run(Cycle::new(NO_VHE).el2().leave(Leave::Crash));
    run.says(&[
        GREETING,
        ENTRY,
        DTB,
        VERIFIED_AT_EL2,
        BOOTING,
        &["init: stage crash, Linux 6."],
        &["init: vmcore of ", "magic 7f454c46"],
        &["init: vmcore notes", "OSRELEASE=6.", "CRASHTIME="],
        &["init: vmcore image Linux version 6."],
    ]);
    // Of 1024 MiB the crash kernel has 192 for itself.
    let mebibytes = run.number_after("init: vmcore of ") >> 20;
    assert!(
        (832..1024).contains(&mebibytes),
        "\nexpected: a vmcore of 832 to 1024 MiB, not {mebibytes}\n{}",
        run.got()
    );
}

#[test]
fn refuses_a_crash_kernel_that_stray_dma_overwrote() {
    let run = run(Cycle::new(VHE).el2().leave(Leave::DamagedCrash));
    run.says(&[
        &["init: loaded"],
        &["init: stray DMA over the loaded kernel"],
        GREETING,
        &["purgatory: ", "sha256 digests do not match"],
        &["purgatory: ", " digest: "],
        &["purgatory: ", "sha256_digest: "],
    ]);
    run.never_says("purgatory: booting kernel now");
    run.never_says("init: stage crash");
}

/// Where this fails too, the fault is not in our purgatory.
#[test]
#[ignore = "a control without our code: tells whether kernel, kexec-tools and QEMU do"]
fn the_c_purgatory_boots() {
    let run = run(Cycle::new(VHE).el2().kexec(Kexec::WithCPurgatory));
    run.says(&[GREETING, ENTRY, DTB, BOOTING, SECOND_USERLAND]);
}

/// A console to make claims about.
struct Run(Outcome);

/// Whether `PURGATORY_WITHOUT` names this suite of Debian's, which not every mirror has. Without
/// that word a test fails where the suite is not here: what is not tested must not look as if it
/// were.
fn waived(suite: &str) -> bool {
    let without = env::var("PURGATORY_WITHOUT").unwrap_or_default();
    let waived = without.split(',').any(|word| word == suite);
    if waived {
        let name = this_test::name();
        // Not `eprintln!`: libtest would hide that from who reads the results.
        let _ = writeln!(stderr(), "{name}: NOT TESTED: PURGATORY_WITHOUT={without}");
    }
    waived
}

/// The whole way into the second kernel's userland, with this verdict of the purgatory's.
#[track_caller]
fn boots(cycle: Cycle, verdict: Line) -> Run {
    let run = run(cycle);
    run.says(&[GREETING, ENTRY, DTB, verdict, BOOTING, SECOND_USERLAND]);
    run
}

#[track_caller]
fn run(cycle: Cycle) -> Run {
    match cycle.run() {
        Ok(outcome) => Run(outcome),
        Err(missing) => panic!("\n{missing}"),
    }
}

impl Run {
    /// These lines, in this order, with others between them.
    #[track_caller]
    fn says(&self, expected: &[Line]) {
        let mut lines = self.0.console.lines().map(str::trim);
        for line in expected {
            let found = lines
                .any(|got| got.starts_with(line[0]) && line.iter().all(|part| got.contains(part)));
            assert!(found, "\nexpected: {line:?}\n{}", self.got());
        }
    }

    #[track_caller]
    fn never_says(&self, unwanted: &str) {
        let found = self.0.console.contains(unwanted);
        assert!(!found, "\nexpected: never {unwanted:?}\n{}", self.got());
    }

    #[track_caller]
    fn number_after(&self, words: &str) -> u64 {
        let digits = self.0.console.split(words).nth(1).unwrap_or_default();
        let end = digits.find(|c: char| !c.is_ascii_digit());
        match digits[..end.unwrap_or(digits.len())].parse() {
            Ok(number) => number,
            Err(_) => panic!("\nexpected: {words}<number>\n{}", self.got()),
        }
    }

    fn got(&self) -> String {
        let why = match self.0.stopped_by {
            Stopped::Timeout => " (it hung)",
            Stopped::Pattern(_) | Stopped::Exit(_) => "",
        };
        format!("{}\ngot{why}:\n{}", this_test::alone(), self.0)
    }
}
