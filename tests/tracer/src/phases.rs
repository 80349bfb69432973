// SPDX-License-Identifier: MIT OR Apache-2.0

//! What each phase of the image costs: instructions, and accesses by size and memory type.

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
    /// Entry, the request, the console: up to the first access to the memory of the tables.
    Before,
    /// Building the tables.
    Tables,
    /// `window_open`, up to the MMU.
    Open,
    /// Up to `window_close`; without a window from the first access to a region to the end.
    Hash,
    /// `window_close`: leaving the window and writing the image back.
    Close,
    /// Writing the regions back.
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
}

/// Where phases begin and end.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// The first instructions of `window_open`.
    open: Vec<u64>,
    /// The first instructions of `window_close`.
    close: Vec<u64>,
    /// The first and the last instruction of `clean_and_invalidate`.
    flush: Option<(u64, u64)>,
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
        let first = |name| Ok::<_, String>(image + symbols.get(name)?.start);
        let flush = symbols.get("clean_and_invalidate")?;
        let tables = symbols.containing("pool")?;
        Ok(Self {
            open: vec![first("window_open_el1")?, first("window_open_el2")?],
            close: vec![first("window_close_el1")?, first("window_close_el2")?],
            flush: Some((image + flush.start, image + flush.end - 4)),
            tables: image + tables.start..image + tables.end,
        })
    }

    /// Returns all instructions.
    pub fn all(&self) -> impl Iterator<Item = u64> {
        let flush = self.flush.into_iter().flat_map(<[u64; 2]>::from);
        self.open.iter().chain(&self.close).copied().chain(flush)
    }
}

/// What all phases cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phases([Phase; 7]);

impl Phases {
    /// Adds up what the snapshots of a trace tell.
    pub fn new(trace: &Trace, marks: &Marks) -> Self {
        let (flush, flushed) = marks.flush.unzip();
        let last = |s: &Snapshot| s.reason == Reason::Marked && Some(s.pc) == flushed;
        let last = trace.snapshots.iter().rposition(last);
        let mut phases = Name::ALL.map(Phase::new);
        let (mut now, mut mmu, mut opened) = (Name::Before, false, false);
        for (index, pair) in trace.snapshots.windows(2).enumerate() {
            let (from, to) = (&pair[0], &pair[1]);
            now = match from.reason {
                Reason::Watched if from.watched == 0 && now == Name::Before => Name::Tables,
                // Without a window the regions are written back first.
                Reason::Watched if from.watched == 1 && !opened => Name::Hash,
                Reason::Marked if marks.open.contains(&from.pc) => Name::Open,
                Reason::Marked if marks.close.contains(&from.pc) => Name::Close,
                Reason::Marked if Some(from.pc) == flush => Name::Flush,
                Reason::Marked if Some(index) == last => Name::After,
                Reason::Sctlr => {
                    mmu = written(trace, from) & sctlr::M != 0;
                    opened |= mmu;
                    if mmu { Name::Hash } else { now }
                }
                _ => now,
            };
            let phase = &mut phases[now as usize];
            phase.instructions += to.instructions - from.instructions;
            let accesses = if mmu {
                &mut phase.normal
            } else {
                &mut phase.device
            };
            *accesses += Accesses::of(to) - Accesses::of(from);
        }
        Self(phases)
    }

    /// Returns one of them.
    pub const fn get(&self, name: Name) -> &Phase {
        &self.0[name as usize]
    }

    /// Returns all of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Phase> {
        self.0.iter()
    }

    /// Returns everything together, under the name of the last.
    pub fn total(&self) -> Phase {
        let mut total = Phase::new(Name::After);
        for phase in &self.0 {
            total.instructions += phase.instructions;
            total.device += phase.device;
            total.normal += phase.normal;
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
        }
    }
}

impl Sub for Phase {
    type Output = Self;

    /// What more there was.
    fn sub(self, other: Self) -> Self {
        Self {
            name: self.name,
            instructions: self.instructions - other.instructions,
            device: self.device - other.device,
            normal: self.normal - other.normal,
        }
    }
}

/// What is about to be written to `SCTLR` at this snapshot.
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
