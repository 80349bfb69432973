// SPDX-License-Identifier: MIT OR Apache-2.0

//! Loads, stores and maintenance: what happens to lines, and whether it may.

use std::collections::BTreeSet;
use std::ops::Range;

use purgatory_test_harness::symbols::Parts;
use purgatory_test_tracer::system::{Dc, Domain};

use super::lines::Kind;
use super::{Model, Rule};

impl Model {
    /// Does a `DC`.
    pub(super) fn dc(&mut self, dc: Dc, address: u64) {
        if dc == Dc::SetWay {
            return self.violate(Rule::SetWay, address);
        }
        if dc == Dc::Zva {
            return self.zva(address);
        }
        let line = self.lines.line(address);
        let ours = std::iter::once(&self.setup.parts.image).chain(&self.setup.regions);
        if !ours
            .clone()
            .any(|range| range.start < line + self.setup.line && line < range.end)
        {
            self.violate(Rule::MaintenanceOutside, address);
        }
        if dc == Dc::Cvac {
            self.violate(Rule::CleanedOnly, address);
        }
        let kind = self.kind(&(address..address + 1));
        if !self.order.maintain(line) {
            self.violate(Rule::MaintenanceUnordered, address);
        }
        let rule = self.lines.maintain(line, dc, self.opened, kind);
        rule.into_iter().for_each(|rule| self.violate(rule, line));
        if dc == Dc::Civac {
            if let Some(flush) = &mut self.flush {
                flush.remove(&line);
            }
            self.flush_pool.remove(&line);
        }
    }

    fn zva(&mut self, address: u64) {
        let start = address & !(self.setup.zva - 1);
        if self.mmu() {
            self.access(start, self.setup.zva, true);
        } else {
            self.violate(Rule::ZvaUncached, address);
        }
        self.setup
            .memory
            .fill(start, &vec![0; self.setup.zva as usize]);
    }

    /// Does a `DSB`: the last line of the image, but the pool, may have been written back by now.
    pub(super) fn flushed(&mut self, domain: Domain) {
        if domain == Domain::FullSystem && self.flush.as_ref().is_some_and(BTreeSet::is_empty) {
            self.flush = None;
        }
    }

    /// Does a load or store.
    pub(super) fn access(&mut self, address: u64, size: u64, store: bool) {
        self.synchronized(address);
        let range = address..address + size;
        if self
            .setup
            .uart
            .as_ref()
            .is_some_and(|uart| within(&range, uart))
        {
            if self.mmu() {
                self.violate(Rule::UartInWindow, address);
            }
            return;
        }
        self.place(&range, store);
        if self.flush.is_some() {
            self.violate(Rule::AccessBeforeFlush, address);
        }
        let kind = match self.kind(&range) {
            kind if self.caching() => kind,
            _ => Kind::Uncached,
        };
        let cached = kind != Kind::Uncached;
        if store
            && self
                .tables
                .as_ref()
                .is_some_and(|tables| tables.contain(address))
        {
            self.violate(Rule::TableWritten, address);
        }
        if overlap(&range, &self.setup.pool) {
            self.used.extend(self.lines.of(&range));
        }
        for line in self.lines.of(&range) {
            if !cached && self.order.being_maintained(line) {
                self.violate(Rule::MaintenanceIncomplete, line);
            }
            if store {
                self.order.store(line, cached);
            }
            let others = self.lines.meets_others(line, kind, store);
            let rule = if store {
                self.lines.store(line, kind)
            } else {
                self.lines.load(line, kind)
            };
            let rules = rule.into_iter().chain(others);
            rules.for_each(|rule| self.violate(rule, line));
        }
    }

    /// Whether there is anything to be loaded or stored.
    fn place(&mut self, range: &Range<u64>, store: bool) {
        let Parts { image, text, guard } = &self.setup.parts;
        let region = self
            .setup
            .regions
            .iter()
            .any(|region| within(range, region));
        let rule = match store {
            _ if overlap(range, guard) => Rule::GuardTouched,
            true if overlap(range, text) => Rule::StoreToCode,
            true if !within(range, image) => Rule::StoreOutside,
            false if !within(range, image) && !region => Rule::LoadOutside,
            _ => return,
        };
        self.violate(rule, range.start);
    }

    /// Returns what the tables say; with the MMU off maintenance reaches all caches.
    fn kind(&mut self, range: &Range<u64>) -> Kind {
        let Some(tables) = &self.tables else {
            return Kind::Cached;
        };
        let shared = tables.is_shared(range);
        match tables.memory_type(range) {
            Some(true) if shared => Kind::Cached,
            Some(true) => Kind::Alone,
            Some(false) => Kind::Uncached,
            None => {
                self.violate(Rule::NotMapped, range.start);
                Kind::Cached
            }
        }
    }
}

fn within(inner: &Range<u64>, outer: &Range<u64>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn overlap(a: &Range<u64>, b: &Range<u64>) -> bool {
    a.start < b.end && b.start < a.end
}
