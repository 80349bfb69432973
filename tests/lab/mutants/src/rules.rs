// SPDX-License-Identifier: MIT OR Apache-2.0

//! What an image must not do either, on a CPU that takes its time: rules that have nothing to do
//! with caches, so that the cache model does not have them.

use purgatory_test_harness::rule::{CPACR_EL1, CPTR_EL2};
use purgatory_test_harness::sctlr;
use purgatory_test_tracer::Event;
use purgatory_test_tracer::system::{Domain, Register, System};

/// The entry is shorter than that.
const INSTRUCTIONS: u64 = 64;

/// What is RES1 in `SCTLR_EL1` and `SCTLR_EL2` on a CPU that has nothing newer than Armv8.0.
const SCTLR_EL1: u64 = 0x30d0_0800;
const SCTLR_EL2: u64 = 0x30c5_0830;

/// Of `TCR_EL1` and `TCR_EL2`: walks are Inner Shareable and Write-Back; and what is RES1 at EL2, at EL1
/// `EPD1` and a granule of 4 KiB.
const TCR_FIXED: u64 = 1 << 31 | 1 << 23 | 0x3f00;
const TCR: u64 = 1 << 31 | 1 << 23 | 0x3500;

/// `MSR DAIFClr, #4` and `MSR DAIFSet, #4`.
const UNMASK_SERROR: u32 = 0xd503_44ff;
const MASK_SERROR: u32 = 0xd503_44df;

/// What has happened so far.
#[derive(Default)]
pub struct Rules {
    broken: Vec<&'static str>,
    /// Since when `SCTLR_ELx.I` is 0, counted in instructions.
    uncached_since: Option<u64>,
    trap_written: bool,
    sink_stored: bool,
    unmasked: bool,
    /// The last write of `SCTLR_ELx` has something else in its fixed bits: the one that gives it
    /// back may.
    sctlr_odd: bool,
    /// What is in `TCR_ELx` is not for our tables: no fault while the MMU is off.
    tcr_odd: bool,
}

impl Rules {
    /// Judges a trace. `uart` is where bytes are sent, and `word` finds an instruction.
    pub fn judge<'a>(
        events: impl IntoIterator<Item = &'a Event>,
        uart: u64,
        word: impl Fn(u64) -> u32,
    ) -> Vec<&'static str> {
        let mut rules = Self {
            uncached_since: Some(0),
            ..Self::default()
        };
        for event in events {
            match *event {
                Event::System {
                    pc,
                    count,
                    what,
                    value,
                } => {
                    rules.time(count);
                    rules.system(count, what, value, word(pc));
                }
                Event::Access { address, store, .. } => rules.access(store && address == uart),
                Event::Kernel { .. } => rules.sctlr_odd = false,
                Event::Entry { .. } | Event::CacheType { .. } => {}
            }
        }
        rules.sctlr();
        rules.broken
    }

    fn time(&mut self, count: u64) {
        if self
            .uncached_since
            .is_some_and(|since| count > since + INSTRUCTIONS)
        {
            self.add("FetchesUncached: with SCTLR.I = 0 each fetch is a bus access");
        }
    }

    fn system(&mut self, count: u64, what: System, value: u64, word: u32) {
        match what {
            System::Msr(Register::Sctlr(el)) => {
                self.uncached_since = (value & sctlr::I == 0).then_some(count);
                self.sctlr();
                if value & sctlr::M != 0 && self.tcr_odd {
                    self.add("TcrOdd: the MMU goes on, and TCR is not what our tables are for");
                }
                let fixed = if el == 1 { SCTLR_EL1 } else { SCTLR_EL2 };
                self.sctlr_odd = value & !(sctlr::M | sctlr::C | sctlr::I) != fixed;
            }
            System::Msr(Register::Tcr(_)) => self.tcr_odd = value & TCR_FIXED != TCR,
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

    fn sctlr(&mut self) {
        if self.sctlr_odd {
            self.add("SctlrOdd: SCTLR is not what is RES1, with M, C and I");
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
