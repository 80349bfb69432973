// SPDX-License-Identifier: MIT OR Apache-2.0

//! What an image must not do either, on a CPU that takes its time: rules that have nothing to do
//! with caches, so that the cache model does not have them.

use purgatory_test_harness::rule::{CPACR_EL1, CPTR_EL2};
use purgatory_test_harness::sctlr;
use purgatory_test_tracer::Event;
use purgatory_test_tracer::system::{Domain, Register, System};

/// The entry is shorter than that.
const INSTRUCTIONS: u64 = 64;

/// `MSR DAIFClr, #4` and `MSR DAIFSet, #4`.
const UNMASK_SERROR: u32 = 0xd503_44ff;
const MASK_SERROR: u32 = 0xd503_44df;

/// What has happened so far.
#[derive(Default)]
pub struct Rules {
    broken: Vec<&'static str>,
    fetches_cached: bool,
    trap_written: bool,
    sink_stored: bool,
    unmasked: bool,
}

impl Rules {
    /// Judges a trace. `uart` is where bytes are sent, and `word` finds an instruction.
    pub fn judge<'a>(
        events: impl IntoIterator<Item = &'a Event>,
        uart: u64,
        word: impl Fn(u64) -> u32,
    ) -> Vec<&'static str> {
        let mut rules = Self::default();
        for event in events {
            match *event {
                Event::System {
                    pc,
                    count,
                    what,
                    value,
                } => {
                    rules.time(count);
                    rules.system(what, value, word(pc));
                }
                Event::Access { address, store, .. } => rules.access(store && address == uart),
                Event::Entry { .. } | Event::CacheType { .. } | Event::Kernel { .. } => {}
            }
        }
        rules.broken
    }

    fn time(&mut self, count: u64) {
        if !self.fetches_cached && count > INSTRUCTIONS {
            self.add("FetchesUncached: with SCTLR.I = 0 each fetch is a bus access");
        }
    }

    fn system(&mut self, what: System, value: u64, word: u32) {
        match what {
            System::Msr(Register::Sctlr(_)) => self.fetches_cached |= value & sctlr::I != 0,
            System::Msr(Register::Other(key)) => {
                let traps = [CPACR_EL1, CPTR_EL2].map(|register| register.number());
                self.trap_written |= traps.contains(&key.into());
            }
            System::Isb => {
                self.trap_written = false;
                self.unmasked = false;
            }
            System::Dsb(Domain::FullSystem) => self.sink_stored = false,
            System::Pstate if word == UNMASK_SERROR => self.unmasked = true,
            System::Pstate if word == MASK_SERROR && self.unmasked => {
                self.add("SErrorNotTaken: it is masked again with no ISB after it was unmasked");
            }
            _ => {}
        }
    }

    fn access(&mut self, sink: bool) {
        if self.trap_written {
            self.add("TrapInEffect: what traps FP/SIMD is written, and work goes on with no ISB");
        }
        if self.sink_stored {
            self.add("SinkPending: a store to the UART that no DSB has completed may fail later");
        }
        self.sink_stored = sink;
    }

    fn add(&mut self, rule: &'static str) {
        if !self.broken.contains(&rule) {
            self.broken.push(rule);
        }
    }
}
