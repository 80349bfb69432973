// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the purgatory did in QEMU, instruction by instruction, as the plugin beside it wrote
//! it down.

pub mod accesses;
pub mod phases;
pub mod recording;
pub mod system;

use purgatory_test_trace_format::{self as wire, Kind, RECORD, Reason, Record};

use self::system::System;

/// One step of the purgatory that a reader may have to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The first instruction is about to run.
    Entry {
        /// Its address.
        pc: u64,
    },
    /// A system instruction is about to run.
    System {
        /// Its address.
        pc: u64,
        /// How many instructions have run, this one included.
        count: u64,
        /// What it does.
        what: System,
        /// `Xt`.
        value: u64,
    },
    /// `CTR_EL0` was read.
    CacheType {
        /// What was found in it.
        value: u64,
    },
    /// A load or store was done.
    Access {
        /// The address of the instruction.
        pc: u64,
        /// The address in memory.
        address: u64,
        /// Bytes.
        size: u64,
        /// Not a load.
        store: bool,
        /// Lower and upper half of what was loaded or stored.
        value: [u64; 2],
    },
    /// The kernel's first instruction is about to run.
    Kernel {
        /// Its address.
        pc: u64,
    },
}

/// The counters at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Why it was taken.
    pub reason: Reason,
    /// The instruction at, or after, which it was taken.
    pub pc: u64,
    /// Which of the watched memory was touched.
    pub watched: usize,
    /// How many events came before it.
    pub after: usize,
    /// Instructions that had run.
    pub instructions: u64,
    /// Accesses by [`wire::access`].
    pub accesses: [u64; wire::ACCESSES],
    /// Data cache maintenance by address.
    pub dc: u64,
}

/// A whole trace.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// What happened, in order. Loads and stores are among it if they were asked for, and so is
    /// maintenance by address.
    pub events: Vec<Event>,
    /// The counters, in order.
    pub snapshots: Vec<Snapshot>,
}

impl Trace {
    /// Reads what the plugin wrote.
    ///
    /// # Errors
    /// When it is not from a plugin of this version, or makes no sense.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let rest = bytes
            .strip_prefix(&wire::MAGIC.to_le_bytes())
            .ok_or("the trace is from another version of the plugin")?;
        let mut trace = Self::default();
        // Where QEMU was killed, the last record may be cut short: it is not complete anyhow.
        for record in rest.chunks_exact(RECORD) {
            let record = record
                .first_chunk()
                .and_then(Record::from_bytes)
                .ok_or("the trace has a broken record")?;
            trace.add(record)?;
        }
        Ok(trace)
    }

    /// Returns whether the kernel was reached.
    pub fn complete(&self) -> bool {
        matches!(self.events.last(), Some(Event::Kernel { .. }))
    }

    /// Returns what the image found in `CTR_EL0`.
    pub fn cache_type(&self) -> Option<u64> {
        self.events.iter().find_map(|event| match event {
            Event::CacheType { value } => Some(*value),
            _ => None,
        })
    }

    fn add(&mut self, record: Record) -> Result<(), String> {
        let Record { words, detail, .. } = record;
        let [pc, second, third, fourth] = words;
        let event = match record.kind {
            Kind::Entry => Event::Entry { pc },
            Kind::System => Event::System {
                pc,
                count: second,
                what: System::decode(record.instruction),
                value: third,
            },
            Kind::Read => Event::CacheType { value: third },
            Kind::Access => Event::Access {
                pc,
                address: second,
                size: 1 << (detail & 7),
                store: detail & 8 != 0,
                value: [third, fourth],
            },
            Kind::Kernel => Event::Kernel { pc },
            Kind::Snapshot => {
                self.snapshots.push(Snapshot {
                    reason: Reason::from_number(detail).ok_or("a snapshot without reason")?,
                    pc,
                    watched: third as usize,
                    after: self.events.len(),
                    instructions: second,
                    accesses: [0; wire::ACCESSES],
                    dc: 0,
                });
                return Ok(());
            }
            Kind::Counter => {
                let last = self.snapshots.last_mut();
                let counter = last.and_then(|snapshot| match detail {
                    wire::DC => Some(&mut snapshot.dc),
                    _ => snapshot.accesses.get_mut(usize::from(detail)),
                });
                *counter.ok_or("a counter without snapshot")? = third;
                return Ok(());
            }
        };
        self.events.push(event);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
