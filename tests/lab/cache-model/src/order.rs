// SPDX-License-Identifier: MIT OR Apache-2.0

//! What has been asked for and what has been completed: barriers.

use std::collections::HashSet;

use purgatory_test_tracer::system::Domain;

/// How far an invalidation has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Not asked for since it was last needed.
    #[default]
    Never,
    /// Asked for.
    Issued,
    /// Completed by a `DSB`.
    Completed,
    /// And an `ISB` has made the CPU forget what it had fetched before.
    Synchronized,
}

/// All that is under way.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// `IC IALLU`.
    pub ic: Progress,
    /// `TLBI` of our regime.
    pub tlbi: Progress,
    /// Lines under maintenance that no `DSB` has completed.
    maintained: HashSet<u64>,
    /// Lines that were stored past the cache since the last barrier.
    stored: HashSet<u64>,
    /// Stores since the last `DSB`.
    stores: bool,
    /// A register has been written since the last `ISB`.
    registers: bool,
    /// One that controls translation has.
    translation: bool,
    /// `SCTLR` has.
    sctlr: bool,
    /// When the last `ISB` was.
    isb: Option<u64>,
}

impl Order {
    /// Does an `ISB`, as the instruction of this number.
    pub fn isb(&mut self, count: u64) {
        for progress in [&mut self.ic, &mut self.tlbi] {
            if *progress == Progress::Completed {
                *progress = Progress::Synchronized;
            }
        }
        self.registers = false;
        self.translation = false;
        self.sctlr = false;
        self.isb = Some(count);
    }

    /// Does a `DMB SY`.
    pub fn dmb(&mut self) {
        self.stored.clear();
    }

    /// Does a `DSB`. This CPU's own caches are done with any domain (Arm ARM D7, on
    /// the completion of cache maintenance); what goes to the
    /// Point of Coherency is waited for with that of the whole system.
    pub fn dsb(&mut self, domain: Domain) {
        for progress in [&mut self.ic, &mut self.tlbi] {
            if *progress == Progress::Issued {
                *progress = Progress::Completed;
            }
        }
        if domain == Domain::FullSystem {
            self.maintained.clear();
            self.stored.clear();
            self.stores = false;
        }
    }

    /// Notes a store to this line.
    pub fn store(&mut self, line: u64, cached: bool) {
        self.stores = true;
        if !cached {
            self.stored.insert(line);
        }
    }

    /// Notes maintenance of this line. It is not ordered with stores past the cache that no barrier
    /// has followed: then it is `false`.
    pub fn maintain(&mut self, line: u64) -> bool {
        self.maintained.insert(line);
        // The instructions are to be fetched again after that, not before.
        self.ic = Progress::Never;
        !self.stored.contains(&line)
    }

    /// Returns whether maintenance of this line may still be under way.
    pub fn being_maintained(&self, line: u64) -> bool {
        self.maintained.contains(&line)
    }

    /// Returns a line whose maintenance may still be under way.
    pub fn incomplete(&self) -> Option<u64> {
        self.maintained.iter().min().copied()
    }

    /// Returns whether a store may still be under way.
    pub const fn stores_pending(&self) -> bool {
        self.stores
    }

    /// Notes a write to a system register.
    pub const fn register_written(&mut self) {
        self.registers = true;
    }

    /// Notes a write to a register that controls translation.
    pub const fn translation_written(&mut self) {
        self.registers = true;
        self.translation = true;
    }

    /// Notes a write to `SCTLR`.
    pub const fn sctlr_written(&mut self) {
        self.registers = true;
        self.sctlr = true;
    }

    /// Returns whether a register was written that no `ISB` has followed.
    pub const fn registers_unsynchronized(&self) -> bool {
        self.registers
    }

    /// Returns the same for those that control translation.
    pub const fn translation_unsynchronized(&self) -> bool {
        self.translation
    }

    /// Returns the same for `SCTLR`.
    pub const fn sctlr_unsynchronized(&self) -> bool {
        self.sctlr
    }

    /// Returns whether the instruction before this one was an `ISB`.
    pub fn isb_right_before(&self, count: u64) -> bool {
        self.isb == Some(count.wrapping_sub(1))
    }
}
