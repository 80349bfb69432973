// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a boot has shown, in words.

use std::fmt;

use purgatory_test_harness::console::{Checks, after, new_kernel, purgatory};
use purgatory_test_harness::qemu::{Outcome, Stopped};

use crate::options::Options;

/// A sentence, and whether it is a good one.
pub struct Verdict {
    good: bool,
    words: String,
}

impl Verdict {
    /// Compares what came with what had to come.
    pub fn on(options: &Options, outcome: &Outcome) -> Self {
        let console = &*outcome.console;
        let words = match (new_kernel(console), options.corrupt.is_some()) {
            (Some(checks), false) => started(options, console, &checks),
            (Some(checks), true) => started_corrupt(options, &checks),
            (None, false) => Err("the new kernel was not reached".into()),
            (None, true) => caught(options, outcome),
        };
        match words {
            Ok(words) => Self { good: true, words },
            Err(words) => Self { good: false, words },
        }
    }

    /// Returns whether the purgatory did as it should.
    pub fn good(&self) -> bool {
        self.good
    }
}

/// The new kernel runs, and nothing was corrupt.
fn started(options: &Options, console: &str, checks: &Checks<'_>) -> Result<String, String> {
    if !checks.complete {
        return Err("the new kernel was reached, and broke".into());
    }
    if !checks.failed.is_empty() {
        return Err(format!(
            "the new kernel found wrong: {}",
            checks.failed.join("; ")
        ));
    }
    let said = purgatory(console);
    let how = if options.silent && said.is_empty() {
        "the purgatory said nothing, as it was told".to_string()
    } else if options.skip_checks && said.iter().any(|line| line.contains("not checked")) {
        "nothing was verified, as it was told".to_string()
    } else {
        let verified = said.iter().find(|line| line.contains(" verified "));
        let verified = verified.ok_or("the kernel was started, and nothing was verified")?;
        verified.trim_start_matches("purgatory: ").to_string()
    };
    Ok(format!(
        "the new kernel was started\n         \
         - at {} on {}\n         \
         - {how}\n         \
         - it found all {} things as a kernel may expect them",
        options.regime.name(),
        options.cpu,
        checks.passed.len(),
    ))
}

/// The new kernel runs, though something was corrupt: right only with no checks.
fn started_corrupt(options: &Options, checks: &Checks<'_>) -> Result<String, String> {
    let (region, _) = options.corrupt.as_ref().expect("the caller has looked");
    let seen = checks
        .failed
        .iter()
        .any(|check| check.starts_with(&format!("{region} intact")));
    match (options.skip_checks, seen, checks.failed.len()) {
        (true, true, 1) => Ok(format!(
            "without checks the kernel was started with a corrupt {region}; only the kernel saw it"
        )),
        (false, ..) => Err(format!("the kernel was started with a corrupt {region}")),
        _ => Err(format!(
            "the new kernel found wrong: {}",
            checks.failed.join("; ")
        )),
    }
}

/// Something was corrupt, and the new kernel does not run.
fn caught(options: &Options, outcome: &Outcome) -> Result<String, String> {
    let caught = "the corruption was caught: kernel not started";
    if options.skip_checks {
        return Err("nothing was to be verified, and yet the new kernel was not reached".into());
    }
    if options.silent {
        let silent = purgatory(&outcome.console).is_empty();
        return match outcome.stopped_by {
            Stopped::Parked if silent => Ok(format!("{caught}, and not a word, as it was told")),
            other => Err(format!(
                "the purgatory was to halt without a word: {other:?}"
            )),
        };
    }
    let computed = after(&outcome.console, "purgatory:        digest: ");
    let told = after(&outcome.console, "purgatory: sha256_digest: ");
    match (computed, told, outcome.stopped_by) {
        (Some(computed), Some(told), Stopped::Parked) if computed != told => Ok(caught.into()),
        _ => Err("the new kernel was not reached, but not for two digests that differ".into()),
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = if self.good {
            "verdict: "
        } else {
            "verdict: FAILED: "
        };
        write!(f, "{start}{}", self.words)
    }
}
