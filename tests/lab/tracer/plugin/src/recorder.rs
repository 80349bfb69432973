// SPDX-License-Identifier: MIT OR Apache-2.0

//! Writes the trace and keeps the counters.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};

use purgatory_test_trace_format::{self as wire, ACCESSES, DC, Kind, Reason, Record};

use crate::qemu::{Access, Counter, Place};

/// The trace of one run. There is one CPU, so the counters need no order.
pub struct Recorder {
    out: Mutex<BufWriter<File>>,
    recording: AtomicBool,
    instructions: Counter,
    dc: Counter,
    accesses: [AtomicU64; ACCESSES],
}

impl Recorder {
    /// Begins the file.
    pub fn new(out: &Path) -> Result<Self, String> {
        let file = File::create(out).map_err(|error| format!("{}: {error}", out.display()))?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        out.write_all(&wire::MAGIC.to_le_bytes())
            .map_err(|error| error.to_string())?;
        Ok(Self {
            out: Mutex::new(out),
            recording: AtomicBool::new(false),
            instructions: Counter::new(),
            dc: Counter::new(),
            accesses: [const { AtomicU64::new(0) }; ACCESSES],
        })
    }

    /// Returns what counts the instructions.
    pub const fn instructions(&self) -> Counter {
        self.instructions
    }

    /// Returns what counts data cache maintenance by address.
    pub const fn dc(&self) -> Counter {
        self.dc
    }

    /// Returns whether we are between the image's entry and the kernel's.
    pub fn recording(&self) -> bool {
        self.recording.load(Relaxed)
    }

    /// Begins or ends.
    pub fn record(&self, on: bool) {
        self.recording.store(on, Relaxed);
        if !on {
            self.flush();
        }
    }

    /// Brings everything into the file.
    pub fn flush(&self) {
        if let Ok(mut out) = self.out.lock() {
            // A truncated trace has no end, which its reader sees.
            let _ = out.flush();
        }
    }

    /// Writes one record.
    pub fn write(&self, kind: Kind, detail: u8, instruction: u32, words: [u64; 4]) {
        let record = Record {
            kind,
            detail,
            instruction,
            words,
        };
        if let Ok(mut out) = self.out.lock() {
            // As in flush().
            let _ = out.write_all(&record.to_bytes());
        }
    }

    /// Writes an instruction and its operand.
    pub fn instruction(&self, kind: Kind, place: Place, value: u64) {
        let words = [place.pc, self.instructions.get(), value, 0];
        self.write(kind, 0, place.word, words);
    }

    /// Counts a load or store.
    pub fn count(&self, size_shift: u32, store: bool) {
        let detail = wire::access(size_shift, store);
        if let Some(counter) = self.accesses.get(usize::from(detail)) {
            counter.store(counter.load(Relaxed) + 1, Relaxed);
        }
    }

    /// Writes a load or store.
    pub fn access(&self, pc: u64, access: Access, address: u64) {
        let detail = wire::access(access.size_shift, access.store);
        let [low, high] = access.value();
        self.write(Kind::Access, detail, 0, [pc, address, low, high]);
    }

    /// Writes the counters.
    pub fn snapshot(&self, reason: Reason, pc: u64, instructions: u64, watched: u64) {
        self.write(
            Kind::Snapshot,
            reason as u8,
            0,
            [pc, instructions, watched, 0],
        );
        let accesses = self.accesses.iter().map(|counter| counter.load(Relaxed));
        let counters = (0..).zip(accesses).chain([(DC, self.dc.get())]);
        for (detail, value) in counters {
            if value != 0 {
                self.write(Kind::Counter, detail, 0, [0, 0, value, 0]);
            }
        }
    }
}
