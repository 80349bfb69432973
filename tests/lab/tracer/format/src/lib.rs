// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the plugin writes and the tracer reads: records of five little-endian words.
//!
//! A plugin can be linked with QEMU only, so it cannot be a library for other crates; hence this
//! crate. A trace of other records than the reader knows has another [`MAGIC`].

/// The first word of a trace. The last byte counts the versions.
pub const MAGIC: u64 = u64::from_le_bytes(*b"purgtr\0\x02");

/// The bytes of one record.
pub const RECORD: usize = 40;

/// The kinds of record. The words after the first are given for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// The image's entry point is about to run: pc, instructions.
    Entry = 1,
    /// A system instruction is about to run: pc, instructions with this one, `Xt`. Maintenance by
    /// address may be left out: it is counted.
    System = 2,
    /// What an `MRS` has read, seen at the next instruction: pc of the `MRS`, instructions, `Xt`.
    Read = 3,
    /// A load or store has been done: pc, address, value, the upper half of a 16-byte value. A
    /// vector register may come in two halves, which the counters take for one.
    Access = 4,
    /// The counters follow, as they are before the instruction at this pc, or for
    /// [`Reason::Accessed`] right after it: pc, instructions, the number of the watched memory.
    Snapshot = 5,
    /// One counter that is not 0: nothing, nothing, its value.
    Counter = 6,
    /// The kernel's first instruction is about to run: pc, instructions.
    Kernel = 7,
}

/// Why there is a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// The image's entry point.
    Entry = 1,
    /// One of the instructions that were to be marked.
    Marked = 2,
    /// A write to `SCTLR_ELx`.
    Sctlr = 3,
    /// The first access to the watched memory.
    Accessed = 4,
    /// The kernel's entry point.
    Kernel = 5,
    /// The first maintenance by address of the watched memory, if nothing has accessed it before.
    Maintained = 6,
}

impl Kind {
    /// Returns the kind with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        const ALL: [Kind; 7] = [
            Kind::Entry,
            Kind::System,
            Kind::Read,
            Kind::Access,
            Kind::Snapshot,
            Kind::Counter,
            Kind::Kernel,
        ];
        ALL.into_iter().find(|&kind| kind as u8 == number)
    }
}

impl Reason {
    /// Returns the reason with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        const ALL: [Reason; 6] = [
            Reason::Entry,
            Reason::Marked,
            Reason::Sctlr,
            Reason::Accessed,
            Reason::Kernel,
            Reason::Maintained,
        ];
        ALL.into_iter().find(|&reason| reason as u8 == number)
    }
}

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it tells.
    pub kind: Kind,
    /// For [`Kind::Access`]: [`access`]. For [`Kind::Counter`]: the same, or [`DC`]. For
    /// [`Kind::Snapshot`]: the [`Reason`].
    pub detail: u8,
    /// The instruction of [`Kind::System`] and [`Kind::Read`].
    pub instruction: u32,
    /// The other words.
    pub words: [u64; 4],
}

/// Returns the detail of an access or its counter: the size as a power of two, and what it was.
pub const fn access(size_shift: u32, store: bool) -> u8 {
    (size_shift as u8 & 7) | (store as u8) << 3
}

/// The number of different [`access`] details.
pub const ACCESSES: usize = 16;

/// The counter of data cache maintenance by address: `DC` of all kinds but `ZVA`, which is a store.
pub const DC: u8 = ACCESSES as u8;

impl Record {
    /// As it is written.
    pub fn to_bytes(self) -> [u8; RECORD] {
        let head =
            self.kind as u64 | u64::from(self.detail) << 8 | u64::from(self.instruction) << 32;
        let mut bytes = [0; RECORD];
        let words = [head].into_iter().chain(self.words);
        for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// Returns what was written; `None` if it is not a record.
    pub fn from_bytes(bytes: &[u8; RECORD]) -> Option<Self> {
        let word = |index: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[index * 8..][..8]);
            u64::from_le_bytes(word)
        };
        let head = word(0);
        Some(Self {
            kind: Kind::from_number(head as u8)?,
            detail: (head >> 8) as u8,
            instruction: (head >> 32) as u32,
            words: [word(1), word(2), word(3), word(4)],
        })
    }
}
