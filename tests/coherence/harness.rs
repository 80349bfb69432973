// SPDX-License-Identifier: MIT OR Apache-2.0

//! Runs a boot under the plugin and has the model judge it.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use purgatory_test_cache_model::{Model, Rule, Setup, Violations};
use purgatory_test_harness::a64::Flow;
use purgatory_test_harness::boot::{self, Boot, HALTED, usual_cpu};
use purgatory_test_harness::patch::{Lie, Patch, Place};
use purgatory_test_harness::symbols::Symbols;
use purgatory_test_harness::{Regime, sctlr, this_test};
use purgatory_test_tracer::Event;
use purgatory_test_tracer::recording::{Detail, Recording};
use purgatory_test_tracer::system::{Register, System};

/// The length of the initrd, in bytes.
const INITRD: u64 = 4000;

/// `ID_AA64MMFR3_EL1.TCRX`: the CPU has `TCR2_ELx`.
pub const TCRX: Range<u32> = 0..4;

/// Makes a small boot, in which one region has an odd number of lines, and the last not to its end.
pub fn boot(cpu: &str, regime: Regime, place: boot::Place) -> Boot {
    let boot = Boot::new(cpu, regime, place, INITRD);
    let mut boot = boot.unwrap_or_else(|error| panic!("{error}"));
    boot.load.unlike_kexec = true;
    let initrd = boot.segment("initrd");
    initrd.len = INITRD;
    boot
}

/// What the regions are read through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Through {
    /// Tables of the image's own.
    Own,
    /// The same as the first, on a CPU without SHA2 instructions.
    Software,
    /// The loader's tables.
    Loaders,
    /// Nothing: past the cache.
    Nothing,
}

impl Through {
    /// Makes a boot of this kind, and has something changed about its segments.
    pub fn boot(self, regime: Regime, change: impl FnOnce(&mut Boot)) -> Boot {
        let mut boot = boot(usual_cpu(regime), regime, boot::Place::Low);
        change(&mut boot);
        if self == Self::Loaders {
            boot.make_tables(|_| ());
        }
        boot
    }

    /// Has the image take the CPU for one where this is so, and changes what else is asked for.
    pub fn patch(self, boot: &mut Boot, change: impl FnOnce(&mut Patch)) {
        let mut patch = Patch::new(boot).unwrap_or_else(|error| panic!("{error}"));
        let lie = match self {
            Self::Own | Self::Loaders => None,
            Self::Software => Some(Lie::NoSha2),
            Self::Nothing => Some(Lie::NoGranule),
        };
        lie.into_iter().for_each(|lie| patch.lie(lie));
        change(&mut patch);
        boot.load.image = patch.finish();
    }

    /// Returns what the console says where this is so.
    pub const fn says(self) -> &'static str {
        match self {
            Self::Own => "D-cache on, SHA2 instructions",
            Self::Software => "D-cache on, software SHA-256",
            Self::Loaders => "D-cache on, loader's page tables",
            Self::Nothing => "D-cache off",
        }
    }
}

/// Returns all instructions of the image: what the compiler has made may be in any function.
pub fn instructions(boot: &Boot) -> Vec<Place> {
    let symbols = symbols(boot);
    let end = symbols.get("rodata_start");
    let end = end.unwrap_or_else(|error| panic!("{error}")).start;
    let words = boot.load.image.bytes[..end as usize].chunks_exact(4);
    let words = words.map(|word| u32::from_le_bytes(word.try_into().expect("4 bytes")));
    let places = (0..).step_by(4).zip(words);
    places.map(|(at, word)| Place { at, word }).collect()
}

/// Returns where things are in the image of a boot.
pub fn symbols(boot: &Boot) -> Symbols {
    Symbols::read(&boot.load.image).unwrap_or_else(|error| panic!("{error}"))
}

