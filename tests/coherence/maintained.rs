// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which line is maintained how often, by which routine and with what, against which it should be.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::sctlr;
use purgatory_test_tracer::Event;
use purgatory_test_tracer::recording::Recording;
use purgatory_test_tracer::system::{Dc, Register, System};

/// The routine that maintains what it is told to.
pub const ROUTINE: &str = "clean_and_invalidate";

/// What calls it for entries of the loader's tables, and waits.
pub const ENTRIES: &str = "clean_entries";

/// All in assembly that maintain lines.
pub const ROUTINES: [&str; 6] = [
    ROUTINE,
    "clean_and_invalidate_image",
    "window_open_el1",
    "window_open_el2",
    "window_close_el1",
    "window_close_el2",
];

/// Who does what, and is the MMU on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Step(String, String, bool);

/// How often each line is maintained in each step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintained(BTreeMap<(Step, u64), u64>);

impl Maintained {
    /// Counts what was recorded, for cache lines of this length. The loader's tables are left out while
    /// the MMU is off: they are looked at line by line, as often as it takes.
    pub fn of(boot: &Boot, recording: &Recording, line: u64) -> Self {
        let symbols = recording.symbols().expect("it is our image");
        let (mut found, mut mmu) = (Self::default(), false);
        let tables = loaders_tables(boot, recording);
        for event in &recording.trace.events {
            let Event::System {
                pc, what, value, ..
            } = *event
            else {
                continue;
            };
            match what {
                System::Msr(Register::Sctlr(_)) => mmu = value & sctlr::M != 0,
                System::Dc(dc) => {
                    let place = symbols.at(pc - boot.load.purgatory_at);
                    let routine = place.split('+').next().unwrap_or_default();
                    let looks = !mmu && tables.as_ref().is_some_and(|at| at.contains(&value));
                    if ROUTINES.contains(&routine) && !looks {
                        found.add(routine, dc, mmu, value..value + 1, line);
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// Returns what a careful image does, for what was recorded of it: up to the last byte of the
    /// pool that it has stored to, and no line twice that belongs to one region alone.
    pub fn expected(boot: &Boot, recording: &Recording, line: u64) -> Self {
        let symbols = recording.symbols().expect("it is our image");
        let symbol = |name| boot.load.purgatory_at + symbols.get(name).expect("in link.ld").start;
        let (start, end) = (symbol("image_start"), symbol("image_end"));
        let (constants, pool) = (symbol("rodata_start"), symbol("pool"));
        let events = recording.trace.events.iter();
        let used = events.filter_map(|event| match *event {
            Event::Access {
                address,
                size,
                store: true,
                ..
            } if (pool..end).contains(&address) => Some(address + size),
            _ => None,
        });
        let mark = used.max().unwrap_or(pool);
        let window = recording.trace.events.iter().any(|event| match *event {
            Event::System { what, value, .. } => {
                matches!(what, System::Msr(Register::Sctlr(_))) && value & sctlr::M != 0
            }
            _ => false,
        });

        let el = boot.regime.el();
        let (open, close) = (
            format!("window_open_el{el}"),
            format!("window_close_el{el}"),
        );
        let entry = "clean_and_invalidate_image";
        let mut expected = Self::default();
        expected.add(entry, Dc::Civac, false, start..pool, line);
        expected.add(ROUTINE, Dc::Civac, false, pool..mark, line);
        if window {
            expected.add(&open, Dc::Ivac, false, constants..mark, line);
            expected.add(&close, Dc::Civac, false, start..mark, line);
        }
        // Those that the harness makes are Non-shareable: the regions are flushed before as well.
        let tables = loaders_tables(boot, recording);
        for &(at, len) in &recording.loaded.regions {
            let is_tables = tables.as_ref().is_some_and(|tables| tables.start == at);
            if tables.is_some() && !is_tables {
                expected.add(ROUTINE, Dc::Civac, false, at..at + len, line);
            }
            expected.add(ROUTINE, Dc::Civac, window, at..at + len, line);
        }
        expected
    }

    fn add(&mut self, routine: &str, dc: Dc, mmu: bool, range: Range<u64>, line: u64) {
        let step = Step(routine.into(), format!("{dc:?}"), mmu);
        let first = range.start & !(line - 1);
        let lines = (first..range.end).step_by(line as usize);
        // An empty range has no lines, wherever it lies.
        for at in lines.filter(|_| !range.is_empty()) {
            *self.0.entry((step.clone(), at)).or_default() += 1;
        }
    }

    /// Returns what is not the same here and there.
    pub fn difference(&self, expected: &Self) -> Vec<Difference> {
        let all = self.0.keys().chain(expected.0.keys());
        let mut all: Vec<_> = all
            .map(|key| {
                let times = |all: &Self| all.0.get(key).copied().unwrap_or_default();
                Difference {
                    step: key.0.clone(),
                    line: key.1,
                    times: times(self),
                    expected: times(expected),
                }
            })
            .filter(|difference| difference.times != difference.expected)
            .collect();
        all.sort();
        all.dedup();
        all
    }
}

/// Returns the region that the loader's tables lie in, if there are some.
fn loaders_tables(boot: &Boot, recording: &Recording) -> Option<Range<u64>> {
    let root = boot.load.pgtble_base?;
    let mut regions = recording
        .loaded
        .regions
        .iter()
        .map(|&(at, len)| at..at + len);
    regions.find(|region| region.contains(&root))
}

/// A line that is maintained more or less often than it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    step: Step,
    /// Which one.
    pub line: u64,
    /// How often it is maintained.
    pub times: u64,
    /// How often it should be.
    pub expected: u64,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            step: Step(routine, dc, mmu),
            line,
            times,
            expected,
        } = self;
        let mmu = if *mmu { "on" } else { "off" };
        write!(
            f,
            "{routine}, {dc} with the MMU {mmu}: {line:#x} {times} times instead of {expected}"
        )
    }
}
