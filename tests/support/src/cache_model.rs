//! A cache that does the worst the architecture allows, for machines that have none.
//!
//! QEMU's memory is coherent whatever a program does. Real caches are not, as soon as somebody stores
//! with the MMU off and reads with it on, or the other way round. The model follows a trace of the
//! image and keeps, for each cache line, the worst that could be in it:
//!
//! - At the image's first instruction each line of memory may be cached, clean, with what memory
//!   holds then: Linux has cleaned the segments, and speculation may have fetched any of it.
//! - With the MMU off data accesses are Device accesses (Arm ARM D8.2.10): they reach memory and leave
//!   copies in the caches as they are.
//! - With the MMU on, whatever is mapped may be fetched at any time, and what is dirty may be written
//!   back at any time, or never.
//!
//! Besides it looks at the order of things that no single access shows: which maintenance was asked
//! for and completed when the MMU goes on or off or the kernel starts.
//!
//! It judges our instructions alone. What a walk through the tables could read at any moment is
//! looked at as a whole when the MMU goes on; the I-cache is an `IC` that must have come after what
//! it has to forget.

mod lines;
mod memory;
mod order;
mod rule;
mod translation;

pub use memory::Memory;
pub use rule::{Rule, Violation, Violations};

use crate::Regime;
use crate::trace::Event;
use crate::trace::system::{Dc, Domain, Ic, Register, System, Tlbi};
use lines::{Kind, Lines};
use order::{Order, Progress};
use std::collections::BTreeSet;
use std::ops::Range;
use translation::{Control, Tables};

/// `SCTLR_ELx.M`.
const SCTLR_M: u64 = 1 << 0;
/// `SCTLR_ELx.C`.
const SCTLR_C: u64 = 1 << 2;
/// `SCTLR_ELx.I`.
const SCTLR_I: u64 = 1 << 12;

/// The image and its parts in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// All of it.
    pub image: Range<u64>,
    /// Its instructions, which never change.
    pub text: Range<u64>,
    /// What nobody touches, since it is below the stack.
    pub guard: Range<u64>,
}

/// What the model has to know before the first instruction.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The regime that the image runs in.
    pub regime: Regime,
    /// The smallest cache line, in bytes.
    pub line: u64,
    /// The block of `DC ZVA`, in bytes.
    pub zva: u64,
    /// The image.
    pub parts: Parts,
    /// What is hashed.
    pub regions: Vec<Range<u64>>,
    /// The registers of the UART, if there is one to write to.
    pub uart: Option<Range<u64>>,
    /// The contents of memory, as far as walks through tables may get.
    pub memory: Memory,
}

/// The smallest D-cache line by `CTR_EL0.DminLine`, bytes.
pub const fn smallest_line(ctr_el0: u64) -> u64 {
    4 << (ctr_el0 >> 16 & 0xf)
}

/// The model.
#[derive(Clone, Debug)]
pub struct Model {
    setup: Setup,
    lines: Lines,
    order: Order,
    control: Control,
    sctlr: u64,
    /// The tables in use while the MMU is on.
    tables: Option<Tables>,
    /// Lines of the image that are to be written back before anything else touches memory.
    flush: Option<BTreeSet<u64>>,
    /// The MMU was on at some time.
    opened: bool,
    violations: Violations,
}

impl Model {
    /// At the image's first instruction.
    pub fn new(setup: Setup) -> Self {
        Self {
            lines: Lines::new(setup.line),
            control: Control::new(setup.regime),
            order: Order::default(),
            sctlr: 0,
            tables: None,
            flush: None,
            opened: false,
            violations: Violations::new(setup.parts.image.clone()),
            setup,
        }
    }

