// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a run shows: two images that show the same cannot be told apart.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use purgatory_test_cache_model::{Model, Setup};
use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::qemu::{Outcome, Qemu, Stopped};
use purgatory_test_tracer::Event;
use purgatory_test_tracer::recording::{Detail, Recording};
use purgatory_test_tracer::system::System;

use crate::mutant::Of;
use crate::rules::Rules;

/// A run of more instructions does not come to an end.
pub const ENDLESS: u64 = 1 << 30;

/// The end of a line, and the first words of a machine that starts.
const AGAIN: &str = "\r\nold kernel: ";

/// Nor does one of more exceptions; the image itself is called some thousand times in a run.
const EXCEPTIONS: usize = 1 << 17;

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
    /// How often each line was maintained, by routine.
    pub lines: BTreeMap<(String, u64), u64>,
    /// What it took to come to the kernel.
    pub cost: Option<Cost>,
}

/// Numbers that are the same in each run: the machine's clock goes by instructions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    instructions: u64,
    accesses: u64,
    /// How often each barrier, each maintenance instruction and each write of a register was executed.
    steps: BTreeMap<u64, u64>,
}

impl Seen {
    /// Takes what a run has left. If QEMU was ended from outside, or has failed, that is an error: the
    /// machine has shown nothing.
    pub fn of(outcome: &Outcome) -> Result<Self, String> {
        let end = match outcome.stopped_by {
            Stopped::Exit(status) if status.code().is_none() => return Err(outcome.to_string()),
            Stopped::Exit(status) => status.code(),
            Stopped::Parked => Some(-1),
            Stopped::Pattern(_) => Some(-2),
            Stopped::Spent => None,
        };
        Ok(Self {
            console: outcome.console.lines().map(timeless).collect(),
            end,
        })
    }

    /// Makes one of what somebody else has looked at.
    pub fn line(text: String) -> Self {
        Self {
            console: vec![text],
            end: Some(0),
        }
    }

    /// Runs a machine for so many instructions.
    pub fn run(qemu: Qemu, patience: u64) -> Result<Self, String> {
        let qemu = qemu.at_most(patience).exceptions(EXCEPTIONS);
        // A machine that is reset starts again; one that is turned off ends.
        let qemu = qemu.args(["-action", "reboot=reset"]);
        let mut outcome = qemu.run(&[AGAIN]).map_err(|error| error.to_string())?;
        if let Some((before, _)) = outcome.console.split_once(&AGAIN.replace('\r', "")) {
            outcome.console.truncate(before.len());
        }
        Self::of(&outcome)
    }

    /// Whether it has come to an end.
    pub const fn ends(&self) -> bool {
        self.end.is_some()
    }

    /// Whether the console has this.
    pub fn says(&self, what: &str) -> bool {
        self.console.iter().any(|line| line.contains(what))
    }

    /// Returns the last line.
    pub fn last(&self) -> &str {
        self.console.last().map_or("", String::as_str)
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
            seen: Some(Seen::of(&recording.outcome)?),
            rules: rules.chain(more.map(String::from)).collect(),
            executed: executed.collect(),
            lines: lines(boot, &recording)?,
            cost: Cost::of(events),
        })
    }

    /// Returns what is not as in another run of the boot: of compiled code what it takes, too.
    pub fn broken(&self, other: &Self, of: Of) -> Option<Vec<String>> {
        let mut broken = other.rules.clone();
        if self.lines != other.lines {
            broken.push("Lines: one is maintained more or less often".into());
        }
        if of == Of::Code && self.cost != other.cost {
            broken.push("Cost: another number of instructions, accesses or steps".into());
        }
        (broken != self.rules).then_some(broken)
    }
}

impl Cost {
    /// Counts up to the kernel, if that is reached.
    fn of(events: &[Event]) -> Option<Self> {
        let mut cost = Self::default();
        for event in events {
            match *event {
                Event::System { pc, count, .. } => {
                    *cost.steps.entry(pc).or_default() += 1;
                    cost.instructions = count;
                }
                Event::Access { .. } => cost.accesses += 1,
                Event::Kernel { .. } => return Some(cost),
                Event::Entry { .. } | Event::CacheType { .. } => {}
            }
        }
        None
    }
}

/// Counts what each routine in assembly has maintained. Compiled code looks at the loader's tables as
/// often as it takes.
fn lines(boot: &Boot, recording: &Recording) -> Result<BTreeMap<(String, u64), u64>, String> {
    /// The length of the usual CPUs' lines.
    const LINE: u64 = 64;
    let symbols = recording.symbols()?;
    let mut lines = BTreeMap::new();
    for event in &recording.trace.events {
        if let Event::System {
            pc,
            what: System::Dc(_),
            value,
            ..
        } = *event
        {
            let routine = symbols.at(pc.wrapping_sub(boot.load.purgatory_at));
            let routine = routine.split('+').next().unwrap_or_default();
            if !routine.starts_with('_') {
                *lines.entry((routine.into(), value / LINE)).or_default() += 1;
            }
        }
    }
    Ok(lines)
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
