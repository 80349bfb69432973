// SPDX-License-Identifier: MIT OR Apache-2.0

//! What each phase of the image costs: instructions, accesses by size and memory type, and cache
//! maintenance.

use std::fmt;
use std::ops::{Range, Sub};

use purgatory_test_harness::sctlr;
use purgatory_test_harness::symbols::Symbols;
use purgatory_test_trace_format::Reason;

use super::system::{Register, System};
use super::{Event, Snapshot, Trace};
use crate::accesses::Accesses;

/// The phases, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// Entry, the request, the console: up to the first access to the memory of the tables, or its
    /// maintenance; without tables to the first of a region.
    Before,
    /// Building the tables.
    Tables,
    /// `window_open`, up to the MMU.
    Open,
    /// Up to `window_close`, writing the regions back among it; without a window from the first
    /// access to a region to the end.
    Hash,
    /// `window_close`: leaving the window and writing the image back.
    Close,
    /// Without a window: writing the regions back, before the hash.
    Flush,
    /// The rest, up to the kernel's first instruction.
    After,
}

impl Name {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Before,
        Self::Tables,
        Self::Open,
        Self::Hash,
        Self::Close,
        Self::Flush,
        Self::After,
    ];
}

/// What a phase costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    /// Which one.
    pub name: Name,
    /// Instructions.
    pub instructions: u64,
    /// Accesses with the MMU off: each goes to memory, or to the UART.
    pub device: Accesses,
    /// Accesses with the MMU on.
    pub normal: Accesses,
    /// Cache maintenance by address with the MMU off.
    pub dc_outside: u64,
    /// Cache maintenance by address with the MMU on.
    pub dc_inside: u64,
}

/// Where phases begin and end.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// The first instructions of `window_open`.
    open: Vec<u64>,
    /// The first instructions of `window_close`.
    close: Vec<u64>,
    /// The last instructions of `window_close`.
    closed: Vec<u64>,
    /// The memory that tables are made of.
    pub tables: Range<u64>,
}

impl Marks {
    /// Finds those of the image at this address; none of a purgatory that nothing is known of.
    ///
    /// # Errors
    /// When there is no routine of such a name.
    pub fn new(symbols: Option<&Symbols>, image: u64) -> Result<Self, String> {
        let Some(symbols) = symbols else {
            return Ok(Self::default());
        };
        let both = |name: &str| {
            let both = ["el1", "el2"].map(|el| symbols.get(&format!("{name}_{el}")));
            both.into_iter().collect::<Result<Vec<_>, _>>()
        };
        let (open, close) = (both("window_open")?, both("window_close")?);
        let first = |of: &[Range<u64>]| of.iter().map(|of| image + of.start).collect();
        let last = |of: &[Range<u64>]| of.iter().map(|of| image + of.end - 4).collect();
        let tables = symbols.get("pool")?;
        Ok(Self {
            open: first(&open),
            close: first(&close),
            closed: last(&close),
            tables: image + tables.start..image + tables.end,
        })
    }

    /// Returns all instructions.
    pub fn all(&self) -> impl Iterator<Item = u64> {
        let all = [&self.open, &self.close, &self.closed];
        all.into_iter().flatten().copied()
    }
}

/// What all phases cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phases {
    all: [Phase; 7],
    /// How often the way into the window is gone. What is done between two of them is of
    /// [`Name::After`].
    pub windows: u64,
}

impl Phases {
    /// Adds up what the snapshots of a trace tell.
    pub fn new(trace: &Trace, marks: &Marks) -> Self {
        let mut phases = Name::ALL.map(Phase::new);
        let (mut now, mut mmu, mut opened) = (Name::Before, false, false);
        for pair in trace.snapshots.windows(2) {
            let (from, to) = (&pair[0], &pair[1]);
            now = match from.reason {
                Reason::Accessed | Reason::Maintained
                    if from.watched == 0 && now == Name::Before =>
                {
                    Name::Tables
                }
                // Without a window the regions are written back first.
                Reason::Maintained if from.watched == 1 && !opened => Name::Flush,
                Reason::Accessed if from.watched == 1 && !opened => Name::Hash,
                Reason::Marked if marks.open.contains(&from.pc) => Name::Open,
                Reason::Marked if marks.close.contains(&from.pc) => Name::Close,
                Reason::Marked if marks.closed.contains(&from.pc) => Name::After,
                Reason::Sctlr => {
                    mmu = written(trace, from) & sctlr::M != 0;
                    opened |= mmu;
                    if mmu { Name::Hash } else { now }
                }
                _ => now,
            };
            let phase = &mut phases[now as usize];
            phase.instructions += to.instructions - from.instructions;
            let (accesses, dc) = if mmu {
                (&mut phase.normal, &mut phase.dc_inside)
            } else {
                (&mut phase.device, &mut phase.dc_outside)
            };
            *accesses += Accesses::of(to) - Accesses::of(from);
            *dc += to.dc - from.dc;
        }
        let opened = |snapshot: &&Snapshot| {
            snapshot.reason == Reason::Marked && marks.open.contains(&snapshot.pc)
        };
        Self {
            all: phases,
            windows: trace.snapshots.iter().filter(opened).count() as u64,
        }
    }

    /// Returns one of them.
    pub const fn get(&self, name: Name) -> &Phase {
        &self.all[name as usize]
    }

    /// Returns all of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Phase> {
        self.all.iter()
    }

    /// Returns everything together, under the name of the last.
    pub fn total(&self) -> Phase {
        let mut total = Phase::new(Name::After);
        for phase in &self.all {
            total.instructions += phase.instructions;
            total.device += phase.device;
            total.normal += phase.normal;
            total.dc_outside += phase.dc_outside;
            total.dc_inside += phase.dc_inside;
        }
        total
    }
}

impl Phase {
    const fn new(name: Name) -> Self {
        let none = Accesses {
            loads: [0; 5],
            stores: [0; 5],
        };
        Self {
            name,
            instructions: 0,
            device: none,
            normal: none,
            dc_outside: 0,
            dc_inside: 0,
        }
    }
}

impl Sub for Phase {
    type Output = Self;

    /// Returns the difference.
    fn sub(self, other: Self) -> Self {
        Self {
            name: self.name,
            instructions: self.instructions - other.instructions,
            device: self.device - other.device,
            normal: self.normal - other.normal,
            dc_outside: self.dc_outside - other.dc_outside,
            dc_inside: self.dc_inside - other.dc_inside,
        }
    }
}

/// Returns what is about to be written to `SCTLR` at this snapshot.
fn written(trace: &Trace, snapshot: &Snapshot) -> u64 {
    match trace.events.get(snapshot.after) {
        Some(&Event::System {
            what: System::Msr(Register::Sctlr(_)),
            value,
            ..
        }) => value,
        _ => 0,
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Before => "before",
            Self::Tables => "tables",
            Self::Open => "open",
            Self::Hash => "hash",
            Self::Close => "close",
            Self::Flush => "flush",
            Self::After => "after",
        })
    }
}

#[cfg(test)]
mod tests;
