// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a cycle's console has to say.

use purgatory_test_harness::linux::Cycle;
use purgatory_test_harness::qemu::{Outcome, Stopped};
use purgatory_test_harness::this_test;

/// One line of the console: it begins with the first text and contains the others.
pub type Line = &'static [&'static str];

/// The purgatory's words, in this order, with one verdict.
pub const GREETING: Line = &["I'm in purgatory"];
pub const ENTRY: Line = &["purgatory: entry="];
pub const DTB: Line = &["purgatory: dtb="];
pub const VERIFIED_AT_EL1: Line = &["purgatory: ", " verified in ", "(EL1, D-cache on"];
pub const VERIFIED_AT_EL2: Line = &["purgatory: ", " verified in ", "(EL2, D-cache on"];
pub const VERIFIED_AT_EL2_VHE: Line = &["purgatory: ", " verified in ", "(EL2 VHE, D-cache on"];
pub const UNVERIFIED: Line = &["purgatory: sha256 not checked"];
pub const BOOTING: Line = &["purgatory: booting kernel now"];

/// What the userland says of itself, and in a crash kernel of the crashed one.
pub const LAST_USERLAND: Line = &["init: stage last, Linux "];
pub const CRASH_USERLAND: Line = &["init: stage crash, Linux "];
pub const VMCORE: Line = &["init: vmcore of ", "magic 7f454c46"];
pub const VMCORE_NOTES: Line = &["init: vmcore notes", "OSRELEASE=", "CRASHTIME="];
pub const CRASHED_IMAGE: Line = &["init: vmcore image Linux version "];

/// A console to make claims about.
pub struct Run(Outcome);

/// The whole way into the last kernel's userland, with this verdict of the purgatory's.
#[track_caller]
pub fn boots(cycle: Cycle, verdict: Line) -> Run {
    let run = run(cycle);
    run.says(&[GREETING, ENTRY, DTB, verdict, BOOTING, LAST_USERLAND]);
    run
}

/// As far as it goes.
#[track_caller]
pub fn run(cycle: Cycle) -> Run {
    match cycle.run() {
        Ok(outcome) => Run(outcome),
        Err(missing) => panic!("\n{missing}"),
    }
}

impl Run {
    /// These lines, in this order, with others between them.
    #[track_caller]
    pub fn says(&self, expected: &[Line]) {
        let mut lines = self.0.console.lines().map(str::trim);
        for line in expected {
            let found = lines
                .any(|got| got.starts_with(line[0]) && line.iter().all(|part| got.contains(part)));
            assert!(found, "\nexpected: {line:?}\n{}", self.got());
        }
    }

    /// Nowhere.
    #[track_caller]
    pub fn never_says(&self, unwanted: &str) {
        let found = self.0.console.contains(unwanted);
        assert!(!found, "\nexpected: never {unwanted:?}\n{}", self.got());
    }

    /// By a reset, which ends QEMU, or switched off; not because it could only hang.
    #[track_caller]
    pub fn ended_by_itself(&self) {
        let ended = matches!(self.0.stopped_by, Stopped::Exit(_));
        assert!(ended, "\nexpected: the machine's end\n{}", self.got());
    }

    /// The number behind these words.
    #[track_caller]
    pub fn number_after(&self, words: &str) -> u64 {
        let digits = self.0.console.split(words).nth(1).unwrap_or_default();
        let end = digits.find(|c: char| !c.is_ascii_digit());
        match digits[..end.unwrap_or(digits.len())].parse() {
            Ok(number) => number,
            Err(_) => panic!("\nexpected: {words}<number>\n{}", self.got()),
        }
    }

    /// For the message of a claim that fails.
    pub fn got(&self) -> String {
        format!("{}\ngot:\n{}", this_test::alone(), self.0)
    }
}
