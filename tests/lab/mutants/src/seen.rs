// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a run shows: two images that show the same cannot be told apart.

use std::collections::BTreeSet;
use std::path::Path;

use purgatory_test_cache_model::{Model, Setup};
use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::qemu::{Outcome, Stopped};
use purgatory_test_tracer::Event;
use purgatory_test_tracer::recording::{Detail, Recording};

use crate::rules::Rules;

/// A run of more instructions does not come to an end.
pub const ENDLESS: u64 = 1 << 30;

/// What the machine shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    console: Vec<String>,
    end: Option<i32>,
}

/// What the plugin and the cache model see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// What the machine showed meanwhile.
    pub seen: Option<Seen>,
    /// The rules that were broken, the cache model's and ours.
    pub rules: Vec<String>,
    /// The offsets of system instructions that were executed.
    pub executed: BTreeSet<u64>,
}

impl Seen {
    /// Takes what a run has left.
    pub fn of(outcome: &Outcome) -> Self {
        let end = match outcome.stopped_by {
            Stopped::Exit(status) => status.code(),
            Stopped::Pattern(_) | Stopped::Parked => Some(-1),
            Stopped::Spent => None,
        };
        Self {
            console: outcome.console.lines().map(timeless).collect(),
            end,
        }
    }

    /// Runs a boot.
    pub fn boot(boot: &Boot, path: &Path) -> Result<Self, String> {
        boot.build_at(path)?;
        let outcome = boot.qemu(path).at_most(ENDLESS).run(&[]);
        Ok(Self::of(&outcome.map_err(|error| error.to_string())?))
    }

    /// Whether the console has this.
    pub fn says(&self, what: &str) -> bool {
        self.console.iter().any(|line| line.contains(what))
    }

    /// Puts into words what is different.
    pub fn differs(&self, other: &Self) -> String {
        let mut new = other.console.iter();
        for line in &self.console {
            if new.as_slice().first() == Some(line) {
                new.next();
            }
        }
        match new.find(|line| !line.is_empty()) {
            Some(line) => format!("`{line}`"),
            None if other.end.is_none() => "silence".into(),
            None => "it ends before its time".into(),
        }
    }
}

impl Judged {
    /// Runs a boot under the plugin, and has the model judge it.
    pub fn boot(boot: &Boot, path: &Path) -> Result<Self, String> {
        let recording = Recording::new(boot, path, Detail::Everything)?;
        let setup = Setup::of(boot, &recording)?;
        let events = &recording.trace.events;
        let violations = Model::judge(setup, events);
        let (base, image) = (boot.load.purgatory_at, &boot.load.image.bytes);
        let word = |pc: u64| {
            let at = usize::try_from(pc.wrapping_sub(base)).ok();
            let bytes = at.and_then(|at| image.get(at..)?.first_chunk());
            bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
        };
        let more = Rules::judge(events, boot.load.sink, word).into_iter();
        let rules = violations
            .rules()
            .into_iter()
            .map(|rule| format!("{rule:?}"));
        let executed = recording
            .trace
            .events
            .iter()
            .filter_map(|event| match event {
                Event::System { pc, .. } => pc.checked_sub(boot.load.purgatory_at),
                _ => None,
            });
        Ok(Self {
            seen: Some(Seen::of(&recording.outcome)),
            rules: rules.chain(more.map(String::from)).collect(),
            executed: executed.collect(),
        })
    }
}

/// Durations are left out.
fn timeless(line: &str) -> String {
    match line.split_once(" verified in ") {
        Some((before, after)) => {
            let after = after.split_once(" ms ").map_or(after, |(_, after)| after);
            format!("{before} verified in * ms {after}")
        }
        None => line.into(),
    }
}