    /// What is wrong with a whole trace.
    pub fn judge<'a>(setup: Setup, events: impl IntoIterator<Item = &'a Event>) -> Violations {
        let mut model = Self::new(setup);
        events.into_iter().for_each(|event| model.step(event));
        model.violations
    }

    /// The next thing that happens.
    pub fn step(&mut self, event: &Event) {
        match *event {
            Event::Entry { .. } | Event::CacheType { .. } => {}
            Event::System {
                pc,
                count,
                what,
                value,
            } => {
                self.violations.at(pc);
                self.system(count, what, value);
            }
            Event::Access {
                pc,
                address,
                size,
                store,
                value,
            } => {
                self.violations.at(pc);
                self.access(address, size, store);
                if store {
                    self.setup.memory.store(address, size, value);
                }
            }
            Event::Kernel { pc } => {
                self.violations.at(pc);
                self.kernel();
            }
        }
    }

    fn system(&mut self, count: u64, what: System, value: u64) {
        if what != System::Isb && self.order.sctlr_unsynchronized() {
            self.violate(Rule::NoIsbAfterSctlr, value);
        }
        match what {
            System::Isb => self.order.isb(count),
            System::Dmb => self.order.dmb(),
            System::Dsb(domain) => {
                self.order.dsb(domain);
                self.flushed(domain);
            }
            System::Dc(dc) => self.dc(dc, value),
            System::Ic(Ic::Iallu) => self.order.ic = Progress::Issued,
            System::Tlbi(tlbi) => self.tlbi(tlbi, value),
            System::Msr(register) => self.msr(count, register, value),
            System::LesserBarrier | System::Ic(Ic::Other) | System::Pstate | System::Other(_) => {}
        }
    }

    fn tlbi(&mut self, tlbi: Tlbi, value: u64) {
        let right = match self.setup.regime {
            Regime::El1And0 => Tlbi::Vmalle1,
            Regime::El2 | Regime::El2And0 => Tlbi::Alle2,
        };
        if tlbi == right {
            self.order.tlbi = Progress::Issued;
        } else if tlbi == Tlbi::Broadcast {
            self.violate(Rule::TlbBroadcast, value);
        } else {
            self.violate(Rule::TlbWrongRegime, value);
        }
    }

    fn msr(&mut self, count: u64, register: Register, value: u64) {
        if register == Register::Hcr {
            self.violate(Rule::HcrWritten, value);
        }
        match self.control.write(register, value) {
            // With the MMU off nobody minds, once an ISB has come.
            translation::Written::Translation => {
                self.order.translation_written();
                if self.mmu() {
                    self.violate(Rule::TranslationChanged, value);
                }
            }
            translation::Written::Sctlr => {
                self.order.register_written();
                self.sctlr(count, value);
                self.order.sctlr_written();
            }
            translation::Written::Nothing => self.order.register_written(),
        }
    }

    fn sctlr(&mut self, count: u64, value: u64) {
        let found = std::mem::replace(&mut self.sctlr, value);
        let set = value & !found;
        let cleared = found & !value;
        if set & (SCTLR_M | SCTLR_C | SCTLR_I) != 0 {
            self.completed(self.order.ic, Rule::InstructionCacheStale);
        }
        if set & SCTLR_M != 0 {
            self.open();
        }
        if cleared & SCTLR_M != 0 && !self.order.isb_right_before(count) {
            self.violate(Rule::NoIsbBeforeDisabling, value);
        }
        if cleared & (SCTLR_M | SCTLR_C) != 0 {
            self.close();
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
        for line in image.filter(|&line| !self.lines.absent(line)) {
            self.violations.add(Rule::ImageNotInvalidated, line);
        }
        self.lines.may_be_fetched();
        self.opened = true;

        for rule in self.control.judge() {
            self.violate(rule, self.control.tcr);
        }
        match Tables::read(&self.control, &self.setup.memory) {
            Ok(tables) => {
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

    /// The MMU or the D-cache goes off.
    fn close(&mut self) {
        if self.order.stores_pending() {
            self.violate(Rule::StorePending, 0);
        }
        self.flush = Some(self.lines.of(&self.setup.parts.image).collect());
        self.order.tlbi = Progress::Never;
        self.order.ic = Progress::Never;
        if !self.mmu() {
            self.tables = None;
        }
    }

    fn dc(&mut self, dc: Dc, address: u64) {
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
        if !self.order.maintain(line) {
            self.violate(Rule::MaintenanceUnordered, address);
        }
        let rule = self.lines.maintain(line, dc, self.mmu(), self.opened);
        rule.into_iter().for_each(|rule| self.violate(rule, line));
        if dc == Dc::Civac {
            if let Some(flush) = &mut self.flush {
                flush.remove(&line);
            }
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

    /// A `DSB`: the last line of the image may have been written back by now.
    fn flushed(&mut self, domain: Domain) {
        if domain == Domain::FullSystem && self.flush.as_ref().is_some_and(BTreeSet::is_empty) {
            self.flush = None;
        }
    }

    fn access(&mut self, address: u64, size: u64, store: bool) {
        if self.order.sctlr_unsynchronized() {
            self.violate(Rule::NoIsbAfterSctlr, address);
        }
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
        let cached = self.mmu() && self.sctlr & SCTLR_C != 0 && self.cacheable(&range);
        if store
            && self
                .tables
                .as_ref()
                .is_some_and(|tables| tables.contain(address))
        {
            self.violate(Rule::TableWritten, address);
        }
        for line in self.lines.of(&range) {
            if !cached && self.order.being_maintained(line) {
                self.violate(Rule::MaintenanceIncomplete, line);
            }
            if store {
                self.order.store(line, cached);
            }
            let kind = if cached { Kind::Cached } else { Kind::Uncached };
            let rule = if store {
                self.lines.store(line, kind)
            } else {
                self.lines.load(line, kind)
            };
            rule.into_iter().for_each(|rule| self.violate(rule, line));
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

    fn cacheable(&mut self, range: &Range<u64>) -> bool {
        let Some(tables) = &self.tables else {
            return true;
        };
        let found = tables.memory_type(range);
        if found.is_none() {
            self.violate(Rule::NotMapped, range.start);
        }
        found.unwrap_or(true)
    }

    /// The kernel's first instruction.
    fn kernel(&mut self) {
        if self.sctlr & (SCTLR_M | SCTLR_C) != 0 {
            self.violate(Rule::SctlrLeft, self.sctlr);
        }
        if self.order.sctlr_unsynchronized() || self.order.registers_unsynchronized() {
            self.violate(Rule::NoIsbAfterSctlr, self.sctlr);
        }
        self.maintenance_completed();
        self.completed(self.order.ic, Rule::InstructionCacheStale);
        for line in self.lines.dirty() {
            self.violations.add(Rule::DirtyAtKernel, line);
        }
        if !self.opened {
            return;
        }
        self.completed(self.order.tlbi, Rule::TlbLeft);
        for line in self.flush.take().unwrap_or_default() {
            self.violations.add(Rule::ImageNotFlushed, line);
        }
        for region in &self.setup.regions {
            let all = self.lines.of(region);
            for line in all.filter(|&line| !self.lines.cleaned(line)) {
                self.violations.add(Rule::RegionNotCleaned, line);
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

    const fn mmu(&self) -> bool {
        self.sctlr & SCTLR_M != 0
    }

    fn violate(&mut self, rule: Rule, address: u64) {
        self.violations.add(rule, address);
    }
}

fn within(inner: &Range<u64>, outer: &Range<u64>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn overlap(a: &Range<u64>, b: &Range<u64>) -> bool {
    a.start < b.end && b.start < a.end
}

#[cfg(test)]
mod tests;
