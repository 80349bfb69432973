//! What each phase of the image costs: instructions, and accesses by size and memory type.

use super::symbols::Symbols;
use super::system::{Register, System};
use super::wire::{self, Reason};
use super::{Event, Snapshot, Trace};
use std::fmt;
use std::ops::{AddAssign, Range, Sub};

/// `SCTLR_ELx.M`.
const SCTLR_M: u64 = 1;

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

/// Accesses by size: 1, 2, 4, 8 and 16 bytes. A pair that is loaded or stored at once is one access of
/// both's size, up to 16 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accesses {
    /// Loads.
    pub loads: [u64; 5],
    /// Stores.
    pub stores: [u64; 5],
}

impl Accesses {
    /// How many in all.
    pub fn total(&self) -> u64 {
        self.loads.iter().chain(&self.stores).sum()
    }

    /// Loads and stores together, by size.
    pub fn by_size(&self) -> [u64; 5] {
        std::array::from_fn(|size| self.loads[size] + self.stores[size])
    }
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

/// The instructions that begin and end phases, as offsets into the image.
///
/// # Errors
/// When there is no routine of such a name.
pub fn marks(symbols: &Symbols) -> Result<Vec<u64>, String> {
    let mut marks = Vec::new();
    for name in [
        "window_open_el1",
        "window_open_el2",
        "window_close_el1",
        "window_close_el2",
    ] {
        marks.push(symbols.get(name)?.start);
    }
    let flush = symbols.get("clean_and_invalidate")?;
    marks.extend([flush.start, flush.end - 4]);
    Ok(marks)
}

/// The memory that tables are made of, as offsets into the image.
///
/// # Errors
/// When there is no memory of that name.
pub fn tables(symbols: &Symbols) -> Result<Range<u64>, String> {
    symbols.containing("POOL_MEMORY")
}

/// Adds up what the snapshots of a trace tell.
///
/// # Errors
/// As [`marks`].
pub fn phases(trace: &Trace, symbols: &Symbols, image: u64) -> Result<Vec<Phase>, String> {
    let marks: Vec<_> = marks(symbols)?.iter().map(|mark| image + mark).collect();
    let last_flush = trace.snapshots.iter().rposition(|s| s.pc == marks[5]);
    let mut phases = Name::ALL.map(|name| Phase {
        name,
        instructions: 0,
        device: Accesses::default(),
        normal: Accesses::default(),
    });
    let (mut now, mut mmu) = (Name::Before, false);
    for (index, pair) in trace.snapshots.windows(2).enumerate() {
        let (from, to) = (&pair[0], &pair[1]);
        match (from.reason, from.pc) {
            (Reason::Watched, _) if from.watched == 0 && now == Name::Before => now = Name::Tables,
            (Reason::Watched, _) if from.watched == 1 && now <= Name::Tables => now = Name::Hash,
            (Reason::Marked, pc) if marks[..2].contains(&pc) => now = Name::Open,
            (Reason::Marked, pc) if marks[2..4].contains(&pc) => now = Name::Close,
            (Reason::Marked, pc) if pc == marks[4] => now = Name::Flush,
            (Reason::Marked, _) if Some(index) == last_flush => now = Name::After,
            (Reason::Sctlr, _) => {
                mmu = sctlr(trace, from) & SCTLR_M != 0;
                if mmu {
                    now = Name::Hash;
                }
            }
            _ => {}
        }
        let phase = &mut phases[now as usize];
        phase.instructions += to.instructions - from.instructions;
        let accesses = if mmu {
            &mut phase.normal
        } else {
            &mut phase.device
        };
        *accesses += Accesses::of(to) - Accesses::of(from);
    }
    Ok(phases.to_vec())
}

/// What is about to be written to `SCTLR` at this snapshot.
fn sctlr(trace: &Trace, snapshot: &Snapshot) -> u64 {
    match trace.events.get(snapshot.after) {
        Some(&Event::System {
            what: System::Msr(Register::Sctlr(_)),
            value,
            ..
        }) => value,
        _ => 0,
    }
}

impl Accesses {
    fn of(snapshot: &Snapshot) -> Self {
        let count =
            |size: usize, store| snapshot.accesses[usize::from(wire::access(size as u32, store))];
        Self {
            loads: std::array::from_fn(|size| count(size, false)),
            stores: std::array::from_fn(|size| count(size, true)),
        }
    }
}

impl Sub for Accesses {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            loads: std::array::from_fn(|size| self.loads[size] - other.loads[size]),
            stores: std::array::from_fn(|size| self.stores[size] - other.stores[size]),
        }
    }
}

impl AddAssign for Accesses {
    fn add_assign(&mut self, other: Self) {
        for size in 0..5 {
            self.loads[size] += other.loads[size];
            self.stores[size] += other.stores[size];
        }
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
