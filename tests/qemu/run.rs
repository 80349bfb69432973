// SPDX-License-Identifier: MIT OR Apache-2.0

//! A boot that has run, and how to say what is wrong with it.

use std::fmt::{Debug, Display};
use std::fs;
use std::path::PathBuf;

use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::qemu::{Outcome, Stopped};
use purgatory_test_harness::{console, root, this_test};

/// A boot that has run, and how to say what is wrong with it.
pub struct Run {
    file: PathBuf,
    /// What came of it.
    pub outcome: Outcome,
}

impl Run {
    /// Runs a boot.
    pub fn new(boot: &Boot) -> Self {
        let file = format!("target/qemu/{}.elf", this_test::file_name());
        let file = root().join(file);
        let outcome = boot.run(&file);
        let outcome = outcome.unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()));
        Self { file, outcome }
    }

    /// Removes the file for QEMU, which is kept only to reproduce a failure.
    pub fn passed(self) -> Outcome {
        let _ = fs::remove_file(&self.file);
        self.outcome
    }

    /// Fails unless the purgatory says exactly these lines; `*` stands for anything.
    pub fn purgatory_says(&self, expected: &[String]) {
        let got = console::purgatory(&self.outcome.console);
        let same = got.len() == expected.len()
            && expected
                .iter()
                .zip(&got)
                .all(|(pattern, line)| fits(pattern, line));
        if !same {
            let lines = |lines: &[&str]| lines.join("\n            ");
            let expected: Vec<_> = expected.iter().map(String::as_str).collect();
            self.fail("the purgatory's words", lines(&expected), lines(&got));
        }
    }

    /// Fails unless the machine ended by itself with this status.
    pub fn ended(&self, status: i32) {
        let got = match self.outcome.stopped_by {
            Stopped::Exit(status) => status.code(),
            _ => None,
        };
        self.equal("the machine's exit status", &Some(status), &got);
    }

    /// Fails unless both are the same.
    pub fn equal<T: Debug + PartialEq<U>, U: Debug>(&self, what: &str, expected: &T, got: &U) {
        if expected != got {
            self.fail(what, format!("{expected:?}"), format!("{got:?}"));
        }
    }

    /// Ends the test with all that helps to find out why.
    pub fn fail(&self, what: &str, expected: impl Display, got: impl Display) -> ! {
        panic!(
            "{what}\n  expected: {expected}\n  got:      {got}\n{}\n{}",
            this_test::alone(),
            self.outcome
        )
    }
}

/// Returns whether the line fits the pattern, in which `*` stands for anything.
fn fits(pattern: &str, line: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == line,
        Some((start, rest)) => line.strip_prefix(start).is_some_and(|line| {
            let mut tails = line.char_indices().map(|(at, _)| &line[at..]).chain([""]);
            tails.any(|tail| fits(rest, tail))
        }),
    }
}
