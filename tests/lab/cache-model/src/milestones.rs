// SPDX-License-Identifier: MIT OR Apache-2.0

//! The moments at which all that was to be done has to be done: the MMU goes on, it goes off, the
//! kernel starts.

use purgatory_test_harness::sctlr;

use super::order::Progress;
use super::translation::Tables;
use super::{Model, Rule};

impl Model {
    /// Does a write to `SCTLR`.
    pub(super) fn sctlr(&mut self, count: u64, value: u64) {
        let (mmu, caching) = (self.mmu(), self.caching());
        let set = value & !self.sctlr;
        self.sctlr = value;
        if set & (sctlr::M | sctlr::I) != 0 {
            self.completed(self.order.ic, Rule::InstructionCacheStale);
        }
        if self.mmu() && !mmu {
            self.open();
        }
        if caching && !self.caching() {
            if self.order.stores_pending() {
                self.violate(Rule::StorePending, 0);
            }
            if self.order.incomplete().is_some() {
                self.violate(Rule::MaintenancePending, 0);
            }
            let all_but_the_pool = self.setup.parts.image.start..self.setup.pool.start;
            self.flush = Some(self.lines.of(&all_but_the_pool).collect());
            self.flush_pool = self.used.clone();
        }
        if mmu && !self.mmu() {
            if !self.order.isb_right_before(count) {
                self.violate(Rule::NoIsbBeforeDisabling, value);
            }
            self.order.tlbi = Progress::Never;
            self.order.ic = Progress::Never;
            self.tables = None;
        }
    }

    /// The MMU goes on.
    fn open(&mut self) {
        self.completed(self.order.tlbi, Rule::TlbNotInvalidated);
        self.maintenance_completed();
        if self.order.stores_pending() {
            self.violate(Rule::StorePending, 0);
        }
        if self.order.translation_unsynchronized() {
            self.violate(Rule::NoIsbBeforeEnabling, 0);
        }
        let image = self.lines.of(&self.setup.parts.image);
        for line in image.filter(|&line| self.lines.is_stale(line)) {
            self.violations.add(Rule::ImageNotInvalidated, line);
        }
        let code = self.lines.of(&self.setup.parts.text);
        for line in code.filter(|&line| self.lines.is_dirty(line)) {
            self.violations.add(Rule::CodeNotCleaned, line);
        }
        self.opened = true;

        for rule in self.control.judge() {
            self.violate(rule, self.control.tcr);
        }
        match Tables::read(&self.control, &self.setup.memory) {
            Ok(tables) => {
                if tables.misaligned {
                    self.violate(Rule::RootMisaligned, self.control.ttbr0);
                }
                for range in tables.ranges() {
                    for line in self.lines.of(&range) {
                        let rule = self.lines.walk(line, tables.cached_walks);
                        rule.into_iter()
                            .for_each(|rule| self.violations.add(rule, line));
                    }
                }
                if let Some(elsewhere) = tables.not_identity() {
                    self.violate(Rule::NotIdentity, elsewhere);
                }
                self.tables = Some(tables);
            }
            Err(address) => self.violate(Rule::TablesUnknown, address),
        }
    }

    /// Judges the state at the kernel's first instruction.
    pub(super) fn kernel(&mut self) {
        if self.sctlr & (sctlr::M | sctlr::C) != 0 {
            self.violate(Rule::SctlrLeft, self.sctlr);
        }
        if self.order.registers_unsynchronized() {
            self.violate(Rule::NoIsbAfterSctlr, self.sctlr);
        }
        self.maintenance_completed();
        self.completed(self.order.ic, Rule::InstructionCacheStale);
        // Unused memory of the pool, as the loader left it, is memory like any other.
        let unused = |line| self.setup.pool.contains(&line) && !self.used.contains(&line);
        for line in self.lines.dirty() {
            if !unused(line) {
                self.violations.add(Rule::DirtyAtKernel, line);
            }
        }
        for line in self.lines.elsewhere() {
            if !unused(line) {
                self.violations.add(Rule::ElsewhereAtKernel, line);
            }
        }
        if !self.opened {
            return;
        }
        self.completed(self.order.tlbi, Rule::TlbLeft);
        let flush = self.flush.take().unwrap_or_default();
        for &line in flush.union(&self.flush_pool) {
            self.violations.add(Rule::ImageNotFlushed, line);
        }
        for line in self.setup.regions.iter().flat_map(|r| self.lines.of(r)) {
            if !self.lines.cleaned(line) {
                self.violations.add(Rule::RegionNotCleaned, line);
            }
            if self.lines.resident(line) {
                self.violations.add(Rule::RegionResident, line);
            }
        }
    }

    /// What has been asked for has to be done by now: else it is `never` that has not.
    fn completed(&mut self, progress: Progress, never: Rule) {
        match progress {
            Progress::Synchronized => {}
            Progress::Completed => self.violate(Rule::NoIsbAfterMaintenance, 0),
            Progress::Issued => self.violate(Rule::MaintenanceIncomplete, 0),
            Progress::Never => self.violate(never, 0),
        }
    }

    fn maintenance_completed(&mut self) {
        if let Some(line) = self.order.incomplete() {
            self.violate(Rule::MaintenanceIncomplete, line);
        }
    }
}
