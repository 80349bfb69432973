// SPDX-License-Identifier: MIT OR Apache-2.0

//! A cache that does the worst the architecture allows, for machines that have none.
//!
//! QEMU's memory is coherent whatever a program does. Real caches are not, as soon as a program
//! stores with the MMU off and reads with it on, or the other way round. The model follows a trace
//! of the image and keeps, for each cache line, the worst that could be in it:
//!
//! - At the image's first instruction each line of memory may be cached, clean, with what memory
//!   holds then: speculation may have fetched any of it. What [`Setup::dirty`] names is dirty: the
//!   cache holds the loader's bytes, and memory what was there before.
//! - With the MMU off data accesses are Device accesses (Arm ARM D8.2, on what disabling a stage
//!   does): they reach memory and leave copies in the caches as they are.
//! - What is invalidated may come back at once, clean, also with the MMU off: with `SCTLR.I` = 1
//!   instruction fetches are Normal, Write-Through accesses even then (D8.2 as well), and a unified
//!   cache may keep what they find. Nor can the architecture guarantee of a location that is not in
//!   the cache that it is not brought there: that may depend on speculation and on other elements
//!   of the system (D7.5, "General behavior of the caches"). So each store past the cache leaves a
//!   stale line, unless the line is invalidated after it; and what was invalidated and not stored
//!   to since is as good as absent, for what comes back is what memory holds.
//! - What is dirty may be so in the cache of another CPU, which is parked and writes nothing any more.
//!   Loads, stores and maintenance of Inner or Outer Shareable memory see it there; those of
//!   Non-shareable memory do not, nor do Device accesses. Maintenance with the MMU off reaches all
//!   caches: memory is Device then, which is Outer Shareable (Arm ARM D7.5 and B2, "Device memory").
//! - With the MMU on, whatever is mapped may be fetched at any time, and what is dirty may be
//!   written back at any time, or never.
//!
//! So a line of a region that was cleaned and invalidated in the window may be in the cache again
//! when the kernel starts: a CPU that speculates may have fetched it, or a walk of the MMU's, if it
//! holds one of the loader's tables. That does no harm, and no image could forbid it. The line is
//! clean: it was fetched after it was cleaned, and nothing stores to a region. So it is never
//! written over what the kernel stores there: an eviction does that only with what a program has
//! written to (D7.5 as well). Nothing more can come once the window is closed: without a mapping
//! only fetches see Normal memory (D8.2), and Device memory is not read speculatively. And a kernel
//! that stores past its caches what it is going to read through them has to invalidate it first,
//! whoever ran before: booting.rst has the loader clean the kernel's image, not keep it out of the
//! caches. What the image itself loads is another matter: that is there for certain, so all of it
//! has to be thrown out after the last load ([`Rule::RegionResident`]). A prefetch (`PRFM`) is not
//! a load: it fetches no more than speculation may, and QEMU does not report it.
//!
//! Of the pool, the end of the image that tables are made of, no more is touched than is used. What
//! is dirty there and never loaded, stored to or maintained is as the loader has left it: memory
//! like any other to the kernel, which finds it through its cache. What is used has to be cleaned
//! before, and cleaned and invalidated after.
//!
//! Besides it looks at the order of things that no single access shows: which maintenance was asked
//! for and completed when the MMU goes on or off or the kernel starts.
//!
//! It judges our instructions alone. What a walk through the tables could read at any moment is
//! looked at as a whole when the MMU goes on; the I-cache is an `IC` that must have come after what
//! it has to forget.

mod access;
mod contents;
mod lines;
mod milestones;
mod order;
mod rule;
mod setup;
mod translation;

use std::collections::BTreeSet;

use purgatory_test_harness::{Regime, sctlr};
use purgatory_test_tracer::Event;
use purgatory_test_tracer::system::{Ic, Register, System, Tlbi};

pub use self::contents::Contents;
use self::lines::Lines;
use self::order::{Order, Progress};
pub use self::rule::{Rule, Violation, Violations};
pub use self::setup::{Setup, smallest_line};
use self::translation::{Control, Tables};

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
    /// Lines of the image, but the pool, that are to be written back before anything else touches
    /// memory.
    flush: Option<BTreeSet<u64>>,
    /// Lines of the pool that were loaded or stored to.
    used: BTreeSet<u64>,
    /// Those of them that are to be written back before the kernel starts.
    flush_pool: BTreeSet<u64>,
    /// The MMU was on at some time.
    opened: bool,
    violations: Violations,
}

impl Model {
    /// Starts at the image's first instruction.
    pub fn new(setup: Setup) -> Self {
        Self {
            lines: Lines::new(setup.line, &setup.dirty),
            control: Control::new(setup.regime, setup.tcr2),
            order: Order::default(),
            sctlr: 0,
            tables: None,
            flush: None,
            used: BTreeSet::new(),
            flush_pool: BTreeSet::new(),
            opened: false,
            violations: Violations::new(setup.parts.image.clone()),
            setup,
        }
    }

    /// Judges a whole trace.
    pub fn judge<'a>(setup: Setup, events: impl IntoIterator<Item = &'a Event>) -> Violations {
        Self::judge_since(0, setup, events)
    }

    /// Follows a whole trace, and judges it from the event with this number on.
    pub fn judge_since<'a>(
        since: usize,
        setup: Setup,
        events: impl IntoIterator<Item = &'a Event>,
    ) -> Violations {
        let mut model = Self::new(setup);
        for (number, event) in events.into_iter().enumerate() {
            if number == since {
                model.violations = Violations::new(model.setup.parts.image.clone());
            }
            model.step(event);
        }
        model.violations
    }

    /// Takes the next thing that happens into account.
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
        // Registers may be written one after another; all else has to see the new SCTLR.
        if !matches!(what, System::Isb | System::Msr(_)) {
            self.synchronized(value);
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
            // With the MMU off that is allowed after an ISB.
            translation::Written::Translation => {
                self.order.translation_written();
                if self.mmu() {
                    self.violate(Rule::TranslationChanged, value);
                }
            }
            translation::Written::Sctlr => {
                self.sctlr(count, value);
                self.order.sctlr_written();
            }
            translation::Written::Nothing => self.order.register_written(),
        }
    }

    const fn mmu(&self) -> bool {
        self.sctlr & sctlr::M != 0
    }

    /// Data accesses go through the cache. With the MMU off C alone does nothing.
    const fn caching(&self) -> bool {
        self.mmu() && self.sctlr & sctlr::C != 0
    }

    /// Something hangs on SCTLR.
    fn synchronized(&mut self, about: u64) {
        if self.order.sctlr_unsynchronized() {
            self.violate(Rule::NoIsbAfterSctlr, about);
        }
    }

    fn violate(&mut self, rule: Rule, address: u64) {
        self.violations.add(rule, address);
    }
}

#[cfg(test)]
mod tests;