/// Finds the one call in a routine.
pub fn call(patch: &Patch, routine: &str) -> Place {
    let is_call = |place: &Place| matches!(Flow::of(place.at, place.word), Flow::Call(_));
    let mut calls = patch.all(routine).filter(is_call);
    match (calls.next(), calls.next()) {
        (Some(call), None) => call,
        _ => panic!("{routine} does not have one call"),
    }
}

/// A run and what is wrong with it. The files go away with it, unless the test fails.
pub struct Judged {
    /// What happened.
    pub recording: Recording,
    /// What is wrong with it.
    pub violations: Violations,
    /// The cache line that it was judged by, in bytes.
    pub line: u64,
    path: PathBuf,
}

impl Judged {
    /// Runs a boot up to the kernel.
    pub fn new(boot: &Boot) -> Self {
        Self::with_lines(boot, None)
    }

    /// Runs a boot with cache lines of this many bytes, whatever the CPU says.
    pub fn with_lines(boot: &Boot, line: Option<u64>) -> Self {
        let judged = Self::run(boot, line);
        if !judged.recording.trace.complete() {
            judged.fail("the kernel is not reached");
        }
        judged
    }

    /// Runs a boot up to where the purgatory halts.
    pub fn halted(boot: &Boot) -> Self {
        let judged = Self::run(boot, None);
        let said = judged.recording.outcome.console.contains(HALTED);
        if !said || judged.recording.trace.complete() {
            judged.fail("the purgatory does not halt");
        }
        judged
    }

    fn run(boot: &Boot, line: Option<u64>) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("coherence")
            .join(this_test::file_name());
        let recording = Recording::new(boot, &path, Detail::Everything);
        let recording = recording.unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()));
        let setup = Setup::of(boot, &recording);
        let mut setup = setup.unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()));
        let line = line.unwrap_or(setup.line);
        setup.line = line;
        let violations = Model::judge(setup, &recording.trace.events);
        Self {
            recording,
            violations,
            line,
            path,
        }
    }

    /// Fails if the console does not say this.
    pub fn said(&self, what: &str) {
        if !self.recording.outcome.console.contains(what) {
            self.fail(&format!("the console does not say \"{what}\""));
        }
    }

    /// Returns which events turn the MMU off that was on: the windows' ends.
    pub fn closed(&self) -> Vec<usize> {
        let events = self.recording.trace.events.iter().enumerate();
        let mut mmu = false;
        let closed = events.filter_map(|(number, event)| {
            let Event::System {
                what: System::Msr(Register::Sctlr(_)),
                value,
                ..
            } = *event
            else {
                return None;
            };
            let before = std::mem::replace(&mut mmu, value & sctlr::M != 0);
            (before && !mmu).then_some(number)
        });
        closed.collect()
    }

    /// Fails unless this rule is broken after the first window.
    pub fn caught_later(&self, boot: &Boot, rule: Rule) {
        let [first, _, ..] = self.closed()[..] else {
            self.fail("there are not several windows");
        };
        let setup = Setup::of(boot, &self.recording).unwrap_or_else(|error| panic!("{error}"));
        let later = Model::judge_since(first + 1, setup, &self.recording.trace.events);
        if later.get(rule).is_none() {
            let rules = later.rules();
            self.fail(&format!("the mutant survives {rule:?}, later: {rules:?}"));
        }
    }

    /// Fails, with all that is known.
    pub fn fail(&self, what: &str) -> ! {
        let symbols = self.recording.symbols().expect("it is our image");
        panic!(
            "{what}\n{}\n{}\n{}",
            self.violations.report(|offset| symbols.at(offset)),
            this_test::alone(),
            self.recording.outcome
        );
    }

    /// Fails if anything is wrong.
    pub fn clean(&self) {
        if !self.violations.is_empty() {
            self.fail("expected no rule broken, got");
        }
    }
}

impl Drop for Judged {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            for extension in ["elf", "trace"] {
                // What cannot be removed is overwritten by the next run.
                let _ = fs::remove_file(self.path.with_extension(extension));
            }
        }
    }
}
